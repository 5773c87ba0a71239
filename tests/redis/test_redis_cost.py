"""The cost of permits through Redis, counted in function calls and in requests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from redis.asyncio import Redis
from support.profiles import calls_of, counted_calls
from support.valkey import Server, new_name

from zoomasync import Label, Plan
from zoomasync.redis import RedisRateLimiter

CALLERS = 20
PERMITS = 500


@pytest.fixture
async def limiter(valkey_server: Server) -> AsyncIterator[RedisRateLimiter]:
    plan = Plan(light=1000, medium=1000, heavy=1000)
    async with RedisRateLimiter(valkey_server.url, plan, name=new_name(), latency_jitter=0.05) as limiter:
        yield limiter


async def _acquire(limiter: RedisRateLimiter, permits: int) -> None:
    """Acquire *permits* in as many tasks as there are callers."""
    left = iter(range(permits))

    async def call() -> None:
        for _ in left:
            await limiter.acquire(Label.HEAVY)

    async with anyio.create_task_group() as tasks:
        for _ in range(CALLERS):
            tasks.start_soon(call)


async def test_leased_permit_takes_few_calls(limiter: RedisRateLimiter) -> None:
    """A coroutine counts once for each time that it runs, and functions of redis-py and asyncio do not count."""
    await _acquire(limiter, CALLERS)

    with counted_calls() as calls:
        await _acquire(limiter, PERMITS)

    assert (calls_of("zoomasync", calls) + calls_of("anyio", calls)) / PERMITS < 50


async def test_many_permits_take_one_request(limiter: RedisRateLimiter, valkey_server: Server) -> None:
    await _acquire(limiter, CALLERS)
    async with Redis.from_url(valkey_server.url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        before = await _requests(redis)

        await _acquire(limiter, PERMITS)

        assert (await _requests(redis) - before) / PERMITS < 0.2


async def _requests(redis: Redis) -> int:
    commands: dict[str, dict[str, int]] = await redis.info("commandstats")  # pyright: ignore[reportUnknownMemberType]  its sections
    return commands["cmdstat_evalsha"]["calls"]
