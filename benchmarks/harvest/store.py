"""The rows per second that a store writes, and the stalls of the event loop meanwhile."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Literal, TypeAlias, get_args

from zoomasync import fan_out
from zoomasync._core.decoding import decode
from zoomasync.harvest import SQLiteStore
from zoomasync.harvest._page_tracker import PageTracker
from zoomasync.harvest.stores import PageRows, PartitionTask
from zoomasync.harvest.streams import STREAMS
from zoomasync.models.instance_reports import ReportParticipantsPage

from ..figures import Figure
from ..reports_server import NOON, ParticipantsPages, Size
from .listing import finish, scope_of, write_meetings

WORKERS: Final = 32  # the default of a harvest
ROWS_PER_SECOND, STALL_MS = 50_000, 50.0
Durability: TypeAlias = Literal["normal", "full"]
DURABILITIES: Final[tuple[Durability, ...]] = get_args(Durability)


@dataclass(frozen=True, slots=True)
class Written:
    """The time to write *rows*: by the clock, by the processor, and the longest stall of the event loop."""

    rows: int
    seconds: float
    processor_seconds: float
    stall: float


async def write(path: Path, size: Size, durability: Durability = "normal") -> Written:
    """Write the participants of all meetings to a store as a run does, without HTTP."""
    pages = ParticipantsPages(size.pages)
    bodies = [pages.body(page) for page in range(size.pages)]
    scope = scope_of("meeting_participants")
    reports = [STREAMS["meeting_participants"]]

    async with (
        SQLiteStore(path, scope.streams, durability=durability) as store,
        store.run(scope, lambda _: None),
    ):
        await write_meetings(store, scope, size.meetings)
        await store.add_children(scope, reports)
        stored = 0
        one_at_a_time = asyncio.Lock()  # as from a socket; 32 pages decoded in a row would be a stall of their own

        async def fetch(task: PartitionTask) -> None:
            nonlocal stored
            tracker = PageTracker(task)
            for body in bodies:
                async with one_at_a_time:
                    page = decode(
                        body, ReportParticipantsPage, tracker.invalid_rows.append, tracker.extra_fields.append
                    )
                    await asyncio.sleep(0)
                await store.write(
                    task, tracker.next_batch(PageRows([(row,) for row in page.items], page.total_records), NOON)
                )
            assert not tracker.shifted
            await finish(store, tracker)
            stored += tracker.stored_rows

        start, processor = time.perf_counter(), time.process_time()
        async with ticking() as late:
            async with fan_out(fetch, store.pending_tasks(scope, reports), workers=WORKERS) as outcomes:
                async for _ in outcomes:
                    pass
            counts = await store.counts(scope)  # returns once all earlier writes are committed
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
    assert sum(count.partitions for count in counts["meeting_participants"].values()) == size.meetings
    return Written(stored, seconds, processor, max(late))


@asynccontextmanager
async def ticking() -> AsyncGenerator[list[float], None]:
    """Measure by how much each sleep of a millisecond is too long, while the block runs."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - start - 0.001)

    task = asyncio.create_task(tick())
    try:
        yield late
    finally:
        task.cancel()
        await asyncio.wait([task])


def measure(*, meetings: int, rounds: int) -> Iterator[Figure]:
    """Measure the store at both levels of durability. The targets are those of the default."""
    for durability in DURABILITIES:
        written = _rounds(Size(meetings=meetings, pages=3), durability, rounds)
        is_default = durability == "normal"
        cpu_rate = median(each.rows / each.processor_seconds for each in written)
        yield Figure(
            name=f"rows per second into the SQLite store, durability {durability}",
            value=median(each.rows / each.seconds for each in written),
            unit="rows/s",
            at_least=ROWS_PER_SECOND if is_default else None,
            note=f"decoded too, from {WORKERS} partitions at a time; {cpu_rate:,.0f} per second of CPU; "
            f"median of {rounds}",
        )
        yield Figure(
            name=f"longest stall of the event loop meanwhile, durability {durability}",
            value=1000 * median(each.stall for each in written),
            unit="ms",
            at_most=STALL_MS if is_default else None,
            note=f"median of {rounds}, the worst {1000 * max(each.stall for each in written):.0f} ms",
        )


def _rounds(size: Size, durability: Durability, rounds: int) -> list[Written]:
    written: list[Written] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            gc.collect()
            written.append(asyncio.run(write(Path(folder, "h.sqlite"), size, durability)))
    return written
