"""The SQLite store of a harvest: one table a stream, and one that says what became of every partition.

A partition is what is fetched, and replaced, as a whole: the hosts of a month, the meetings of a host in a month, one
report of one session. Its rows carry its key in ``_part`` (for a session's report, the UUID) and their place in
``_seq``. Times are ISO 8601 text in UTC, booleans 0 and 1, and what is nested is JSON text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, TypeVar, get_args

import anyio
import anyio.to_thread
import msgspec

from .. import errors
from ..errors import ConfigError, ZoomError
from .streams import Row, Stream

T = TypeVar("T")
Cell: TypeAlias = str | int | float | None

SCHEMA_VERSION = 1


class State(StrEnum):
    """What became of a partition."""

    DONE = "done"
    EMPTY = "empty"
    GONE = "gone"
    """Zoom has it no longer (404): reports expire."""
    REFUSED = "refused"
    """Zoom will not give it: a scope, a plan or a feature is missing."""
    FAILED = "failed"
    """Something went wrong that another run may not meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One partition with its *rows*, or with the *error* that came instead of them."""

    stream: Stream
    key: str
    rows: Sequence[Row] = field(default=(), repr=False)
    error: ZoomError | None = None

    @property
    def state(self) -> State:
        """What became of it."""
        if self.error is None:
            return State.DONE if self.rows else State.EMPTY
        if isinstance(self.error, errors.NotFound):
            return State.GONE
        refusals = errors.BadRequest | errors.PermissionDenied | errors.Refused
        return State.REFUSED if isinstance(self.error, refusals) else State.FAILED


class Store:
    """A harvest's database at *path*, with a table for each of *streams*. Open it with ``async with``.

    Raises `ConfigError` for a file that is not a harvest's, which is never touched.
    """

    def __init__(self, path: str | Path, streams: Iterable[Stream]) -> None:
        self._path = Path(path)
        self._tables = {stream.name: _Table(stream) for stream in streams}
        self._connection: sqlite3.Connection | None = None
        # One thread at a time: a connection is not for two, and rows are written in the order they were put.
        self._turn = anyio.CapacityLimiter(1)

    async def __aenter__(self) -> Self:
        await self._in_thread(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._in_thread(self._close)

    async def put(self, partition: Partition) -> None:
        """Write *partition* in place of what was there under its key, in one transaction."""
        await self._in_thread(lambda: self._put(partition))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._turn)

    def _open(self) -> None:
        try:
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._check()
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_PARTITIONS)
            for table in self._tables.values():
                self._connection.execute(table.create)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except sqlite3.Error as error:
            self._close()
            raise ConfigError(f"the store {self._path.name} cannot be opened: {error}") from None
        except ConfigError:
            self._close()
            raise

    def _check(self) -> None:
        connection = self._opened()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if version != SCHEMA_VERSION and (version or tables):
            raise ConfigError(
                f"{self._path.name} is not a harvest store of this version; give another file, it was not touched"
            )

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ConfigError("the store is not open: use it inside `async with`")
        return self._connection

    def _put(self, partition: Partition) -> None:
        connection = self._opened()
        table = self._tables[partition.stream.name]
        cells = (table.cells(partition.key, seq, row) for seq, row in enumerate(partition.rows))
        fetched_at = _utc_text(datetime.now(UTC).replace(microsecond=0))
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(table.delete, (partition.key,))
            connection.executemany(table.insert, cells)
            connection.execute(
                "INSERT OR REPLACE INTO partition (stream, key, state, rows, fetched_at, detail) VALUES (?,?,?,?,?,?)",
                (
                    partition.stream.name,
                    partition.key,
                    partition.state,
                    len(partition.rows),
                    fetched_at,
                    None if partition.error is None else str(partition.error),
                ),
            )
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


_PARTITIONS = """
CREATE TABLE IF NOT EXISTS partition (
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    rows INTEGER NOT NULL,
    fetched_at TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID
"""


class _Table:
    """The SQL of one stream's table, whose columns are the fields of its structs."""

    def __init__(self, stream: Stream) -> None:
        fields = [
            (place, field.name, _affinity(field.type))
            for place, struct in enumerate(stream.shape)
            for field in msgspec.structs.fields(struct)
            if not _is_rows_of(stream, place, field.type)
        ]
        self._sources = [(place, name) for place, name, _ in fields]
        columns = ", ".join(f'"{name}" {affinity}' for _, name, affinity in fields)
        marks = ", ".join("?" * (len(fields) + 2))
        # Names come from the library's own structs, never from data.
        self.create = (
            f'CREATE TABLE IF NOT EXISTS "{stream.name}" '
            f"(_part TEXT NOT NULL, _seq INTEGER NOT NULL, {columns}, PRIMARY KEY (_part, _seq)) WITHOUT ROWID"
        )
        self.insert = f'INSERT INTO "{stream.name}" VALUES ({marks})'  # noqa: S608
        self.delete = f'DELETE FROM "{stream.name}" WHERE _part = ?'  # noqa: S608

    def cells(self, key: str, seq: int, row: Row) -> tuple[Cell, ...]:
        return (key, seq, *(_cell(getattr(row[place], name)) for place, name in self._sources))


def _is_rows_of(stream: Stream, place: int, type_: object) -> bool:
    """Tell whether a field of a report's head is the list of the rows themselves."""
    return place + 1 < len(stream.shape) and stream.shape[-1] in get_args(type_)


def _affinity(type_: object) -> str:
    text = str(type_)
    if "float" in text:
        return "REAL"
    return "INTEGER" if text in {"int | None", "bool | None", "int", "bool"} else "TEXT"


_LARGEST_INTEGER = 2**63


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | float):
        return value
    if isinstance(value, int):
        # SQLite's integers have 64 bits, as Zoom's ids have. A longer one goes in as text, which SQLite rounds.
        return int(value) if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER else str(value)
    if isinstance(value, datetime):
        return _utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return msgspec.json.encode(value).decode()


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
