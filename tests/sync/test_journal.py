"""The journal: what it knows of people, the counts of writes, and its file."""

from __future__ import annotations

from pathlib import Path

import anyio
from support.syncing import NOW

from zoomasync.sync import Journal, SyncTarget

MEETING = SyncTarget.meeting(81234567890)


async def test_reads_do_not_disturb_writes(tmp_path: Path) -> None:
    """A read during a write is no old snapshot, from which SQLite would let nobody write."""
    path = tmp_path / "journal.sqlite"
    async with Journal(path) as one, Journal(path) as other, anyio.create_task_group() as tasks:
        done = anyio.Event()

        async def write(journal: Journal) -> None:
            for number in range(200):
                await journal.begin(MEETING, [f"p{number}@x.example"], "add", NOW)
            done.set()

        tasks.start_soon(write, one)
        tasks.start_soon(write, other)
        while not done.is_set():
            for number in range(20):
                one.person(MEETING, f"p{number}@x.example")
            await anyio.sleep(0)
