from __future__ import annotations

import asyncio
import math
import pickle
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import cast

import anyio
import pytest
from redis.asyncio import Redis
from redis.crc import key_slot
from support.valkey import Server, new_name, server_of_its_own, shared_url

from zoomasync.errors import ConfigError, InvalidArgument, RedisUnavailable
from zoomasync.redis import RedisLeases

Make = Callable[..., RedisLeases]

ALWAYS = 600.0  # a lease that no test outlives
REPORT = "meeting_participants/4444AAAiAAAAAiAiAiiAii=="


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from shared_url()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from server_of_its_own()


@pytest.fixture
def name() -> str:
    return new_name()


@pytest.fixture
async def make(url: str, name: str) -> AsyncIterator[Make]:
    """Make the claims of several machines that share one job."""
    made = list[RedisLeases]()

    def make_one(lease: float = ALWAYS, *, at: str = url) -> RedisLeases:
        made.append(RedisLeases(at, name=name, lease=lease))
        return made[-1]

    yield make_one
    for claims in made:
        await claims.aclose()


async def _take_when_free(claims: RedisLeases, key: str) -> None:
    with anyio.fail_after(10):
        while not await claims.acquire(key):  # noqa: ASYNC110  another's to let go of
            await anyio.sleep(0.02)


async def test_one_of_many_gets_it(make: Make) -> None:
    machines = [make() for _ in range(10)]

    taken = await asyncio.gather(*(claims.acquire(REPORT) for claims in machines))

    assert sorted(taken) == [False] * 9 + [True]
    assert [await claims.acquire(REPORT) for claims in machines] == taken


async def test_what_is_dropped_another_can_take(make: Make) -> None:
    claims, other = make(), make()
    await claims.acquire(REPORT)
    await claims.acquire("another")

    await claims.release(REPORT)

    assert await other.acquire(REPORT)
    assert not await other.acquire("another")
    assert not await claims.acquire(REPORT)


async def test_who_does_not_hold_it_drops_nothing(make: Make) -> None:
    claims, other = make(), make()
    await claims.acquire(REPORT)

    await other.release(REPORT)

    assert not await other.acquire(REPORT)


async def test_what_a_dead_holder_had_another_can_take(make: Make) -> None:
    claims = make(0.3)
    await claims.acquire(REPORT)

    await _take_when_free(make(), REPORT)

    assert not await claims.acquire(REPORT)
    assert "0 held" in repr(claims)


async def test_what_is_held_is_renewed_in_few_round_trips(make: Make, server: Server) -> None:
    claims, other = make(1.0, at=server.url), make(at=server.url)
    keys = [f"reports/{number}" for number in range(2000)]

    async with claims.held(), Redis.from_url(server.url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        for key in keys:
            assert await claims.acquire(key)
        before = await _scripts_run(redis)
        await anyio.sleep(2.0)

        assert 4 <= await _scripts_run(redis) - before <= 40
        assert [key for key in keys[::20] if await other.acquire(key)] == []


async def _scripts_run(redis: Redis) -> int:
    statistics: dict[str, dict[str, int]] = await redis.info("commandstats")  # pyright: ignore[reportUnknownMemberType]  its sections
    return statistics["cmdstat_evalsha"]["calls"]


async def test_leaving_lets_go_of_everything(make: Make) -> None:
    claims, other = make(), make()
    keys = [f"reports/{number}" for number in range(1100)]

    async with claims.held():
        for key in keys:
            await claims.acquire(key)

    assert [key for key in keys if not await other.acquire(key)] == []


async def test_leaving_by_an_error_lets_go_too(make: Make) -> None:
    claims, other = make(), make()

    async def fail() -> None:
        async with claims.held():
            await claims.acquire(REPORT)
            raise LookupError("the body's")

    with pytest.raises(LookupError, match="the body's"):
        await fail()

    assert await other.acquire(REPORT)


async def test_who_is_cancelled_lets_go_too(make: Make) -> None:
    claims, other = make(), make()

    with anyio.CancelScope() as scope:
        async with claims.held():
            await claims.acquire(REPORT)
            scope.cancel()
            await anyio.sleep_forever()

    assert await other.acquire(REPORT)


async def test_who_is_cancelled_while_it_asks_leaves_nothing_behind(make: Make) -> None:
    """Redis may have done it already, or not."""
    claims, other = make(), make()
    keys = [f"reports/{number}" for number in range(100)]

    async with claims.held():
        for turns, key in enumerate(keys):
            asking = asyncio.create_task(claims.acquire(key))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([asking])
        for _ in range(3):  # what is on its way to Redis arrives
            await claims.acquire("the last")

    assert [key for key in keys if not await other.acquire(key)] == []


async def test_what_another_has_taken_is_neither_renewed_nor_dropped(make: Make) -> None:
    claims, other, third = make(0.8), make(), make()
    await claims.acquire(REPORT)
    await claims.acquire("another")
    await _take_when_free(other, REPORT)
    await _take_when_free(other, "another")

    await claims.release("another")
    async with claims.held():
        await claims.acquire("mine")
        assert "2 held" in repr(claims)
        with anyio.fail_after(10):
            while "1 held" not in repr(claims):  # noqa: ASYNC110  the renewal's
                await anyio.sleep(0.02)
        await anyio.sleep(0.9)  # were it renewed for the wrong holder, it would end now
        assert not await third.acquire("mine")

    assert not await third.acquire(REPORT)
    assert not await third.acquire("another")


async def test_renewals_wait_for_redis_to_come_back(make: Make, server: Server) -> None:
    claims, other = make(1.5, at=server.url), make(at=server.url)

    async with claims.held():
        await claims.acquire(REPORT)
        server.cut_off()
        await anyio.sleep(0.7)
        server.reconnect()
        await anyio.sleep(1.6)

        assert not await other.acquire(REPORT)


async def test_what_could_not_be_dropped_is_let_go_of_in_the_end(make: Make, server: Server) -> None:
    claims, other = make(at=server.url), make(at=server.url)

    async with claims.held():
        await claims.acquire(REPORT)
        server.cut_off()
        await claims.release(REPORT)
        server.reconnect()
        assert not await other.acquire(REPORT)

    assert await other.acquire(REPORT)


async def test_what_redis_has_forgotten_is_free_and_can_be_taken_again(make: Make, server: Server) -> None:
    claims, other = make(0.3, at=server.url), make(at=server.url)

    async with claims.held():
        await claims.acquire(REPORT)
        await claims.acquire("another")
        server.kill()
        await anyio.sleep(0.3)
        server.start()

        await _take_when_free(other, REPORT)
        assert not await claims.acquire(REPORT)
        assert await claims.acquire("another")


async def test_without_redis_nothing_can_be_claimed_and_nothing_else_fails(make: Make, server: Server) -> None:
    claims = make(0.2, at=server.url)

    async with claims.held():
        await claims.acquire(REPORT)
        await claims.acquire("another")
        server.kill()
        with pytest.raises(RedisUnavailable, match="no lease can be acquired: Redis"):
            await claims.acquire("third")
        await claims.release("another")
        await anyio.sleep(0.2)


async def test_the_error_survives_the_way_to_another_process_and_shows_no_secret(name: str) -> None:
    claims = RedisLeases("redis://me:canary@127.0.0.1:1", name=name)

    with pytest.raises(RedisUnavailable) as caught:
        await claims.acquire(REPORT)
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own

    assert (type(copied), str(copied), vars(copied)) == (RedisUnavailable, str(caught.value), vars(caught.value))
    assert "canary" not in f"{claims!r}{caught.value!r}{''.join(traceback.format_exception(caught.value))}"
    await claims.aclose()
    await claims.aclose()


async def test_whatever_it_is_called_a_claim_lies_where_a_cluster_keeps_the_others(
    make: Make, url: str, name: str
) -> None:
    claims, other = make(), make()
    keys = [REPORT, "}", "{other}", "}{other}:", "a b", " ", "é", "会议", "*", "a" * 10_000]

    assert [key for key in keys if not await claims.acquire(key)] == []
    assert [key for key in keys if await other.acquire(key)] == []
    async with Redis.from_url(url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        kept = cast("list[bytes]", await redis.keys(f"*{name}*"))  # pyright: ignore[reportUnknownMemberType]  its types
    assert len(kept) == len(keys)
    assert {key_slot(key) for key in kept} == {key_slot(name.encode())}


@pytest.mark.parametrize("key", ["", "a\nb", "\x00", "\ud800"], ids=repr)
async def test_a_key_that_cannot_be_printed_is_refused(make: Make, key: str) -> None:
    claims = make()

    for verb in (claims.acquire, claims.release):
        with pytest.raises(InvalidArgument, match="printable"):
            await verb(key)


@pytest.mark.parametrize("lease", [0, -1, math.nan, math.inf])
def test_a_lease_that_is_no_time_is_refused(lease: float) -> None:
    with pytest.raises(ConfigError, match="lease must be"):
        RedisLeases("redis://localhost", name="job", lease=lease)


@pytest.mark.parametrize("name", ["", "a{b}", "a\nb"], ids=repr)
def test_a_name_that_makes_no_key_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="name must be"):
        RedisLeases("redis://localhost", name=name)
