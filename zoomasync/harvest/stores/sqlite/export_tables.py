"""The tables of an export: their columns, and the SQL that reads their rows from a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ....errors import ConfigError
from ...columns import KEY_COLUMNS, LINEAGE_COLUMNS, Column, Kind, all_columns
from ...instances import INSTANCE_COLUMNS
from ...partitions import FINAL
from ...rows import run_name_of
from ...streams import INSTANCES, STREAMS, Stream
from .schema import REJECTED_ROW_COLUMNS

_ACCOUNT, _PART = KEY_COLUMNS[:2]

INSTANCE_TABLE_COLUMNS = (
    *KEY_COLUMNS,
    *(Column(column.name, column.kind) for column in INSTANCE_COLUMNS),
    Column("day", Kind.DAY),
    *LINEAGE_COLUMNS,
)
"""The columns of `instances`: each instance once, whichever stream listed it, with the UTC day on which it began."""

PARTITION_COLUMNS = (
    _ACCOUNT,
    Column("stream", Kind.TEXT),
    _PART,
    Column("from_", Kind.DAY),
    Column("to_", Kind.DAY),
    Column("state", Kind.TEXT),
    Column("pages", Kind.INTEGER),
    Column("rows", Kind.INTEGER),
    Column("invalid_rows", Kind.INTEGER),
    Column("run", Kind.TEXT),
    Column("stored_at", Kind.TIME),
    Column("last_run", Kind.TEXT),
    Column("fetched_at", Kind.TIME),
    Column("deferred_until", Kind.TIME),
    Column("error", Kind.TEXT),
    Column("detail", Kind.TEXT),
    Column("tracking_id", Kind.TEXT),
    Column("warning", Kind.TEXT),
)
"""The columns of `partitions`.

*run* and *stored_at* are the run and the time of the last whole fetch, whose rows the other tables have; *last_run* and
*fetched_at* are those of the latest one, which may have failed.
"""

RUN_COLUMNS = (
    _ACCOUNT,
    Column("name", Kind.TEXT),
    Column("started_at", Kind.TIME),
    Column("ended_at", Kind.TIME),
    Column("outcome", Kind.TEXT),
    Column("host", Kind.TEXT),
    Column("process", Kind.INTEGER),
)
"""The columns of `runs`; *ended_at* is null while the run is going, and stays so if its process was killed."""


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A table of an export: its *name*, its *columns*, and the SQL that selects them."""

    name: str
    columns: Sequence[Column]
    select: str


def export_tables_of(connection: sqlite3.Connection, changed_since: str | date | None) -> Iterator[ExportTable]:
    """Yield the tables of a store, with all rows or those of the partitions that changed.

    Names come from the library's own structs, never from data. Raises `ConfigError` for a store of an earlier version
    without an account.
    """
    if connection.execute("SELECT account_id FROM harvest").fetchone() == (None,):
        raise ConfigError("the store does not name its account yet: run `zoomasync harvest` on it once")
    changed = "1" if changed_since is None else _changed(connection, changed_since)
    whole = f"run IS NOT NULL AND {changed}"
    names = {name for (name,) in connection.execute("SELECT name FROM stream")}
    for stream in STREAMS.values():
        if stream.name in names:
            yield _rows_of(connection, stream, whole)
    yield ExportTable(
        INSTANCES,
        INSTANCE_TABLE_COLUMNS,
        f"SELECT {_names(INSTANCE_TABLE_COLUMNS)} FROM instances ORDER BY _part, _seq",
    )
    yield ExportTable(
        "rejected_rows",
        REJECTED_ROW_COLUMNS,
        f"SELECT {_names(REJECTED_ROW_COLUMNS)} FROM rejected_rows WHERE (stream, _part) IN "
        f"(SELECT stream, key FROM partition WHERE {whole}) ORDER BY stream, _part, _seq",
    )
    account = "(SELECT account_id FROM harvest) AS _account"
    yield ExportTable(
        "partitions",
        PARTITION_COLUMNS,
        f"SELECT {account}, stream, key AS _part, {_names(PARTITION_COLUMNS[3:])} FROM partition WHERE {changed} "
        "ORDER BY stream, key",
    )
    yield ExportTable("runs", RUN_COLUMNS, f"SELECT {account}, {_names(RUN_COLUMNS[1:])} FROM run ORDER BY id")


def _rows_of(connection: sqlite3.Connection, stream: Stream, whole: str) -> ExportTable:
    columns = all_columns(stream)
    present = {name for _, name, *_ in connection.execute(f'PRAGMA table_info("{stream.name}")')}
    # A store that predates a field of Zoom's lacks its column until the next harvest adds it.
    names = ", ".join(f'"{c.name}"' if c.name in present else f'NULL AS "{c.name}"' for c in columns)
    keys = f"SELECT key FROM partition WHERE stream = '{stream.name}' AND {whole}"
    return ExportTable(
        stream.name, columns, f'SELECT {names} FROM "{stream.name}" WHERE _part IN ({keys}) ORDER BY _part, _seq'
    )


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)


def _changed(connection: sqlite3.Connection, since: str | date) -> str:
    """Return the condition for partitions that runs after *since* have fetched, or that are still to be fetched."""
    moment = run_name_of(since)
    # A run that was still going at that moment may have fetched some of its partitions later. Runs end at whole
    # seconds, which as text come after all fractions of that second.
    line = connection.execute(
        "SELECT name FROM run WHERE name = (SELECT max(name) FROM run WHERE name <= ?1) "
        "AND name != ?1 AND (ended_at IS NULL OR ended_at > ?1)",
        (moment,),
    ).fetchone()
    later = f"last_run > '{moment}'" if line is None else f"last_run >= '{line[0]}'"
    return f"({later} OR state NOT IN {tuple(map(str, FINAL))})"
