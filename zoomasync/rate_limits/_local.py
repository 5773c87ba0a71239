"""The budgets of one process: a bucket for every label, and what is left of the day."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from .._core.rate_limiter import DailyQuotaExhausted, Permit, QueueTooLong, RateLimitStatus
from .._label import Label
from ..events import Event
from ._adaptive import AdaptiveRate
from ._daily_quota import DailyQuota
from ._plan import Plan
from ._server_clock import ServerClock
from ._token_bucket import LATENCY_JITTER, TokenBucket
from ._wait_queue import Dismissed


class LocalRateLimiter:
    """Holds one client to *plan*. *jitter* is in seconds, *on_event* is told when the pace changes."""

    def __init__(
        self,
        plan: Plan,
        *,
        latency_jitter: float = LATENCY_JITTER,
        on_event: Callable[[Event], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._server = ServerClock(clock)
        self._buckets = {
            label: TokenBucket(plan.rate(label), latency_jitter=latency_jitter, clock=clock) for label in Label
        }
        self._days = {label: DailyQuota(plan.per_day(label), self._server) for label in Label}
        self._adaptive_rates = {
            label: AdaptiveRate(label, plan.rate(label), bucket, on_event, clock)
            for label, bucket in self._buckets.items()
        }

    def __repr__(self) -> str:
        return f"<LocalRateLimiter {', '.join(f'{label}: {bucket!r}' for label, bucket in self._buckets.items())}>"

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait until a request of *label* may be sent, and count it. Raises `DailyQuotaExhausted` when the day has none left."""
        budget = self._day(label)
        if max_wait is not None and (delay := self._status(label).delay) > max_wait and budget.remaining != 0:
            raise QueueTooLong(delay)
        day = budget.take()
        try:
            mark_sent = await self._buckets[label].acquire(priority=priority)
        except Dismissed:
            budget.refund(day)
            raise DailyQuotaExhausted(budget.resumes_at) from None
        except BaseException:
            budget.refund(day)
            raise
        if budget.deferred:
            budget.refund(day)
            raise DailyQuotaExhausted(budget.resumes_at)
        day = budget.still(day)  # the queue may have lasted over midnight
        self._adaptive_rates[label].on_permit()
        return Permit(mark_sent, partial(budget.refund, day))

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Let nobody of *label* through for *seconds*; slow down when that happens again and again."""
        self._adaptive_rates[label].on_rate_limited(seconds)
        self._buckets[label].pause(seconds)

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Let nobody of *label* through before *until*, those in the queue included."""
        self._day(label).spend(until)
        for other, bucket in self._buckets.items():
            if self._day(other) is self._day(label):
                bucket.dismiss()

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Learn Zoom's clock, and how much of the day it says is left."""
        self._server.observe(headers)
        remaining = headers.get("x-ratelimit-remaining", "")
        if re.fullmatch(r"\d{1,9}", remaining) and self._tells_of_the_day(label, headers):
            self._day(label).lower_to(int(remaining))

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Send events to *on_event* too. Returns a function that ends the subscription."""
        for rate in self._adaptive_rates.values():
            rate._on_event = on_event
        return lambda: None

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return how every label stands."""
        return {label: self._status(label) for label in Label}

    async def aclose(self) -> None:
        """Nothing is held."""

    def _day(self, label: Label) -> DailyQuota:
        return self._days[self._plan.quota_label(label)]

    def _tells_of_the_day(self, label: Label, headers: Mapping[str, str]) -> bool:
        # The same headers tell of the second or of the day, and only the 429s say which; but no second allows so many.
        limit = headers.get("x-ratelimit-limit", "")
        if headers.get("x-ratelimit-type", "").lower() == "daily-limit" or limit == str(self._plan.per_day(label)):
            return True
        return re.fullmatch(r"\d{1,9}", limit) is not None and int(limit) >= _SURELY_A_DAY

    def _status(self, label: Label) -> RateLimitStatus:
        bucket, day = self._buckets[label], self._day(label)
        remaining, resets_at = day.remaining, day.resumes_at
        delay = bucket.expected_wait
        if remaining == 0:
            delay = max(delay, (resets_at - self._server.now()).total_seconds())
        return RateLimitStatus(
            label=label, rate=bucket.current_rate, delay=delay, used=day.used, remaining=remaining, resets_at=resets_at
        )


_SURELY_A_DAY = 1000
