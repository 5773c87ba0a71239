"""The SQLite store of a harvest: one table a stream, and `partition`, which says what became of each.

A partition is what is fetched, and replaced, as a whole: the hosts of a month, the meetings of a host in a month, one
report of one session. Its rows carry its key in ``_part`` (for a session's report, the UUID) and their place in
``_seq``. Rows that are not what the reference says are in `drift`, raw and with the reason. Times are ISO 8601 text in
UTC, booleans 0 and 1, and what is nested is JSON text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, TypeVar, get_args

import anyio
import anyio.to_thread
import msgspec

from .. import Drift, errors
from ..errors import ConfigError, ZoomError
from .streams import Row, Stream

T = TypeVar("T")
Cell: TypeAlias = str | int | float | None

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x5A4F4F4D  # "ZOOM": what tells a harvest from any other database


class StoreError(ZoomError):
    """The store could not be read or written: a full disk, or somebody else who holds it."""


class State(StrEnum):
    """What became of a partition."""

    DONE = "done"
    EMPTY = "empty"
    GONE = "gone"
    """Zoom has it no longer (404): reports expire."""
    REFUSED = "refused"
    """Zoom will never give it (400): the session is too old, or the feature was off."""
    FAILED = "failed"
    """Something went wrong that another run may not meet, a missing scope or plan included."""


SETTLED = (State.DONE, State.EMPTY, State.GONE, State.REFUSED)
"""The states that asking again would not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One partition with its *rows* and those that could not be decoded, or with the *error* that came instead."""

    stream: Stream
    key: str
    rows: Sequence[Row] = field(default=(), repr=False)
    drifts: Sequence[Drift] = field(default=(), repr=False)
    error: ZoomError | None = None

    @property
    def state(self) -> State:
        """What became of it."""
        if self.error is None:
            return State.DONE if self.rows or self.drifts else State.EMPTY
        if isinstance(self.error, errors.NotFound):
            return State.GONE
        refused = isinstance(self.error, errors.BadRequest) and not isinstance(self.error, errors.PageTokenExpired)
        return State.REFUSED if refused else State.FAILED


class Store:
    """A harvest's database at *path* for the days *from_* to *to*, with a table for each of *streams*.

    Open it with ``async with``. Raises `ConfigError` for a file that is not a harvest's, or is one of other days, and
    does not touch it; `StoreError` when it cannot be read or written.
    """

    def __init__(self, path: str | Path, streams: Iterable[Stream], *, from_: date, to: date) -> None:
        self._path = Path(path)
        self._days = (from_.isoformat(), to.isoformat())
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

    async def settled(self) -> frozenset[tuple[str, str]]:
        """Return stream and key of every partition that need not be fetched again."""
        return await self._in_thread(self._settled)

    async def put(self, partition: Partition) -> None:
        """Write *partition* in place of what was there under its key, in one transaction."""
        await self._in_thread(lambda: self._put(partition))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._turn)
        except sqlite3.Error as error:
            failure = StoreError(f"the store {self._path.name}: {error}")
        raise failure

    def _open(self) -> None:
        try:
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._check()
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
            for table in self._tables.values():
                self._connection.execute(table.create)
            self._connection.execute("INSERT OR IGNORE INTO harvest VALUES (1, ?, ?)", self._days)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except sqlite3.DatabaseError as error:
            self._close()
            raise ConfigError(f"the store {self._path.name} cannot be opened: {error}") from None
        except ConfigError:
            self._close()
            raise

    def _check(self) -> None:
        connection = self._opened()
        ((application,), (version,)) = (
            connection.execute("PRAGMA application_id").fetchone(),
            connection.execute("PRAGMA user_version").fetchone(),
        )
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not tables and not application and not version:
            return  # new
        if (application, version) != (_APPLICATION_ID, SCHEMA_VERSION):
            raise ConfigError(
                f"{self._path.name} is not a harvest store of this version; give another file, it was not touched"
            )
        days = connection.execute("SELECT from_, to_ FROM harvest").fetchone()
        if days is not None and days != self._days:
            raise ConfigError(
                f"{self._path.name} holds the days {days[0]} to {days[1]}; give the same, or another file for others"
            )

    def _settled(self) -> frozenset[tuple[str, str]]:
        marks = ", ".join("?" * len(SETTLED))
        rows = self._opened().execute(f"SELECT stream, key FROM partition WHERE state IN ({marks})", SETTLED)  # noqa: S608
        return frozenset(rows)

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
            connection.execute("DELETE FROM drift WHERE stream = ? AND _part = ?", (table.name, partition.key))
            drifts = ((table.name, partition.key, n, d.path, d.reason, d.raw) for n, d in enumerate(partition.drifts))
            connection.executemany("INSERT INTO drift VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT))", drifts)
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
            if connection.in_transaction:  # a full disk has rolled it back already
                connection.execute("ROLLBACK")
            raise


_SCHEMA = """
CREATE TABLE IF NOT EXISTS harvest (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS drift (
    stream TEXT NOT NULL,
    _part TEXT NOT NULL,
    _seq INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (stream, _part, _seq)
) WITHOUT ROWID;
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
        self.name = stream.name
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
    with suppress(OverflowError):  # at the ends of the calendar: better in its own zone than not at all
        moment = moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")
