"""The rate limiter of one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from .._core.rate_limiter import Permit, QueueTooLong, RateLimitStatus
from .._label import Label
from ..events import Event
from ._adaptive import AdaptiveRate
from ._daily_quota import DailyQuota, remaining_in_headers
from ._plan import Plan
from ._server_clock import ServerClock, running_seconds
from ._subscribers import Subscribers
from ._token_bucket import LATENCY_JITTER, TokenBucket
from ._wait_queue import Dismissed


class LocalRateLimiter:
    """A rate limiter that keeps one process below *plan*.

    *latency_jitter* is the safety margin for differences in network delay, in seconds. *clock* replaces the clocks of
    the system in tests; it returns seconds and never goes back.
    """

    def __init__(
        self, plan: Plan, *, latency_jitter: float = LATENCY_JITTER, clock: Callable[[], float] | None = None
    ) -> None:
        self.server_clock: Final = ServerClock(clock or running_seconds)
        """Zoom's clock."""
        self._clock = clock or time.monotonic
        self._buckets = {
            label: TokenBucket(plan.rate(label), latency_jitter=latency_jitter, clock=self._clock) for label in Label
        }
        quotas = {label: DailyQuota(plan.per_day(label), self.server_clock) for label in Label}
        self._quotas = {label: quotas[plan.quota_label(label)] for label in Label}  # two labels may share one
        self._per_day = {label: plan.per_day(label) for label in Label}
        self._adaptive_rates = dict.fromkeys(Label, AdaptiveRate())
        self._subscribers = Subscribers(plan)

    def __repr__(self) -> str:
        return f"<LocalRateLimiter {', '.join(f'{label}: {bucket!r}' for label, bucket in self._buckets.items())}>"

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait until a request of *label* may be sent, and count it, as `RateLimiter.acquire` describes."""
        quota = self._quotas[label]
        while True:
            day = quota.count()
            try:
                mark_sent = self._buckets[label].take_free()
                if mark_sent is None:
                    mark_sent = await self._wait(label, priority=priority, max_wait=max_wait)
                    day = quota.renew(day)  # midnight may have passed in the queue
            except Dismissed:
                quota.refund(day)  # the next count raises, unless the block has ended already
            except BaseException:
                quota.refund(day)
                raise
            else:
                adaptive_rate = self._adaptive_rates[label]
                if adaptive_rate.fraction < 1:
                    self._set_adaptive_rate(label, adaptive_rate.on_permit(self._clock()))
                return Permit(mark_sent, partial(quota.refund, day), lambda: quota.remaining)

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Pause *label* for *seconds*. Repeated 429s lower its rate."""
        self._buckets[label].pause(seconds)
        self._set_adaptive_rate(label, self._adaptive_rates[label].on_rate_limited(self._clock(), seconds))

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Block *label* until then. Waiting callers raise `DailyQuotaExhausted`."""
        quota = self._quotas[label]
        quota.block(until)
        for other, bucket in self._buckets.items():
            if self._quotas[other] is quota:
                bucket.dismiss()

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock and the remaining daily quota, as `RateLimiter.observe` describes."""
        self.server_clock.observe(headers)
        if (remaining := remaining_in_headers(headers, self._per_day[label])) is not None:
            self._quotas[label].lower_to(remaining)

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return the state of every label."""
        return {label: self._status(label) for label in Label}

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call *on_event* with every event from now on; return a function that ends this."""
        return self._subscribers.subscribe(on_event)

    async def aclose(self) -> None:
        """Do nothing: this limiter holds no resources."""

    async def _wait(self, label: Label, *, priority: bool, max_wait: float | None) -> Callable[[], None]:
        """Wait for a permit, and return its `Permit.mark_sent`. Raises `QueueTooLong`."""
        bucket = self._buckets[label]
        if max_wait is not None and (delay := bucket.expected_delay(priority=priority)) > max_wait:
            raise QueueTooLong(delay)
        return await bucket.acquire(priority=priority)

    def _set_adaptive_rate(self, label: Label, adaptive_rate: AdaptiveRate) -> None:
        changed = adaptive_rate.fraction != self._adaptive_rates[label].fraction
        self._adaptive_rates[label] = adaptive_rate
        if changed:
            self._buckets[label].set_fraction(adaptive_rate.fraction)
            self._subscribers.publish(label, adaptive_rate.fraction)

    def _status(self, label: Label) -> RateLimitStatus:
        bucket, quota = self._buckets[label], self._quotas[label]
        delay, remaining, resets_at = bucket.expected_delay(), quota.remaining, quota.resumes_at
        if remaining == 0:
            delay = max(delay, (resets_at - self.server_clock.now()).total_seconds())
        return RateLimitStatus(
            label=label,
            rate=bucket.current_rate,
            delay=delay,
            used=quota.used,
            remaining=remaining,
            resets_at=resets_at,
        )
