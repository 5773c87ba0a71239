"""Zoom's per-second rate limits: one sliding window per label, shared by the whole account."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from typing import Final

from ..._label import Label
from ...rate_limits import Plan
from ..protocol.responses import ErrorResponse, FakeResponse

_MESSAGE: Final = "You have reached the maximum per-second rate limit for this API. Try again later."


class SlidingWindow:
    """A limit of *rate* calls per second that holds for every interval of one second; rejected calls do not count.

    A fractional rate is rounded up, and its window is longer: 2.5 per second are three in every 1.2 seconds.
    """

    def __init__(self, rate: float) -> None:
        self.limit: int = ceil(rate)
        self._seconds = self.limit / rate
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> bool:
        """Count a call that arrives *now*, in seconds, and return True if it is within the limit."""
        if not self.remaining(now):
            return False
        self._admitted.append(now)
        return True

    def remaining(self, now: float) -> int:
        """Return how many more calls are within the limit at *now*."""
        while self._admitted and now - self._admitted[0] >= self._seconds:
            self._admitted.popleft()
        return self.limit - len(self._admitted)


class RateLimits:
    """The rate limits of one plan; without a plan every call is admitted."""

    def __init__(self, plan: Plan | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._enforced = plan is not None
        # Without a plan, the headers of a scripted 429 still need a limit.
        self._windows = {label: SlidingWindow((plan or Plan.PRO).rate(label)) for label in Label}

    def check(self, label: Label) -> FakeResponse | None:
        """Count one call under *label*, and return the 429 if it is over the limit."""
        if not self._enforced or self._windows[label].admit(self._clock()):
            return None
        return self.per_second_limit(label)

    def per_second_limit(self, label: Label, retry_after: str | None = None) -> FakeResponse:
        """Return Zoom's per-second 429 for *label*; Zoom's own has no Retry-After."""
        headers = {**self._headers(label, 0), "X-RateLimit-Type": "QPS"}
        if retry_after is not None:
            headers["Retry-After"] = retry_after
        return ErrorResponse(429, 429, _MESSAGE).response(headers)

    def resource_limit(self, label: Label, message: str) -> FakeResponse:
        """Return the 429 of a resource quota; its headers describe *label*'s rate limit, as Zoom's do."""
        return ErrorResponse(429, 429, message).response(
            self._headers(label, self._windows[label].remaining(self._clock()))
        )

    def _headers(self, label: Label, remaining: int) -> dict[str, str]:
        return {
            "X-RateLimit-Category": label.value.capitalize(),
            "X-RateLimit-Limit": str(self._windows[label].limit),
            "X-RateLimit-Remaining": str(remaining),
        }
