"""Harvests in a process that is killed at random moments, and stores that do not survive that."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self, TypeAlias, cast

import anyio

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.harvest import Harvest, SQLiteStore
from zoomasync.harvest.stores import PartitionTask, Scope, WriteBatch
from zoomasync.harvest.streams import Stream, select_streams
from zoomasync.testing import Account, FakeZoom

from .harvesting import SPRING, TODAY

Lines: TypeAlias = list[tuple[str | int | float | None, ...]]

REPORTS = ("meeting_participants",)
_STREAMS = select_streams(REPORTS)
_HOSTS, _INSTANCES = 4, 985  # and 15 listings of three months: 1,000 partitions
_PAGE = 12
_WORKERS = 8
_MANY_PAGES = 100
_OF_THE_RUN = {"fetched_at", "run", "stored_at", "last_run", "_fetched_at", "_run"}
_UNLIMITED = Plan(light=10_000, medium=10_000, heavy=10_000)
_PATIENCE = 60.0

# A process that is forked after all imports starts a harvest in a few milliseconds.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["zoomasync.harvest", "zoomasync.testing"])


def an_account() -> Account:
    """Return an account of 1,000 partitions with reports of three or four pages; every 50th has an invalid row."""
    account = Account(today=TODAY)
    hosts = [account.add_host() for _ in range(_HOSTS)]
    first, last = (datetime(day.year, day.month, day.day, 6, tzinfo=UTC) for day in SPRING)
    step = (last - first) / _INSTANCES
    for number in range(_INSTANCES):
        start = first + timedelta(seconds=round((number * step).total_seconds()))
        instance = account.add_instance(hosts[number % _HOSTS], start=start, participants=26 + number % 20)
        if number % 50 == 0:
            people = list(instance.participants)
            people[-2] = replace(people[-2], user_email="odd@northpier.example", name=cast("str", {"first": "Odd"}))
            people[-1] = replace(people[-1], attentiveness_score="97%")
            account.instances[-1] = replace(instance, participants=tuple(people))
    return account


@dataclass(frozen=True)
class Job:
    """A harvest of the account at *base_url* into a store of *kind* at *path*."""

    credentials: ServerToServer
    base_url: str
    path: Path
    kind: type[SQLiteStore] = SQLiteStore


def harvest(job: Job) -> None:
    """Harvest in this process, and exit with 0 if it is complete."""
    sys.exit(0 if asyncio.run(_harvest(job)) else 1)


async def _harvest(job: Job) -> bool:
    store = job.kind(job.path, _STREAMS)
    async with (
        Zoom(job.credentials, plan=_UNLIMITED, base_url=job.base_url) as zoom,
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1], reports=REPORTS, workers=_WORKERS) as harvest,
    ):
        return (await harvest.run()).complete


def _serve(pipe: Connection) -> None:
    asyncio.run(_serve_account(pipe))


async def _serve_account(pipe: Connection) -> None:
    """Serve the account. For each number received, send the number of requests, and the calls from that one on."""
    async with FakeZoom(an_account(), plan=None, page_size_cap=_PAGE) as fake:
        pipe.send((fake.credentials, fake.base_url))
        while (start := cast("int | None", await asyncio.to_thread(pipe.recv))) is not None:
            requests = fake.requests
            pipe.send((len(requests), [request.route for request in requests[start:] if request.label]))


class Served:
    """The account on a server in another process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.credentials, self.base_url = cast("tuple[ServerToServer, str]", pipe.recv())

    def seen(self, start: int = 0) -> tuple[int, Sequence[str]]:
        """Return the number of requests, and the routes of the calls among those from number *start* on."""
        self._pipe.send(start)
        return cast("tuple[int, list[str]]", self._pipe.recv())

    def job(self, path: Path, kind: type[SQLiteStore] = SQLiteStore) -> Job:
        """Return a harvest of this account into *path*."""
        return Job(self.credentials, self.base_url, path, kind)


@contextmanager
def serving() -> Generator[Served, None, None]:
    """Serve the account while the block runs."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        assert ours.poll(_PATIENCE), "the server does not start"
        yield Served(ours)
        ours.send(None)
        process.join(_PATIENCE)
    finally:
        process.kill()
        process.join()


@dataclass(frozen=True)
class Landing:
    """The state on disk after a kill, and the number of *calls* that the killed harvest had sent.

    *torn* counts the partitions that are in progress with rows, *finished* those that were fetched.
    """

    calls: int = 0
    torn: int = 0
    finished: int = 0
    complete: bool = False

    @property
    def fetching(self) -> bool:
        """Whether the kill hit the harvest while it was fetching."""
        return self.calls > 0 and not self.complete


def kill_often(served: Served, job: Job, kills: int, dice: random.Random) -> list[Landing]:
    """Start the harvest and kill it, *kills* times, and return the state after each kill."""
    return [_kill_one(served, job, dice, opening=number % 17 == 0) for number in range(kills)]


def _kill_one(served: Served, job: Job, dice: random.Random, *, opening: bool) -> Landing:
    """Kill one harvest after a random number of calls, or, *opening*, shortly after its start.

    The moments are counted in calls, so that kills on a slow machine hit the same parts of a run.
    """
    before, _ = served.seen()
    process = _PROCESSES.Process(target=harvest, args=(job,), daemon=True)
    process.start()
    if not opening:
        calls, deadline = dice.randrange(1, 150), time.monotonic() + _PATIENCE
        while len(served.seen(before)[1]) < calls and process.exitcode is None:
            assert time.monotonic() < deadline, "the harvest sends no calls"
            time.sleep(0.003)
    time.sleep(dice.uniform(0, 0.15 if opening else 0.02))
    process.kill()
    process.join()
    assert process.exitcode in {-signal.SIGKILL, 0}, f"the harvest ended with {process.exitcode}"
    return replace(_inspect(job.path), calls=len(served.seen(before)[1]))


def _inspect(path: Path) -> Landing:
    """Return the state on disk, without repairing it."""
    if not path.exists():
        return Landing()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        if not {"partition", "run", *(stream.name for stream in _STREAMS)} <= _tables(database):
            return Landing()
        torn = sum(
            database.execute(
                "SELECT count(*) FROM partition WHERE stream = ? AND state = 'in_progress' "  # noqa: S608  our own names
                f'AND EXISTS (SELECT * FROM "{stream.name}" WHERE _part = key)',
                (stream.name,),
            ).fetchone()[0]
            for stream in _STREAMS
        )
        (finished,) = database.execute(
            "SELECT count(*) FROM partition WHERE state NOT IN ('in_progress', 'pending')"
        ).fetchone()
        complete = database.execute("SELECT * FROM run WHERE outcome = 'complete'").fetchall()
        return Landing(torn=torn, finished=finished, complete=bool(complete))


def harvest_to_the_end(job: Job) -> bool:
    """Harvest without a kill; return whether it is complete."""
    process = _PROCESSES.Process(target=harvest, args=(job,), daemon=True)
    process.start()
    process.join()
    return process.exitcode == 0


def digests(path: Path) -> dict[str, tuple[int, str]]:
    """Return the number of lines and the digest of each table that depends on the account only."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {name: _digest(database, name) for name in sorted(_tables(database) - {"run", "call_samples"})}


def _digest(database: sqlite3.Connection, name: str) -> tuple[int, str]:
    columns = [name for _, name, *_ in database.execute(f'PRAGMA table_info("{name}")') if name not in _OF_THE_RUN]
    order = ", ".join(column for column in columns if column in {"stream", "key", "_part", "_seq"}) or "1"
    names = ", ".join(f'"{column}"' for column in columns)
    lines = database.execute(f'SELECT {names} FROM "{name}" ORDER BY {order}').fetchall()  # noqa: S608  our own names
    return len(lines), hashlib.sha256(repr((columns, lines)).encode()).hexdigest()


def erase_runs(path: Path) -> None:
    """Erase the time and the name of the run of each row, which differ from run to run."""
    with closing(sqlite3.connect(path)) as database, database:
        for name in _tables(database) & {"rejected_rows", *(stream.name for stream in _STREAMS)}:
            database.execute(f'UPDATE "{name}" SET _fetched_at = NULL, _run = NULL')  # noqa: S608  our own names
        database.execute("UPDATE partition SET run = '', fetched_at = NULL, stored_at = NULL, last_run = NULL")
        database.execute("DELETE FROM run")


def _tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


_DYING_OPENER = """
import os, sys, sqlite3, anyio
from zoomasync.harvest import SQLiteStore
from zoomasync.harvest.streams import STREAMS

left = int(sys.argv[2])

class Dying(sqlite3.Connection):
    def execute(self, *arguments):
        self._count()
        return super().execute(*arguments)

    def executemany(self, *arguments):
        self._count()
        return super().executemany(*arguments)

    def _count(self):
        global left
        left -= 1
        if left < 0:
            os._exit(7)

connect = sqlite3.connect
sqlite3.connect = lambda *arguments, **options: connect(*arguments, **options, factory=Dying)

async def main():
    async with SQLiteStore(sys.argv[1], STREAMS.values()):
        pass

anyio.run(main)
"""


async def open_and_die(path: Path, statements: int) -> bool:
    """Open the store at *path* in a process that ends after so many SQL statements; return whether it did."""
    command = [sys.executable, "-c", _DYING_OPENER, str(path), str(statements)]
    process = await anyio.run_process(command, check=False)
    assert process.returncode in {0, 7}, process.stderr.decode()
    return process.returncode == 7


class InProgressAsDone(SQLiteStore):
    """A broken store that treats partitions in progress as done when it is opened."""

    async def __aenter__(self) -> Self:
        with closing(sqlite3.connect(self._path)) as database, database:
            if "partition" in _tables(database):
                database.execute("UPDATE partition SET state = 'done' WHERE state = 'in_progress'")
        return await super().__aenter__()


class ProgressBeforeRows(SQLiteStore):
    """A broken store that commits the states of partitions at once, and their rows later."""

    def __init__(self, path: Path, streams: Iterable[Stream]) -> None:
        super().__init__(path, streams)
        self._held: list[tuple[str, Lines]] = []

    async def add_children(self, scope: Scope, streams: Sequence[Stream]) -> None:
        await self._call(self._write_held)
        await super().add_children(scope, streams)

    def _write(self, task: PartitionTask, batch: WriteBatch, connection: sqlite3.Connection) -> None:
        super()._write(task, batch, connection)
        of_page = f'FROM "{task.stream.name}" WHERE _part = ? AND _seq >= ?'
        first_row = (task.key, min((seq for seq, *_ in batch.rows), default=0))
        self._held.append((task.stream.name, connection.execute(f"SELECT * {of_page}", first_row).fetchall()))
        connection.execute(f"DELETE {of_page}", first_row)
        if len(self._held) >= _MANY_PAGES:
            self._write_held(connection)

    def _end_run(self, connection: sqlite3.Connection) -> None:
        self._write_held(connection)
        super()._end_run(connection)

    def _write_held(self, connection: sqlite3.Connection) -> None:
        for name, lines in self._held:
            for line in lines:
                connection.execute(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(line))})', line)  # noqa: S608  our own names
        self._held.clear()
