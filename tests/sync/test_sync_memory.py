"""Long lists take hardly more memory than short ones.

ZOOMASYNC_MEMORY_ROWS sets the number of rows of the long lists, such as 100000.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, cast

import pytest

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import DesiredList, DesiredPerson, RegistrantSync, SyncTarget
from zoomasync.testing import Account, FakeZoom

TARGETS: Final = 25
FEW: Final = 5_000
MANY: Final = int(os.environ.get("ZOOMASYNC_MEMORY_ROWS", "25000"))
MOST_MEGABYTES: Final = 12.0  # 20,000 people in memory take twice as much
_UNLIMITED = Plan(light=10_000, medium=10_000, heavy=10_000)
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["zoomasync.sync", "zoomasync.testing"])


def _serve(pipe: Connection) -> None:
    asyncio.run(_serve_account(pipe))


async def _serve_account(pipe: Connection) -> None:
    """Serve meetings, half of them with few registrants and half with many, all of whom are on the lists."""
    account = Account()
    for number in (FEW // TARGETS, MANY // TARGETS):
        for _ in range(TARGETS):
            account.add_meeting(registrants=number)
    async with FakeZoom(account, plan=None) as fake:
        pipe.send((fake.credentials, fake.base_url, [meeting.id for meeting in account.scheduled_meetings]))
        await asyncio.to_thread(pipe.recv)


def _rows(number: int) -> Iterator[DesiredPerson]:
    for row in range(1, number + 1):
        registrant = NewRegistrant(email=f"guest{row}@elsewhere.example", first_name=f"Guest {row}")
        yield DesiredPerson(row=row, registrant=registrant)


def _sync(
    pipe: Connection, credentials: ServerToServer, base_url: str, meetings: list[int], rows: int, journal: Path
) -> None:
    pipe.send(asyncio.run(_outcomes(credentials, base_url, meetings, rows, journal)))


async def _outcomes(
    credentials: ServerToServer, base_url: str, meetings: list[int], rows: int, journal: Path
) -> tuple[int, int, float]:
    """Return the planned writes, the outcomes, and the megabytes by which the process has grown at its peak."""
    before = _peak()
    async with (
        Zoom(credentials, plan=_UNLIMITED, base_url=base_url) as zoom,
        RegistrantSync(zoom, journal=journal, workers=2) as sync,
    ):
        plan = await sync.plan(DesiredList(SyncTarget.meeting(number), _rows(rows)) for number in meetings)
        outcomes = 0
        for _ in range(2):  # the first application lets the journal know everyone
            outcomes = 0
            async with plan.apply() as stream:
                async for _outcome in stream:
                    outcomes += 1
        plan.write(journal.with_name("plan.json"))
        assert sync.read_plan(journal.with_name("plan.json")) == plan
        return plan.totals().writes, outcomes, _peak() - before


def _peak() -> float:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1_024 / (1_024 if sys.platform == "darwin" else 1)


@pytest.mark.skipif(sys.platform == "win32", reason="has no resource module")
def test_memory_is_flat(tmp_path: Path) -> None:
    server_pipe, theirs = _PROCESSES.Pipe()
    server = _PROCESSES.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    grown = dict[int, float]()
    try:
        assert server_pipe.poll(60), "the server does not start"
        credentials, base_url, meetings = cast("tuple[ServerToServer, str, list[int]]", server_pipe.recv())
        for number, chosen in ((FEW, meetings[:TARGETS]), (MANY, meetings[TARGETS:])):
            pipe, other = _PROCESSES.Pipe()
            arguments = (other, credentials, base_url, chosen, number // TARGETS, tmp_path / f"{number}.sqlite")
            process = _PROCESSES.Process(target=_sync, args=arguments, daemon=True)
            process.start()
            assert pipe.poll(300), "the sync does not end"
            writes, outcomes, grown[number] = cast("tuple[int, int, float]", pipe.recv())
            process.join()
            pipe.close()
            assert (writes, outcomes) == (0, number)
        server_pipe.send(None)
        server.join(60)
    finally:
        server.kill()
        server.join()
        server_pipe.close()

    assert grown[MANY] - grown[FEW] < MOST_MEGABYTES, grown
