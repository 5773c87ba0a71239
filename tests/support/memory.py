"""An HTTP transport in memory, and a session layer that uses it in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from types import NoneType
from typing import TypeAlias

import anyio
import msgspec
import pytest

from support.clock import set_server_clock
from zoomasync import Label, Plan, RetryPolicy, StaticToken
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.responses import interpret
from zoomasync._core.session import Session
from zoomasync._core.transport import Transport
from zoomasync.auth import Credentials, CredentialsSource, Token, TokenStore
from zoomasync.auth._fetched_tokens import FetchedTokens
from zoomasync.auth._token_manager import TokenManager
from zoomasync.auth._token_requests import TokenRequests
from zoomasync.errors import StatusError
from zoomasync.rate_limits._local import LocalRateLimiter
from zoomasync.rate_limits._resource_quotas import ResourceQuotas
from zoomasync.types import CircuitState, Endpoint

App: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]

SERVER_TIME = datetime(2026, 3, 18, 12, tzinfo=UTC)


class Row(msgspec.Struct, frozen=True):
    number: int


class RowPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Row, ...] = msgspec.field(name="rows")
    next_page_token: str = ""


GET_ROW = Endpoint(route="GET /rows/{rowId}", label=Label.LIGHT, response=Row)
LIST_ROWS = Endpoint(
    route="GET /rows",
    label=Label.HEAVY,
    scopes=("row:read:admin",),
    granular_scopes=("row:read:list_rows:admin",),
    response=RowPage,
    page_size=300,
)
CREATE_ROW = Endpoint(route="POST /rows", label=Label.LIGHT, response=Row)
PUT_ROW = Endpoint(route="PUT /rows/{rowId}", label=Label.LIGHT, response=NoneType)

ZERO_JITTER = RetryPolicy(random=lambda: 0.0)
"""The default policy with jitter 0: the delay after a server error or a lost connection is 0 seconds."""


class NumberedTokens:
    """Credentials that take *seconds* to fetch ``token-1``, then ``token-2`` and so on."""

    def __init__(
        self,
        *,
        seconds: float = 1.0,
        lifetime: float | None = 3600.0,
        scopes: frozenset[str] | None = None,
        store_key: str = "numbered-tokens",
    ) -> None:
        self.fetched = 0
        self.store_key = store_key
        self._seconds = seconds
        self._lifetime = lifetime
        self._scopes = scopes

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        self.fetched += 1
        number = self.fetched
        await anyio.sleep(self._seconds)
        return Token(f"token-{number}", self._lifetime, self._scopes)


def shared_tokens(
    auth: Credentials | CredentialsSource, store: TokenStore, requests: TokenRequests | None = None
) -> FetchedTokens:
    """Return the tokens of *auth* in *store*, as one client has them."""
    transport = MemoryTransport(answering(response(500)))
    clock = asyncio.get_running_loop().time
    requests = requests or TokenRequests(ZERO_JITTER, clock=clock)
    return FetchedTokens(auth, transport, requests, store=store, wall_clock=clock)


def shared_token_manager(auth: Credentials | CredentialsSource, store: TokenStore) -> TokenManager:
    """Return the token manager of one client that shares the token of *auth* in *store*."""
    clock = asyncio.get_running_loop().time
    requests = TokenRequests(ZERO_JITTER, clock=clock)
    return TokenManager(shared_tokens(auth, store, requests), requests, clock=clock)


class MemoryStream:
    """A response whose body is read in one part."""

    def __init__(self, whole: HttpResponse) -> None:
        self.status = whole.status
        self.headers = whole.headers
        self.body = whole.body

    async def read(self) -> bytes:
        await asyncio.sleep(0)
        body, self.body = self.body, b""
        return body

    async def aclose(self) -> None:
        await asyncio.sleep(0)


class MemoryTransport:
    """A transport that responds with the result of *app* and records the *requests*."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._downloads = anyio.Semaphore(4)
        self.requests: list[HttpRequest] = []

    @property
    def has_http_spans(self) -> bool:
        return False

    def downloads(self) -> anyio.Semaphore:
        return self._downloads

    async def stream(self, request: HttpRequest) -> MemoryStream:
        return MemoryStream(await self.send(request))

    def until_closed(self) -> AbstractContextManager[None]:
        return nullcontext()

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return await self._app(request)


def response(status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a response with *body* as JSON, bytes unchanged; header names may have any case."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return HttpResponse(status, {name.lower(): text for name, text in (headers or {}).items()}, content)


def answering(*responses: HttpResponse | Exception) -> App:
    """Return an app that gives *responses* in turn, raises exceptions among them, and repeats the last one."""
    remaining = list(responses)

    async def app(_: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        outcome = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return app


def error_body(code: int | None, message: str) -> dict[str, object]:
    """Return an error body as Zoom sends it."""
    return {"code": code, "message": message}


def raised_by(failure: HttpResponse) -> StatusError:
    """Return the error that *failure* raises as the response to a listing."""
    with pytest.raises(StatusError) as caught:
        interpret(LIST_ROWS.at(), failure)
    return caught.value


def token_response(value: str = "token-1") -> HttpResponse:
    """Return a successful response of the token endpoint."""
    return response(200, {"access_token": value, "token_type": "bearer"})


def open_session(
    transport: MemoryTransport,
    *,
    credentials: Credentials | None = None,
    plan: Plan = Plan.BUSINESS,
    retry: RetryPolicy = ZERO_JITTER,
    circuit_state: CircuitState | None = None,
    rate_limiter: LocalRateLimiter | None = None,
    use_api_url: bool = False,
) -> Session:
    """Return a session over *transport* at `SERVER_TIME`; everything in it uses the clock of the running loop."""
    clock = asyncio.get_running_loop().time
    limiter = rate_limiter or LocalRateLimiter(plan, clock=clock)
    set_server_clock(limiter, SERVER_TIME)

    def may_retry() -> bool:
        return session.may_retry()

    requests = TokenRequests(retry, may_retry=may_retry, clock=clock)
    tokens = FetchedTokens(credentials or StaticToken("static-token"), transport, requests)
    session = Session(
        base_url="https://api.zoom.test/v2",
        transport=transport,
        token_source=TokenManager(tokens, requests, clock=clock),
        rate_limiter=limiter,
        resource_quotas=ResourceQuotas(limiter.server_clock),
        retry=retry,
        circuit_state=circuit_state,
        use_api_url=use_api_url,
        clock=clock,
    )
    return session
