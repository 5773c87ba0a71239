"""The time that a harvest takes over that of the rate limit alone."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from zoomasync import Plan
from zoomasync.harvest import Harvest

from ..figures import Figure
from ..reports_server import DAYS, ReportsServer, Size, reports_server

RATE, LATENCY = 40, 0.08
TARGET: Final = 1.03
PLAN: Final = Plan(light=RATE, medium=RATE, heavy=RATE)


async def fetch_reports(server: ReportsServer, path: Path, *, pause: float = 1.1) -> float:
    """List the meetings, and return the seconds that their reports take afterwards.

    The calls of the listings no longer count after the *pause*.
    """
    async with (
        server.client(PLAN) as zoom,
        Harvest(zoom, store=path, from_=DAYS[0], to=DAYS[1], reports=["meeting"]) as harvest,
    ):
        estimate = await harvest.estimate()
        await asyncio.sleep(pause)
        start = time.perf_counter()
        summary = await harvest.run()
        seconds = time.perf_counter() - start
    assert summary.complete
    assert estimate.calls == sum(stream.rows for stream in summary.streams if stream.name == "meeting")
    return seconds


def measure(*, instances: int, rounds: int) -> Iterator[Figure]:
    """Measure the harvest of one report of so many *instances*."""
    size = Size(meetings=instances, latency=(LATENCY, LATENCY))
    least = (instances - 1) / RATE + LATENCY
    taken: list[float] = []
    most = 0
    for _ in range(rounds):
        with reports_server(size) as server, tempfile.TemporaryDirectory() as folder:
            taken.append(asyncio.run(fetch_reports(server, Path(folder, "h.sqlite"))))
            times = server.end()
        assert len(times.requested) == instances
        most = max(most, times.most_per_second())
    typical = median(taken)
    yield Figure(
        name=f"makespan of a harvest of {instances} instances at {RATE}/s and {1000 * LATENCY:g} ms over its bound",
        value=typical / least,
        unit="x",
        at_most=TARGET,
        note=f"{typical:.2f} s over {least:.2f} s; at most {most} calls arrived in one second; median of {rounds}",
    )
