"""SQLite stores that tests fill row by row, without a harvest."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self, TypeAlias

from zoomasync.harvest.columns import Cell, all_columns
from zoomasync.harvest.stores.sqlite.schema import APPLICATION_ID, OWN_TABLES, VERSION, Table, create_views
from zoomasync.harvest.streams import INSTANCE_SOURCES, STREAMS

CellsByName: TypeAlias = Mapping[str, Cell]

DAYS = (date(2026, 4, 1), date(2026, 5, 31))
ACCOUNT_ID = "aCc0uNtNorthpier2026zZ"
RUN = "2026-06-01T11:00:00.000000Z"
"""The name of the run that fetched the rows."""
DAY = {"from_": "2026-05-01", "to_": "2026-05-01"}
_WHOLE = {"done", "empty"}


def write_store(
    path: Path,
    *,
    days: tuple[date, date] | None = DAYS,
    partitions: Iterable[CellsByName] = (),
    rejected_rows: Iterable[CellsByName] = (),
    runs: Iterable[CellsByName] = (),
    call_samples: Iterable[CellsByName] = (),
) -> Path:
    """Write a store of *days* with these rows in its own tables, and return its *path*."""
    partitions = list(partitions)
    streams = {"users", "user_meetings", *(str(row["stream"]) for row in partitions)}
    tables = {"partition": partitions, "rejected_rows": rejected_rows, "run": runs, "call_samples": call_samples}
    with StoreWriter(path, *sorted(streams), days=days) as store:
        for table, rows in tables.items():
            for row in rows:
                store.insert(table, row)
    return path


def partition_row(stream: str, key: str, state: str = "done", **cells: Cell) -> CellsByName:
    """Return the row of a partition of an instance on 1 May 2026, fetched on 1 June if its *state* says so."""
    now = {"fetched_at": "2026-06-01T12:00:00Z", "last_run": RUN}
    fetched = {} if state in {"pending", "in_progress", "deferred"} else now
    row = {"stream": stream, "key": key, **DAY, "calls": 1, "state": state, **fetched, **cells}
    if state not in _WHOLE:
        return row
    stored = {"stored_at": row["fetched_at"], "stored_from": row["from_"], "stored_to": row["to_"]}
    return {"run": RUN, **stored, **row}


def run_row(id: int = 1, **cells: Cell) -> CellsByName:
    """Return the row of a complete run of one hour, changed by *cells*."""
    times = {"started_at": "2026-06-01T11:00:00Z", "ended_at": "2026-06-01T12:00:00Z"}
    return {"id": id, **times, "outcome": "complete", "host": "worker-1", "process": 4711, "name": RUN, **cells}


def call_sample_rows(
    *, start: datetime, seconds: int, label: str = "heavy", run: int = 1, rate: float = 10.0, **cells: float
) -> Iterable[CellsByName]:
    """Yield the call samples of *seconds* in which *rate* calls per second were sent and allowed."""
    for offset in range(0, seconds, 10):
        at = (start + timedelta(seconds=offset)).isoformat().replace("+00:00", "Z")
        counts = {"calls": round(rate * 10), "retries": 0, "throttled": 0, **cells}
        yield {"run": run, "at": at, "label": label, "rate": rate, **counts}


class StoreWriter:
    """A new store at *path*, with the tables of instances and those of *streams* (all if none is given)."""

    def __init__(self, path: Path, *streams: str, days: tuple[date, date] | None = DAYS) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(OWN_TABLES)
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version = {VERSION}")
        names = {stream.name for stream in INSTANCE_SOURCES.values()}.union(streams) if streams else STREAMS
        for name in names:
            self._connection.execute(Table(STREAMS[name]).create)
        for name in streams or STREAMS:
            self._connection.execute("INSERT OR IGNORE INTO stream VALUES (?, 1)", (name,))
        create_views(self._connection)
        if days is not None:
            line = (*(day.isoformat() for day in days), ACCOUNT_ID)
            self._connection.execute(
                "INSERT OR IGNORE INTO harvest (id, from_, to_, account_id) VALUES (1, ?, ?, ?)", line
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def execute(self, sql: str, *arguments: Cell) -> None:
        self._connection.execute(sql, arguments)

    def insert(self, table: str, cells: CellsByName) -> None:
        """Add a row to one of the store's own tables."""
        marks = ", ".join(f":{name}" for name in cells)
        self._connection.execute(f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({marks})", dict(cells))  # noqa: S608  our own names

    def add(
        self, stream: str, key: str, rows: Iterable[CellsByName], *, state: str = "done", invalid_row: str = ""
    ) -> None:
        """Add a partition and its *rows*, with the JSON of one *invalid_row* if given, in one transaction."""
        with self._transaction():
            self._add(stream, key, rows, state=state)
            if invalid_row:
                fault = {"path": "$.duration", "reason": "Expected `int`", "raw": invalid_row}
                own: CellsByName = {"_account": ACCOUNT_ID, "stream": stream, "_part": key, "_seq": 99}
                self.insert("rejected_rows", {**own, **fault})

    def add_both(self, first: str, second: str, key: str) -> None:
        """Add a partition with one row to each of two streams, in one transaction."""
        with self._transaction():
            self._add(first, key, [{}])
            self._add(second, key, [{}])

    def _add(self, stream: str, key: str, rows: Iterable[CellsByName], *, state: str = "done") -> None:
        columns = [column.name for column in all_columns(STREAMS[stream])]
        run = RUN if state in _WHOLE else None
        line: CellsByName = {"stream": stream, "key": key, **DAY, "calls": 1, "state": state, "run": run}
        self.insert("partition", line)
        own: CellsByName = {"_account": ACCOUNT_ID, "_part": key, "_run": run}
        lines = [tuple(map({**own, "_seq": seq, **row}.get, columns)) for seq, row in enumerate(rows)]
        Table(STREAMS[stream]).put(self._connection, lines)

    @contextmanager
    def _transaction(self) -> Generator[None, None, None]:
        self._connection.execute("BEGIN")
        yield
        self._connection.execute("COMMIT")


def table_rows(path: Path, stream: str) -> list[tuple[Cell, ...]]:
    """Return the rows of a stream's table, in the order of their keys."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(Table(STREAMS[stream]).select + " ORDER BY _part, _seq").fetchall()


def table_names(path: Path) -> list[str]:
    """Return the streams of the store, in the order of a harvest."""
    with closing(sqlite3.connect(path)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM stream")}
    return [name for name in STREAMS if name in names]
