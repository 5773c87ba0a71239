from __future__ import annotations

import asyncio
import base64
import gc
import math
import traceback
from contextlib import suppress
from itertools import pairwise

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.memory import ZERO_JITTER, MemoryTransport, NumberedTokens, answering, response, token_response

from zoomasync import ServerToServer
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.transport import Transport
from zoomasync.auth import Credentials
from zoomasync.auth._fetched_tokens import FetchedTokens
from zoomasync.auth._token_manager import TokenManager
from zoomasync.auth._token_requests import TokenRequests
from zoomasync.errors import ConfigError, ServerError, TimedOut, Unauthorized, ZoomError

SECRET = "canary-secret"
APP = ServerToServer("account", "client", SECRET)
INVALID_CLIENT = response(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})


def _manager(credentials: Credentials, transport: Transport | None = None) -> TokenManager:
    clock = asyncio.get_running_loop().time
    requests = TokenRequests(ZERO_JITTER, clock=clock)
    transport = transport or MemoryTransport(answering(token_response()))
    return TokenManager(FetchedTokens(credentials, transport, requests), requests, clock=clock)


@in_virtual_time
async def test_waiters_share_one_fetch() -> None:
    credentials = NumberedTokens()
    manager = _manager(credentials)

    tokens = await asyncio.gather(*(manager.get() for _ in range(1000)))

    assert {token.value for token in tokens} == {"token-1"}
    assert credentials.fetched == 1


@in_virtual_time
async def test_cancelled_waiter_keeps_fetch() -> None:
    """A cancelled waiter does not cancel the fetch that other waiters share."""
    credentials = NumberedTokens()
    manager = _manager(credentials)
    first, *others = [asyncio.create_task(manager.get()) for _ in range(5)]
    await anyio.sleep(0.5)

    first.cancel()

    assert [token.value for token in await asyncio.gather(*others)] == ["token-1"] * 4
    assert first.cancelled()
    assert credentials.fetched == 1


@in_virtual_time
async def test_deadline_ends_one_wait() -> None:
    """A waiter gives up at its own deadline; the others wait on."""
    credentials = NumberedTokens(seconds=30)
    manager = _manager(credentials)
    other, started = asyncio.create_task(manager.get()), now()

    with pytest.raises(TimeoutError), anyio.fail_after(5):
        await manager.get()

    assert now() - started < 6
    assert (await other).value == "token-1"
    assert credentials.fetched == 1


@in_virtual_time
async def test_failure_without_waiters_is_quiet() -> None:
    """A failed fetch whose waiters were cancelled is not logged as a never-retrieved exception."""
    transport = MemoryTransport(answering(INVALID_CLIENT, token_response()))
    manager = _manager(APP, transport)
    waiters = [asyncio.create_task(manager.get()) for _ in range(3)]
    await asyncio.sleep(0)

    for waiter in waiters:
        waiter.cancel()
    await asyncio.wait(waiters)
    await anyio.sleep(1)
    gc.collect()  # asyncio logs a never-retrieved exception when its task is collected

    assert len(transport.requests) == 1
    assert (await manager.get()).value == "token-1"


@in_virtual_time
async def test_token_is_reused() -> None:
    """A token is reused until a tenth of its lifetime is left."""
    credentials = NumberedTokens()
    manager = _manager(credentials)
    await manager.get()

    await anyio.sleep(0.9 * 3600 - 10)

    assert (await manager.get()).value == "token-1"
    assert credentials.fetched == 1


@in_virtual_time
async def test_early_refresh_in_background() -> None:
    """A refresh before the token expires runs in the background."""
    credentials = NumberedTokens(seconds=30)
    manager = _manager(credentials)
    await manager.get()
    await anyio.sleep(0.9 * 3600 + 10)

    started = now()
    during_refresh = [(await manager.get()).value for _ in range(100)]
    assert now() - started < 0.01
    await anyio.sleep(31)

    assert set(during_refresh) == {"token-1"}
    assert (await manager.get()).value == "token-2"
    assert credentials.fetched == 2


@in_virtual_time
async def test_expired_token_is_replaced() -> None:
    manager = _manager(NumberedTokens())
    await manager.get()
    await anyio.sleep(3601)

    assert (await manager.get()).value == "token-2"


@in_virtual_time
async def test_token_without_lifetime_kept() -> None:
    credentials = NumberedTokens(lifetime=None)
    manager = _manager(credentials)
    await manager.get()
    await anyio.sleep(80_000)

    assert (await manager.get()).value == "token-1"
    assert credentials.fetched == 1


@pytest.mark.parametrize("lifetime", [1e-9, 0.0, -1.0, -math.inf, math.nan])
@in_virtual_time
async def test_short_lifetime_is_one_minute(lifetime: float) -> None:
    """A lifetime that no token has does not cost a token request per call."""
    credentials = NumberedTokens(lifetime=lifetime)
    manager = _manager(credentials)
    for _ in range(50):
        await manager.get()
        await anyio.sleep(1)
    assert credentials.fetched == 1

    await anyio.sleep(11)

    assert (await manager.get()).value == "token-2"


@pytest.mark.parametrize("lifetime", [1e300, math.inf])
@in_virtual_time
async def test_huge_lifetime_is_kept(lifetime: float) -> None:
    credentials = NumberedTokens(lifetime=lifetime)
    manager = _manager(credentials)
    await manager.get()
    await anyio.sleep(10**9)

    assert (await manager.get()).value == "token-1"
    assert credentials.fetched == 1


@in_virtual_time
async def test_fetches_are_a_second_apart() -> None:
    """Tokens and credentials that are rejected at once cost at most one token request per second."""
    times: list[float] = []

    async def app(_: HttpRequest) -> HttpResponse:
        times.append(now())
        return token_response(f"token-{len(times)}") if len(times) % 2 else INVALID_CLIENT

    manager = _manager(APP, MemoryTransport(app))
    for _ in range(10):
        with suppress(Unauthorized):
            await manager.renew(await manager.get())

    assert len(times) >= 10
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))


@in_virtual_time
async def test_failed_early_refresh_waits() -> None:
    """A failed early refresh is not repeated by the next call, but after the retry policy's cap."""
    transport = MemoryTransport(answering(token_response(), INVALID_CLIENT))
    manager = _manager(APP, transport)
    await manager.get()
    await anyio.sleep(0.95 * 3600)

    for _ in range(100):
        assert (await manager.get()).value == "token-1"
        await asyncio.sleep(0)
    assert len(transport.requests) == 2

    await anyio.sleep(ZERO_JITTER.cap + 1)
    await manager.get()
    await anyio.sleep(0.1)
    assert len(transport.requests) == 3


@in_virtual_time
async def test_rejected_token_renewed_once() -> None:
    """All callers whose token was rejected share one renewal, late ones included."""
    credentials = NumberedTokens()
    manager = _manager(credentials)
    old = await manager.get()

    renewed = await asyncio.gather(*(manager.renew(old) for _ in range(1000)))
    late = await manager.renew(old)

    assert {token.value for token in [*renewed, late]} == {"token-2"}
    assert credentials.fetched == 2


@in_virtual_time
async def test_auth_error_reaches_all_waiters() -> None:
    """Rejected credentials raise for every waiter, and the next call tries again."""
    transport = MemoryTransport(answering(INVALID_CLIENT, token_response()))
    manager = _manager(APP, transport)

    outcomes = await asyncio.gather(*(manager.get() for _ in range(10)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Unauthorized] * 10
    assert "invalid_client" in str(outcomes[0])
    assert "Check the account id, the client id and the client secret" in str(outcomes[0])
    assert len(transport.requests) == 1
    assert (await manager.get()).value == "token-1"


@in_virtual_time
async def test_failed_fetch_is_not_shared_later() -> None:
    """A call that starts in the moment in which a fetch fails requests a token of its own."""
    failing = asyncio.Event()

    async def app(_: HttpRequest) -> HttpResponse:
        if len(transport.requests) > 1:
            return token_response()
        await failing.wait()
        return INVALID_CLIENT

    transport = MemoryTransport(app)
    manager = _manager(APP, transport)
    waiter = asyncio.create_task(manager.get())
    await anyio.sleep(1)

    async def late() -> str:
        await failing.wait()
        return (await manager.get()).value

    late_caller = asyncio.create_task(late())
    await asyncio.sleep(0)
    failing.set()

    with pytest.raises(Unauthorized):
        await waiter
    assert await late_caller == "token-1"


@pytest.mark.parametrize(
    "failure",
    [response(503), response(429), TimedOut("POST /oauth/token", "late"), response(200, b"<html>")],
    ids=["503", "429", "timeout", "not JSON"],
)
@in_virtual_time
async def test_token_fetch_is_retried(failure: HttpResponse | Exception) -> None:
    assert (await _manager(APP, MemoryTransport(answering(failure, token_response()))).get()).value == "token-1"


@in_virtual_time
async def test_last_token_attempt_raises() -> None:
    transport = MemoryTransport(answering(response(503)))

    with pytest.raises(ServerError):
        await _manager(APP, transport).get()

    assert len(transport.requests) == ZERO_JITTER.attempts


@in_virtual_time
async def test_close_raises_for_waiters() -> None:
    manager = _manager(NumberedTokens(seconds=60))
    waiter = asyncio.create_task(manager.get())
    await anyio.sleep(1)

    await manager.aclose()

    with pytest.raises(ConfigError, match="closed while a call waited"):
        await waiter
    await manager.aclose()


@pytest.mark.parametrize(
    "failure",
    [
        INVALID_CLIENT,
        response(200, {"nothing": 1}),
        response(503, SECRET.encode()),
        TimedOut("POST /oauth/token", "late"),
    ],
    ids=["rejected", "no token", "server error", "timeout"],
)
@in_virtual_time
async def test_fetch_error_hides_secret(failure: HttpResponse | Exception) -> None:
    """Neither the message nor the traceback of an error contains the secret."""
    texts: list[str] = []

    try:
        await _manager(APP, MemoryTransport(answering(failure))).get()
    except ZoomError as error:
        texts.append(f"{error} {error!r}")
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        texts.extend(line for line in report.format() if "tests/" not in line)
    assert texts
    assert SECRET not in "".join(texts)
    assert base64.b64encode(f"client:{SECRET}".encode()).decode() not in "".join(texts)
