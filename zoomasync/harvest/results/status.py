"""The status of a store: states, rows and remaining calls, readable while a harvest writes to it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from ..partitions import FINAL, Partition, State
from ..stores.sqlite.partition_table import may_change
from ..stores.sqlite.reader import named_rows, reading
from ..streams import DISCOVERY_STREAMS, STREAMS, Days


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """The status of one table.

    *states* counts its partitions by state. *rows* and *invalid_rows* are sums over the partitions. *calls* is the
    least number of calls that are still to be sent.
    """

    name: str
    states: Counter[State]
    rows: int
    invalid_rows: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """The reason for which *count* partitions in one *state* have no rows: the same *error* and *detail*.

    A pending partition has the reason for which its latest fetch had no result.

    *example* is one of them, with a tracking ID if any of them has one.
    """

    state: State
    error: str | None
    detail: str | None
    count: int
    example: Partition


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the harvest, and the calls that it sent.

    *ended_at* is None while the run is going, and stays None if its process was killed.
    """

    id: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    host: str
    process: int
    calls: int
    retries: int
    throttled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestStatus:
    """The status of a store.

    *days* is None if no run has begun. *failures* are the partitions that are failed, deferred or in progress;
    *warnings* are those whose rows are stored but do not add up; *reasons* are the reasons for missing rows, the most
    frequent first. Each of the three is cut to a limit, and its count includes the rest. *deferred_until* is the first
    and the last time at which deferred partitions can be fetched. *fetched_at* is the time of the last fetch.
    *growing_months* are the months that were listed less than three days after their last day, such as ``2026-05``:
    Zoom may list more instances of them, and a run that includes them lists them again.
    """

    days: Days | None
    streams: tuple[StreamStatus, ...]
    reasons: tuple[Reason, ...]
    reason_count: int
    failures: tuple[Partition, ...]
    failure_count: int
    warnings: tuple[Partition, ...]
    warning_count: int
    runs: tuple[Run, ...]
    deferred_until: tuple[datetime, datetime] | None
    fetched_at: datetime | None
    growing_months: tuple[str, ...] = ()

    @property
    def states(self) -> Counter[State]:
        """The number of all partitions by state."""
        return sum((stream.states for stream in self.streams), Counter[State]())

    @property
    def finished(self) -> int:
        """The number of partitions in a final state."""
        return sum(self.states[state] for state in FINAL)

    @property
    def complete(self) -> bool:
        """Whether there are partitions and all of them are in a final state."""
        return 0 < self.states.total() == self.finished

    @property
    def rows(self) -> int:
        """The number of rows in all tables."""
        return sum(stream.rows for stream in self.streams)

    @property
    def invalid_rows(self) -> int:
        """The number of rows that could not be decoded."""
        return sum(stream.invalid_rows for stream in self.streams)

    @property
    def calls(self) -> int:
        """The least number of calls that are still to be sent."""
        return sum(stream.calls for stream in self.streams)


def read_status(path: str | Path, *, limit: int = 20) -> HarvestStatus:
    """Return the status of the store at *path*, with at most *limit* failures, warnings and reasons.

    A harvest may write to the store meanwhile. Raises `ConfigError` if there is no store of this version, and
    `StoreError` if the store cannot be read.
    """
    with reading(path) as connection:
        return status_of(connection, limit=limit)


def status_of(connection: sqlite3.Connection, *, limit: int) -> HarvestStatus:
    """Return the status of an open store, in the transaction of *connection*."""
    lines = {line[0]: line for line in connection.execute(_BY_STREAM)}
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    streams = tuple(_stream(name, lines.get(name)) for name in STREAMS if name in lines or name in tables)
    reasons = connection.execute(_REASONS).fetchall()
    (failure_count, warning_count, *times) = connection.execute(_TOTALS).fetchone()
    first, last, fetched_at = map(_time_or_none, times)
    return HarvestStatus(
        days=_days(connection),
        streams=streams,
        reasons=tuple(_reason(connection, *reason) for reason in reasons[:limit]),
        reason_count=len(reasons),
        failures=_partitions(connection, _FAILURES, limit) if failure_count else (),
        failure_count=failure_count,
        warnings=_partitions(connection, "warning IS NOT NULL", limit) if warning_count else (),
        warning_count=warning_count,
        runs=msgspec.convert(named_rows(connection, _RUNS), tuple[Run, ...]),
        deferred_until=(first, last) if first and last else None,
        fetched_at=fetched_at,
        growing_months=tuple(month for (month,) in connection.execute(_GROWING_MONTHS)),
    )


_FAILURES = "state IN ('failed', 'deferred', 'in_progress')"
_WORST_FIRST = "CASE state WHEN 'failed' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'deferred' THEN 2 ELSE 3 END"

# The query groups by stream only, which is the order of the table. To group by state too, SQLite would sort all rows.
_BY_STREAM = f"""
SELECT stream, {", ".join(f"count(*) FILTER (WHERE state = '{state}')" for state in State)},
    sum(rows), sum(invalid_rows), coalesce(sum(calls) FILTER (WHERE state NOT IN {tuple(map(str, FINAL))}), 0)
FROM partition GROUP BY stream
"""  # noqa: S608  only our own names
_TOTALS = f"""
SELECT count(*) FILTER (WHERE {_FAILURES}), count(warning),
    min(deferred_until) FILTER (WHERE state = 'deferred'), max(deferred_until) FILTER (WHERE state = 'deferred'),
    max(fetched_at)
FROM partition
"""  # noqa: S608  only our own names
# The example is the first partition with a tracking ID, or the first one. No stream name contains a space.
_REASONS = f"""
SELECT state, error, detail, count(*), min((tracking_id IS NULL) || stream || ' ' || key)
FROM partition WHERE state NOT IN ('pending', 'done', 'empty') OR (state = 'pending' AND error IS NOT NULL)
GROUP BY 1, 2, 3 ORDER BY {_WORST_FIRST}, 4 DESC, 1, 2, 3
"""  # noqa: S608  only our own names
_GROWING_MONTHS = f"""
SELECT DISTINCT substr(from_, 1, 7) FROM partition
WHERE stream IN {tuple(stream.name for stream in DISCOVERY_STREAMS)} AND {may_change(DISCOVERY_STREAMS[0])} ORDER BY 1
"""  # noqa: S608  only our own names
_RUNS = """
SELECT id, started_at, ended_at, outcome, host, process,
    coalesce(sum(calls), 0) AS calls, coalesce(sum(retries), 0) AS retries, coalesce(sum(throttled), 0) AS throttled
FROM run LEFT JOIN call_samples ON call_samples.run = run.id GROUP BY id ORDER BY id
"""


def _stream(name: str, line: Sequence[Any] | None) -> StreamStatus:
    _, *counts, rows, invalid_rows, calls = line or (name, *(0 for _ in State), 0, 0, 0)
    states = Counter({state: count for state, count in zip(State, counts, strict=True) if count})
    return StreamStatus(name=name, states=states, rows=rows, invalid_rows=invalid_rows, calls=calls)


def _reason(
    connection: sqlite3.Connection, state: str, error: str | None, detail: str | None, count: int, example: str
) -> Reason:
    stream, _, key = example[1:].partition(" ")
    (line,) = named_rows(connection, "SELECT * FROM partition WHERE stream = ? AND key = ?", stream, key)
    return Reason(state=State(state), error=error, detail=detail, count=count, example=msgspec.convert(line, Partition))


def _days(connection: sqlite3.Connection) -> Days | None:
    line = connection.execute("SELECT from_, to_ FROM harvest").fetchone()
    return None if line is None else (date.fromisoformat(line[0]), date.fromisoformat(line[1]))


def _partitions(connection: sqlite3.Connection, condition: str, limit: int) -> tuple[Partition, ...]:
    sql = f"SELECT * FROM partition WHERE {condition} ORDER BY {_WORST_FIRST}, stream, key LIMIT ?"  # noqa: S608  only our own names
    return msgspec.convert(named_rows(connection, sql, limit), tuple[Partition, ...])


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
