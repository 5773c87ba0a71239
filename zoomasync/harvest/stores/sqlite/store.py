"""The class `SQLiteStore`: one thread writes, in transactions of queued writes."""

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
from typing import Literal, Self, TypeVar, cast

import anyio
import anyio.to_thread

from .... import ZoomError
from ...._disk.lock import Lock
from ....errors import ConfigError, StoreError
from ..._page_tracker import WriteBatch
from ...columns import utc_text
from ...partitions import Partition, State
from ...rows import RowEncoder, run_name
from ...streams import INSTANCE_SOURCES, Discovery, Stream
from ...tasks import PartitionTask
from ..base import CallSample, PartitionCount, Scope
from . import partition_table, staging
from .discovery import discovery_calls
from .migration import MIGRATED_VERSIONS, migrate
from .reader import reading
from .schema import APPLICATION_ID, OWN_TABLES, VERSION, Table, create_views
from .write_queue import WriteQueue

T = TypeVar("T")

_QUEUED_WRITES = 64  # pages of 300 rows: some 25 MB at most
_CACHED_STATEMENTS = 1_024  # an INSERT per number of rows, and some more
_PAGE_SIZE = 8_192  # a fifth faster than SQLite's default for many partitions and rows
_BUSY_SECONDS = 60.0  # another program may hold the file for a moment
_BUSY_STEP = 0.2  # a cancelled opening must not wait longer


class SQLiteStore:
    """A harvest's database at *path*, with a table for each of *streams*.

    Enter it with ``async with``. With *durability* "full", committed data survive a power cut; with "normal", they
    survive a crash of the process. A store of version 2, which zoomasync 0.1.0 wrote, or 3 is migrated to version 4.
    Raises `ConfigError`, and leaves the file unchanged, if it is not a harvest store, has another version, or another
    harvest is writing to it. Raises `StoreError` if it cannot be written.
    """

    def __init__(
        self, path: str | Path, streams: Iterable[Stream], *, durability: Literal["normal", "full"] = "normal"
    ) -> None:
        if durability not in {"normal", "full"}:
            raise ConfigError("durability must be normal or full")
        self._path = Path(path)
        self._durability = durability
        # The view `instances` needs both of its tables.
        self._tables = {stream.name: Table(stream) for stream in (*INSTANCE_SOURCES.values(), *streams)}
        self._encoders: dict[str, RowEncoder] = {}
        self._lock = Lock(self._path.resolve())  # one lock, also through a symbolic link
        self._connection: sqlite3.Connection | None = None
        # One thread at a time uses the connection, in the order of the calls.
        self._limiter = anyio.CapacityLimiter(1)
        self._queue: WriteQueue[_Write] | None = None
        self._broken = False
        self._run_id = 0
        self._run_name = ""
        self._scope: Scope | None = None
        self._expanded: set[Stream] = set()  # streams whose partitions are all in the store
        self._tried: set[tuple[str, str]] = set()  # partitions that ended in an error in this run
        self.outcome: str = ""

    async def __aenter__(self) -> Self:
        try:
            await self._open_when_free()
        except BaseException:
            self._close()  # the thread may have opened it, also after a cancellation
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            await self._in_thread(self._close)

    @asynccontextmanager
    async def run(self, scope: Scope, on_finished: Callable[[Partition], None]) -> AsyncGenerator[None, None]:
        """Begin a run, and write in the background until the block ends.

        *on_finished* is called with each finished partition once it is committed. All queued writes are committed when
        the block ends, also by an error or a cancellation. An error of the database cancels the block and raises
        `StoreError`.
        """
        if self._queue is not None:
            raise ConfigError("this harvest is already running: wait until it has finished")
        if missing := [stream.name for stream in scope.streams if stream.name not in self._tables]:
            raise ConfigError(f"the store was opened without a table for {', '.join(missing)}")
        self._queue = queue = WriteQueue[_Write](_QUEUED_WRITES)
        self.outcome, self._broken, self._run_id, self._scope = "interrupted", False, 0, None
        self._tried.clear()
        try:
            try:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._commit_all, queue, on_finished)
                    await self._call(partial(self._begin_run, scope))
                    yield
                    queue.close()
            finally:
                self._queue = None
                if not self._broken:
                    with anyio.CancelScope(shield=True):  # after a cancellation, fetched pages are still stored
                        await self._commit([*queue.take_all(), _Write(self._end_run)], on_finished)
        except StoreError as error:
            failure: BaseException = error
        except BaseExceptionGroup as group:
            failure = next((error for error in group.exceptions if isinstance(error, StoreError)), group.exceptions[0])
        else:
            return
        if self._broken:
            await self._record_failure(failure)
        raise failure

    async def add_children(self, scope: Scope, streams: Sequence[Stream]) -> None:
        """Add the partitions of *streams* that the stored rows of their parents lead to, as pending."""
        await self._call(partial(partition_table.add_children, scope=scope, streams=streams))
        self._expanded.update(streams)

    async def pending_tasks(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        """Iterate over the pending partitions of *streams*: the oldest first, and last those with an error."""
        await self._call(lambda _: None)  # so that no partition is pending whose result is queued
        batches = partition_table.pending_batches(self._opened(), scope, streams)
        while (batch := await self._in_thread(partial(next, batches, None))) is not None:
            for task in batch:
                if (task.stream.name, task.key) not in self._tried:
                    yield task

    async def counts(self, scope: Scope) -> Mapping[str, Mapping[State, PartitionCount]]:
        """Return the number of partitions of *scope* by stream name and state, after all earlier writes."""
        return await self._call(partial(partition_table.counts, scope=scope))

    async def discovery_calls(self, scope: Scope) -> Mapping[Discovery, int]:
        """Return the least number of calls by which each way lists the instances of the days of *scope*."""
        return await self._call(partial(discovery_calls, scope=scope))

    async def write(self, task: PartitionTask, batch: WriteBatch) -> None:
        """Queue one batch of a partition; wait while the queue is full."""
        await self._enqueue(partial(self._write, task, batch))

    async def finish(self, task: PartitionTask, result: Partition, *, whole: bool) -> None:
        """Queue the *result* of a partition."""
        if result.error is not None:
            self._tried.add((task.stream.name, task.key))
        await self._enqueue(partial(self._finish, task, result, whole=whole))

    async def release(self, task: PartitionTask) -> None:
        """Leave *task* pending, without the rows of an incomplete fetch."""
        await self._enqueue(partial(partition_table.release, task=task))

    async def defer(self, scope: Scope, until: datetime) -> None:
        """Turn all pending partitions to deferred."""
        await self._call(partial(partition_table.defer, scope=scope, until=until))

    async def resume_deferred(self, scope: Scope) -> None:
        """Turn all deferred partitions back to pending."""
        self._tried.clear()
        await self._call(partial(partition_table.resume_deferred, scope=scope))

    async def record_calls(self, samples: Sequence[CallSample]) -> None:
        """Queue the number of calls that the run has sent."""
        lines = [
            (self._run_id, utc_text(each.at), each.label, each.calls, each.retries, each.throttled, each.rate)
            for each in samples
        ]
        await self._enqueue(lambda connection: connection.executemany(_ADD_CALL_SAMPLES, lines))

    async def _call(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Call *function* after all earlier writes, and return its result once it is committed."""
        committed = anyio.Event()
        write = _Write(function, committed)
        await self._running_queue().put(write)
        await committed.wait()
        return cast("T", write.result)

    async def _enqueue(self, function: Callable[[sqlite3.Connection], object]) -> None:
        await self._running_queue().put(_Write(function))

    def _running_queue(self) -> WriteQueue[_Write]:
        if self._queue is None:
            raise ConfigError("the store has no run: write inside `async with store.run(...)`")
        return self._queue

    async def _commit_all(self, queue: WriteQueue[_Write], on_finished: Callable[[Partition], None]) -> None:
        while await queue.wait():
            with anyio.CancelScope(shield=True):
                await self._commit(queue.take_all(), on_finished)

    async def _commit(self, writes: Sequence[_Write], on_finished: Callable[[Partition], None]) -> None:
        self._broken = True  # if this commit fails, later writes must not be committed
        await self._in_thread(partial(self._transact, writes))
        self._broken = False
        for write in writes:
            if isinstance(write.result, Partition):
                on_finished(write.result)
            if write.committed is not None:
                write.committed.set()

    async def _in_thread(self, function: Callable[[], T]) -> T:
        running = asyncio.ensure_future(anyio.to_thread.run_sync(function, limiter=self._limiter))
        try:
            return await asyncio.shield(running)
        except (sqlite3.Error, OSError) as error:
            failure = StoreError(f"the store {self._path.name}: {error}")
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):  # the thread cannot be cancelled, and still uses the connection
                await asyncio.wait([running])
            raise
        raise failure

    def _transact(self, writes: Sequence[_Write]) -> None:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for write in writes:
                write.result = write.function(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk rolls back by itself
                connection.execute("ROLLBACK")
            raise

    async def _open_when_free(self) -> None:
        with anyio.move_on_after(_BUSY_SECONDS):
            while not await self._in_thread(self._open):  # noqa: ASYNC110  there is no event
                await anyio.sleep(_BUSY_STEP)
            return
        raise StoreError(f"the store {self._path.name} cannot be opened: another program has locked it")

    async def _record_failure(self, failure: BaseException) -> None:
        """Record the outcome after a commit has failed. On a full disk, there may be space for this one line."""
        self.outcome = f"failed: {failure}"
        with anyio.CancelScope(shield=True), suppress(StoreError):
            await self._in_thread(self._commit_outcome)

    def _commit_outcome(self) -> None:
        try:
            self._transact([_Write(self._end_run)])
        except sqlite3.Error:
            # Once all of the WAL is in the database, the next transaction overwrites the WAL from its start.
            self._opened().execute("PRAGMA wal_checkpoint(PASSIVE)")
            self._transact([_Write(self._end_run)])

    def _open(self) -> bool:
        """Open the store; return False if another program has locked the database."""
        try:
            self._acquire_lock()
            # An absolute path is never one of SQLite's special names, such as ":memory:".
            self._connection = connection = sqlite3.connect(
                self._path.absolute(),
                isolation_level=None,
                check_same_thread=False,
                timeout=_BUSY_STEP,
                cached_statements=_CACHED_STATEMENTS,
            )
            version = self._check(connection)
            connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")  # of a new file
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._durability}")
            self._transact([_Write(partial(self._prepare, version))])
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1_000:.0f}")
        except (sqlite3.Error, OSError) as error:
            if _primary_code(error) == sqlite3.SQLITE_BUSY:
                self._close()
                return False
            kind = ConfigError if _primary_code(error) == sqlite3.SQLITE_NOTADB else StoreError
            raise kind(f"the store {self._path.name} cannot be opened: {error}") from None
        return True

    def _prepare(self, version: int, connection: sqlite3.Connection) -> None:
        """Migrate the store if needed, or create its own tables, in one transaction."""
        if version == VERSION:
            return
        if version in MIGRATED_VERSIONS:
            migrate(connection, version)
        for statement in OWN_TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        """Create the missing tables and columns of the streams, and the views."""
        for name, table in self._tables.items():
            connection.execute(table.create)
            present = [line[1] for line in connection.execute(f'PRAGMA table_info("{name}")')]
            for statement in table.add_columns(present):
                connection.execute(statement)
        create_views(connection)

    def _check(self, connection: sqlite3.Connection) -> int:
        """Return the version of the store, 0 for a new one. Raises `ConfigError` for one that cannot be written."""
        ((application,), (version,), (tables,)) = (
            connection.execute(query).fetchone()
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if not tables and not application and not version:
            return 0
        if application != APPLICATION_ID:
            raise ConfigError(f"{self._path.name} is not a harvest store and was left unchanged; give another file")
        if version not in {*MIGRATED_VERSIONS, VERSION}:
            age, remedy = ("an older", "") if version < VERSION else ("a newer", "update zoomasync, or ")
            raise ConfigError(
                f"{self._path.name} is a harvest store of {age} version ({version}, this is {VERSION}) and was left "
                f"unchanged; {remedy}give another file"
            )
        return int(version)

    def _acquire_lock(self) -> None:
        if not self._path.name or self._path.is_dir():
            raise ConfigError(f"the store {self._path} is a folder: give a file")
        if not self._lock.acquire():
            raise ConfigError(f"another harvest is writing to {self._path.name}{_writer(self._path)}; nothing was done")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._lock.release()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ConfigError("the store is not open: enter it with `async with`")
        return self._connection

    def _begin_run(self, scope: Scope, connection: sqlite3.Connection) -> None:
        partition_table.begin_run(connection, self._path.name, scope)
        self._make_tables(connection)
        now = datetime.now(UTC)
        (last,) = connection.execute("SELECT max(name) FROM run").fetchone()
        self._run_name = run_name(now, after=last)
        line = (utc_text(now.replace(microsecond=0)), platform.node(), os.getpid(), self._run_name)
        cursor = connection.execute("INSERT INTO run (started_at, host, process, name) VALUES (?, ?, ?, ?)", line)
        self._run_id = cursor.lastrowid or 0
        self._encoders = {
            stream.name: RowEncoder(stream, account_id=scope.account_id, run=self._run_name, privacy=scope.privacy)
            for stream in scope.streams
        }
        self._scope, self._expanded = scope, {stream for stream in scope.streams if stream.parent is None}

    def _end_run(self, connection: sqlite3.Connection) -> None:
        if self._scope is not None:
            partition_table.end_backfill(connection, self._scope, self._expanded)
        line = (utc_text(datetime.now(UTC).replace(microsecond=0)), self.outcome, self._run_id)
        connection.execute("UPDATE run SET ended_at = ?, outcome = ? WHERE id = ?", line)

    def _write(self, task: PartitionTask, batch: WriteBatch, connection: sqlite3.Connection) -> None:
        name, key = task.stream.name, task.key
        encoder = self._encoders[name]
        columns, rejected = encoder.columns(task, batch), encoder.rejected(task, batch)
        if task.is_refetch:
            staging.stage(connection, task, columns, rejected, first=batch.first)
            connection.execute("UPDATE partition SET state = 'in_progress' WHERE stream = ? AND key = ?", (name, key))
            return
        if batch.first:
            partition_table.clear(connection, name, key)
        self._tables[name].put_columns(connection, columns)
        staging.put_rejected(connection, rejected)
        connection.execute(
            "UPDATE partition SET state = 'in_progress', pages = iif(?1, 0, pages) + 1, rows = iif(?1, 0, rows) + ?2, "
            "invalid_rows = iif(?1, 0, invalid_rows) + ?3 WHERE stream = ?4 AND key = ?5",
            (batch.first, len(batch.rows), len(rejected), name, key),
        )

    def _finish(
        self, task: PartitionTask, result: Partition, connection: sqlite3.Connection, *, whole: bool
    ) -> Partition:
        if not whole:
            partition_table.release(connection, task)
        elif task.is_refetch:
            now = utc_text(result.fetched_at or datetime.now(UTC))
            staging.replace_rows(connection, self._tables[task.stream.name], task, now)
        return partition_table.finish(connection, task, result, self._run_name, whole=whole)


@dataclass(slots=True)
class _Write:
    """A function to call in the next transaction; *committed* is set once its effect is committed."""

    function: Callable[[sqlite3.Connection], object]
    committed: anyio.Event | None = None
    result: object = None


def _primary_code(error: Exception) -> int:
    """Return SQLite's primary code of *error*, or 0 for an error of the system."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


_ADD_CALL_SAMPLES = (
    "INSERT INTO call_samples VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, "
    "retries = retries + excluded.retries, throttled = throttled + excluded.throttled"
)


def _writer(path: Path) -> str:
    """Return which process writes to the store at *path*, in brackets, or nothing if the store does not show it."""
    with suppress(ZoomError), reading(path) as connection:
        line = connection.execute(
            "SELECT process, host, started_at FROM run WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if line is not None:
            return f" (process {line[0]} on {line[1]}, since {line[2]})"
    return ""
