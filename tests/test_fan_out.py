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


async def _read_all(
    function: Callable[[int], Awaitable[object]], keys: Iterable[int] | AsyncIterable[int], *, workers: int = 16
) -> None:
    async with fan_out(function, keys, workers=workers) as outcomes:
        async for _ in outcomes:
            pass


async def _iterate(numbers: list[int]) -> AsyncIterator[int]:
    for number in numbers:
        await anyio.sleep(0.01)
        yield number


class UnexpectedError(Exception):
    """An exception of the caller's own code."""


@given(
    keys=st.lists(st.integers()),
    bad=st.sets(st.integers(-2, 2)),
    workers=st.integers(1, 20),
    is_async=st.booleans(),
)
@in_virtual_time
async def test_each_key_has_one_outcome(
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
    async with fan_out(work, _iterate(keys) if is_async else keys, workers=workers) as outcomes:
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
async def test_outcomes_in_completion_order() -> None:
    async def sleep(seconds: int) -> None:
        await anyio.sleep(seconds)

    async with fan_out(sleep, [3, 1, 2], workers=3) as outcomes:
        assert [outcome.key async for outcome in outcomes] == [1, 2, 3]


@in_virtual_time
async def test_workers_limit_concurrency() -> None:
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
async def test_keys_are_read_on_demand() -> None:
    """Keys are read no faster than the caller reads outcomes."""
    keys_read = outcomes_read = ahead = 0

    def endless() -> Iterator[int]:
        nonlocal keys_read
        while True:
            keys_read += 1
            yield keys_read

    async with fan_out(_double, endless(), workers=4) as outcomes:
        async for _ in outcomes:
            outcomes_read += 1
            await anyio.sleep(1)
            ahead = max(ahead, keys_read - outcomes_read)
            if outcomes_read == 50:
                break

    # 4 keys with the workers, 4 unread outcomes, and 1 key that the feeding task has read.
    assert ahead <= 4 + 4 + 1


@in_virtual_time
async def test_outcomes_are_keys_of_another() -> None:
    """An async iterable of keys may hold a task group open: one task reads it."""

    async def doubled() -> AsyncIterator[int]:
        async with fan_out(_double, range(20), workers=3) as outcomes:
            async for outcome in outcomes:
                assert isinstance(outcome, Done)
                yield outcome.value

    outcomes = await fan_out(_double, doubled(), workers=4).collect()

    assert sorted(outcome.value for outcome in outcomes if isinstance(outcome, Done)) == [*range(0, 80, 4)]


@in_virtual_time
async def test_other_exception_propagates() -> None:
    """An exception other than `ZoomError` ends all workers and is raised with its own cause."""
    cause = KeyError("cause")
    finished = list[int]()

    async def work(key: int) -> None:
        await anyio.sleep(key)
        if key == 3:
            raise UnexpectedError from cause
        finished.append(key)

    with pytest.raises(UnexpectedError) as caught:
        await _read_all(work, range(100), workers=10)
    await anyio.sleep(100)

    assert caught.value.__cause__ is cause
    assert finished == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("bad", [0, 9], ids=["first key", "last key"])
@in_virtual_time
async def test_exception_is_not_the_end(workers: int, bad: int) -> None:
    """The loop over outcomes does not end normally when the function raises."""
    ended = False

    async def work(key: int) -> None:
        await anyio.sleep(0.1)
        if key == bad:
            raise UnexpectedError

    async def consume() -> None:
        nonlocal ended
        async with fan_out(work, range(10), workers=workers) as outcomes:
            async for _ in outcomes:
                pass
            ended = True

    with pytest.raises(UnexpectedError):
        await consume()

    assert not ended


@pytest.mark.parametrize("error", [UnexpectedError(), NotFound("GET /x", 404)], ids=["other", "ZoomError"])
@pytest.mark.parametrize("workers", [1, 3])
@in_virtual_time
async def test_failing_keys_are_not_the_end(workers: int, error: Exception) -> None:
    """The loop over outcomes does not end normally when the keys raise."""
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
async def test_leaving_cancels_workers(workers: int) -> None:
    started, finished = 0, 0

    async def work(key: int) -> None:
        nonlocal started, finished
        started += 1
        await anyio.sleep(key)
        finished += 1

    async with fan_out(work, range(100), workers=workers) as outcomes:
        async for _ in outcomes:
            break
    left_at, started_before = now(), started
    await anyio.sleep(1000)

    assert (started, finished) == (started_before, 1)
    assert left_at < now()


@in_virtual_time
async def test_leaving_with_unread_outcomes() -> None:
    async with fan_out(_double, range(100), workers=4) as outcomes:
        await anext(outcomes)
        await anyio.sleep(10)  # every worker now waits with an outcome that nothing reads


@in_virtual_time
async def test_block_error_propagates() -> None:
    cause = KeyError("cause")

    async def consume() -> None:
        async with fan_out(_double, range(100), workers=4) as outcomes:
            await anext(outcomes)
            await anyio.sleep(10)
            raise UnexpectedError from cause

    with pytest.raises(UnexpectedError) as caught:
        await consume()

    assert caught.value.__cause__ is cause


@in_virtual_time
async def test_block_group_is_unchanged() -> None:
    group = ExceptionGroup("mine", [UnexpectedError(), KeyError()])

    with pytest.raises(ExceptionGroup) as caught:
        async with fan_out(_double, range(10)):
            raise group

    assert caught.value is group


@in_virtual_time
async def test_function_group_is_unchanged() -> None:
    group = ExceptionGroup("mine", [UnexpectedError(), KeyError()])

    async def work(_: int) -> None:
        raise group

    with pytest.raises(ExceptionGroup) as caught:
        await _read_all(work, range(10))

    assert caught.value is group


@in_virtual_time
async def test_block_zoom_error_is_raised() -> None:
    with pytest.raises(ZoomError, match="mine"):
        async with fan_out(_double, range(10)):
            raise ConfigError("mine")


@in_virtual_time
async def test_deadline_raises_timeout_only() -> None:
    async def consume() -> None:
        async with fan_out(_double, range(1000), workers=4) as outcomes:
            await anext(outcomes)
            await anyio.sleep(100)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(consume(), 5)


@in_virtual_time
async def test_cancelled_task_ends_workers() -> None:
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
async def test_no_keys_no_outcomes() -> None:
    async with fan_out(_double, list[int]()) as outcomes:
        assert [outcome async for outcome in outcomes] == []


@pytest.mark.parametrize("workers", [0, -1, True])
async def test_invalid_workers_raise(workers: int) -> None:
    with pytest.raises(ConfigError, match="workers must be a whole number"):
        async with fan_out(_double, [1], workers=workers):
            pytest.fail("it must not begin")


async def test_cancelled_call_raises() -> None:
    """A call that awaits a task cancelled elsewhere ends the fan-out with CancelledError."""
    shared = asyncio.create_task(asyncio.sleep(60))
    shared.cancel()

    async def wait(_: int) -> None:
        await shared

    with pytest.raises(asyncio.CancelledError):
        await fan_out(wait, range(3), workers=2).collect()


async def test_fan_out_runs_twice() -> None:
    async def double(key: int) -> int:
        return 2 * key

    doubled = fan_out(double, [1, 2], workers=1)

    assert await doubled.collect() == await doubled.collect() == [Done(1, 2), Done(2, 4)]
