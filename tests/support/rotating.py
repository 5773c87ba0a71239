"""Rotating tokens in memory: Zoom's token endpoint, a store whose locks can be lost, and the tokens of one user."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import anyio
from msgspec.structs import replace

from support.clock import now
from support.memory import ZERO_JITTER, MemoryTransport, response
from zoomasync import RetryPolicy, UserOAuth
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.transport import Transport
from zoomasync.auth import MemoryTokenStore, TokenStore
from zoomasync.auth._rotating_tokens import RotatingTokens
from zoomasync.auth._stored_token import StoredToken
from zoomasync.auth._token_keys import user_token_key
from zoomasync.auth._token_manager import TokenManager
from zoomasync.auth._token_requests import TokenRequests
from zoomasync.errors import StoreError, TimedOut

APP = UserOAuth("client", "canary-secret", "https://app.example/callback")
KEY = user_token_key("client", "canary-user")
INVALID_GRANT = response(400, {"reason": "Invalid Token!", "error": "invalid_grant"})
NO_RESPONSE = TimedOut("POST /oauth/token", "no complete response within the time limit")


class RotatingZoom(MemoryTransport):
    """Zoom's token endpoint for one user. With *accepts_spent*, a spent refresh token gives new tokens again.

    *faults* are raised or returned in place of the next responses; with *are_handled*, after handling the requests.
    """

    def __init__(self, *, accepts_spent: bool = False, seconds: float = 0.1) -> None:
        super().__init__(self._respond)
        self.accepts_spent = accepts_spent
        self.faults = list[HttpResponse | Exception]()
        self.are_handled = False
        self.live = {"refresh-0"}
        self.spent = set[str]()
        self.sent = list[str]()
        self.on_request: Callable[[], None] = lambda: None
        self._seconds = seconds
        self._numbers = itertools.count(1)

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        form = parse_qs((request.body or b"").decode())
        self.sent.append(form["refresh_token"][0])
        self.on_request()
        await anyio.sleep(self._seconds)
        fault = self.faults.pop(0) if self.faults else None
        result = self.refresh(self.sent[-1]) if fault is None or self.are_handled else None
        if isinstance(fault, Exception):
            raise fault
        return fault or result or response(500)

    def refresh(self, refresh_token: str) -> HttpResponse:
        """Return the response to *refresh_token*, which is spent then."""
        if refresh_token not in self.live and not (self.accepts_spent and refresh_token in self.spent):
            return INVALID_GRANT
        self.live.discard(refresh_token)
        self.spent.add(refresh_token)
        number = next(self._numbers)
        self.live.add(f"refresh-{number}")
        return response(
            200,
            {
                "access_token": f"access-{number}",
                "refresh_token": f"refresh-{number}",
                "token_type": "bearer",
                "expires_in": 3600,
                "scope": "meeting:read user:read",
                "api_url": "https://api-eu.zoom.us",
            },
        )


def stored_token(*, age: float = 4000.0, **changes: object) -> StoredToken:
    """Return the first tokens of the user, which expired 400 seconds ago."""
    token = StoredToken(
        access_token="access-0",
        expires_at=now() + 3600 - age,
        lifetime=3600,
        refresh_token="refresh-0",
        scopes=frozenset({"user:read"}),
        account_id="account",
        user_id="canary-user",
    )
    return replace(token, **changes)


class FaultyStore(MemoryTokenStore):
    """A store of which the operations named in *faults* fail, one by one: "read", "lock" or "write"."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = list[str]()
        self.done = list[str]()
        self.on_write: asyncio.Event | None = None
        self._successes = dict[str, int]()

    def fail_after(self, name: str, count: int, *, times: int) -> None:
        """Let *count* operations of *name* succeed, and the next *times* fail."""
        self._successes[name] = count
        self.faults.extend([name] * times)

    async def put(self, token: StoredToken | None) -> None:
        """Store *token* as another process would, or delete the entry."""
        async with super().lock(KEY) as fence:
            if token is None:
                await super().delete(KEY, fence=fence)
            else:
                await super().write(KEY, token.encode(), fence=fence)

    async def entry(self) -> StoredToken:
        value = await super().read(KEY)
        assert value is not None
        return StoredToken.decode(value)

    async def read(self, key: str) -> bytes | None:
        self._do("read")
        return await super().read(key)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int, None]:
        self._do("lock")
        async with super().lock(key) as fence:
            yield fence

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:
        self._do("write")
        if self.on_write is not None:
            self.on_write.set()
        return await super().write(key, value, fence=fence)

    def _do(self, name: str) -> None:
        self.done.append(name)
        if self._successes.get(name, 0) > 0:
            self._successes[name] -= 1
        elif self.faults and self.faults[0] == name:
            del self.faults[0]
            raise StoreError(f"no {name}")


def rotating_tokens(
    store: TokenStore, transport: Transport, *, retry: RetryPolicy = ZERO_JITTER
) -> tuple[RotatingTokens, TokenManager]:
    """Return the tokens of the user, and their manager, by the clock of the running loop."""
    requests = TokenRequests(retry, clock=now)
    tokens = RotatingTokens(APP, "canary-user", store=store, transport=transport, requests=requests, wall_clock=now)
    return tokens, TokenManager(tokens, requests, clock=now)
