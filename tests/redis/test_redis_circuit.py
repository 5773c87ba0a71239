"""RedisCircuitState of several processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest
from redis.asyncio import Redis
from support.valkey import Server, Work, hold_probe, new_name

from zoomasync._core.circuit import CircuitView, probe_delay
from zoomasync.errors import RedisUnavailable
from zoomasync.redis import RedisCircuitState

Make = Callable[[], RedisCircuitState]


@pytest.fixture
def name() -> str:
    return new_name()


@pytest.fixture
async def make(valkey_url: str, name: str) -> AsyncIterator[Make]:
    """Make states with one name, like those of several processes."""
    made = list[RedisCircuitState]()

    def make_one() -> RedisCircuitState:
        made.append(RedisCircuitState(valkey_url, name=name))
        return made[-1]

    yield make_one
    for state in made:
        await state.aclose()


async def _set_outage(valkey_url: str, name: str, *, began: float, next_probe: float = 0.0) -> None:
    """Set when the outage began, and the time until the next probe, in seconds."""
    now = time.time()
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.hset(
            f"{{{name}}}:circuit",
            mapping={"opened_at": round((now - began) * 1e6), "probe_at": round((now + next_probe) * 1e6)},
        )


async def test_open_circuit_is_seen_by_all(make: Make) -> None:
    first, second = make(), make()
    assert await first.report_failure(opens=False) == CircuitView(is_open=False)
    assert await second.request_probe() == CircuitView(is_open=False)

    view = await first.report_failure(opens=True)

    assert (view.is_open, view.is_probe, view.retry_in) == (True, False, probe_delay(0))
    other = await second.report_failure(opens=False)
    assert (other.is_open, other.is_probe) == (True, False)
    assert 0 < other.retry_in <= probe_delay(0)


async def test_later_failure_keeps_outage(make: Make, valkey_url: str, name: str) -> None:
    """Another process that opens the circuit does not start the outage again."""
    state = make()
    await _set_outage(valkey_url, name, began=1000, next_probe=30)

    view = await state.report_failure(opens=True)

    assert view.retry_in == pytest.approx(30, abs=2)


async def test_one_process_probes(make: Make, valkey_url: str, name: str) -> None:
    states = [make() for _ in range(10)]
    await _set_outage(valkey_url, name, began=10)

    views = await asyncio.gather(*(state.request_probe() for state in states))

    assert sorted(view.is_probe for view in views) == [False] * 9 + [True]
    assert all(view.is_open for view in views)
    assert all(0 < view.retry_in <= 1 for view in views if not view.is_probe)


async def test_probe_is_sent_when_due(make: Make, valkey_url: str, name: str) -> None:
    state = make()
    await _set_outage(valkey_url, name, began=10, next_probe=0.5)

    early = await state.request_probe()
    await anyio.sleep(early.retry_in + 0.01)

    assert not early.is_probe
    assert (await state.request_probe()).is_probe


async def test_process_sends_one_probe(make: Make, valkey_url: str, name: str) -> None:
    state = make()
    await _set_outage(valkey_url, name, began=10)
    assert (await state.request_probe()).is_probe

    assert not (await state.request_probe()).is_probe


async def test_long_probe_is_kept(make: Make, valkey_url: str, name: str) -> None:
    """The right to probe is renewed for as long as the probe takes."""
    state, other = make(), make()
    await _set_outage(valkey_url, name, began=10)
    await state.request_probe()

    await anyio.sleep(4)

    assert not (await other.request_probe()).is_probe


async def test_dead_prober_blocks_briefly(make: Make, valkey_url: str, name: str) -> None:
    holder = multiprocessing.get_context("spawn").Process(target=Work(hold_probe, (valkey_url, name)))
    holder.start()
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        with anyio.fail_after(10):
            while not await redis.exists(f"{{{name}}}:circuit:probe"):  # noqa: ASYNC110  another process acquires it
                await anyio.sleep(0.02)
    holder.kill()
    await asyncio.to_thread(holder.join)
    holder.close()

    state = make()
    with anyio.fail_after(10):
        while not (view := await state.request_probe()).is_probe:  # noqa: ASYNC110  the right expires
            await anyio.sleep(view.retry_in)


@pytest.mark.parametrize("outage", [0, 0.5, 5, 60, 600, 7200])
async def test_delay_grows_with_outage(make: Make, valkey_url: str, name: str, outage: float) -> None:
    """The delays are those of a circuit that is not shared."""
    state, other = make(), make()
    await _set_outage(valkey_url, name, began=outage)
    await state.request_probe()

    view = await state.probe_failed()

    assert (view.is_open, view.is_probe) == (True, False)
    assert view.retry_in == pytest.approx(probe_delay(outage), abs=0.2)
    assert (await other.request_probe()).retry_in == pytest.approx(view.retry_in, abs=0.2)


async def test_clock_that_is_set_back_delays_briefly(make: Make, valkey_url: str, name: str) -> None:
    state = make()
    await _set_outage(valkey_url, name, began=-5000, next_probe=4000)
    assert (await state.request_probe()).retry_in == 120

    assert (await state.probe_failed()).retry_in == pytest.approx(probe_delay(0), abs=0.2)


async def test_released_probe_is_due(make: Make, valkey_url: str, name: str) -> None:
    state, other = make(), make()
    await _set_outage(valkey_url, name, began=600)
    await state.request_probe()

    await other.release_probe()
    assert not (await other.request_probe()).is_probe
    await state.release_probe()

    assert (await other.request_probe()).is_probe


async def test_closed_circuit_is_closed_for_all(make: Make, valkey_url: str, name: str) -> None:
    state, other = make(), make()
    await _set_outage(valkey_url, name, began=600)
    await state.request_probe()

    await other.close()

    assert await state.probe_failed() == CircuitView(is_open=False)
    assert await other.report_failure(opens=False) == CircuitView(is_open=False)
    assert (await other.report_failure(opens=True)).retry_in == probe_delay(0)


@pytest.mark.parametrize("method", ["probe_failed", "release_probe"])
async def test_late_probe_keeps_next(make: Make, valkey_url: str, name: str, method: str) -> None:
    """A probe whose right has expired neither ends nor delays the probe of another process."""
    state, other, third = make(), make(), make()
    await _set_outage(valkey_url, name, began=600)
    await state.request_probe()
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.delete(f"{{{name}}}:circuit:probe")
    assert (await other.request_probe()).is_probe

    await METHODS[method](state)

    assert not (await third.request_probe()).is_probe
    await other.release_probe()
    assert (await third.request_probe()).is_probe


async def test_close_of_state_releases_probe(make: Make, valkey_url: str, name: str) -> None:
    other = make()
    await _set_outage(valkey_url, name, began=600)
    async with RedisCircuitState(valkey_url, name=name) as state:
        assert (await state.request_probe()).is_probe
        assert name in repr(state)

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "zoomasync circuit probe"]
    assert (await other.request_probe()).is_probe


async def test_forgotten_outage_expires(make: Make, valkey_url: str, name: str) -> None:
    await make().report_failure(opens=True)

    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        assert 3000 < await redis.ttl(f"{{{name}}}:circuit") <= 3600


METHODS: dict[str, Callable[[RedisCircuitState], Awaitable[object]]] = {
    "report_failure": lambda state: state.report_failure(opens=True),
    "request_probe": lambda state: state.request_probe(),
    "probe_failed": lambda state: state.probe_failed(),
    "release_probe": lambda state: state.release_probe(),
    "close": lambda state: state.close(),
}


@pytest.mark.parametrize("method", METHODS)
async def test_outage_of_redis_raises(valkey_server: Server, method: str) -> None:
    state = RedisCircuitState(valkey_server.url, name="test")
    await _set_outage(valkey_server.url, "test", began=600)
    await state.request_probe()
    valkey_server.kill()

    with pytest.raises(RedisUnavailable):
        await METHODS[method](state)
    await state.aclose()
