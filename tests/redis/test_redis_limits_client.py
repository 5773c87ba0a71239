"""The JSON documents that limits.lua and its client exchange."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import cast

import anyio
import pytest
from redis.asyncio import Redis
from support.valkey import new_name

from zoomasync import Label, Plan
from zoomasync.redis._connection import RedisConnection
from zoomasync.redis._limits_client import LeaseRequest, LimitsClient, RedisClock

PLAN = Plan(light=100, medium=100, heavy=100, heavy_per_day=50)
FAST = Plan(light=9, medium=9, heavy=500, heavy_per_day=5)
DAY = timedelta(days=1)
WRONG = [DAY, -DAY, 730 * DAY, -730 * DAY, 7300 * DAY]

Start = Callable[..., LimitsClient]


@pytest.fixture
def name() -> str:
    return new_name()


@pytest.fixture
async def client(valkey_url: str, name: str) -> AsyncIterator[LimitsClient]:
    connection = RedisConnection(valkey_url)
    yield LimitsClient(connection, PLAN, name=name, latency_jitter=0.05)
    await connection.aclose()


@pytest.fixture
async def start(valkey_url: str, name: str) -> AsyncIterator[Start]:
    """Make the client of a process whose clock of Zoom is wrong by the given time, or not set."""
    connection = RedisConnection(valkey_url)

    def start_one(wrong_by: timedelta | None, plan: Plan = FAST) -> LimitsClient:
        client = LimitsClient(connection, plan, name=name, latency_jitter=0)
        if wrong_by is not None:
            for _ in range(2):  # one response alone may be wrong
                client.observe(Label.LIGHT, {"date": format_datetime(datetime.now(UTC) + wrong_by, usegmt=True)})
        return client

    yield start_one
    await connection.aclose()


async def _next_permit(client: LimitsClient) -> int:
    """Lease one permit, when it is the turn of *client*, and return it."""
    with anyio.fail_after(10):
        while not (response := await client.lease(Label.HEAVY, LeaseRequest(permits=1))).permits:  # noqa: ASYNC110  Redis says when
            await anyio.sleep(response.retry_in)
    return response.permits[0]


async def _grants(client: LimitsClient, permits: int) -> int:
    """Return how many of *permits* are granted. The first request of a client only compares its clock with Redis's."""
    await client.lease(Label.HEAVY, LeaseRequest())
    responses = [await client.lease(Label.HEAVY, LeaseRequest(permits=1)) for _ in range(permits)]
    return sum(len(response.permits) for response in responses)


@pytest.mark.parametrize("wrong_by", WRONG)
async def test_one_wrong_clock_starts_no_day(start: Start, wrong_by: timedelta) -> None:
    """While other processes confirm Zoom's time, one that reports another changes nothing."""
    right, wrong = start(timedelta()), start(wrong_by)
    before = await _grants(right, 2)

    between = await _grants(wrong, 1)
    response = await wrong.lease(Label.HEAVY, LeaseRequest())

    assert (before, between) == (2, 1)
    assert timedelta() < response.resumes_at - datetime.now(UTC) <= DAY
    assert await _grants(wrong, 5) + await _grants(right, 5) + await _grants(start(timedelta()), 5) == 2


@pytest.mark.parametrize("wrong_by", WRONG)
async def test_first_wrong_clock_starts_no_day(start: Start, wrong_by: timedelta) -> None:
    """A wrong time that is reported first is corrected, and its requests count in the right day."""
    granted = await _grants(start(None), 1) + await _grants(start(wrong_by), 2)

    right = start(timedelta())
    granted += await _grants(right, 1)
    response = await right.lease(Label.HEAVY, LeaseRequest())

    assert timedelta() < response.resumes_at - datetime.now(UTC) <= DAY
    assert granted + await _grants(start(wrong_by), 5) + await _grants(right, 5) == 5


async def test_clock_of_other_century_is_ignored(start: Start) -> None:
    wrong = start(73_000 * DAY)
    await _grants(wrong, 1)

    assert (await wrong.lease(Label.HEAVY, LeaseRequest())).resumes_at - datetime.now(UTC) <= DAY


@pytest.mark.parametrize("seconds", [30, -30])
async def test_lasting_difference_is_accepted(start: Start, valkey_url: str, name: str, seconds: int) -> None:
    """A time that no other process contradicts for a minute is right, and the count continues."""
    await _grants(start(timedelta()), 2)
    moved = start(timedelta(seconds=seconds))
    await _grants(moved, 1)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        key, before = f"{{{name}}}:limits", await _offset(redis, name)
        await redis.hset(key, "zoom_offset_at", str(round((time.time() - 61) * 1e6)))
        await _grants(moved, 1)
        after = await _offset(redis, name)

    assert before == pytest.approx(0, abs=3)
    assert after == pytest.approx(seconds, abs=3)
    assert await _grants(moved, 5) == 1


async def _offset(redis: Redis, name: str) -> float:
    return float(cast("bytes", await redis.hget(f"{{{name}}}:limits", "zoom_offset") or b"0")) / 1e6


@pytest.mark.parametrize("days", [1, -1, 400])
async def test_returning_day_keeps_count(start: Start, valkey_url: str, name: str, days: int) -> None:
    """A midnight that passed by a wrong clock only has deleted no count."""
    right = start(timedelta())
    await _grants(right, 3)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.hset(f"{{{name}}}:limits", "zoom_offset", str(days * 86_400_000_000))
    await start(None).lease(Label.HEAVY, LeaseRequest())

    assert await _grants(right, 5) == 2


async def test_new_day_deletes_old_counts(start: Start, valkey_url: str, name: str) -> None:
    """A day begins with an unused quota, and the counts of a day are kept for two days."""
    right = start(timedelta())
    await _grants(right, 5)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        key = f"{{{name}}}:limits"
        today = int(cast("bytes", await redis.hget(key, "day") or b""))
        await redis.hset(key, mapping={"day": today - 1, "counts:1": '{"left_at":1}'})

        assert await _grants(right, 6) == 5
        kept = [field for field in cast("list[bytes]", await redis.hkeys(key)) if field.startswith(b"counts:")]

    assert kept == [f"counts:{today - 1}".encode()]


@pytest.mark.parametrize("wrong_by", WRONG)
async def test_block_survives_wrong_clock(start: Start, wrong_by: timedelta) -> None:
    """A daily limit of Zoom holds however the clock is corrected."""
    client, until = start(None), (datetime.now(UTC) + timedelta(hours=20)).replace(microsecond=0)
    await client.block(Label.HEAVY, until)

    granted = await _grants(start(wrong_by), 1)
    response = await start(timedelta()).lease(Label.HEAVY, LeaseRequest())

    assert (granted, response.blocked) == (0, True)
    right = start(timedelta())
    assert await _grants(right, 1) == 0
    response = await right.lease(Label.HEAVY, LeaseRequest())
    assert response.resumes_at - until == pytest.approx(timedelta(), abs=timedelta(seconds=3))


async def test_new_state_opens_late(client: LimitsClient) -> None:
    """The permits of a state that was lost have been used when the new one grants its first."""
    response = await client.lease(Label.HEAVY, LeaseRequest(permits=1))

    assert response.permits[0] - response.created >= 250_000


@pytest.mark.parametrize("spread", [0.3, 0.9])
async def test_distant_process_keeps_distance(valkey_url: str, name: str, spread: float) -> None:
    """A process may use its permits late by its spread, so another process gets the next ones later by as much."""
    connection, plan = RedisConnection(valkey_url), Plan(light=9, medium=9, heavy=2)
    far, near = (LimitsClient(connection, plan, name=name, latency_jitter=0) for _ in range(2))
    far.clock.observe(time.time(), sent=time.monotonic() - spread, received=time.monotonic())

    first = (await far.lease(Label.HEAVY, LeaseRequest(permits=2))).permits
    second = [await _next_permit(near) for _ in range(4)]

    assert second[0] - first[0] >= 1_000_000 + spread * 1_000_000
    assert second[-1] - second[-3] < 1_200_000  # its own permits are all late by the same time
    await connection.aclose()


async def test_lease_ends_before_reports_are_late(client: LimitsClient, valkey_url: str, name: str) -> None:
    """However many permits a process wants, those of a second later are not granted yet."""
    await client.lease(Label.LIGHT, LeaseRequest())
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.hset(f"{{{name}}}:limits", mapping={"light:lease_size": 64, "light:lease_changed_at": "9" * 16})
    responses = [await client.lease(Label.LIGHT, LeaseRequest(permits=200)) for _ in range(5)]

    assert max(response.permits[-1] - response.now for response in responses if response.permits) <= 750_000
    assert {response.permits for response in responses if response.retry_in} == {()}


async def test_late_use_moves_next_permit(start: Start) -> None:
    """A slow limit grants a permit only when it is known whether the one before it was used late."""
    plan = Plan(light=9, medium=9, heavy=1)
    client, other = start(None, plan), start(None, plan)
    permit = client.permit(await _next_permit(client))
    too_early = await other.lease(Label.HEAVY, LeaseRequest(permits=1))

    await client.lease(Label.HEAVY, LeaseRequest(reports=(permit.report(delay=0.1),)))

    assert too_early.permits == ()
    assert await _next_permit(other) - permit.id >= 1_100_000


async def test_turns_are_in_order(start: Start) -> None:
    """Processes get the permits of a slow limit in the order of their first requests, also one that asks too often."""
    clients = [start(None, Plan(light=9, medium=9, heavy=2.5)) for _ in range(6)]
    first = [await client.lease(Label.HEAVY, LeaseRequest(permits=1)) for client in clients]
    waiting = [client for client, response in zip(clients, first, strict=True) if not response.permits]

    again = [await client.lease(Label.HEAVY, LeaseRequest(permits=1)) for client in reversed(waiting)]
    permits = await asyncio.gather(*map(_next_permit, waiting))

    turns = [response.turn or 0 for response in first if not response.permits]
    assert [response.turn for response in reversed(again)] == turns == sorted(turns)
    assert 3 <= len(permits) <= 4
    assert permits == sorted(permits)


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


def test_redis_clock_knows_its_error() -> None:
    """Responses narrow the mapping, a difference in speed widens it, and a set clock starts it again."""
    clock = RedisClock()
    clock.observe(100.0, sent=5.0, received=5.5)
    first = clock.spread, clock.name
    clock.observe(101.0, sent=6.0, received=6.1)
    second = clock.spread, clock.name
    clock.observe(102.0, sent=7.0, received=7.6)
    third = clock.spread, clock.name
    clock.observe(300.0, sent=8.0, received=8.2)

    assert [first[0], second[0]] == pytest.approx([0.5, 0.1])
    assert 0.1 < third[0] < 0.11
    assert clock.spread == pytest.approx(0.2)
    assert first[1] != second[1] == third[1] != clock.name


@pytest.mark.parametrize("speed", [1 - 0.0004, 1 + 0.0004])
def test_redis_clock_follows_other_speed(speed: float) -> None:
    """A clock of another speed moves a mapping that long round trips leave uncertain."""
    clock = RedisClock()
    for second in range(5000):
        server = (second + 0.25) * speed
        clock.observe(server, sent=float(second), received=second + 0.5)

        assert -1e-6 <= clock.local(server) - (second + 0.25) <= clock.spread + 1e-6
