from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import in_virtual_time, now

from zoomasync import Done, Failed, fan_out
from zoomasync.errors import ConfigError, NotFound, ZoomError


async def _double(number: int) -> int:
    await anyio.sleep(0.1)
    return 2 * number


async def _drain(
    function: Callable[[int], Awaitable[object]], keys: Iterable[int] | AsyncIterable[int], *, workers: int = 16
) -> None:
    async with fan_out(function, keys, workers=workers) as outcomes:
        async for _ in outcomes:
            pass


async def _counted(numbers: list[int]) -> AsyncIterator[int]:
    for number in numbers:
        await anyio.sleep(0.01)
        yield number


class Bug(Exception):
    """A mistake in the caller's own code."""


@given(
    keys=st.lists(st.integers()),
    bad=st.sets(st.integers(-2, 2)),
    workers=st.integers(1, 20),
    is_async=st.booleans(),
)
@in_virtual_time
async def test_every_key_has_its_outcome(
    keys: list[int],
    bad: set[int],
    workers: int,
    is_async: bool,  # noqa: FBT001
) -> None:
    async def work(key: int) -> int:
        await anyio.sleep(abs(key) % 7)
        if key in bad:
            raise NotFound("GET /x", 404)
        return 2 * key

    done, failed = list[tuple[int, int]](), list[int]()
    async with fan_out(work, _counted(keys) if is_async else keys, workers=workers) as outcomes:
        async for outcome in outcomes:
            match outcome:
                case Done(key, value):
                    done.append((key, value))
                case Failed(key, NotFound()):
                    failed.append(key)
                case _:
                    pytest.fail(f"unexpected {outcome}")

    assert sorted(done) == sorted((key, 2 * key) for key in keys if key not in bad)
    assert sorted(failed) == sorted(key for key in keys if key in bad)


@in_virtual_time
async def test_outcomes_come_as_soon_as_they_are_there() -> None:
    async def sleep(seconds: int) -> None:
        await anyio.sleep(seconds)

    async with fan_out(sleep, [3, 1, 2], workers=3) as outcomes:
        assert [outcome.key async for outcome in outcomes] == [1, 2, 3]


@in_virtual_time
async def test_no_more_run_at_a_time_than_there_are_workers() -> None:
    running = most = 0

    async def work(_: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(1)
        running -= 1

    started = now()
    async with fan_out(work, range(40), workers=8) as outcomes:
        assert len([outcome async for outcome in outcomes]) == 40

    assert most == 8
    assert now() - started == pytest.approx(5, abs=0.1)


@in_virtual_time
async def test_keys_are_read_no_faster_than_outcomes_are_taken() -> None:
    read = taken = ahead = 0

    def endless() -> Iterator[int]:
        nonlocal read
        while True:
            read += 1
            yield read

    async with fan_out(_double, endless(), workers=4) as outcomes:
        async for _ in outcomes:
            taken += 1
            await anyio.sleep(1)
            ahead = max(ahead, read - taken)
            if taken == 50:
                break

    # In work, finished and waiting to be taken, and one in the hand of the feeder.
    assert ahead <= 4 + 4 + 1


@in_virtual_time
async def test_a_bug_is_raised_as_it_is_and_stops_everything() -> None:
    cause = KeyError("cause")
    finished = list[int]()

    async def work(key: int) -> None:
        await anyio.sleep(key)
        if key == 3:
            raise Bug from cause
        finished.append(key)

    with pytest.raises(Bug) as caught:
        await _drain(work, range(100), workers=10)
    await anyio.sleep(100)

    assert caught.value.__cause__ is cause
    assert finished == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("bad", [0, 9], ids=["the first key", "the last key"])
@in_virtual_time
async def test_a_bug_is_never_taken_for_the_end_of_the_outcomes(workers: int, bad: int) -> None:
    ended = False

    async def work(key: int) -> None:
        await anyio.sleep(0.1)
        if key == bad:
            raise Bug

    async def consume() -> None:
        nonlocal ended
        async with fan_out(work, range(10), workers=workers) as outcomes:
            async for _ in outcomes:
                pass
            ended = True

    with pytest.raises(Bug):
        await consume()

    assert not ended


@pytest.mark.parametrize("error", [Bug(), NotFound("GET /x", 404)], ids=["bug", "ZoomError"])
@pytest.mark.parametrize("workers", [1, 3])
@in_virtual_time
async def test_keys_that_fail_are_never_taken_for_the_end_of_the_outcomes(workers: int, error: Exception) -> None:
    ended = False

    async def keys() -> AsyncIterator[int]:
        yield 1
        await anyio.sleep(1)
        raise error

    async def consume() -> None:
        nonlocal ended
        async with fan_out(_double, keys(), workers=workers) as outcomes:
            async for _ in outcomes:
                pass
            ended = True

    with pytest.raises(type(error)) as caught:
        await consume()

    assert caught.value is error
    assert not ended


@pytest.mark.parametrize("workers", [1, 4])
@in_virtual_time
async def test_leaving_the_block_cancels_what_is_under_way(workers: int) -> None:
    begun, finished = 0, 0

    async def work(key: int) -> None:
        nonlocal begun, finished
        begun += 1
        await anyio.sleep(key)
        finished += 1

    async with fan_out(work, range(100), workers=workers) as outcomes:
        async for _ in outcomes:
            break
    left_at, begun_then = now(), begun
    await anyio.sleep(1000)

    assert (begun, finished) == (begun_then, 1)
    assert left_at < now()


@in_virtual_time
async def test_leaving_the_block_is_quiet_with_outcomes_that_nobody_took() -> None:
    async with fan_out(_double, range(100), workers=4) as outcomes:
        await anext(outcomes)
        await anyio.sleep(10)  # by now every worker has an outcome to give and no place to put it


@in_virtual_time
async def test_an_error_of_the_block_is_raised_as_it_is() -> None:
    cause = KeyError("cause")

    async def consume() -> None:
        async with fan_out(_double, range(100), workers=4) as outcomes:
            await anext(outcomes)
            await anyio.sleep(10)
            raise Bug from cause

    with pytest.raises(Bug) as caught:
        await consume()

    assert caught.value.__cause__ is cause


@in_virtual_time
async def test_a_group_that_the_block_raises_stays_whole() -> None:
    group = ExceptionGroup("mine", [Bug(), KeyError()])

    with pytest.raises(ExceptionGroup) as caught:
        async with fan_out(_double, range(10)):
            raise group

    assert caught.value is group


@in_virtual_time
async def test_a_group_that_the_function_raises_stays_whole() -> None:
    group = ExceptionGroup("mine", [Bug(), KeyError()])

    async def work(_: int) -> None:
        raise group

    with pytest.raises(ExceptionGroup) as caught:
        await _drain(work, range(10))

    assert caught.value is group


@in_virtual_time
async def test_a_zoom_error_of_the_block_is_not_an_outcome() -> None:
    with pytest.raises(ZoomError, match="mine"):
        async with fan_out(_double, range(10)):
            raise ConfigError("mine")


@in_virtual_time
async def test_a_deadline_around_the_block_is_the_only_thing_that_is_raised() -> None:
    async def consume() -> None:
        async with fan_out(_double, range(1000), workers=4) as outcomes:
            await anext(outcomes)
            await anyio.sleep(100)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(consume(), 5)


@in_virtual_time
async def test_cancelling_the_task_ends_it_as_cancelled() -> None:
    async def consume() -> None:
        async with fan_out(_double, range(1000), workers=4) as outcomes:
            await anext(outcomes)
            await anyio.sleep(100)

    consumer = asyncio.create_task(consume())
    await anyio.sleep(5)
    consumer.cancel()
    await asyncio.wait([consumer])

    assert consumer.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_virtual_time
async def test_no_keys_are_no_outcomes() -> None:
    async with fan_out(_double, list[int]()) as outcomes:
        assert [outcome async for outcome in outcomes] == []


@pytest.mark.parametrize("workers", [0, -1])
async def test_nobody_to_work_is_refused(workers: int) -> None:
    with pytest.raises(ConfigError, match="at least one worker"):
        async with fan_out(_double, [1], workers=workers):
            pytest.fail("it must not begin")
