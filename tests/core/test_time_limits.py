"""The time limits of a pool, which one timer serves: they end like those of asyncio."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeAlias
from weakref import ref

import anyio
import pytest
from aiohttp import ClientSession
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.clock import VirtualClockLoop, in_virtual_time, now

from zoomasync._core.transport._pool import OpenCall, Pool, TimeLimit
from zoomasync.errors import ConfigError

Limit: TypeAlias = Callable[[float], AbstractAsyncContextManager[Callable[[float], None]]]
"""A function that returns the context of so many seconds, which gives a function that restarts them."""


@asynccontextmanager
async def pool_of_limits() -> AsyncGenerator[Pool, None]:
    async with ClientSession() as http_session:
        yield Pool(http_session, 1)


@asynccontextmanager
async def limit_of_asyncio(seconds: float) -> AsyncGenerator[Callable[[float], None], None]:
    async with asyncio.timeout(seconds) as timeout:

        def restart(seconds: float) -> None:
            if not timeout.expired():
                timeout.reschedule(now() + seconds)

        yield restart


def limits_of(pool: Pool) -> Limit:
    @asynccontextmanager
    async def limit(seconds: float) -> AsyncGenerator[Callable[[float], None], None]:
        with (time_limit := TimeLimit(pool, seconds)):
            yield time_limit.restart

    return limit


@dataclass(frozen=True)
class Step:
    """A part of the work of a task: it sleeps, restarts the limit around it, or is a context with *steps* in it."""

    kind: str
    seconds: float
    steps: tuple[Step, ...] = ()


# Multiples of each other, so that many things happen at once. Those of anyio never do: with it, their order matters.
SECONDS: Final = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0])
STEPS: Final = st.recursive(
    st.builds(Step, st.sampled_from(["sleep", "sleep", "restart"]), SECONDS),
    lambda steps: st.builds(
        Step,
        st.sampled_from(["limit", "limit", "asyncio.timeout", "move_on_after", "catch", "suppress"]),
        SECONDS,
        st.lists(steps, min_size=1, max_size=4).map(tuple),
    ),
    max_leaves=12,
)
TASKS: Final = st.lists(st.lists(STEPS, min_size=1, max_size=4), min_size=1, max_size=3)
CANCELLATIONS: Final = st.lists(st.tuples(st.integers(0, 2), SECONDS), max_size=3)


_CAUGHT: Final[dict[str, type[BaseException]]] = {"catch": TimeoutError, "suppress": asyncio.CancelledError}


@dataclass(frozen=True)
class Worker:
    """The work of one task with limits of one kind. *log* has what ended, and when after *started*."""

    limit: Limit
    started: float
    log: list[object]

    async def do(self, steps: Sequence[Step], restart: Callable[[float], None]) -> None:
        task = asyncio.current_task()
        assert task is not None
        for step in steps:
            match step.kind:
                case "sleep":
                    await asyncio.sleep(step.seconds)
                case "restart":
                    restart(step.seconds)
                case "limit":
                    async with self.limit(step.seconds) as restart_this:
                        await self.do(step.steps, restart_this)
                case "asyncio.timeout":
                    async with asyncio.timeout(step.seconds):
                        await self.do(step.steps, restart)
                case "move_on_after":
                    with anyio.move_on_after(step.seconds * 2**0.5):
                        await self.do(step.steps, restart)
                case kind:
                    caught = _CAUGHT[kind]
                    try:
                        await self.do(step.steps, restart)
                    except caught as error:
                        self.log.append(type(error))
            self.log.append((step.kind, round(now() - self.started, 3), task.cancelling()))


async def ends(
    tasks: Sequence[Sequence[Step]], cancellations: Sequence[tuple[int, float]], limit: Limit
) -> list[object]:
    """Return what happens in each of *tasks*. Each of *cancellations* cancels one of them, after so many seconds."""
    workers = [Worker(limit, now(), []) for _ in tasks]
    running = [
        asyncio.create_task(worker.do(steps, lambda _: None)) for worker, steps in zip(workers, tasks, strict=True)
    ]
    for number, seconds in cancellations:
        asyncio.get_running_loop().call_later(seconds, running[number % len(running)].cancel)
    results = await asyncio.gather(*running, return_exceptions=True)
    return [*(worker.log for worker in workers), *map(type, results)]


SLEEP: Final = Step("sleep", 2.0)
AFTER_CANCELLATION: Final = [Step("suppress", 1.0, (SLEEP,)), Step("limit", 0.5, (SLEEP,))]
OUTER_FIRST: Final = [Step("limit", 0.5, (Step("limit", 1.0, (SLEEP,)),))]


@example(tasks=[AFTER_CANCELLATION], cancellations=[(0, 0.25)])
@example(tasks=[OUTER_FIRST], cancellations=[])
@given(tasks=TASKS, cancellations=CANCELLATIONS)
@settings(max_examples=150)
@in_virtual_time
async def test_limits_end_like_asyncios(tasks: list[list[Step]], cancellations: list[tuple[int, float]]) -> None:
    """Nested, restarted, caught or suppressed, and cancelled by others at the same time: nothing ends differently."""
    expected = await ends(tasks, cancellations, limit_of_asyncio)
    async with pool_of_limits() as pool:
        assert await ends(tasks, cancellations, limits_of(pool)) == expected
        assert pool.limits == {}


@in_virtual_time
async def test_limit_of_closed_pool() -> None:
    """A response of a given HTTP session can be read after the client was closed, and its limit still holds."""
    async with pool_of_limits() as pool:
        with TimeLimit(pool, 1.0):
            pass
        await pool.end_calls()
        started = now()
        with pytest.raises(TimeoutError), TimeLimit(pool, 5.0):
            await anyio.sleep(10)

    assert round(now() - started, 3) == 5.0


@in_virtual_time
async def test_close_ends_innermost() -> None:
    """A close ends the innermost context of a task; the context around it keeps its limit."""
    ends: list[tuple[float, type[Exception]]] = []
    async with pool_of_limits() as pool:
        started = now()

        async def call() -> None:
            try:
                with TimeLimit(pool, 3.0):
                    try:
                        with OpenCall(pool):
                            await anyio.sleep(10)
                    except ConfigError as error:
                        ends.append((round(now() - started, 3), type(error)))
                    await anyio.sleep(10)
            except TimeoutError as error:
                ends.append((round(now() - started, 3), type(error)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await anyio.sleep(1)
            await pool.end_calls()

    assert ends == [(1.0, ConfigError), (3.0, TimeoutError)]


@in_virtual_time
async def test_closed_error_has_no_cause() -> None:
    """The traceback of a call that waited for a token or a download shows no cancellation."""
    async with pool_of_limits() as pool:
        asyncio.get_running_loop().call_later(1, asyncio.create_task, pool.end_calls())
        with pytest.raises(ConfigError) as caught, OpenCall(pool):
            await anyio.sleep(10)

    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_closed_pool_has_no_timer() -> None:
    """A closed pool leaves nothing in the event loop, although its calls had limits."""

    async def hold(pool: Pool) -> None:
        with TimeLimit(pool, 300.0):
            await asyncio.Event().wait()

    async def close() -> None:
        async with pool_of_limits() as pool:
            call = asyncio.create_task(hold(pool))
            await anyio.sleep(1)
            await pool.end_calls()
            await asyncio.wait([call])
            await asyncio.Event().wait()

    loop = VirtualClockLoop()
    started = loop.time()
    with pytest.raises(RuntimeError, match="no timer is set"), asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(close())

    assert round(loop.time() - started, 3) == 1.0


class _Value:
    """A value of a context variable, such as the request that a web server handles."""


_VALUE: ContextVar[_Value] = ContextVar("_VALUE")


@in_virtual_time
async def test_timer_keeps_no_context() -> None:
    """While there are calls, the timer keeps nothing of the call that set it first."""
    kept: list[ref[_Value]] = []

    async def first() -> None:
        value = _Value()
        kept.append(ref(value))
        _VALUE.set(value)
        with TimeLimit(pool, 1.0):
            pass

    async with pool_of_limits() as pool:
        await asyncio.create_task(first())
        with TimeLimit(pool, 5.0):
            await anyio.sleep(2)
            gc.collect()

            assert kept[0]() is None
