"""The rate limiter that processes share through Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, Self

import anyio

from .._label import Label
from ..errors import ConfigError, RedisUnavailable
from ..events import Event
from ..rate_limits import Permit, Plan, RateLimitStatus
from ..rate_limits._subscribers import Subscribers
from ..rate_limits._token_bucket import LATENCY_JITTER
from ._connection import CLOSE_SECONDS, RedisClient, RedisConnection
from ._label_limiter import RedisLabelLimiter
from ._limits_client import LimitsClient

_REPORT_SECONDS: Final = 5.0
"""The seconds that a caller waits until Redis knows of a 429. The request continues after that."""


class RedisRateLimiter:
    """A rate limiter that keeps all processes with the same *name* below one *plan* together.

    *redis* is a URL, or a client of redis-py, which its owner closes. *name* stands for the account, as `limits_name`
    returns it. No second holds more requests than the plan allows, and the daily quota is exact. Pauses and blocked
    days apply to all processes; priority orders the callers of one process. *latency_jitter* is the safety margin for
    differences in network delay, in seconds.

    A process leases permits for up to a tenth of a second at once, and for longer if Redis is slow. It returns permits
    that it does not use, or that it missed because its event loop was busy. A pause by another process takes effect
    when its lease is used up.

    Times are those of the Redis server. If its clock and Zoom's differ by more than two seconds, the daily quota
    follows Zoom's. If Redis has lost its data, no request is sent for one second.

    Without Redis, calls raise `RedisUnavailable`; see `zoomasync.rate_limits.FallbackRateLimiter`. While Redis does not
    answer, they wait for *timeout* seconds: by default, the ``socket_timeout`` of the URL, or else 30.
    """

    def __init__(
        self,
        redis: str | RedisClient,
        plan: Plan,
        *,
        name: str,
        latency_jitter: float = LATENCY_JITTER,
        timeout: float | None = None,
    ) -> None:
        if not latency_jitter >= 0:
            raise ConfigError("latency_jitter must be seconds, 0 or more")
        self.plan: Final = plan
        """The plan that all processes share."""
        self._name = name
        self._subscribers = Subscribers(plan)
        self._connection = RedisConnection(redis, timeout)
        self._client = LimitsClient(self._connection, plan, name=name, latency_jitter=latency_jitter)
        self._limiters = {
            label: RedisLabelLimiter(self._client, label, on_fraction=self._subscribers.publish) for label in Label
        }

    def __repr__(self) -> str:
        limiters = ", ".join(f"{label}: {limiter!r}" for label, limiter in self._limiters.items())
        return f"<RedisRateLimiter {self._name!r}, {limiters}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):  # a cancelled caller must return its permits too
            await self.aclose()

    @property
    def permit_seconds(self) -> float:
        """The seconds after which the requests of all leased permits have certainly left Zoom's window."""
        return 1 + 2 * self._client.latency_jitter + min(1.0, self._client.clock.round_trip)

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait for a permit as `RateLimiter.acquire` describes. Raises `RedisUnavailable` without Redis.

        `Permit.refund` does nothing: another process may have been rejected already because of the request, and the
        count must never be too low.
        """
        mark_sent = await self._limiters[label].acquire(priority=priority, max_wait=max_wait)
        return Permit(mark_sent, refund=lambda: None, remaining=lambda: self.last_remaining().get(label))

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Pause *label* for *seconds* in all processes. Repeated 429s lower its rate."""
        limiter = self._limiters[label]
        limiter.discard_permits(retry_in=seconds)  # the pause holds in this process at least
        with anyio.move_on_after(_REPORT_SECONDS), suppress(RedisUnavailable):
            await self._client.pause(label, seconds)
        limiter.discard_permits()  # those that Redis granted meanwhile

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Block *label* until then in all processes. Waiting callers raise `DailyQuotaExhausted`."""
        until = self._client.zoom_clock.end_of_block(until)
        blocked = [each for each in Label if self.plan.quota_label(each) is self.plan.quota_label(label)]
        for each in blocked:
            self._limiters[each].block(until)
        with anyio.move_on_after(_REPORT_SECONDS), suppress(RedisUnavailable):
            await self._client.block(label, until)
        for each in blocked:
            self._limiters[each].block(until)  # again, since a lease that was under way has ended it

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock and the remaining daily quota, as `RateLimiter.observe` describes.

        The next lease shares them with the other processes.
        """
        self._client.observe(label, headers)

    def last_remaining(self) -> Mapping[Label, int]:
        """Return the remaining daily quota that Redis last reported, for labels that have one."""
        return self._client.last_remaining()

    def count_unshared(self, label: Label) -> None:
        """Count one call that was sent without Redis; Redis counts it when it is available again."""
        self._limiters[label].unshared_calls += 1

    async def reconnect(self) -> None:
        """Contact Redis after an outage, and count the unshared calls. Raises `RedisUnavailable` if that fails."""
        self._client.on_disconnected()
        for limiter in self._limiters.values():
            await limiter.reconnect()

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return the state of every label over all processes. Raises `RedisUnavailable` without Redis."""
        return {label: await limiter.status() for label, limiter in self._limiters.items()}

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call *on_event* with every event from now on; return a function that ends this."""
        return self._subscribers.subscribe(on_event)

    async def aclose(self) -> None:
        """Return the leased permits, and close the connections that this limiter opened. Closing twice is safe."""
        with anyio.move_on_after(CLOSE_SECONDS):
            await asyncio.gather(*(limiter.aclose() for limiter in self._limiters.values()))
        await self._connection.aclose()
        await asyncio.gather(*(limiter.finish_exchanges() for limiter in self._limiters.values()))
