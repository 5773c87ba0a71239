"""A Zoom in memory: what the core talks to when no socket is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import NoneType
from typing import TypeAlias

import msgspec

from zoomasync import Credentials, Endpoint, Label, Plan, RetryPolicy, StaticToken
from zoomasync._core.responses import HttpRequest, HttpResponse
from zoomasync._core.session import Session
from zoomasync.auth._token_manager import TokenManager
from zoomasync.rate_limits._local import LocalRateLimiter
from zoomasync.rate_limits._resource_quotas import ResourceQuotas

App: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]

SERVER_TIME = datetime(2026, 3, 18, 12, tzinfo=UTC)


class Row(msgspec.Struct, frozen=True):
    number: int


class RowPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Row, ...] = msgspec.field(name="rows")
    next_page_token: str = ""


ROW = Endpoint(route="GET /rows/{rowId}", label=Label.LIGHT, response=Row)
ROWS = Endpoint(
    route="GET /rows",
    label=Label.HEAVY,
    scopes=("row:read:admin",),
    granular_scopes=("row:read:list_rows:admin",),
    response=RowPage,
    page_size=300,
)
NEW_ROW = Endpoint(route="POST /rows", label=Label.LIGHT, response=Row)
WHOLE_ROW = Endpoint(route="PUT /rows/{rowId}", label=Label.LIGHT, response=NoneType)

SUDDEN = RetryPolicy(random=lambda: 0.0)
"""The usual policy with the dice held: waits are zero where chance has all the say."""


class MemoryTransport:
    """Answers every request with what *app* returns or raises, and keeps the *requests*."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return await self._app(request)


def response(status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a reply with *body* as JSON, or as it is where it is bytes; header names in any case."""
    sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return HttpResponse(status, {name.lower(): text for name, text in (headers or {}).items()}, sent)


def answering(*responses: HttpResponse | Exception) -> App:
    """Return an app that gives *replies* in turn, and the last one from then on."""
    left = list(responses)

    async def app(_: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return app


def open_session(
    transport: MemoryTransport,
    *,
    credentials: Credentials | None = None,
    plan: Plan = Plan.BUSINESS,
    retry: RetryPolicy = SUDDEN,
) -> Session:
    """Return a session over *transport* whose every clock is the running loop's."""
    clock = asyncio.get_running_loop().time
    return Session(
        base_url="https://api.zoom.test/v2",
        transport=transport,
        token_source=TokenManager(credentials or StaticToken("static-token"), transport, retry, clock=clock),
        rate_limiter=LocalRateLimiter(plan, clock=clock),
        resource_quotas=ResourceQuotas(),
        retry=retry,
    )
