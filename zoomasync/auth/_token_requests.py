"""The requests for tokens, and their retries."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import anyio

from .._core.access_token import Token
from .._core.endpoint import RetrySafety
from .._core.retries import RetryPolicy
from ..errors import ZoomError

T = TypeVar("T")

_INTERVAL = 1.0  # at least, between two token requests: tokens and credentials may be rejected at once
_SHORTEST_LIFETIME = 60.0  # with a shorter one, a call that waits for its turn would need several tokens


class TokenRequests:
    """The requests for tokens of one client: at most one per second, each repeated as *retry* and *may_retry* allow."""

    def __init__(
        self,
        retry: RetryPolicy,
        *,
        may_retry: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.longest_wait: float = retry.cap
        self._retry = retry
        self._may_retry = may_retry
        self._clock = clock
        self._next_at = -math.inf
        self._stopped = anyio.Event()

    async def send(
        self, request: Callable[[], Awaitable[T]], *, retry_safety: RetrySafety = RetrySafety.IDEMPOTENT
    ) -> T:
        """Return the result of *request*, which may be called several times. Raises its last error."""
        attempt = 1
        while True:
            await anyio.sleep(max(0.0, self._next_at - self._clock()))
            self._next_at = self._clock() + _INTERVAL
            try:
                return await request()
            except ZoomError as caught:
                error = caught
            delay = self._retry.delay(error, attempt=attempt, retry_safety=retry_safety)
            if delay is None or not self._may_retry():
                raise error
            with anyio.move_on_after(delay):
                await self._stopped.wait()
                raise error
            attempt += 1

    def stop_retries(self) -> None:
        """Send nothing again from now on: the client is being closed."""
        self._stopped.set()

    def allow_retries(self) -> None:
        """Send again from now on."""
        if self._stopped.is_set():
            self._stopped = anyio.Event()


def with_lifetime(token: Token) -> Token:
    """Return *token*, which was just fetched, with a lifetime that is not too short."""
    if token.lifetime is None or token.lifetime >= _SHORTEST_LIFETIME:
        return token
    return replace(token, lifetime=_SHORTEST_LIFETIME)
