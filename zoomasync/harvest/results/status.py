"""The status of a store: states, rows and remaining calls, readable while a harvest writes to it."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from ..partitions import FINAL, Partition, State
from ..stores.sqlite.reader import named_rows, reading
from ..streams import STREAMS, Days, Stream
from .finality import FinalDays, MissingPartition, growing_days, oldest_missing, snapshot_time


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """The status of one table.

    *states* counts its partitions by state. *rows* and *invalid_rows* are sums over the partitions. *calls* is the
    least number of calls that are still to be sent.

    *final_until* is the day up to which the table is final: no later run changes or adds rows of these days, unless it
    is told to fetch them again. It is None if not even the first day is final, and for a snapshot, of which
    *snapshot_at* is the time since which all of it was fetched whole. *oldest_missing* is the oldest partition that is
    not in a final state.
    """

    name: str
    states: Counter[State]
    rows: int
    invalid_rows: int
    calls: int
    final_until: date | None = None
    snapshot_at: datetime | None = None
    oldest_missing: MissingPartition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """The reason for which the latest fetch of *count* partitions failed: the same *state*, *error* and *detail*.

    Such a partition has no rows, or those of an earlier fetch. A pending one was not ready. The *detail* has a mark in
    place of the ids of meetings.

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

    *account_id* is Zoom's id of the account, and *account_label* your own name for it. *days* is None if no run has
    begun. *failures* are the partitions that are failed, deferred or in progress; *warnings* are those whose rows are
    stored but do not add up; *reasons* are the reasons for failed fetches, the most frequent first. Each of the three
    is cut to a limit, and its count includes the rest. *deferred_until* is the first and the last time at which
    deferred partitions can be fetched. *fetched_at* is the time of the last fetch. *growing* are the ranges of days
    that were listed too early, usually less than three days after them: Zoom may add to them, and a run that includes
    them lists them again.
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
    growing: tuple[Days, ...] = ()
    account_id: str | None = None
    account_label: str | None = None

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
    connection.create_function("without_ids", 1, _without_ids, deterministic=True)
    reasons = connection.execute(_REASONS).fetchall()
    (failure_count, warning_count, *times) = connection.execute(_TOTALS).fetchone()
    first, last, fetched_at = map(_time_or_none, times)
    harvest = connection.execute("SELECT from_, to_, account_id, account_label FROM harvest").fetchone()
    days = None if harvest is None else (date.fromisoformat(harvest[0]), date.fromisoformat(harvest[1]))
    streams = _streams(connection)
    return HarvestStatus(
        days=days,
        streams=tuple(_with_final_days(connection, streams, days, fetched_at)),
        reasons=tuple(_reason(connection, *reason) for reason in reasons[:limit]),
        reason_count=len(reasons),
        failures=_partitions(connection, _FAILURES, limit) if failure_count else (),
        failure_count=failure_count,
        warnings=_partitions(connection, "warning IS NOT NULL", limit) if warning_count else (),
        warning_count=warning_count,
        runs=msgspec.convert(named_rows(connection, _RUNS), tuple[Run, ...]),
        deferred_until=(first, last) if first and last else None,
        fetched_at=fetched_at,
        growing=growing_days(connection, streams),
        account_id=None if harvest is None else harvest[2],
        account_label=None if harvest is None else harvest[3],
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
# Texts that differ in ids only are one reason. The example is the first partition with a tracking ID, or the first one.
# No stream name contains a space.
_REASONS = f"""
SELECT state, error, without_ids(detail), count(*), min((tracking_id IS NULL) || stream || ' ' || key)
FROM partition WHERE state NOT IN ('pending', 'done', 'empty') OR (state = 'pending' AND error IS NOT NULL)
GROUP BY 1, 2, 3 ORDER BY {_WORST_FIRST}, 4 DESC, 1, 2, 3
"""  # noqa: S608  only our own names
_RUNS = """
SELECT id, started_at, ended_at, outcome, host, process,
    coalesce(sum(calls), 0) AS calls, coalesce(sum(retries), 0) AS retries, coalesce(sum(throttled), 0) AS throttled
FROM run LEFT JOIN call_samples ON call_samples.run = run.id GROUP BY id ORDER BY id
"""


def _streams(connection: sqlite3.Connection) -> Mapping[Stream, StreamStatus]:
    """Return the status of each stream of the store, parents before their children, without the final days."""
    lines = {line[0]: line for line in connection.execute(_BY_STREAM)}
    names = {name for (name,) in connection.execute("SELECT name FROM stream")}.union(lines)
    return {
        stream: _stream(connection, stream, lines.get(stream.name))
        for stream in STREAMS.values()
        if stream.name in names
    }


def _stream(connection: sqlite3.Connection, stream: Stream, line: Sequence[Any] | None) -> StreamStatus:
    _, *counts, rows, invalid_rows, calls = line or (stream.name, *(0 for _ in State), 0, 0, 0)
    states = Counter({state: count for state, count in zip(State, counts, strict=True) if count})
    return StreamStatus(
        name=stream.name,
        states=states,
        rows=rows,
        invalid_rows=invalid_rows,
        calls=calls,
        snapshot_at=snapshot_time(connection, stream) if stream.refresh.snapshot else None,
        oldest_missing=oldest_missing(connection, stream) if states.keys() - set(FINAL) else None,
    )


def _with_final_days(
    connection: sqlite3.Connection,
    streams: Mapping[Stream, StreamStatus],
    days: Days | None,
    fetched_at: datetime | None,
) -> Iterable[StreamStatus]:
    if days is None or fetched_at is None:  # nothing is final
        return streams.values()
    missing = {stream.name: status.oldest_missing for stream, status in streams.items()}
    final = FinalDays(connection, list(streams), days, today=fetched_at.date(), missing=missing)
    return [replace(status, final_until=final.until(stream)) for stream, status in streams.items()]


def _without_ids(text: str | None) -> str | None:
    """Return *text* with a mark in place of the numbers and UUIDs of meetings."""
    return None if text is None else _IDS.sub("…", text)


_IDS = re.compile(r"\b\d{9,12}\b|[\w+/]{22}==")


def _reason(
    connection: sqlite3.Connection, state: str, error: str | None, detail: str | None, count: int, example: str
) -> Reason:
    stream, _, key = example[1:].partition(" ")
    (line,) = named_rows(connection, "SELECT * FROM partition WHERE stream = ? AND key = ?", stream, key)
    return Reason(state=State(state), error=error, detail=detail, count=count, example=msgspec.convert(line, Partition))


def _partitions(connection: sqlite3.Connection, condition: str, limit: int) -> tuple[Partition, ...]:
    sql = f"SELECT * FROM partition WHERE {condition} ORDER BY {_WORST_FIRST}, stream, key LIMIT ?"  # noqa: S608  only our own names
    return msgspec.convert(named_rows(connection, sql, limit), tuple[Partition, ...])


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
