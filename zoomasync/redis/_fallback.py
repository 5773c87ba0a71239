"""What a process keeps to while Redis is away: its share of the plan, until it is dismissed."""

from __future__ import annotations

import time
from collections.abc import Mapping

import anyio

from .._label import Label
from ..rate_limits import Permit, Plan
from ..rate_limits._local import LocalRateLimiter


class Fallback:
    """Paces one of *processes* processes from *starts_at* on, of a day of which *left* is what is left, by label."""

    def __init__(
        self, plan: Plan, *, processes: int, latency_jitter: float, starts_at: float, remaining: Mapping[Label, int]
    ) -> None:
        self.rate_limiter = LocalRateLimiter(plan.share(1 / processes), latency_jitter=latency_jitter)
        for label, requests in remaining.items():
            told = {"x-ratelimit-type": "daily-limit", "x-ratelimit-remaining": str(requests // processes)}
            self.rate_limiter.observe(label, told)
        self._starts_at = starts_at
        self._waiting = dict[anyio.CancelScope, None]()  # a set that keeps the order

    async def acquire(self, label: Label, *, priority: bool) -> Permit | None:
        """Wait until a request may be sent, and return what is called when it went late; None after `dismiss`."""
        with anyio.CancelScope() as scope:
            self._waiting[scope] = None
            try:
                while (wait := self._starts_at - time.monotonic()) > 0:  # noqa: ASYNC110  the time is known
                    await anyio.sleep(wait)
                return await self.rate_limiter.acquire(label, priority=priority)
            finally:
                del self._waiting[scope]
        return None

    def dismiss(self) -> None:
        """Let nobody wait here any longer."""
        for scope in list(self._waiting):
            scope.cancel()
