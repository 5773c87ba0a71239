"""The memory that a million rows take: through a whole harvest, and through one loop over a listing.

Each runs in a process of its own, which no other work has filled, with a server in another one.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from zoomasync import Zoom
from zoomasync.harvest import Harvest

from ..figures import Figure
from ..machine import resident
from ..processes import SPAWN
from ..reports_server import DAYS, UNLIMITED, Size, account_client, reports_server, uuid_of

HARVEST_MB: Final = 200.0
STREAM_MB: Final = 5.0
PAGES: Final = 10
"""The pages of each meeting that is harvested."""

Job: TypeAlias = Callable[[Zoom], Coroutine[object, object, int]]


@dataclass(frozen=True, slots=True)
class Passage:
    """The passage of *rows* through a process, in so many *seconds*.

    *before* is the memory in MB once the client was open, and *peak* the most.
    """

    rows: int
    seconds: float
    before: float
    peak: float

    @property
    def growth(self) -> float:
        """The MB by which the memory grew."""
        return self.peak - self.before


async def harvest_all(zoom: Zoom) -> int:
    """Harvest the participants of all meetings, and return the number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "h.sqlite")
        async with Harvest(zoom, store=path, from_=DAYS[0], to=DAYS[1], reports=["meeting_participants"]) as harvest:
            summary = await harvest.run()
    assert summary.complete
    return sum(stream.rows for stream in summary.streams if stream.name == "meeting_participants")


async def stream_all(zoom: Zoom) -> int:
    """Iterate over the participants of one meeting, and return the number of rows."""
    rows = 0
    async for _ in zoom.reports.meeting_participants(uuid_of(0)):
        rows += 1
    return rows


def passage(job: Job, size: Size) -> Passage:
    """Return the passage of the rows of an account through *job*, in a process of its own."""
    with reports_server(size) as server, ProcessPoolExecutor(1, SPAWN) as process:
        passed = process.submit(_run, job, server.url).result()
    assert passed.rows == size.rows
    return passed


def _run(job: Job, url: str) -> Passage:
    return asyncio.run(_run_with_client(job, url))


async def _run_with_client(job: Job, url: str) -> Passage:
    async with account_client(url, UNLIMITED) as zoom:
        before, start = resident(), time.perf_counter()
        rows = await job(zoom)
        seconds = time.perf_counter() - start
    return Passage(rows, seconds, before, resident(peak=True))


def measure(*, meetings: int) -> Iterator[Figure]:
    """Measure a harvest of so many *meetings* of ten pages, and a loop over as many pages."""
    pages = PAGES * meetings
    for what, job, size, target in (
        ("a harvest of", harvest_all, Size(meetings=meetings, pages=PAGES), HARVEST_MB),
        ("a loop over", stream_all, Size(meetings=1, pages=pages), STREAM_MB),
    ):
        passed = passage(job, size)
        yield Figure(
            name=f"memory of {what} {passed.rows:,} rows above its start",
            value=passed.growth,
            unit="MB",
            at_most=target,
            note=f"{passed.peak:.0f} MB at most; {passed.rows / passed.seconds:,.0f} rows per second",
        )
