"""Zoom's limits of a plan: one sliding window and one daily limit per label, shared by the whole account."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from math import ceil

from ..._label import Label
from ...rate_limits import Plan
from ..protocol.responses import ErrorResponse, FakeResponse
from ..protocol.route import Route
from ..protocol.times import iso
from .daily_counter import DailyCounter
from .limit_messages import LimitKind, limit_message


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
    """The per-second and daily limits of one plan; without a plan every call is admitted.

    *now* returns the time in UTC, which decides when daily limits start anew. A route counts under its label in
    *labels*, if there is one.
    """

    def __init__(self, plan: Plan | None, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._clock = clock
        self._enforced = plan is not None
        # Without a plan, the headers of a scripted 429 still need a limit.
        self._plan = plan or Plan.PRO
        self._windows = {label: SlidingWindow(self._plan.rate(label)) for label in Label}
        self._used_today = DailyCounter(now)
        self.labels: dict[str, Label] = {}

    def label(self, route: Route) -> Label:
        """Return the label that *route* counts under."""
        return self.labels.get(route.template, route.label)

    def headers(self, label: Label) -> dict[str, str]:
        """Return the headers of a successful response to a call under *label*; without a plan, its name alone."""
        return self._account_headers(label) if self._enforced else _category(label)

    def check(self, label: Label) -> FakeResponse | None:
        """Count one call under *label*, and return the 429 if it is over a limit."""
        if not self._enforced:
            return None
        if not self._windows[label].admit(self._clock()):
            return self.too_many("per_second", label, limit_message("per_second"))
        per_day = self._plan.per_day(label)
        if per_day is not None and not self._used_today.admit(self._plan.quota_label(label), per_day):
            return self.too_many("daily", label, limit_message("daily"))
        return None

    def too_many(self, kind: LimitKind, label: Label, message: str) -> FakeResponse:
        """Return Zoom's 429 of a *kind* for a call under *label*.

        Only the daily one has a Retry-After. The headers of a resource quota's 429 describe the label's rate limit.
        """
        return ErrorResponse(429, 429, message).response(self._headers_of_429(kind, label))

    def _headers_of_429(self, kind: LimitKind, label: Label) -> dict[str, str]:
        window = self._windows[label]
        match kind:
            case "per_second":
                return {**_limit_headers(label, window.limit, 0), "X-RateLimit-Type": "QPS"}
            case "daily":
                per_day = self._plan.per_day(label)
                headers = _limit_headers(label, window.limit if per_day is None else per_day, 0)
                return {**headers, "X-RateLimit-Type": "Daily-limit", "Retry-After": iso(self._used_today.midnight())}
            case "host" | "registrant":
                return self._account_headers(label)
            case "concurrent":
                return {}

    def _account_headers(self, label: Label) -> dict[str, str]:
        """Return the headers that describe the daily limit of *label*, or that of a second if it has none."""
        per_day, window = self._plan.per_day(label), self._windows[label]
        if per_day is None:
            return _limit_headers(label, window.limit, window.remaining(self._clock()))
        return _limit_headers(label, per_day, self._used_today.remaining(self._plan.quota_label(label), per_day))


def _category(label: Label) -> dict[str, str]:
    return {"X-RateLimit-Category": label.value.capitalize()}


def _limit_headers(label: Label, limit: int, remaining: int) -> dict[str, str]:
    return {**_category(label), "X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining)}
