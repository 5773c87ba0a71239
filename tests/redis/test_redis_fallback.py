"""FallbackRateLimiter in front of a RedisRateLimiter whose server is killed and started again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import anyio
import pytest
from support.valkey import Server, most_in_a_second, use

from zoomasync import Label, Plan
from zoomasync.errors import RedisUnavailable
from zoomasync.events import Event, RateAdjusted
from zoomasync.rate_limits import DailyQuotaExhausted, FallbackRateLimiter, LocalRateLimiter, QueueTooLong
from zoomasync.redis import RedisRateLimiter

PLAN = Plan(light=100, medium=100, heavy=20, heavy_per_day=1000)
PROCESSES = 2


@pytest.fixture
async def limiters(valkey_server: Server) -> AsyncIterator[list[FallbackRateLimiter]]:
    """Make the rate limiters of two processes."""
    redis = [RedisRateLimiter(valkey_server.url, PLAN, name="test", latency_jitter=0.05) for _ in range(PROCESSES)]
    both = [
        FallbackRateLimiter(each, LocalRateLimiter(PLAN.share(1 / PROCESSES), latency_jitter=0.05)) for each in redis
    ]
    yield both
    for each in both:
        await each.aclose()
    for shared in redis:
        await shared.aclose()


def uses_fallback(limiter: FallbackRateLimiter) -> bool:
    return "LocalRateLimiter" in repr(limiter)


async def test_fallback_outage_keeps_rate(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    """Before, during and after an outage no second holds more than the plan allows, and every call is counted."""
    first, second = limiters

    async def outage() -> None:
        await anyio.sleep(0.6)
        valkey_server.kill()
        await anyio.sleep(1.2)
        assert all(uses_fallback(each) for each in limiters)
        assert [(await each.status())[Label.HEAVY].rate for each in limiters] == [10, 10]
        valkey_server.start()

    ones, others, _ = await asyncio.gather(
        use(first, Label.HEAVY, seconds=4.4), use(second, Label.HEAVY, seconds=4.4), outage()
    )

    assert not any(uses_fallback(each) for each in limiters)
    sent = ones + others
    assert most_in_a_second(sent) <= 20
    assert (await first.status())[Label.HEAVY].used >= len(sent) - 2


async def test_fallback_starts_after_leases_end(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    await limiters[0].acquire(Label.HEAVY)
    valkey_server.kill()
    lost_at = time.monotonic()

    await limiters[0].acquire(Label.HEAVY)

    assert time.monotonic() - lost_at >= 1 + 2 * 0.05


async def test_fallback_calls_count_in_primary(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    limiter = limiters[0]
    valkey_server.cut_off()
    for _ in range(3):
        await limiter.acquire(Label.HEAVY)
    valkey_server.reconnect()
    with anyio.fail_after(10):
        while uses_fallback(limiter):  # noqa: ASYNC110  the background task's
            await anyio.sleep(0.05)

    assert (await limiter.status())[Label.HEAVY].used == 3


async def test_fallback_is_bound_by_remaining(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    """The fallback uses at most its share of the daily quota that Redis last reported."""
    limiter = limiters[0]
    limiter.observe(Label.HEAVY, {"x-ratelimit-type": "Daily-limit", "x-ratelimit-remaining": "6"})
    await limiter.acquire(Label.HEAVY)
    valkey_server.kill()

    assert len(await use(limiter, Label.HEAVY, seconds=10, callers=1)) == 2

    with pytest.raises(DailyQuotaExhausted):
        await limiter.acquire(Label.HEAVY)


async def test_fallback_daily_limit_blocks_both(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    limiter = limiters[0]
    tomorrow = (await limiter.status())[Label.HEAVY].resets_at
    valkey_server.kill()
    await limiter.on_daily_limit(Label.HEAVY, tomorrow)

    with pytest.raises(DailyQuotaExhausted):
        await limiter.acquire(Label.HEAVY)


async def test_fallback_pause_holds_callers(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    limiter = limiters[0]
    valkey_server.kill()
    await limiter.acquire(Label.HEAVY)
    await limiter.on_rate_limited(Label.HEAVY, 0.7)
    paused_at = time.monotonic()

    await limiter.acquire(Label.HEAVY)

    assert time.monotonic() - paused_at >= 0.69


async def test_fallback_max_wait_includes_start(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    """While the fallback has not started, the expected delay is at least the time until it does."""
    limiter = limiters[0]
    valkey_server.kill()

    with pytest.raises(QueueTooLong) as caught:
        await limiter.acquire(Label.HEAVY, max_wait=0.5)

    assert 0.5 < caught.value.delay < 1.3
    await limiter.acquire(Label.HEAVY, max_wait=1.5)


async def test_fallback_cancelled_caller_counts_nothing(
    valkey_server: Server, limiters: list[FallbackRateLimiter]
) -> None:
    limiter = limiters[0]
    valkey_server.cut_off()
    with anyio.move_on_after(0.3):
        await limiter.acquire(Label.HEAVY)
    valkey_server.reconnect()
    with anyio.fail_after(10):
        while uses_fallback(limiter):  # noqa: ASYNC110  the background task's
            await anyio.sleep(0.05)

    assert (await limiter.status())[Label.HEAVY].used == 0


async def test_fallback_status_needs_no_redis(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    valkey_server.kill()

    assert (await limiters[0].status())[Label.HEAVY].rate == 10


async def test_fallback_subscribes_to_both(valkey_server: Server, limiters: list[FallbackRateLimiter]) -> None:
    """Events of the fallback arrive too, until the caller unsubscribes."""
    limiter, events = limiters[0], list[Event]()
    unsubscribe = limiter.subscribe(events.append)
    valkey_server.kill()
    await limiter.acquire(Label.HEAVY)

    for _ in range(3):
        await limiter.on_rate_limited(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    unsubscribe()
    for _ in range(3):
        await limiter.on_rate_limited(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)

    assert events == [RateAdjusted(Label.HEAVY, 7.5, 10)]


async def test_fallback_close_ends_background_task(valkey_server: Server) -> None:
    redis = RedisRateLimiter(valkey_server.url, PLAN, name="test")
    valkey_server.kill()
    async with FallbackRateLimiter(redis, LocalRateLimiter(PLAN.share(0.5))) as limiter:
        await limiter.status()
        await limiter.aclose()

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "zoomasync rate limiter fallback"]
    with pytest.raises(RedisUnavailable):
        await redis.status()
    await redis.aclose()
