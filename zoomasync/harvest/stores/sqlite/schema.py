"""The SQL of a harvest's database: the tables of the harvest itself, and one per stream."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain, repeat

import msgspec

from ...streams import Row, Stream
from ..columns import EXTRA_COLUMN, KEY_COLUMNS, Cell, Cells, Column, Kind, columns

VERSION = 3
APPLICATION_ID = 0x5A4F4F4D  # "ZOOM": identifies a harvest among SQLite databases

# `harvest`: the days that the store covers. `partition`: the state of each partition; `from_` and `to_` are the days of
# a listing, or twice the day on which an instance began; `calls` is the least number of calls to fetch it.
# `call_samples`: the calls in the ten seconds from `at`, and the rate limiter's `rate` per second.
OWN_TABLES = """
CREATE TABLE IF NOT EXISTS harvest (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS partition (
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL,
    calls INTEGER NOT NULL,
    state TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    invalid_rows INTEGER NOT NULL DEFAULT 0,
    fetched_at TEXT,
    deferred_until TEXT,
    error TEXT,
    detail TEXT,
    tracking_id TEXT,
    warning TEXT,
    not_found_runs INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS partition_by_day ON partition (from_, stream, key);
CREATE TABLE IF NOT EXISTS rejected_rows (
    stream TEXT NOT NULL,
    _part TEXT NOT NULL,
    _seq INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (stream, _part, _seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT,
    host TEXT NOT NULL,
    process INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS call_samples (
    run INTEGER NOT NULL,
    at TEXT NOT NULL,
    label TEXT NOT NULL,
    calls INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    throttled INTEGER NOT NULL,
    rate REAL NOT NULL,
    PRIMARY KEY (run, at, label)
) WITHOUT ROWID
"""

_INSERT_ROWS = 50  # per statement: SQLite accepts at least 32,766 values, and no stream has 100 columns

_AFFINITIES = {Kind.INTEGER: "INTEGER", Kind.BOOLEAN: "INTEGER", Kind.REAL: "REAL"}


def all_columns(stream: Stream) -> tuple[Column, ...]:
    """Return the columns of the table of *stream*."""
    return (*KEY_COLUMNS, *columns(stream), EXTRA_COLUMN)


REJECTED_ROW_COLUMNS = (
    Column("stream", Kind.TEXT),
    *KEY_COLUMNS,
    Column("path", Kind.TEXT),
    Column("reason", Kind.TEXT),
    Column("raw", Kind.TEXT),  # not of type JSON, which an export may reformat: these are Zoom's own bytes
)
"""The columns of `rejected_rows`."""


class Table:
    """The SQL of one stream's table. Names come from the library's own structs, never from data."""

    def __init__(self, stream: Stream) -> None:
        self.columns: tuple[Column, ...] = all_columns(stream)
        self._cells = Cells(stream)
        names = ", ".join(f'"{column.name}"' for column in self.columns)
        self.create: str = (
            f'CREATE TABLE IF NOT EXISTS "{stream.name}" '
            f"({', '.join(map(_declared, self.columns))}, PRIMARY KEY (_part, _seq)) WITHOUT ROWID"
        )
        self._insert = f'INSERT INTO "{stream.name}" ({names}) VALUES '  # noqa: S608
        self._marks = f"({', '.join('?' * len(self.columns))})"
        self.select: str = f'SELECT {names} FROM "{stream.name}"'  # noqa: S608
        self._name = stream.name

    def add_columns(self, present: Sequence[str]) -> list[str]:
        """Return the statements that add the columns which a store lacks that an earlier version wrote."""
        missing = (column for column in self.columns if column.name not in present)
        return [f'ALTER TABLE "{self._name}" ADD COLUMN {_declared(column)}' for column in missing]

    def put(self, connection: sqlite3.Connection, lines: Sequence[tuple[Cell, ...]]) -> None:
        """Insert *lines*, many per statement.

        Between two statements, the writing thread would wait until the event loop's thread releases the interpreter.
        """
        for start in range(0, len(lines), _INSERT_ROWS):
            some = lines[start : start + _INSERT_ROWS]
            connection.execute(self._insert + ", ".join([self._marks] * len(some)), list(chain.from_iterable(some)))

    def lines(self, key: str, rows: Sequence[tuple[int, Row, str | None]]) -> list[tuple[Cell, ...]]:
        """Return the table's lines for *rows* of the partition *key*. A number beyond 64 bits goes to `_extra`."""
        if not rows:
            return []
        positions, structs, extra_fields = zip(*rows, strict=True)
        cells, too_large = self._cells(structs)
        extras = list(extra_fields)
        for index, numbers in too_large.items():
            keys = msgspec.json.decode(extras[index] or "{}", type=dict[str, msgspec.Raw])
            extras[index] = msgspec.json.encode({**keys, **numbers}).decode()
        return list(zip(repeat(key, len(rows)), positions, *cells, extras, strict=True))


def _declared(column: Column) -> str:
    not_null = " NOT NULL" if column in KEY_COLUMNS else ""
    return f'"{column.name}" {_AFFINITIES.get(column.kind, "TEXT")}{not_null}'
