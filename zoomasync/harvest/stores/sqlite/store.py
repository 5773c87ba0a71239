"""The SQLite store of a harvest: one table a stream, and `partition`, which says what became of each.

A partition is what is fetched, and replaced, as a whole: the hosts of a month, the meetings of a host in a month, one
report of one session. Its rows carry its key in ``_part`` (for a session's report, the UUID), their place in ``_seq``,
and in ``_extra``, as JSON, what came with them that the reference does not know or no cell can hold. Rows that are not
what the reference says are in `rejected_rows`, raw and with the reason. Times are ISO 8601 text in UTC, booleans 0 and 1, and
what is nested is JSON.

Rows come page by page, each page with its partition's line in one transaction; until its last one has come a partition
is *open*, and what is open when a run begins is what one that was killed has begun: it is dropped, and fetched again.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar, cast

import anyio
import anyio.to_thread

from .... import ZoomError
from ....errors import ConfigError, StoreError
from ...partitions import Partition, State
from ...streams import ListingStream, PartitionTask, Stream
from ..base import CallSample, Outstanding, Scope, WriteBatch
from ..columns import utc_text
from . import partition_table as worklist
from .lock import Lock
from .reader import reading
from .schema import APPLICATION_ID, OWN_TABLES, VERSION, Table
from .write_queue import Queue

T = TypeVar("T")

_WAITING_PAGES = 64  # of 300 rows: some 25 MB at most
_STATEMENTS = 1_024  # to keep: an INSERT for each number of rows, and some more
_PATIENCE = 60.0  # seconds, with another program that holds the file for a moment


class SQLiteStore:
    """A harvest's database at *path*, with a table for each of *streams*.

    Open it with ``async with``. *durability* "full" also survives a power cut with all that was committed, "normal"
    anything that the system survives. Raises `ConfigError` for a file that is not a harvest's, is one of another
    version, or is being written by another harvest, and does not touch it; `StoreError` when it cannot be written.
    """

    def __init__(
        self, path: str | Path, streams: Iterable[Stream], *, durability: Literal["normal", "full"] = "normal"
    ) -> None:
        if durability not in {"normal", "full"}:
            raise ConfigError("durability must be normal or full")
        self._path = Path(path)
        self._durability = durability
        self._tables = {stream.name: Table(stream) for stream in streams}
        self._lock = Lock(self._path.resolve())  # whatever name it is called by
        self._connection: sqlite3.Connection | None = None
        # One thread at a time: a connection is not for two, and things are written in the order they were put.
        self._turn = anyio.CapacityLimiter(1)
        self._queue: Queue[_Write] | None = None
        self._torn = False
        self._run = 0
        self.outcome: str = ""
        """How the run ends, to be set before `working` is left."""

    async def __aenter__(self) -> Self:
        try:
            await self._in_thread(self._open)
        except BaseException:
            self._close()  # cancelled while the file was opened
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._in_thread(self._close)

    @asynccontextmanager
    async def working(self, scope: Scope, on_finished: Callable[[Partition], None]) -> AsyncGenerator[None, None]:
        """Write what is put while the block runs; *on_settled* is shown each partition once it is committed.

        Leaving the block, by an error or a cancellation as well, commits what was put. An error of the database ends
        the block with a `StoreError`.
        """
        if self._queue is not None:
            raise ConfigError("a harvest does one thing at a time: await the one before")
        if lacking := [stream.name for stream in scope.streams if stream.name not in self._tables]:
            raise ConfigError(f"the store was opened without a table for {', '.join(lacking)}")
        self._queue = queue = Queue[_Write](_WAITING_PAGES)
        self.outcome, self._torn = "interrupted", False
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write_all, queue, on_finished)
                await self._asked(partial(self._begin, scope))
                yield
                queue.close()
        except BaseExceptionGroup as group:
            first = next((error for error in group.exceptions if isinstance(error, StoreError)), group.exceptions[0])
        else:
            return
        finally:
            self._queue = None
            if not self._torn:
                with anyio.CancelScope(shield=True):  # cancelled: what was fetched is not thrown away
                    await self._commit([*queue.take(), _Write(self._end)], on_finished)
        raise first

    async def expand(self, listing: ListingStream, scope: Scope) -> None:
        """Put what the listings lead to on the list of the work."""
        await self._asked(partial(worklist.expand, listing=listing, scope=scope))

    async def work(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        """Iterate over what waits of *streams*, the oldest first."""
        chunks = worklist.chunks(self._opened(), scope, streams)
        while (chunk := await self._in_thread(partial(next, chunks, None))) is not None:
            for task in chunk:
                yield task

    async def counts(self, scope: Scope) -> Mapping[str, Mapping[State, Outstanding]]:
        """Return how many partitions of each stream and state *scope* has, and the calls that they take."""
        return await self._asked(partial(worklist.counts, scope=scope))

    async def write(self, task: PartitionTask, piece: WriteBatch) -> None:
        """Write what one reply gave; with a first one, what there was of *unit* goes."""
        await self._later(partial(self._write, task, piece))

    async def finish(self, task: PartitionTask, error: ZoomError | None, warning: str | None) -> None:
        """Write down what became of *unit*."""
        now = datetime.now(UTC).replace(microsecond=0)
        await self._later(partial(worklist.finish, task=task, error=error, warning=warning, now=now))

    async def defer(self, scope: Scope, until: datetime) -> None:
        """Let everything that waits wait until then."""
        await self._asked(partial(worklist.defer, scope=scope, until=until))

    async def resume_deferred(self, scope: Scope) -> None:
        """Let what was parked be fetched."""
        await self._asked(partial(worklist.resume_deferred, scope=scope))

    async def sent(self, samples: Sequence[CallSample]) -> None:
        """Write down what was sent."""
        lines = [
            (self._run, utc_text(sample.at), sample.label, sample.calls, sample.retries, sample.throttled, sample.rate)
            for sample in samples
        ]
        await self._later(partial(_add_traffic, lines=lines))

    async def _asked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do *work* after all that was put before, and return what it gave once it is committed."""
        done = anyio.Event()
        write = _Write(work, done)
        await self._working().put(write)
        await done.wait()
        return cast("T", write.result)

    async def _later(self, work: Callable[[sqlite3.Connection], object]) -> None:
        await self._working().put(_Write(work))

    def _working(self) -> Queue[_Write]:
        if self._queue is None:
            raise ConfigError("the store is not working: write inside `async with store.working(...)`")
        return self._queue

    async def _write_all(self, queue: Queue[_Write], on_finished: Callable[[Partition], None]) -> None:
        while await queue.wait():
            with anyio.CancelScope(shield=True):
                await self._commit(queue.take(), on_finished)

    async def _commit(self, writes: Sequence[_Write], on_finished: Callable[[Partition], None]) -> None:
        self._torn = True  # without these, what comes behind them must not be written either
        await self._in_thread(partial(self._transact, writes))
        self._torn = False
        for write in writes:
            if isinstance(write.result, Partition):
                on_finished(write.result)
            if write.done is not None:
                write.done.set()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        running = asyncio.ensure_future(anyio.to_thread.run_sync(work, limiter=self._turn))
        try:
            return await asyncio.shield(running)
        except (sqlite3.Error, OSError) as error:
            failure = StoreError(f"the store {self._path.name}: {error}")
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):  # a thread cannot be stopped, and its connection is not for two
                await asyncio.wait([running])
            raise
        raise failure

    def _transact(self, writes: Sequence[_Write]) -> None:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for write in writes:
                write.result = write.work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has rolled it back already
                connection.execute("ROLLBACK")
            raise

    def _open(self) -> None:
        try:
            self._alone()
            # An absolute path is never one of SQLite's own words, such as ":memory:".
            self._connection = connection = sqlite3.connect(
                self._path.absolute(),
                isolation_level=None,
                check_same_thread=False,
                timeout=_PATIENCE,
                cached_statements=_STATEMENTS,
            )
            self._check(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._durability}")
            self._transact([_Write(self._make)])
        except (sqlite3.Error, OSError) as error:
            self._close()
            raise ConfigError(f"the store {self._path.name} cannot be opened: {error}") from None
        except ConfigError:
            self._close()
            raise

    def _make(self, connection: sqlite3.Connection) -> None:
        """Make what is not there: all of it, or nothing."""
        for statement in OWN_TABLES.split(";"):
            connection.execute(statement)
        for name, table in self._tables.items():
            connection.execute(table.create)
            for statement in table.missing([line[1] for line in connection.execute(f'PRAGMA table_info("{name}")')]):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")

    def _check(self, connection: sqlite3.Connection) -> None:
        ((application,), (version,), (tables,)) = (
            connection.execute(query).fetchone()
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if not tables and not application and not version:
            return  # new
        if application != APPLICATION_ID:
            raise ConfigError(f"{self._path.name} is not a harvest store; give another file, it was not touched")
        if version != VERSION:
            age = "an earlier" if version < VERSION else "a later"
            raise ConfigError(
                f"{self._path.name} is a harvest store of {age} version ({version}, this is {VERSION}); "
                "give another file, it was not touched"
            )

    def _alone(self) -> None:
        if not self._path.name or self._path.is_dir():
            raise ConfigError(f"the store {self._path} is a folder: give a file")
        if not self._lock.take():
            raise ConfigError(f"another harvest is writing to {self._path.name}{_who(self._path)}; nothing was done")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._lock.let_go()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ConfigError("the store is not open: use it inside `async with`")
        return self._connection

    def _begin(self, scope: Scope, connection: sqlite3.Connection) -> None:
        worklist.prepare(connection, self._path.name, scope)
        begun = (utc_text(datetime.now(UTC).replace(microsecond=0)), platform.node(), os.getpid())
        self._run = (
            connection.execute("INSERT INTO run (started_at, host, process) VALUES (?, ?, ?)", begun).lastrowid or 0
        )

    def _end(self, connection: sqlite3.Connection) -> None:
        ended = (utc_text(datetime.now(UTC).replace(microsecond=0)), self.outcome, self._run)
        connection.execute("UPDATE run SET ended_at = ?, outcome = ? WHERE id = ?", ended)

    def _write(self, task: PartitionTask, piece: WriteBatch, connection: sqlite3.Connection) -> None:
        name, key = task.stream.name, task.key
        table = self._tables[name]
        if piece.first:
            worklist.empty(connection, name, key)
        lines = table.lines(key, piece.rows)
        invalid_rows = [(name, key, seq, drift.path, drift.reason, drift.raw) for seq, drift in piece.invalid_rows]
        table.put(connection, lines)
        if invalid_rows:
            connection.executemany("INSERT INTO rejected_rows VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT))", invalid_rows)
        connection.execute(
            "UPDATE partition SET state = 'in_progress', pages = iif(?1, 0, pages) + 1, rows = iif(?1, 0, rows) + ?2, "
            "invalid_rows = iif(?1, 0, invalid_rows) + ?3 WHERE stream = ?4 AND key = ?5",
            (piece.first, len(lines), len(invalid_rows), name, key),
        )


@dataclass(slots=True)
class _Write:
    """Something to do in the next transaction; *done* is set once it is committed."""

    work: Callable[[sqlite3.Connection], object]
    done: anyio.Event | None = None
    result: object = None


def _add_traffic(connection: sqlite3.Connection, lines: Sequence[tuple[str | int | float, ...]]) -> None:
    connection.executemany(
        "INSERT INTO call_samples VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, "
        "retries = retries + excluded.retries, throttled = throttled + excluded.throttled",
        lines,
    )


def _who(path: Path) -> str:
    """Return who is writing to the store at *path*, as far as it says."""
    with suppress(ZoomError), reading(path) as connection:
        line = connection.execute(
            "SELECT process, host, started_at FROM run WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if line is not None:
            return f" (process {line[0]} on {line[1]}, since {line[2]})"
    return ""
