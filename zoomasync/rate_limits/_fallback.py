"""A rate limiter that replaces a shared one while its server is unavailable."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Protocol, Self

import anyio

from .._core.rate_limiter import DailyQuotaExhausted, Permit, QueueTooLong, RateLimiter, RateLimitStatus
from .._label import Label
from ..errors import RedisUnavailable
from ..events import Event
from ._plan import Plan

_PROBE_SECONDS = 1.0


class SharedRateLimiter(RateLimiter, Protocol):
    """A rate limiter that shares *plan* with other processes through a server, such as `RedisRateLimiter`.

    It raises `RedisUnavailable` while the server is unavailable.
    """

    @property
    def plan(self) -> Plan:
        """The plan that all processes share."""
        ...

    @property
    def permit_seconds(self) -> float:
        """The seconds after which the requests of all leased permits have certainly left Zoom's window."""
        ...

    def last_remaining(self) -> Mapping[Label, int]:
        """Return the remaining daily quota that the server last reported, for labels that have one."""
        ...

    def count_unshared(self, label: Label) -> None:
        """Count one call that was sent without the server; the server counts it when it is available again."""
        ...

    async def reconnect(self) -> None:
        """Contact the server after an outage, and count the unshared calls. Raises `RedisUnavailable` if that fails."""
        ...


class FallbackRateLimiter:
    """A rate limiter that uses *fallback* while *primary* raises `RedisUnavailable`.

    ::

        async with (
            RedisRateLimiter("redis://redis.internal", plan, name=limits_name(account_id)) as redis,
            FallbackRateLimiter(redis, LocalRateLimiter(plan.share(1 / processes))) as limiter,
        ):
            ...

    The fallback must be a share of the plan that all processes together can use. It starts when the permits that were
    leased from the primary have certainly been used, which takes a little over a second. Its daily quota is at most its
    share of the remaining quota that the primary last reported. Once per second it is checked whether the primary is
    available again; then all callers return to it, and it counts the calls that were sent meanwhile.

    Neither rate limiter is closed by this one.
    """

    def __init__(self, primary: SharedRateLimiter, fallback: RateLimiter) -> None:
        self._primary = primary
        self._fallback = fallback
        self._outage: _Outage | None = None

    def __repr__(self) -> str:
        return f"<FallbackRateLimiter {self._primary if self._outage is None else self._fallback!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait for a permit as `RateLimiter.acquire` describes. Raises `RedisUnavailable` only if it is closed."""
        while True:
            outage = self._outage
            if outage is None:
                try:
                    return await self._primary.acquire(label, priority=priority, max_wait=max_wait)
                except RedisUnavailable:
                    outage = self._start_outage()
            permit = await outage.acquire(label, priority=priority, max_wait=max_wait)
            if permit is not None:
                self._primary.count_unshared(label)
                return permit

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Pause *label* for *seconds*. Repeated 429s lower its rate."""
        if self._outage is not None:
            await self._fallback.on_rate_limited(label, seconds)
        with suppress(RedisUnavailable):
            await self._primary.on_rate_limited(label, seconds)

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Block *label* until then. Waiting callers raise `DailyQuotaExhausted`."""
        await self._fallback.on_daily_limit(label, until)
        with suppress(RedisUnavailable):
            await self._primary.on_daily_limit(label, until)

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock and the remaining daily quota, as `RateLimiter.observe` describes."""
        self._primary.observe(label, headers)
        self._fallback.observe(label, headers)

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return the state of every label in the rate limiter that is in use."""
        if self._outage is None:
            try:
                return await self._primary.status()
            except RedisUnavailable:
                self._start_outage()
        return await self._fallback.status()

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call *on_event* with the events of both rate limiters from now on; return a function that ends this."""
        subscriptions = ExitStack()
        for limiter in (self._primary, self._fallback):
            subscriptions.callback(limiter.subscribe(on_event))
        return subscriptions.close

    async def aclose(self) -> None:
        """End the background task. Closing twice is safe."""
        if self._outage is not None:
            await self._outage.aclose()
            self._outage = None

    def _start_outage(self) -> _Outage:
        if self._outage is None:
            self._outage = _Outage(self._primary, self._fallback, on_end=self._end_outage)
        return self._outage

    def _end_outage(self) -> None:
        self._outage = None


class _Outage:
    """The time between the first `RedisUnavailable` of *primary* and its return."""

    def __init__(self, primary: SharedRateLimiter, fallback: RateLimiter, *, on_end: Callable[[], None]) -> None:
        self._primary = primary
        self._fallback = fallback
        self._on_end = on_end
        self._fallback_from = time.monotonic() + primary.permit_seconds
        self._fallback_started = anyio.Event()
        self._waiting = dict[anyio.CancelScope, Label]()  # in order of arrival
        self._task = asyncio.create_task(self._run(), name="zoomasync rate limiter fallback")
        self._task.add_done_callback(self._end)

    async def acquire(self, label: Label, *, priority: bool, max_wait: float | None) -> Permit | None:
        """Acquire a permit of the fallback, or return None if the primary is available again.

        Raises the error that ended the background task, and `RedisUnavailable` if it was closed.
        """
        if max_wait is not None and not self._fallback_started.is_set():
            await self._check_delay(label, max_wait)
            max_wait = None
        with anyio.CancelScope() as scope:
            self._waiting[scope] = label
            if self._task.done():
                scope.cancel()
            try:
                await self._fallback_started.wait()
                return await self._fallback.acquire(label, priority=priority, max_wait=max_wait)
            finally:
                del self._waiting[scope]
        if self._task.cancelled():
            raise RedisUnavailable("the rate limiter was closed")
        self._task.result()
        return None

    async def aclose(self) -> None:
        """End the background task."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _check_delay(self, label: Label, max_wait: float) -> None:
        status = (await self._fallback.status())[label]
        if status.remaining == 0:
            raise DailyQuotaExhausted(status.resets_at)
        waiting = sum(other is label for other in self._waiting.values())
        delay = max(0.0, self._fallback_from - time.monotonic()) + status.delay + waiting / status.rate
        if delay > max_wait:
            raise QueueTooLong(delay)

    async def _run(self) -> None:
        await self._lower_daily_quotas()
        await anyio.sleep(self._fallback_from - time.monotonic())
        self._fallback_started.set()
        while True:
            with suppress(RedisUnavailable):
                await self._primary.reconnect()
                break
            await anyio.sleep(_PROBE_SECONDS)

    def _end(self, _: asyncio.Task[None]) -> None:
        """End the outage: callers return to the primary, or raise the error of the background task."""
        self._on_end()
        for scope in list(self._waiting):
            scope.cancel()

    async def _lower_daily_quotas(self) -> None:
        """Limit each daily quota of the fallback to its share of the quota that remains for all processes."""
        status = await self._fallback.status()
        for label, remaining in self._primary.last_remaining().items():
            share = min(1.0, status[label].rate / self._primary.plan.rate(label))
            headers = {"x-ratelimit-type": "daily-limit", "x-ratelimit-remaining": str(int(remaining * share))}
            self._fallback.observe(label, headers)
