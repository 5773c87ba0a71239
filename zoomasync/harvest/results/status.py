"""What a store holds, what it lacks, and how it came about: read while a harvest writes, too."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from ..partitions import FINAL, Partition, State
from ..stores.sqlite.reader import reading
from ..streams import STREAMS, Days

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """One table: how many of its partitions are in which state, and what came.

    *rows* and *invalid_rows* are those of the partitions, *calls* what is still to be called, at least.
    """

    name: str
    states: Counter[State]
    rows: int
    invalid_rows: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why *count* partitions gave no rows: all are in *state* for the same *error* and *detail*.

    *example* is one of them, with a tracking id if any has one.
    """

    state: State
    error: str | None
    detail: str | None
    count: int
    example: Partition


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the harvest, and what it sent. *ended_at* is None while it runs, and for ever if it was killed."""

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
    """What became of every partition of a store.

    *days* are None in a store that no run has begun. *problems* are partitions that failed, are parked or were left
    half-fetched, *notes* those whose rows came and were odd, *reasons* why partitions gave nothing, the most frequent
    first. The three hold no more than was asked for, and the counts beside them all there are. *resumes* is when the
    first and the last of what is parked may be fetched, *fetched_at* when anything was fetched last.
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
    resumes: tuple[datetime, datetime] | None
    fetched_at: datetime | None

    @property
    def states(self) -> Counter[State]:
        """The states of all partitions."""
        return sum((stream.states for stream in self.streams), Counter[State]())

    @property
    def finished(self) -> int:
        """How many partitions are done, empty, gone or refused."""
        return sum(self.states[state] for state in FINAL)

    @property
    def complete(self) -> bool:
        """Whether all partitions are done, empty, gone or refused. A store without any has not begun."""
        return 0 < self.states.total() == self.finished

    @property
    def calls(self) -> int:
        """How many calls there are still to make, at least."""
        return sum(stream.calls for stream in self.streams)

    @property
    def verdict(self) -> str:
        """What became of the partitions, in a sentence."""
        states = self.states
        if not states:
            return "Nothing has been listed yet."
        if self.complete:
            lost = _counted(states, {State.NOT_FOUND: "gone from Zoom", State.REJECTED: "refused for good"})
            return f"All {_partitions_in_words(self.finished)} accounted for{f': {lost}' if lost else ''}."
        lacking = {
            State.FAILED: "failed",
            State.DEFERRED: "parked",
            State.IN_PROGRESS: "begun",
            State.PENDING: "waiting",
        }
        missing = _counted(states, lacking)
        return f"{self.finished:,} of {_partitions_in_words(states.total())} accounted for. Missing: {missing}."

    @property
    def remedy(self) -> str:
        """What to do about what is missing, in a sentence or two; nothing when all is accounted for."""
        if self.complete:
            return ""
        if not self.states:
            return "Run the harvest."
        calls = f"at least {self.calls:,} {'call' if self.calls == 1 else 'calls'}"
        again = f"Run the same harvest again to fetch the rest, {calls}."
        when = "" if self.resumes is None else f" What is parked can go on at {self.resumes[0]:%Y-%m-%d %H:%M} UTC."
        failed = " Look at why the others failed first: some reasons stay." if self.states[State.FAILED] else ""
        return again + when + failed


def _partitions_in_words(number: int) -> str:
    return f"{number:,} partition is" if number == 1 else f"{number:,} partitions are"


def _counted(states: Counter[State], words: Mapping[State, str]) -> str:
    return ", ".join(f"{states[state]:,} {word}" for state, word in words.items() if states[state])


def read_status(path: str | Path, *, at_most: int = _SHOWN) -> HarvestStatus:
    """Return what the store at *path* holds and lacks, with *at_most* so many problems, notes and reasons.

    Raises `ConfigError` where no store of this version is, `StoreError` when it cannot be read. A harvest that writes
    meanwhile does not mind.
    """
    with reading(path) as connection:
        return status_of(connection, at_most=at_most)


def status_of(connection: sqlite3.Connection, *, at_most: int = _SHOWN) -> HarvestStatus:
    """Return the same from a store that is open, in the transaction of *connection*."""
    lines = {line[0]: line for line in connection.execute(_BY_STREAM)}
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    streams = tuple(_stream(name, lines.get(name)) for name in STREAMS if name in lines or name in tables)
    reasons = connection.execute(_REASONS).fetchall()
    (failure_count, warning_count, *times) = connection.execute(_TOTALS).fetchone()
    first, last, fetched_at = map(_time_or_none, times)
    return HarvestStatus(
        days=_days(connection),
        streams=streams,
        reasons=tuple(_reason(connection, *reason) for reason in reasons[:at_most]),
        reason_count=len(reasons),
        failures=_partitions(connection, _PROBLEMS, at_most) if failure_count else (),
        failure_count=failure_count,
        warnings=_partitions(connection, "warning IS NOT NULL", at_most) if warning_count else (),
        warning_count=warning_count,
        runs=tuple(_runs(connection)),
        resumes=(first, last) if first and last else None,
        fetched_at=fetched_at,
    )


_PROBLEMS = "state IN ('failed', 'deferred', 'in_progress')"
_WORST_FIRST = "CASE state WHEN 'failed' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'deferred' THEN 2 ELSE 3 END"
_CELLS = (
    "stream, key, state, pages, rows, invalid_rows, fetched_at, deferred_until, error, detail, tracking_id, warning"
)

# By stream alone, which is the order of the table: to group by states as well, SQLite would sort a million lines.
_BY_STREAM = f"""
SELECT stream, {", ".join(f"count(*) FILTER (WHERE state = '{state}')" for state in State)},
    sum(rows), sum(invalid_rows), coalesce(sum(calls) FILTER (WHERE state IN ('pending', 'in_progress', 'deferred', 'failed')), 0)
FROM partition GROUP BY stream
"""  # noqa: S608  names of ours only
_TOTALS = f"""
SELECT count(*) FILTER (WHERE {_PROBLEMS}), count(warning),
    min(deferred_until) FILTER (WHERE state = 'deferred'), max(deferred_until) FILTER (WHERE state = 'deferred'),
    max(fetched_at)
FROM partition
"""  # noqa: S608  the same
# The example is the first with a tracking id, or the first. No name of a stream has a space.
_REASONS = f"""
SELECT state, error, detail, count(*), min((tracking_id IS NULL) || stream || ' ' || key)
FROM partition WHERE state NOT IN ('pending', 'done', 'empty')
GROUP BY 1, 2, 3 ORDER BY {_WORST_FIRST}, 4 DESC, 1, 2, 3
"""  # noqa: S608  the same
_RUNS = """
SELECT id, started_at, ended_at, outcome, host, process,
    coalesce(sum(calls), 0), coalesce(sum(retries), 0), coalesce(sum(throttled), 0)
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
    cells = connection.execute(f"SELECT {_CELLS} FROM partition WHERE stream = ? AND key = ?", (stream, key)).fetchone()  # noqa: S608  the same
    return Reason(state=State(state), error=error, detail=detail, count=count, example=_partition(cells))


def _days(connection: sqlite3.Connection) -> Days | None:
    line = connection.execute("SELECT from_, to_ FROM harvest").fetchone()
    return None if line is None else (date.fromisoformat(line[0]), date.fromisoformat(line[1]))


def _partitions(connection: sqlite3.Connection, condition: str, at_most: int) -> tuple[Partition, ...]:
    lines = connection.execute(
        f"SELECT {_CELLS} FROM partition WHERE {condition} ORDER BY {_WORST_FIRST}, stream, key LIMIT ?",  # noqa: S608  the same
        (at_most,),
    )
    return tuple(map(_partition, lines))


def _partition(cells: Sequence[object]) -> Partition:
    return msgspec.convert(dict(zip(_CELLS.split(", "), cells, strict=True)), Partition)


def _runs(connection: sqlite3.Connection) -> Iterator[Run]:
    names = [field.name for field in fields(Run)]
    for line in connection.execute(_RUNS):
        yield msgspec.convert(dict(zip(names, line, strict=True)), Run)


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
