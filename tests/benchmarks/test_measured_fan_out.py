"""The measurement of the fan-out."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.fan_out import PLAN, bound, makespan, memory_of, permits, tasks_over, workers_over
from benchmarks.reports_server import Size, reports_server


def test_bound_of_calls() -> None:
    assert bound(500) == pytest.approx(499 / 40 + 0.2)


def test_makespan_of_calls() -> None:
    async def run() -> float:
        async with server.client(PLAN) as zoom:
            return await makespan(zoom, 5, workers=4)

    with reports_server(Size(meetings=5, latency=(0.01, 0.02))) as server:
        seconds = asyncio.run(run())
        times = server.end()

    assert len(times.requested) == 5
    assert max(times.responded) - min(times.requested) < seconds


def test_permits_of_calls() -> None:
    assert asyncio.run(permits(4)) > 0


def test_memory_of_workers() -> None:
    """Workers take less memory than a task for each key."""
    assert memory_of(workers_over, 2_000) < memory_of(tasks_over, 2_000)
