"""Zoom's limits per second: one window a label, shared by the whole account."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from typing import Final

from ..._label import Label
from ...rate_limits import Plan
from ..protocol.errors import FakeResponse, Refusal

_MESSAGE: Final = "You have reached the maximum per-second rate limit for this API. Try again later."


class SlidingWindow:
    """Admits at most *rate* calls in every second, wherever that second begins; refused calls do not count.

    A rate that is no whole number holds for a little longer: 2.5 a second are three in every 1.2 seconds.
    """

    def __init__(self, rate: float) -> None:
        self.limit: int = ceil(rate)
        self._seconds = self.limit / rate
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> bool:
        """Tell whether a call that arrives *now*, in seconds, is within the limit."""
        if not self.left(now):
            return False
        self._admitted.append(now)
        return True

    def left(self, now: float) -> int:
        """Return how many more calls are within the limit at *now*."""
        while self._admitted and now - self._admitted[0] >= self._seconds:
            self._admitted.popleft()
        return self.limit - len(self._admitted)


class Limits:
    """The limits of one plan; without a plan everything is admitted."""

    def __init__(self, plan: Plan | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._enforced = plan is not None
        self._windows = {label: SlidingWindow(rate) for label, rate in _rates(plan or Plan.PRO).items()}

    def refusal(self, label: Label) -> FakeResponse | None:
        """Return the 429 for one more call under *label*, or None when it is admitted."""
        if not self._enforced or self._windows[label].admit(self._clock()):
            return None
        return self.too_many(label)

    def too_many(self, label: Label, retry_after: str | None = None) -> FakeResponse:
        """Return Zoom's per-second 429 for *label*; Zoom sends no Retry-After with it unless told to."""
        headers = {**self._bucket(label, 0), "X-RateLimit-Type": "QPS"}
        if retry_after is not None:
            headers["Retry-After"] = retry_after
        return Refusal(429, 429, _MESSAGE).response(headers)

    def over_quota(self, label: Label, message: str) -> FakeResponse:
        """Return the 429 of a limit on one host or registrant; its headers tell of *label*'s limit, as Zoom's do."""
        return Refusal(429, 429, message).response(self._bucket(label, self._windows[label].left(self._clock())))

    def _bucket(self, label: Label, remaining: int) -> dict[str, str]:
        return {
            "X-RateLimit-Category": label.value.capitalize(),
            "X-RateLimit-Limit": str(self._windows[label].limit),
            "X-RateLimit-Remaining": str(remaining),
        }


def _rates(plan: Plan) -> dict[Label, float]:
    return {Label.LIGHT: plan.light, Label.MEDIUM: plan.medium, Label.HEAVY: plan.heavy}
