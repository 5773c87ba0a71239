"""The SQL of a harvest's database: its own tables, and one for every stream."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain, repeat

import msgspec

from ...streams import Row, Stream
from ..columns import BEFORE, BEHIND, Cell, Cells, Column, Kind, columns

VERSION = 3
APPLICATION_ID = 0x5A4F4F4D  # "ZOOM": what tells a harvest from any other database

# `harvest` holds the days that the store is of; `partition` what became of each, with the days of a listing or the day
# on which a session began, and the calls that it takes at least. `call_samples` counts what was sent in ten seconds from
# `at`, and `rate` is what the client allowed itself a second.
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

_AT_ONCE = 50  # rows of an INSERT: SQLite takes 32,766 values at least, and no stream has 100 columns

_AFFINITIES = {Kind.INTEGER: "INTEGER", Kind.BOOLEAN: "INTEGER", Kind.REAL: "REAL"}


def all_columns(stream: Stream) -> tuple[Column, ...]:
    """Return the columns of the table of *stream*."""
    return (*BEFORE, *columns(stream), *BEHIND)


DRIFT_COLUMNS = (
    Column("stream", Kind.TEXT, -1),
    *BEFORE,
    Column("path", Kind.TEXT, -1),
    Column("reason", Kind.TEXT, -1),
    Column("raw", Kind.TEXT, -1),  # JSON, but to the last character as it came, with whatever made it drift
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

    def missing(self, present: Sequence[str]) -> list[str]:
        """Return the statements that add what a store of an earlier version lacks."""
        lacking = (column for column in self.columns if column.name not in present)
        return [f'ALTER TABLE "{self._name}" ADD COLUMN {_declared(column)}' for column in lacking]

    def put(self, connection: sqlite3.Connection, lines: Sequence[tuple[Cell, ...]]) -> None:
        """Insert *lines*, many with one statement: between two, the thread would wait for the event loop's to pause."""
        for start in range(0, len(lines), _AT_ONCE):
            some = lines[start : start + _AT_ONCE]
            connection.execute(self._insert + ", ".join([self._marks] * len(some)), list(chain.from_iterable(some)))

    def lines(self, key: str, rows: Sequence[tuple[int, Row, str | None]]) -> list[tuple[Cell, ...]]:
        """Return the lines of the table for *rows*; a number of more than 64 bits goes to what lies beside its row."""
        if not rows:
            return []
        seqs, structs, beside = zip(*rows, strict=True)
        cells, too_large = self._cells(structs)
        raws = list(beside)
        for at, numbers in too_large.items():
            keys = msgspec.json.decode(raws[at] or "{}", type=dict[str, msgspec.Raw])
            raws[at] = msgspec.json.encode({**keys, **numbers}).decode()
        return list(zip(repeat(key, len(rows)), seqs, *cells, raws, strict=True))


def delete_rows(stream: str) -> str:
    """Return the SQL that empties one partition of *stream*."""
    return f'DELETE FROM "{stream}" WHERE _part = ?'  # noqa: S608


def _declared(column: Column) -> str:
    needed = " NOT NULL" if column in BEFORE else ""
    return f'"{column.name}" {_AFFINITIES.get(column.kind, "TEXT")}{needed}'
