"""The events of the token manager: each new access token, and each failure to get one."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from support.clock import in_virtual_time
from support.memory import ZERO_JITTER, MemoryTransport, NumberedTokens, answering, response

from zoomasync import ServerToServer, StaticToken
from zoomasync._core.transport import Transport
from zoomasync.auth import Credentials, Token
from zoomasync.auth._fetched_tokens import FetchedTokens
from zoomasync.auth._token_manager import TokenManager
from zoomasync.auth._token_requests import TokenRequests
from zoomasync.errors import Unauthorized
from zoomasync.events import Event, TokenRefreshed, TokenRefreshFailed
from zoomasync.testing import FakeZoom

APP = ServerToServer("account", "client", "canary-secret")
REJECTED = response(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})


class Unexpected:
    """Credentials that raise an exception of their own."""

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        raise LookupError("canary-secret")


def manager_of(credentials: Credentials, events: list[Event]) -> TokenManager:
    clock = asyncio.get_running_loop().time
    requests = TokenRequests(ZERO_JITTER, clock=clock)
    tokens = FetchedTokens(credentials, MemoryTransport(answering(REJECTED)), requests)
    return TokenManager(tokens, requests, clock=clock, on_event=events.append)


@in_virtual_time
async def test_each_new_token_is_reported() -> None:
    """Many callers cause one event; the token that replaces the first one has its own."""
    events = list[Event]()
    manager = manager_of(NumberedTokens(), events)
    await asyncio.gather(*(manager.get() for _ in range(10)))
    await anyio.sleep(3300)
    await manager.get()  # a tenth of the lifetime is left
    await anyio.sleep(2)

    assert [str(event) for event in events] == ["new access token after 1.000 s, valid for 3600 s"] * 2
    assert {type(event) for event in events} == {TokenRefreshed}


@in_virtual_time
async def test_token_without_end() -> None:
    events = list[Event]()

    await manager_of(StaticToken("canary-token"), events).get()

    assert [str(event) for event in events] == ["new access token after 0.000 s"]


@in_virtual_time
async def test_rejected_credentials() -> None:
    events = list[Event]()
    with pytest.raises(Unauthorized) as caught:
        await manager_of(APP, events).get()

    (failed,) = events
    assert isinstance(failed, TokenRefreshFailed)
    assert (failed.error, failed.error_type) == (caught.value, "Unauthorized")
    assert str(failed) == "no new access token after 0.000 s: Unauthorized (status 400)"


@in_virtual_time
async def test_exception_of_credentials() -> None:
    """The text of an exception that is not of this package may hold a secret."""
    events = list[Event]()
    with pytest.raises(LookupError):
        await manager_of(Unexpected(), events).get()

    assert [str(event) for event in events] == ["no new access token after 0.000 s: LookupError"]
    assert "canary" not in str(events)


@in_virtual_time
async def test_closed_manager_reports_nothing() -> None:
    events = list[Event]()
    manager = manager_of(NumberedTokens(), events)
    waiting = asyncio.create_task(manager.get())
    await anyio.sleep(0.5)

    await manager.aclose()
    await asyncio.gather(waiting, return_exceptions=True)

    assert events == []


async def test_token_names_its_call(fake: FakeZoom) -> None:
    """The token of a client has the id of the call that started its request."""
    events = list[Event]()
    async with fake.client(on_event=events.append) as zoom:
        await zoom.users.list().collect()

    (refreshed,) = [event for event in events if isinstance(event, TokenRefreshed)]
    assert (refreshed.call_id, refreshed.attempt) == (events[0].call_id, 1)
    assert refreshed.lifetime == 3600
