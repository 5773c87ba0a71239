"""The access token that all calls of a client share."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

import anyio

from .._core.access_token import Token
from .._core.endpoint import RetrySafety
from .._core.retries import RetryPolicy
from .._core.transport import Transport
from ..errors import ConfigError, ZoomError
from ._credentials import Credentials
from ._token_store import TokenStore

_EARLY = 0.1  # refresh when a tenth of the lifetime is left: six minutes of an hour


class TokenManager:
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
                delay = self._retry.delay(error, attempt=attempt, retry_safety=RetrySafety.IDEMPOTENT)
                if delay is None:
                    raise
            await anyio.sleep(delay)
            attempt += 1
