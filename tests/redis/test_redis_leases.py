"""RedisLeases of several processes, with holders that die and a server that is unavailable."""

from __future__ import annotations

import asyncio
import math
import pickle
import traceback
from collections.abc import AsyncIterator, Callable
from typing import cast

import anyio
import pytest
from redis.asyncio import Redis
from redis.crc import key_slot
from support.valkey import Server, new_name

from zoomasync.errors import ConfigError, InvalidArgument, RedisUnavailable
from zoomasync.redis import RedisLeases

Make = Callable[..., RedisLeases]

LONG = 600.0  # seconds; no test lasts longer
REPORT = "meeting_participants/4444AAAiAAAAAiAiAiiAii=="


@pytest.fixture
def name() -> str:
    return new_name()


@pytest.fixture
async def make(valkey_url: str, name: str) -> AsyncIterator[Make]:
    """Make the leases of several machines that share one job."""
    made = list[RedisLeases]()

    def make_one(lease: float = LONG, *, at: str = valkey_url) -> RedisLeases:
        made.append(RedisLeases(at, name=name, lease=lease))
        return made[-1]

    yield make_one
    for leases in made:
        await leases.aclose()


async def _acquire_when_free(leases: RedisLeases, key: str) -> None:
    with anyio.fail_after(10):
        while not await leases.acquire(key):  # noqa: ASYNC110  another process releases it
            await anyio.sleep(0.02)


async def test_one_of_many_acquires(make: Make) -> None:
    machines = [make() for _ in range(10)]

    acquired = await asyncio.gather(*(leases.acquire(REPORT) for leases in machines))

    assert sorted(acquired) == [False] * 9 + [True]
    assert [await leases.acquire(REPORT) for leases in machines] == acquired


async def test_released_lease_is_free(make: Make) -> None:
    leases, other = make(), make()
    await leases.acquire(REPORT)
    await leases.acquire("another")

    await leases.release(REPORT)

    assert await other.acquire(REPORT)
    assert not await other.acquire("another")
    assert not await leases.acquire(REPORT)


async def test_only_holder_releases(make: Make) -> None:
    leases, other = make(), make()
    await leases.acquire(REPORT)

    await other.release(REPORT)

    assert not await other.acquire(REPORT)


async def test_lease_of_dead_holder_expires(make: Make) -> None:
    leases = make(0.3)
    await leases.acquire(REPORT)

    await _acquire_when_free(make(), REPORT)

    assert not await leases.acquire(REPORT)
    assert "0 held" in repr(leases)


async def test_renewal_is_batched(make: Make, valkey_server: Server) -> None:
    leases, other = make(1.0, at=valkey_server.url), make(at=valkey_server.url)
    keys = [f"reports/{number}" for number in range(2000)]

    async with leases.held(), Redis.from_url(valkey_server.url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        for key in keys:
            assert await leases.acquire(key)
        before = await _scripts_run(redis)
        await anyio.sleep(2.0)

        assert 4 <= await _scripts_run(redis) - before <= 40
        assert [key for key in keys[::20] if await other.acquire(key)] == []


async def _scripts_run(redis: Redis) -> int:
    statistics: dict[str, dict[str, int]] = await redis.info("commandstats")  # pyright: ignore[reportUnknownMemberType]  its sections
    return statistics["cmdstat_evalsha"]["calls"]


async def test_exit_releases_all(make: Make) -> None:
    leases, other = make(), make()
    keys = [f"reports/{number}" for number in range(1100)]

    async with leases.held():
        for key in keys:
            await leases.acquire(key)

    assert [key for key in keys if not await other.acquire(key)] == []


async def test_exit_with_error_releases_all(make: Make) -> None:
    leases, other = make(), make()

    async def fail() -> None:
        async with leases.held():
            await leases.acquire(REPORT)
            raise LookupError("of the block")

    with pytest.raises(LookupError, match="of the block"):
        await fail()

    assert await other.acquire(REPORT)


async def test_cancelled_exit_releases_all(make: Make) -> None:
    leases, other = make(), make()

    with anyio.CancelScope() as scope:
        async with leases.held():
            await leases.acquire(REPORT)
            scope.cancel()
            await anyio.sleep_forever()

    assert await other.acquire(REPORT)


async def test_cancelled_acquire_leaves_nothing(make: Make) -> None:
    """A lease is released whether Redis has handled the cancelled request or not."""
    leases, other = make(), make()
    keys = [f"reports/{number}" for number in range(100)]

    async with leases.held():
        for turns, key in enumerate(keys):
            acquiring = asyncio.create_task(leases.acquire(key))
            for _ in range(turns):
                await asyncio.sleep(0)
            acquiring.cancel()
            await asyncio.wait([acquiring])
        for _ in range(3):  # until Redis has handled the cancelled requests
            await leases.acquire("the last")

    assert [key for key in keys if not await other.acquire(key)] == []


async def test_lease_of_another_is_untouched(make: Make) -> None:
    leases, other, third = make(0.8), make(), make()
    await leases.acquire(REPORT)
    await leases.acquire("another")
    await _acquire_when_free(other, REPORT)
    await _acquire_when_free(other, "another")

    await leases.release("another")
    async with leases.held():
        await leases.acquire("mine")
        assert "2 held" in repr(leases)
        with anyio.fail_after(10):
            while "1 held" not in repr(leases):  # noqa: ASYNC110  the renewal changes it
                await anyio.sleep(0.02)
        await anyio.sleep(0.9)  # a lease that is renewed for the wrong holder expires now
        assert not await third.acquire("mine")

    assert not await third.acquire(REPORT)
    assert not await third.acquire("another")


async def test_renewal_survives_outage(make: Make, valkey_server: Server) -> None:
    leases, other = make(1.5, at=valkey_server.url), make(at=valkey_server.url)

    async with leases.held():
        await leases.acquire(REPORT)
        valkey_server.cut_off()
        await anyio.sleep(0.7)
        valkey_server.reconnect()
        await anyio.sleep(1.6)

        assert not await other.acquire(REPORT)


async def test_failed_release_is_repeated_at_exit(make: Make, valkey_server: Server) -> None:
    leases, other = make(at=valkey_server.url), make(at=valkey_server.url)

    async with leases.held():
        await leases.acquire(REPORT)
        valkey_server.cut_off()
        await leases.release(REPORT)
        valkey_server.reconnect()
        assert not await other.acquire(REPORT)

    assert await other.acquire(REPORT)


async def test_lost_data_frees_leases(make: Make, valkey_server: Server) -> None:
    leases, other = make(0.3, at=valkey_server.url), make(at=valkey_server.url)

    async with leases.held():
        await leases.acquire(REPORT)
        await leases.acquire("another")
        valkey_server.kill()
        await anyio.sleep(0.3)
        valkey_server.start()

        await _acquire_when_free(other, REPORT)
        assert not await leases.acquire(REPORT)
        assert await leases.acquire("another")


async def test_outage_fails_acquire_only(make: Make, valkey_server: Server) -> None:
    leases = make(0.2, at=valkey_server.url)

    async with leases.held():
        await leases.acquire(REPORT)
        await leases.acquire("another")
        valkey_server.kill()
        with pytest.raises(RedisUnavailable, match="no lease can be acquired: Redis"):
            await leases.acquire("third")
        await leases.release("another")
        await anyio.sleep(0.2)


async def test_error_pickles_and_hides_password(name: str) -> None:
    leases = RedisLeases("redis://me:canary@127.0.0.1:1", name=name)

    with pytest.raises(RedisUnavailable) as caught:
        await leases.acquire(REPORT)
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own

    assert (type(copied), str(copied), vars(copied)) == (RedisUnavailable, str(caught.value), vars(caught.value))
    assert "canary" not in f"{leases!r}{caught.value!r}{''.join(traceback.format_exception(caught.value))}"
    await leases.aclose()
    await leases.aclose()


async def test_any_key_has_slot_of_name(make: Make, valkey_url: str, name: str) -> None:
    """In a cluster, all leases of a name are on one node, also those whose keys contain braces."""
    leases, other = make(), make()
    keys = [REPORT, "}", "{other}", "}{other}:", "a b", " ", "é", "会议", "*", "a" * 10_000]

    assert [key for key in keys if not await leases.acquire(key)] == []
    assert [key for key in keys if await other.acquire(key)] == []
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        redis_keys = cast("list[bytes]", await redis.keys(f"*{name}*"))  # pyright: ignore[reportUnknownMemberType]  its types
    assert len(redis_keys) == len(keys)
    assert {key_slot(key) for key in redis_keys} == {key_slot(name.encode())}


@pytest.mark.parametrize("key", ["", "a\nb", "\x00", "\ud800"], ids=repr)
async def test_unprintable_key_raises(make: Make, key: str) -> None:
    leases = make()

    for method in (leases.acquire, leases.release):
        with pytest.raises(InvalidArgument, match="printable"):
            await method(key)


@pytest.mark.parametrize("lease", [0, -1, math.nan, math.inf])
def test_invalid_lease_raises(lease: float) -> None:
    with pytest.raises(ConfigError, match="lease must be"):
        RedisLeases("redis://localhost", name="job", lease=lease)


@pytest.mark.parametrize("name", ["", "a{b}", "a\nb"], ids=repr)
def test_invalid_name_raises(name: str) -> None:
    with pytest.raises(ConfigError, match="name must be"):
        RedisLeases("redis://localhost", name=name)
