"""The makespan of a fan-out over its bound, and its memory and processor time per key.

The bound of N calls at R per second is (N-1)/R until the last one is sent, and then its latency. A server in another
process responds after 100 to 300 ms, in an order that a seed determines.
"""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from statistics import median
from typing import Final

from zoomasync import Done, Label, Plan, Zoom, fan_out
from zoomasync.rate_limits import LocalRateLimiter

from .figures import Figure
from .machine import paired
from .reports_server import ReportsServer, Size, reports_server, uuid_of

RATE: Final = 40
LATENCY: Final = (0.1, 0.3)
PLAN: Final = Plan(light=RATE, medium=RATE, heavy=RATE)
TARGETS: Final = {12: 1.02, 16: 1.02}
"""The targets by number of workers. Eight workers have none: with calls of 200 ms, they can just send 40 per second."""
KEYS, MANY_WORKERS = 10_000, 64


def bound(calls: int) -> float:
    """Return the fewest seconds in which so many calls can finish."""
    return (calls - 1) / RATE + sum(LATENCY) / 2


async def makespan(zoom: Zoom, calls: int, workers: int) -> float:
    """Return the seconds in which so many reports are fetched."""
    began = time.perf_counter()
    outcomes = await fan_out(zoom.reports.meeting, map(uuid_of, range(calls)), workers=workers).collect()
    seconds = time.perf_counter() - began
    assert sum(isinstance(outcome, Done) for outcome in outcomes) == calls
    return seconds


async def _makespan(server: ReportsServer, calls: int, workers: int) -> float:
    async with server.client(PLAN) as zoom:
        await zoom.reports.meeting(uuid_of(0))  # the access token
        await asyncio.sleep(1.1)  # until that call no longer counts
        return await makespan(zoom, calls, workers)


async def permits(calls: int) -> float:
    """Return the seconds in which the rate limiter alone gives so many permits."""
    limiter, began = LocalRateLimiter(PLAN), time.perf_counter()

    async def acquire(_: int) -> None:
        (await limiter.acquire(Label.HEAVY)).mark_sent()

    await fan_out(acquire, range(calls), workers=16).collect()
    return time.perf_counter() - began


def _makespans(calls: int, workers: Iterable[int], rounds: int) -> Iterator[Figure]:
    taken: dict[int, list[float]] = {number: [] for number in workers}
    for seed in range(rounds):
        for number, seconds in taken.items():
            with reports_server(Size(meetings=calls, latency=LATENCY, seed=seed)) as server:
                seconds.append(asyncio.run(_makespan(server, calls, number)))
    for number, seconds in taken.items():
        typical, least = median(seconds), bound(calls)
        yield Figure(
            name=f"makespan of {calls} calls at {RATE}/s and 100-300 ms over its bound, {number} workers",
            value=typical / least,
            unit="x",
            at_most=TARGETS.get(number),
            note=f"{typical:.2f} s over {least:.2f} s; median of {rounds}, the worst {max(seconds) / least:.3f}",
        )
    least = (calls - 1) / RATE
    yield Figure(
        name=f"{calls} permits of the rate limiter alone over the same bound",
        value=asyncio.run(permits(calls)) / least,
        unit="x",
        note="its window is 1 s and twice the latency jitter of 5 ms, so that it uses 99 % of the rate",
    )


# Memory and processor time, without HTTP.


async def call(key: int) -> int:
    """Return *key* after one pass of the event loop."""
    await asyncio.sleep(0)
    return key


async def workers_over(keys: int) -> None:
    """Fan out over so many keys, and drop each outcome."""
    async with fan_out(call, range(keys), workers=MANY_WORKERS) as outcomes:
        async for _ in outcomes:
            pass


async def tasks_over(keys: int) -> None:
    """Make the calls with a task for each key, as is often done."""
    await asyncio.gather(*map(call, range(keys)))


def memory_of(work: Callable[[int], Coroutine[object, object, None]], keys: int) -> float:
    """Return the most memory in MB that Python's objects take while *work* handles so many *keys*."""
    asyncio.run(work(keys))
    tracemalloc.start()
    try:
        asyncio.run(work(keys))
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _run(work: Callable[[int], Coroutine[object, object, None]], keys: int) -> None:
    asyncio.run(work(keys))


def _costs(rounds: int) -> Iterator[Figure]:
    works = {"workers": workers_over, "tasks": tasks_over}
    memory = {name: memory_of(work, KEYS) for name, work in works.items()}
    yield Figure(
        name=f"memory of a fan-out over {KEYS:,} keys with {MANY_WORKERS} workers",
        value=memory["workers"],
        unit="MB",
        note=f"{memory['tasks']:.1f} MB with a task for each key",
    )
    taken = paired({name: partial(_run, work, KEYS) for name, work in works.items()}, rounds=rounds)
    micros = {name: 1e6 * median(seconds) / KEYS for name, seconds in taken.items()}
    yield Figure(
        name="CPU of a fan-out per key, whose call makes one pass of the event loop",
        value=micros["workers"],
        unit="µs",
        note=f"{micros['tasks']:.1f} µs with a task for each key; median of {rounds}",
    )


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the makespans, the memory and the processor time."""
    yield from _costs(rounds=5 if quick else 15)
    if quick:
        yield from _makespans(120, [12], rounds=1)
    else:
        yield from _makespans(500, [8, *TARGETS], rounds=3)
