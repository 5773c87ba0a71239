"""The seconds in which a store adds the partitions of the reports of its instances."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from zoomasync.harvest import REPORTS, SQLiteStore
from zoomasync.harvest.streams import STREAMS

from ..figures import Figure
from .listing import scope_of, write_meetings

HOSTS: Final = 500
SECONDS: Final = 1.0


async def add_children(path: Path, instances: int) -> tuple[int, float, float]:
    """Return the number of partitions that so many *instances* lead to, the seconds to add them, and those again."""
    scope = scope_of(*REPORTS)
    reports = [STREAMS[name] for name in REPORTS]
    async with SQLiteStore(path, scope.streams) as store, store.run(scope, lambda _: None):
        await write_meetings(store, scope, instances, hosts=HOSTS)
        await store.counts(scope)  # returns once all earlier writes are committed
        seconds: list[float] = []
        for _ in range(2):
            start = time.perf_counter()
            await store.add_children(scope, reports)
            seconds.append(time.perf_counter() - start)
        counts = await store.counts(scope)
    first, second = seconds
    return sum(count.partitions for name in REPORTS for count in counts.get(name, {}).values()), first, second


def measure(*, instances: int, rounds: int) -> Iterator[Figure]:
    """Measure the first and the second time."""
    added: list[tuple[int, float, float]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            added.append(asyncio.run(add_children(Path(folder, "h.sqlite"), instances)))
    partitions = added[0][0]
    again = median(second for _, _, second in added)
    yield Figure(
        name=f"time to add the {partitions:,} partitions of {instances:,} instances to a store",
        value=median(first for _, first, _ in added),
        unit="s",
        at_most=SECONDS,
        note=f"{again:.2f} s when they are there already; median of {rounds}",
    )
