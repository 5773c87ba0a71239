"""FallbackRateLimiter in virtual time: the end of an outage.

tests/redis/test_redis_fallback.py has the outages of a real server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import anyio
import pytest
from support.clock import in_virtual_time

from zoomasync import Label, Plan
from zoomasync.errors import RedisUnavailable
from zoomasync.rate_limits import FallbackRateLimiter, LocalRateLimiter, Permit, RateLimitStatus

PLAN = Plan(light=100, medium=100, heavy=1)
MAX_WAITS = [None, 30.0]


class Primary(LocalRateLimiter):
    """A shared rate limiter without its server. What happens when it is contacted again is *on_reconnect*."""

    plan = PLAN
    permit_seconds = 1.0

    def __init__(self, on_reconnect: Exception, *, on_last_remaining: Exception | None = None) -> None:
        super().__init__(PLAN)
        self._on_reconnect = on_reconnect
        self._on_last_remaining = on_last_remaining

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:  # noqa: ARG002  the interface
        await asyncio.sleep(0)
        raise RedisUnavailable("there is no server")

    def last_remaining(self) -> Mapping[Label, int]:
        if self._on_last_remaining is not None:
            raise self._on_last_remaining
        return {}

    def count_unshared(self, label: Label) -> None:
        pass

    async def reconnect(self) -> None:
        await asyncio.sleep(0)
        raise self._on_reconnect


def opened(primary: Primary) -> FallbackRateLimiter:
    return FallbackRateLimiter(primary, LocalRateLimiter(PLAN, clock=asyncio.get_running_loop().time))


@pytest.mark.parametrize("max_wait", MAX_WAITS, ids=str)
@pytest.mark.parametrize("early", [False, True], ids=["on reconnecting", "before the fallback starts"])
@in_virtual_time
async def test_failure_in_background_reaches_waiters(early: bool, max_wait: float | None) -> None:  # noqa: FBT001  a parameter
    """An error that is no outage ends the wait of all callers, and the next caller tries the primary again."""
    failure = LookupError("a bug")
    primary = Primary(failure, on_last_remaining=failure if early else None)
    async with opened(primary) as limiter:
        for _ in range(2):
            outcomes = await asyncio.gather(
                *(limiter.acquire(Label.HEAVY, max_wait=max_wait) for _ in range(5)), return_exceptions=True
            )

            failures = [outcome for outcome in outcomes if not isinstance(outcome, Permit)]
            assert failures == [failure] * len(failures)
            assert len(failures) >= 4


class SlowLimiter(LocalRateLimiter):
    """A fallback whose first status takes longer than others."""

    delay = 10.0

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        delay, self.delay = self.delay, 0.0
        await anyio.sleep(delay)
        return await super().status()


@in_virtual_time
async def test_failure_during_status_reaches_caller() -> None:
    """The background task ends while a caller asks the fallback for its expected delay."""
    failure = LookupError("a bug")
    async with FallbackRateLimiter(Primary(failure, on_last_remaining=failure), SlowLimiter(PLAN)) as limiter:
        with pytest.raises(LookupError, match="a bug"):
            await limiter.acquire(Label.HEAVY, max_wait=30)


@in_virtual_time
async def test_close_ends_waiters() -> None:
    limiter = opened(Primary(RedisUnavailable("there is no server")))
    waiting = [asyncio.create_task(limiter.acquire(Label.HEAVY)) for _ in range(3)]
    await anyio.sleep(0.01)

    await limiter.aclose()

    for task in waiting:
        with pytest.raises(RedisUnavailable, match="was closed"):
            await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
