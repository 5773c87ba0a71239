"""The JSON documents that limits.lua and its client exchange."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import cast

import anyio
import pytest
from redis.asyncio import Redis
from support.valkey import new_name

from zoomasync import Label, Plan
from zoomasync.redis._connection import RedisConnection
from zoomasync.redis._limits_client import LeaseRequest, LimitsClient, RedisClock

PLAN = Plan(light=100, medium=100, heavy=100, heavy_per_day=50)


@pytest.fixture
def name() -> str:
    return new_name()


@pytest.fixture
async def client(valkey_url: str, name: str) -> AsyncIterator[LimitsClient]:
    connection = RedisConnection(valkey_url)
    yield LimitsClient(connection, PLAN, name=name, latency_jitter=0.05)
    await connection.aclose()


async def _permits(valkey_url: str, name: str) -> dict[int, int]:
    """Return the moment of use of every permit in Redis."""
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        rows = cast(
            "list[tuple[bytes, float]]",
            await redis.zrange(f"{{{name}}}:limits:heavy", 0, -1, withscores=True),  # pyright: ignore[reportUnknownMemberType]  its types
        )
    return {int(member): int(score) for member, score in rows}


async def test_permit_ids_keep_every_digit(client: LimitsClient, valkey_url: str, name: str) -> None:
    """A microsecond of the epoch has 16 digits, and cjson writes 14 digits of a number."""
    response = await client.lease(Label.HEAVY, LeaseRequest(permits=5))

    ids = response.permits
    assert len(str(ids[0])) == 16
    assert await _permits(valkey_url, name) == {id_: id_ for id_ in ids}


async def test_reports_keep_every_digit(client: LimitsClient, valkey_url: str, name: str) -> None:
    response = await client.lease(Label.HEAVY, LeaseRequest(permits=2))
    used, unused = map(client.permit, response.permits)

    reports = (used.report(delay=0.000_007), unused.report(delay=None))
    await client.lease(Label.HEAVY, LeaseRequest(reports=reports))

    assert await _permits(valkey_url, name) == {used.id: used.id + 7}


async def test_reset_keeps_every_digit(client: LimitsClient) -> None:
    until = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)

    await client.block(Label.HEAVY, until)

    response = await client.lease(Label.HEAVY, LeaseRequest())
    assert (response.blocked, response.exhausted, response.resumes_at) == (True, True, until)


async def test_lease_without_permits_reads_state(client: LimitsClient) -> None:
    """An empty Lua table is encoded as a JSON object, so the script omits it."""
    response = await client.lease(Label.LIGHT, LeaseRequest())

    assert (response.permits, response.used, response.remaining, response.fraction) == ((), 0, None, 1)


async def test_lease_counts_daily_quota(client: LimitsClient) -> None:
    response = await client.lease(Label.HEAVY, LeaseRequest(permits=4, prepaid=1))

    assert (len(response.permits), response.counted, response.used, response.remaining) == (4, 3, 3, 47)
    response = await client.lease(Label.HEAVY, LeaseRequest(refunded=2, unshared=5))
    assert (response.used, client.last_remaining()[Label.HEAVY]) == (6, 44)


async def test_shared_429s_lower_rate_once(client: LimitsClient, valkey_url: str, name: str) -> None:
    """Ten processes that get a 429 in each of three incidents lower the rate once, as one process would."""
    connections = [RedisConnection(valkey_url) for _ in range(10)]
    clients = [LimitsClient(each, PLAN, name=name, latency_jitter=0.05) for each in connections]

    for _ in range(3):
        await asyncio.gather(*(each.pause(Label.HEAVY, 0.2) for each in clients))
        await anyio.sleep(0.25)

    assert (await client.lease(Label.HEAVY, LeaseRequest())).fraction == 0.75
    for connection in connections:
        await connection.aclose()


async def test_fraction_survives_new_clock(client: LimitsClient, valkey_url: str, name: str) -> None:
    """If the clock of Redis is set back, the history of 429s is dropped, and the lowered rate remains."""
    for _ in range(3):
        await client.pause(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.hset(f"{{{name}}}:limits", "heavy:last_request_at", "9" * 16)

    assert (await client.lease(Label.HEAVY, LeaseRequest())).fraction == 0.75
    for _ in range(3):
        await client.pause(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    assert (await client.lease(Label.HEAVY, LeaseRequest())).fraction == 0.562


@pytest.mark.parametrize(
    ("round_trips", "local"),
    [
        ([(100.0, 5.0, 5.2)], 5.2),
        ([(100.0, 5.0, 5.2), (101.0, 6.0, 6.01)], 5.01),
        ([(100.0, 5.0, 5.1), (200.0, 5.0, 5.1)], -94.9),
    ],
    ids=["one", "faster", "clock set"],
)
def test_redis_clock_is_never_early(round_trips: list[tuple[float, float, float]], local: float) -> None:
    clock = RedisClock()
    for server, sent, received in round_trips:
        clock.observe(server, sent=sent, received=received)

    assert clock.local(100.0) == pytest.approx(local)
