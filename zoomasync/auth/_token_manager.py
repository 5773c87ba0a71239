"""The access token that all calls of a client share."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import replace

import anyio

from .._core.access_token import Token
from .._core.endpoint import RetrySafety
from .._core.retries import RetryPolicy
from .._core.transport import Transport
from ..errors import ConfigError, ZoomError
from ._credentials import Credentials
from ._token_store import TokenStore

_REFRESH_FRACTION = 0.1  # refresh when a tenth of the lifetime remains: six minutes of an hour
_SHORTEST_LIFETIME = 60.0  # with a shorter one, a call that waits for its turn would need several tokens
_FETCH_INTERVAL = 1.0  # at least, between two token requests: tokens and credentials may be rejected at once


class TokenManager:
    """The access token that all calls of a client share.

    It is fetched once, and refreshed before it expires, by one request at a time.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport,
        retry: RetryPolicy,
        *,
        store: TokenStore | None = None,
        may_retry: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._retry = retry
        self._store = store
        self._may_retry = may_retry
        self._clock = clock
        self._token: Token | None = None
        self._expires_at = 0.0
        self._refresh_at = 0.0
        self._next_fetch_at = -math.inf
        self._refresh_task: asyncio.Task[Token] | None = None

    async def get(self) -> Token:
        """Return a valid token. Waits only when there is none."""
        now = self._clock()
        if self._token is None or now >= self._expires_at:
            return await self._wait_for_refresh()
        if now >= self._refresh_at:
            self._start_refresh()  # the old token is still valid, so that no caller needs to wait
        return self._token

    async def renew(self, rejected: Token) -> Token:
        """Return a token other than *rejected*, or *rejected* itself when the credentials have no other."""
        if self._token == rejected:
            self._expires_at = 0.0
        return await self.get()

    async def aclose(self) -> None:
        """Cancel a refresh that is under way."""
        if self._refresh_task is not None:
            self._refresh_task.cancel()
            await asyncio.wait([self._refresh_task])
            self._refresh_task = None  # a task that was cancelled before it ran has not done this

    async def _wait_for_refresh(self) -> Token:
        task = self._start_refresh()
        try:
            # Shielded: cancelling one waiter must not cancel the refresh that the others wait for.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise ConfigError("the client was closed while a call waited for an access token") from None
            raise

    def _start_refresh(self) -> asyncio.Task[Token]:
        if self._refresh_task is None:
            self._refresh_task = asyncio.create_task(self._refresh(), name="zoomasync token refresh")
            # `exception()` marks an error as retrieved, or asyncio would log it when no waiter is left.
            self._refresh_task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._refresh_task

    async def _refresh(self) -> Token:
        try:
            return await self._fetch()
        except Exception:
            self._refresh_at = self._clock() + self._retry.cap  # the next call does not repeat an early refresh
            raise
        finally:
            # Before the task is done: a call that starts now must not get the result of the past.
            self._refresh_task = None

    async def _fetch(self) -> Token:
        if self._store is None:
            token = await self._fetch_with_retries()
        else:
            token = await self._store.renew(self._token, self._fetch_with_retries)
        lifetime = math.inf if token.lifetime is None else token.lifetime
        now = self._clock()
        self._token = token
        self._expires_at = now + lifetime
        self._refresh_at = now + lifetime * (1 - _REFRESH_FRACTION)
        return token

    async def _fetch_with_retries(self) -> Token:
        attempt = 1
        while True:
            await anyio.sleep(max(0.0, self._next_fetch_at - self._clock()))
            self._next_fetch_at = self._clock() + _FETCH_INTERVAL
            try:
                token = await self._credentials.fetch(self._transport)
            except ZoomError as error:
                delay = self._retry.delay(error, attempt=attempt, retry_safety=RetrySafety.IDEMPOTENT)
                if delay is None or not self._may_retry():
                    raise
            else:
                return _with_lifetime(token)
            await anyio.sleep(delay)
            attempt += 1


def _with_lifetime(token: Token) -> Token:
    """Return *token* with a lifetime that is not too short."""
    if token.lifetime is None or token.lifetime >= _SHORTEST_LIFETIME:
        return token
    return replace(token, lifetime=_SHORTEST_LIFETIME)
