"""Who is calling: credentials, and the access token that is got with them.

Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/
"""

from __future__ import annotations

import asyncio
import base64
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import anyio
import msgspec

from ._addresses import https_address
from ._endpoint import Endpoint, Label, Operation
from ._retry import RetryPolicy
from ._transport import Transport
from ._wire import Request, interpret
from .errors import BadRequest, ConfigError, PermissionDenied, Unauthorized, ZoomError

__all__ = ["Credentials", "ServerToServer", "StaticToken", "Token", "TokenStore"]

DEFAULT_TOKEN_URL = "https://zoom.us/oauth/token"  # noqa: S105  an address

_DEFAULT_LIFETIME = 3600.0
_LONGEST_LIFETIME = 86_400.0
_EARLY = 0.1  # refresh when a tenth of the lifetime is left: six minutes of an hour


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the seconds that it lives from now; None is for ever. Its repr does not show it."""

    value: str = field(repr=False)
    lifetime: float | None = field(default=None, compare=False)


class Credentials(Protocol):
    """Something that an access token can be got with."""

    async def fetch(self, transport: Transport) -> Token:
        """Return a new access token."""
        ...


class TokenStore(Protocol):
    """A place where several clients find one access token, such as `zoomasync.redis.RedisTokenStore`."""

    async def renew(self, stale: Token | None, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Return a token newer than *stale*: one that another client has got, or else what *fetch* gets.

        None is stale where this client never had one. One client fetches at a time.
        """
        ...

    async def aclose(self) -> None:
        """Let go of what the store holds. Closing twice does no harm."""
        ...


@dataclass(frozen=True, slots=True)
class StaticToken:
    """An access token that somebody else got and renews, such as a user's. Its repr does not show it."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        _require("StaticToken", token=self.token)

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        """Return the token as it is."""
        return Token(self.token)


@dataclass(frozen=True, slots=True)
class ServerToServer:
    """A server-to-server OAuth app of one account. Its repr does not show the secret.

    Tokens live an hour and carry the scopes that the app has when they are got; a scope added later needs a new token.
    """

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = DEFAULT_TOKEN_URL

    def __post_init__(self) -> None:
        _require(
            "ServerToServer",
            account_id=self.account_id,
            client_id=self.client_id,
            client_secret=self.client_secret,
        )
        https_address("token_url", self.token_url)

    async def fetch(self, transport: Transport) -> Token:
        """Ask Zoom for a new token. Raises `Unauthorized` when it does not know these credentials."""
        call = _TOKEN.at()
        reply = await transport.send(self._request())
        try:
            granted = interpret(call, reply)
        except (BadRequest, PermissionDenied) as refused:
            failure = Unauthorized(
                refused.call,
                refused.status,
                code=refused.code,
                message=f"{refused.message}. Check the account id, the client id and the client secret.",
                tracking_id=refused.tracking_id,
            )
        else:
            return Token(granted.access_token, granted.lifetime)
        raise failure

    def _request(self) -> Request:
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        # In the body: Zoom began to refuse the same parameters in the query string.
        form = urlencode({"grant_type": "account_credentials", "account_id": self.account_id})
        return Request(
            name=_TOKEN.route,
            method=_TOKEN.method,
            url=self.token_url,
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
            body=form.encode(),
        )


class TokenKeeper:
    """The one token that all calls of a client share: got once, renewed ahead of its end, by one request at a time."""

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport,
        retry: RetryPolicy,
        *,
        store: TokenStore | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._retry = retry
        self._store = store
        self._clock = clock
        self._token: Token | None = None
        self._ends = 0.0
        self._refresh_from = 0.0
        self._refresh: asyncio.Task[Token] | None = None

    async def get(self) -> Token:
        """Return a token that is good for now, waiting only when there is none."""
        now = self._clock()
        if self._token is None or now >= self._ends:
            return await self._renewed()
        if now >= self._refresh_from:
            self._start()  # the old one still works: nobody needs to wait
        return self._token

    async def renew(self, rejected: Token) -> Token:
        """Return a token other than *rejected*, unless the credentials have no other."""
        if self._token == rejected:
            self._ends = 0.0
        return await self.get()

    async def aclose(self) -> None:
        """Stop a refresh that is under way."""
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.wait([self._refresh])
        if self._store is not None:
            await self._store.aclose()

    async def _renewed(self) -> Token:
        task = self._start()
        try:
            # Shielded: a waiter that is cancelled takes only itself away, not the token of all the others.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise ConfigError("the client was closed while it waited for an access token") from None
            raise

    def _start(self) -> asyncio.Task[Token]:
        if self._refresh is None:
            self._refresh = asyncio.create_task(self._fetch(), name="zoomasync token refresh")
            self._refresh.add_done_callback(self._done)
        return self._refresh

    def _done(self, task: asyncio.Task[Token]) -> None:
        self._refresh = None
        if not task.cancelled() and task.exception() is not None:
            # Looked at, so that it is not reported as never retrieved when its waiters have gone. A refresh ahead of
            # time that failed is tried again a little later, not by the very next call.
            self._refresh_from = self._clock() + self._retry.cap

    async def _fetch(self) -> Token:
        if self._store is None:
            token = await self._fetch_patiently()
        else:
            token = await self._store.renew(self._token, self._fetch_patiently)
        lifetime = math.inf if token.lifetime is None else token.lifetime
        now = self._clock()
        self._token = token
        self._ends = now + lifetime
        self._refresh_from = now + lifetime * (1 - _EARLY)
        return token

    async def _fetch_patiently(self) -> Token:
        attempt = 1
        while True:
            try:
                return await self._credentials.fetch(self._transport)
            except ZoomError as error:
                delay = self._retry.delay(error, attempt=attempt, operation=Operation.IDEMPOTENT)
                if delay is None:
                    raise
            await anyio.sleep(delay)
            attempt += 1


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float | str | None = None

    def __repr__(self) -> str:
        return "_Granted(...)"  # not the token

    @property
    def lifetime(self) -> float:
        """Seconds to trust the token for; what cannot be a lifetime is taken as an hour."""
        try:
            seconds = float(self.expires_in or 0)
        except ValueError:
            return _DEFAULT_LIFETIME
        return seconds if 0 < seconds <= _LONGEST_LIFETIME else _DEFAULT_LIFETIME


# The token endpoint has no rate-limit label and is not paced.
_TOKEN = Endpoint(route="POST /oauth/token", label=Label.LIGHT, response=_Granted)


def _require(owner: str, **settings: str) -> None:
    for name, value in settings.items():
        if not value or value != value.strip() or not value.isprintable():
            raise ConfigError(f"{owner}: {name} must be non-empty text without surrounding or control characters")
