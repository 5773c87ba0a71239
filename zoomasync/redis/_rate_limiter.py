"""The budgets of one account, shared by all processes that give the same name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from .._label import Label
from ..errors import ConfigError, RedisUnavailable
from ..events import Event, RateAdjusted
from ..rate_limits import Permit, Plan, RateLimitStatus
from ..rate_limits._subscribers import Subscribers
from ..rate_limits._token_bucket import LATENCY_JITTER
from ._connection import Link, RedisClient
from ._label_limiter import RedisLabelLimiter
from ._limits_client import Desk


class RedisRateLimiter:
    """Holds all processes that give the same *name* to one *plan*: `Zoom` takes it as ``budgets=``.

    *redis* is a URL, or a client of redis-py, which stays yours to close. No second ever holds more requests than the
    plan allows, whoever sends them; the day's budget is spent to the last request, and not one more goes out. Pauses
    and spent days are everybody's. An urgent call goes before the others of its own process.

    A process has slots of a tenth of a second in hand, if that many callers wait, so that it asks Redis once for
    several; a pause that another begins holds it when they are used up. What it does not use, it gives back, and so it
    does with a slot that it misses because its event loop was busy. *jitter* is as `Zoom` says.

    Time is the Redis server's: where its clock and Zoom's are more than two seconds apart, the day is Zoom's. Where
    Redis has lost its memory, a second goes by without a request.

    Without Redis, calls raise `RedisUnavailable`; see `zoomasync.rate_limits.FallbackRateLimiter`.
    """

    def __init__(
        self,
        redis: str | RedisClient,
        plan: Plan,
        *,
        name: str = "zoomasync",
        latency_jitter: float = LATENCY_JITTER,
    ) -> None:
        if not latency_jitter >= 0:
            raise ConfigError("jitter must be seconds, 0 or more")
        self._name = name
        self._plan = plan
        self._subscribers = Subscribers()
        self._link = Link(redis)
        self._desk = Desk(self._link, plan, name=name, latency_jitter=latency_jitter)
        self._buckets = {
            label: RedisLabelLimiter(
                self._desk, label, plan.rate(label), latency_jitter=latency_jitter, on_pace=self._tell
            )
            for label in Label
        }
        self._latency_jitter = latency_jitter

    def __repr__(self) -> str:
        buckets = ", ".join(f"{label}: {bucket!r}" for label, bucket in self._buckets.items())
        return f"<RedisRateLimiter {self._name!r}, {buckets}>"

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait until a request of *label* may be sent, and count it; an urgent one goes before the others.

        Raises `DailyQuotaExhausted` at once when the day has none left, and `RedisUnavailable` without Redis. A call that could
        not be sent costs one of the day all the same: the count is never behind.
        """
        return Permit(await self._buckets[label].acquire(priority=priority), _costs_all_the_same)

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Let nobody of *label* through for *seconds*, in no process; slow down when that happens again and again."""
        bucket = self._buckets[label]
        try:
            await self._desk.throttle(label, seconds)
        except RedisUnavailable:
            bucket.ask_again(after=seconds)  # what was refused tells more than that Redis is away
        else:
            bucket.ask_again()

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Let nobody of *label* through before *until*, in no process; those in the queue included."""
        with suppress(RedisUnavailable):
            await self._desk.defer(label, until)
        for each in Label:
            if self._plan.quota_label(each) is self._plan.quota_label(label):
                self._buckets[each].defer(until)

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Learn Zoom's clock, and how much of the day it says is left; the others learn it with the next slots."""
        self._desk.observe(label, headers)

    @property
    def plan(self) -> Plan:
        """The plan that all processes share."""
        return self._plan

    @property
    def lease_seconds(self) -> float:
        """The seconds after which the requests of all leased permits have certainly left Zoom's window."""
        return 1 + 2 * self._latency_jitter

    def last_remaining(self) -> Mapping[Label, int]:
        """Return the remaining daily quota that Redis last reported, for labels that have one."""
        return self._desk.remaining()

    def count_unshared(self, label: Label) -> None:
        """Count one call that was sent without Redis; Redis counts it when it is available again."""
        self._buckets[label].owed += 1

    async def reconnect(self) -> None:
        """Contact Redis after an outage, and count the unshared calls. Raises `RedisUnavailable` if that fails."""
        self._desk.was_away()
        for bucket in self._buckets.values():
            await bucket.probe()

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return how every label stands, over all processes. Raises `RedisUnavailable` without Redis."""
        return {label: await bucket.status() for label, bucket in self._buckets.items()}

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call *on_event* with every event from now on; return a function that ends this."""
        return self._subscribers.subscribe(on_event)

    async def aclose(self) -> None:
        """Give back what is in hand, and close the connections that are ours. Closing twice does no harm."""
        await asyncio.gather(*(bucket.aclose() for bucket in self._buckets.values()))
        await self._link.aclose()

    def _tell(self, label: Label, fraction: float) -> None:
        rate = self._plan.rate(label)
        self._subscribers.publish(RateAdjusted(label, rate * fraction, rate))


def _costs_all_the_same() -> None:
    """Give nothing back: other processes may have been refused for it already."""
