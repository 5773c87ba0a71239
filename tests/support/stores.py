"""Stores as a harvest leaves them, written straight into SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from zoomasync.harvest.stores.sqlite.schema import APPLICATION_ID, OWN_TABLES, VERSION, Table
from zoomasync.harvest.streams import STREAMS

Line: TypeAlias = Mapping[str, str | int | float | None]

DAYS = (date(2026, 4, 1), date(2026, 5, 31))


def a_store(
    path: Path,
    *,
    days: tuple[date, date] | None = DAYS,
    partitions: Iterable[Line] = (),
    invalid_rows: Iterable[Line] = (),
    runs: Iterable[Line] = (),
    stats: Iterable[Line] = (),
) -> Path:
    """Write a store of *days* with these lines in its own tables, and return its *path*."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(OWN_TABLES)
        partitions = list(partitions)
        names = {"users", "user_meetings", *(str(line["stream"]) for line in partitions)}
        for stream in (STREAMS[name] for name in sorted(names)):
            connection.execute(Table(stream).create)
        if days is not None:
            connection.execute("INSERT INTO harvest VALUES (1, ?, ?)", [day.isoformat() for day in days])
        for table, lines in {
            "partition": partitions,
            "rejected_rows": invalid_rows,
            "run": runs,
            "call_samples": stats,
        }.items():
            for line in lines:
                marks = ", ".join(f":{name}" for name in line)
                connection.execute(f"INSERT INTO {table} ({', '.join(line)}) VALUES ({marks})", dict(line))  # noqa: S608  our own names
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    return path


def a_partition(stream: str, key: str, state: str = "done", **cells: str | float | None) -> Line:
    """Return the line of a partition of a session on the first of May; what came did so a month later."""
    day = {"from_": "2026-05-01", "to_": "2026-05-01"}
    came = {} if state in {"pending", "open", "deferred"} else {"fetched_at": "2026-06-01T12:00:00Z"}
    return {"stream": stream, "key": key, **day, "calls": 1, "state": state, **came, **cells}


def a_run(id: int = 1, **cells: str | float | None) -> Line:
    """Return the line of a run that took an hour, unless *cells* say otherwise."""
    times = {"started_at": "2026-06-01T11:00:00Z", "ended_at": "2026-06-01T12:00:00Z"}
    return {"id": id, **times, "outcome": "complete", "host": "worker-1", "process": 4711, **cells}


def some_traffic(
    *, start: datetime, seconds: int, label: str = "heavy", run: int = 1, rate: float = 10.0, **cells: float
) -> Iterable[Line]:
    """Yield the lines of *seconds* of traffic that keeps to *rate*."""
    for recheck_days in range(0, seconds, 10):
        at = (start + timedelta(seconds=recheck_days)).isoformat().replace("+00:00", "Z")
        sent = {"calls": round(rate * 10), "retries": 0, "throttled": 0, **cells}
        yield {"run": run, "at": at, "label": label, "rate": rate, **sent}
