"""The budgets of one account, shared by all processes that give the same name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Literal

import anyio

from .._label import Label
from ..errors import ConfigError, RedisUnavailable
from ..events import Event, RateAdjusted
from ..rate_limits import Permit, Plan, RateLimitStatus
from ..rate_limits._subscribers import Subscribers
from ..rate_limits._token_bucket import LATENCY_JITTER
from ._connection import Link, RedisClient
from ._fallback import Fallback
from ._label_limiter import RedisLabelLimiter
from ._limits_client import Desk

_PROBE_SECONDS = 1.0


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

    Without Redis, calls raise `RedisUnavailable` (*on_lost* is ``"fail"``), or with ``"local"`` each of *processes*
    processes goes on with its share of the plan, until Redis is back.
    """

    def __init__(
        self,
        redis: str | RedisClient,
        plan: Plan,
        *,
        name: str = "zoomasync",
        latency_jitter: float = LATENCY_JITTER,
        on_lost: Literal["fail", "local"] = "fail",
        processes: int | None = None,
    ) -> None:
        if on_lost == "local" and (processes is None or processes < 1):
            raise ConfigError('on_lost="local" needs processes: how many share the plan')
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
        self._processes = processes if on_lost == "local" else None
        self._latency_jitter = latency_jitter
        self._stand_in: Fallback | None = None
        self._probing: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        buckets = ", ".join(f"{label}: {bucket!r}" for label, bucket in self._buckets.items())
        state = buckets if self._stand_in is None else "without Redis"
        return f"<RedisRateLimiter {self._name!r}, {state}>"

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait until a request of *label* may be sent, and count it; an urgent one goes before the others.

        Raises `DailyQuotaExhausted` at once when the day has none left, and `RedisUnavailable` without Redis. A call that could
        not be sent costs one of the day all the same: the count is never behind.
        """
        while True:
            if self._stand_in is None:
                try:
                    return Permit(await self._buckets[label].acquire(priority=priority), _costs_all_the_same)
                except RedisUnavailable:
                    if self._processes is None:
                        raise
                    self._go_on_without(self._processes)
            if self._stand_in is not None:
                permit = await self._stand_in.acquire(label, priority=priority)
                if permit is not None:
                    self._buckets[label].owed += 1
                    return permit

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Let nobody of *label* through for *seconds*, in no process; slow down when that happens again and again."""
        if self._stand_in is not None:
            await self._stand_in.rate_limiter.on_rate_limited(label, seconds)
        bucket = self._buckets[label]
        try:
            await self._desk.throttle(label, seconds)
        except RedisUnavailable:
            bucket.ask_again(after=seconds)  # what was refused tells more than that Redis is away
        else:
            bucket.ask_again()

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Let nobody of *label* through before *until*, in no process; those in the queue included."""
        if self._stand_in is not None:
            await self._stand_in.rate_limiter.on_daily_limit(label, until)
        with suppress(RedisUnavailable):
            await self._desk.defer(label, until)
        for each in Label:
            if self._plan.quota_label(each) is self._plan.quota_label(label):
                self._buckets[each].defer(until)

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Learn Zoom's clock, and how much of the day it says is left; the others learn it with the next slots."""
        self._desk.observe(label, headers)
        if self._stand_in is not None:
            self._stand_in.rate_limiter.observe(label, headers)

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return how every label stands, over all processes. Raises `RedisUnavailable` without Redis."""
        if self._stand_in is not None:
            return await self._stand_in.rate_limiter.status()
        return {label: await bucket.status() for label, bucket in self._buckets.items()}

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call *on_event* with every event from now on; return a function that ends this."""
        return self._subscribers.subscribe(on_event)

    async def aclose(self) -> None:
        """Give back what is in hand, and close the connections that are ours. Closing twice does no harm."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])
            self._probing = self._stand_in = None
        await asyncio.gather(*(bucket.aclose() for bucket in self._buckets.values()))
        await self._link.aclose()

    def _tell(self, label: Label, fraction: float) -> None:
        rate = self._plan.rate(label)
        self._subscribers.publish(RateAdjusted(label, rate * fraction, rate))

    def _go_on_without(self, processes: int) -> None:
        if self._stand_in is None:
            # The slots that were in hand went out until now.
            starts_at = time.monotonic() + 1 + 2 * self._latency_jitter
            self._stand_in = Fallback(
                self._plan,
                processes=processes,
                latency_jitter=self._latency_jitter,
                starts_at=starts_at,
                remaining=self._desk.remaining(),
            )
            self._probing = asyncio.create_task(self._probe(), name="zoomasync looks for Redis")

    async def _probe(self) -> None:
        """Look for Redis until it is back, then let everybody who waits go there."""
        while True:
            await anyio.sleep(_PROBE_SECONDS)
            self._desk.was_away()
            try:
                for bucket in self._buckets.values():
                    await bucket.probe()
            except RedisUnavailable:
                continue
            stand_in, self._stand_in, self._probing = self._stand_in, None, None
            if stand_in is not None:
                stand_in.dismiss()
            return


def _costs_all_the_same() -> None:
    """Give nothing back: other processes may have been refused for it already."""
