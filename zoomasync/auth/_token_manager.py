"""The access token that all calls of a client share."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Protocol

from .._core.access_token import Token
from ..errors import ConfigError, ZoomError
from ..events import Event, Listener, TokenRefreshed, TokenRefreshFailed
from ._token_requests import TokenRequests

_REFRESH_FRACTION = 0.1  # refresh when a tenth of the lifetime remains: six minutes of an hour


class RenewableTokens(Protocol):
    """The way in which a client gets a new access token: `FetchedTokens`, or that of a user."""

    @property
    def must_finish(self) -> bool:
        """Whether a renewal is under way that must not be cancelled."""
        ...

    @property
    def fetches(self) -> int:
        """The number of tokens that Zoom has sent so far; the others came from a store."""
        ...

    @property
    def account_id(self) -> str | None:
        """The account of the tokens, or None as long as it is unknown."""
        ...

    async def renew(self, stale: Token | None) -> Token:
        """Return a token newer than *stale*, the latest that this client has had. There is one renewal at a time."""
        ...


class TokenManager:
    """The access token that all calls of a client share.

    It is renewed before it expires, by one renewal of *tokens* at a time, which sends its requests by *requests*.
    *on_event* receives `TokenRefreshed` and `TokenRefreshFailed`.
    """

    def __init__(
        self,
        tokens: RenewableTokens,
        requests: TokenRequests,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_event: Listener | None = None,
    ) -> None:
        self._tokens = tokens
        self._requests = requests
        self._clock = clock
        self._on_event = on_event
        self._token: Token | None = None
        self._expires_at = 0.0
        self._refresh_at = 0.0
        self._refresh_task: asyncio.Task[Token] | None = None
        self._is_closed = False

    @property
    def account_id(self) -> str | None:
        """The account of the tokens, or None as long as it is unknown."""
        return self._tokens.account_id

    async def get(self) -> Token:
        """Return a valid token. Waits only when there is none."""
        now = self._clock()
        if self._token is None or now >= self._expires_at:
            return await self._wait_for_refresh()
        if now >= self._refresh_at and not self._is_closed:
            self._start_refresh()  # the old token is still valid, so that no caller needs to wait
        return self._token

    async def renew(self, rejected: Token) -> Token:
        """Return a token other than *rejected*, or *rejected* itself when the credentials have no other."""
        if self._token == rejected:
            self._expires_at = 0.0
        return await self.get()

    def open(self) -> None:
        """Allow refreshes after `aclose`."""
        self._is_closed = False
        self._requests.allow_retries()

    async def aclose(self) -> None:
        """Start no refresh from now on, and end one that is under way.

        One that must not be cancelled is waited for. It sends nothing again.
        """
        self._is_closed = True
        self._requests.stop_retries()
        task = self._refresh_task
        if task is not None:
            if not self._tokens.must_finish:
                task.cancel()
            await asyncio.wait([task])
            self._refresh_task = None  # a task that was cancelled before it ran has not done this

    async def _wait_for_refresh(self) -> Token:
        if self._is_closed:
            raise _closed_error()
        task = self._start_refresh()
        try:
            # Shielded: cancelling one waiter must not cancel the refresh that the others wait for.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise _closed_error() from None
            raise

    def _start_refresh(self) -> asyncio.Task[Token]:
        if self._refresh_task is None:
            self._refresh_task = asyncio.create_task(self._refresh(), name="zoomasync token refresh")
            # `exception()` marks an error as retrieved, or asyncio would log it when no waiter is left.
            self._refresh_task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._refresh_task

    async def _refresh(self) -> Token:
        began, fetches = self._clock(), self._tokens.fetches
        try:
            token = await self._tokens.renew(self._token)
            lifetime = math.inf if token.lifetime is None else token.lifetime
            now = self._clock()
            self._token = token
            self._expires_at = now + lifetime
            self._refresh_at = now + lifetime * (1 - _REFRESH_FRACTION)
        except Exception as error:
            now = self._clock()
            self._refresh_at = now + self._requests.longest_wait  # the next call does not repeat an early refresh
            known = error if isinstance(error, ZoomError) else None
            self._report(TokenRefreshFailed(now - began, type(error).__name__, known))
            raise
        else:
            if self._tokens.fetches > fetches:
                self._report(TokenRefreshed(now - began, token.lifetime))
            return token
        finally:
            # Before the task is done: a call that starts now must not get the result of the past.
            self._refresh_task = None

    def _report(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)


def _closed_error() -> ConfigError:
    return ConfigError("the client was closed while a call waited for an access token")
