"""The SQL of a harvest's database: the tables of the harvest itself, and one per stream."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from ...columns import KEY_COLUMNS, LINEAGE_COLUMNS, Cell, Column, Kind, all_columns
from ...instances import INSTANCE_COLUMNS, INSTANCE_CONDITIONS
from ...streams import INSTANCE_SOURCES, INSTANCES, Stream

VERSION = 4
APPLICATION_ID = 0x5A4F4F4D  # "ZOOM": identifies a harvest among SQLite databases

# `harvest`: the account, the days that the store covers, and the choice of personal data to store. `stream`: the
# streams of the harvest; `backfilled` is 0 until the partitions of all days of the store are final. `partition`: the
# state of each partition; `from_` and `to_` are the days of a listing, or twice the day on which an instance began;
# `calls` is the least number of calls to fetch it; `run`, `stored_at`, `stored_from` and `stored_to` are the run, time
# and days of the last whole fetch, whose rows are stored; `last_run` and `fetched_at` are those of the latest fetch,
# which may have failed. `staged_rows`: the batches of partitions that are fetched again, until they are whole.
# `run.name`: the start of the run, as `_run` has it. `call_samples`: the calls in the ten seconds from `at`, and the
# rate limiter's `rate` per second.
OWN_TABLES = """
CREATE TABLE IF NOT EXISTS harvest (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL,
    account_id TEXT,
    account_label TEXT,
    privacy TEXT
);
CREATE TABLE IF NOT EXISTS stream (
    name TEXT PRIMARY KEY,
    backfilled INTEGER NOT NULL
) WITHOUT ROWID;
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
    run TEXT,
    stored_at TEXT,
    stored_from TEXT,
    stored_to TEXT,
    last_run TEXT,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS staged_rows (
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    batch BLOB NOT NULL,
    PRIMARY KEY (stream, key, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejected_rows (
    _account TEXT,
    stream TEXT NOT NULL,
    _part TEXT NOT NULL,
    _seq INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL,
    _fetched_at TEXT,
    _run TEXT,
    _version TEXT,
    PRIMARY KEY (stream, _part, _seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT,
    host TEXT NOT NULL,
    process INTEGER NOT NULL,
    name TEXT
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

_PRIMARY_KEY = KEY_COLUMNS[1:]  # a store has one account
_AFFINITIES = {Kind.INTEGER: "INTEGER", Kind.BOOLEAN: "INTEGER", Kind.REAL: "REAL"}


REJECTED_ROW_COLUMNS = (
    KEY_COLUMNS[0],
    Column("stream", Kind.TEXT),
    *KEY_COLUMNS[1:],
    Column("path", Kind.TEXT),
    Column("reason", Kind.TEXT),
    Column("raw", Kind.TEXT),  # not of type JSON, which an export may reformat: these are Zoom's own bytes
    *LINEAGE_COLUMNS,
)
"""The columns of `rejected_rows`."""


class Table:
    """The SQL of one stream's table. Names come from the library's own structs, never from data."""

    def __init__(self, stream: Stream) -> None:
        self.columns: tuple[Column, ...] = all_columns(stream)
        names = [f'"{column.name}"' for column in self.columns]
        self.create: str = (
            f'CREATE TABLE IF NOT EXISTS "{stream.name}" '
            f"({', '.join(map(_declared, self.columns))}, PRIMARY KEY (_part, _seq)) WITHOUT ROWID"
        )
        self.select: str = f'SELECT {", ".join(names)} FROM "{stream.name}"'
        self._name = stream.name
        # The rows of one fetch have these columns in common: those before `start`, and from `end` on.
        self._start = KEY_COLUMNS.index(_PRIMARY_KEY[-1])
        self._end = len(names) - (0 if stream.refresh.snapshot else len(LINEAGE_COLUMNS))
        own = names[self._start : self._end]
        shared = [name for name in names if name not in own]
        self._insert = f'INSERT INTO "{stream.name}" ({", ".join((*shared, *own))}) VALUES '
        numbers = [f"?{number}" for number in range(1, len(shared) + 1)]
        self._marks = f"({', '.join((*numbers, *'?' * len(own)))})"

    def add_columns(self, present: Sequence[str]) -> list[str]:
        """Return the statements that add the columns which a store lacks that an earlier version wrote."""
        missing = (column for column in self.columns if column.name not in present)
        return [f'ALTER TABLE "{self._name}" ADD COLUMN {_declared(column)}' for column in missing]

    def put(self, connection: sqlite3.Connection, lines: Sequence[tuple[Cell, ...]]) -> None:
        """Insert *lines* of one fetch of a partition."""
        self.put_columns(connection, list(zip(*lines, strict=True)))

    def put_columns(self, connection: sqlite3.Connection, columns: Sequence[Sequence[Cell]]) -> None:
        """Insert rows of one fetch of a partition, given by *columns*, many rows per statement.

        Between two statements, the writing thread would wait until the event loop's thread releases the interpreter.
        """
        if not columns:
            return
        shared = [column[0] for column in (*columns[: self._start], *columns[self._end :])]
        own = columns[self._start : self._end]
        cells = list(chain.from_iterable(zip(*own, strict=True)))
        for start in range(0, len(cells), _INSERT_ROWS * len(own)):
            some = cells[start : start + _INSERT_ROWS * len(own)]
            marks = ", ".join([self._marks] * (len(some) // len(own)))
            connection.execute(self._insert + marks, shared + some)


def _declared(column: Column) -> str:
    not_null = " NOT NULL" if column in _PRIMARY_KEY else ""
    return f'"{column.name}" {_AFFINITIES.get(column.kind, "TEXT")}{not_null}'


def create_views(connection: sqlite3.Connection) -> None:
    """Create the view `instances` and the view that it is made of, and replace those of an earlier version."""
    for name, query in _views().items():
        connection.execute(f"DROP VIEW IF EXISTS {name}")
        connection.execute(f"CREATE VIEW {name} AS {query}")


def _views() -> Mapping[str, str]:
    """Return the queries of the views by name."""
    names = ", ".join(column.name for column in INSTANCE_COLUMNS)
    return {
        "listed_instances": listed_instances(*(column.name for column in INSTANCE_COLUMNS)),
        INSTANCES: f"SELECT _account, _part, _seq, {names}, day, _fetched_at, _run, _version "
        "FROM (SELECT *, row_number() OVER (PARTITION BY uuid ORDER BY source, _part, _seq) AS number "
        "FROM listed_instances) WHERE number = 1",
    }


def listed_instances(*names: str) -> str:
    """Return the query of all listed instances, with their day and lineage, and the columns of these *names*.

    An instance that two partitions list, or both discoveries, is twice in its result.
    """
    return " UNION ALL ".join(
        f"SELECT t._account, t._part, t._seq, {_expressions(stream, names)}, "
        "min(max(coalesce(substr(start_time, 1, 10), p.from_), p.from_), p.to_) AS day, "
        f"t._fetched_at, t._run, t._version, {number} AS source "
        f"FROM {stream.name} t JOIN partition p ON p.stream = '{stream.name}' AND p.key = t._part "
        f"WHERE p.run IS NOT NULL AND {INSTANCE_CONDITIONS[stream.name]}"
        for number, stream in enumerate(INSTANCE_SOURCES.values())
    )


def _expressions(stream: Stream, names: Collection[str]) -> str:
    columns = [column for column in INSTANCE_COLUMNS if column.name in names]
    return ", ".join(f"{column.sources[stream.name]} AS {column.name}" for column in columns)
