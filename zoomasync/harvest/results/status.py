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

from ..partitions import SETTLED, Partition, State
from ..stores.sqlite.reader import reading
from ..streams import STREAMS, Days

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamManifest:
    """One table: how many of its partitions are in which state, and what came.

    *rows* and *drifted* are those of the partitions, *calls* what is still to be called, at least.
    """

    name: str
    states: Counter[State]
    rows: int
    drifted: int
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
class Manifest:
    """What became of every partition of a store.

    *days* are None in a store that no run has begun. *problems* are partitions that failed, are parked or were left
    half-fetched, *notes* those whose rows came and were odd, *reasons* why partitions gave nothing, the most frequent
    first. The three hold no more than was asked for, and the counts beside them all there are. *resumes* is when the
    first and the last of what is parked may be fetched, *fetched_at* when anything was fetched last.
    """

    days: Days | None
    streams: tuple[StreamManifest, ...]
    reasons: tuple[Reason, ...]
    reason_count: int
    problems: tuple[Partition, ...]
    problem_count: int
    notes: tuple[Partition, ...]
    note_count: int
    runs: tuple[Run, ...]
    resumes: tuple[datetime, datetime] | None
    fetched_at: datetime | None

    @property
    def states(self) -> Counter[State]:
        """The states of all partitions."""
        return sum((stream.states for stream in self.streams), Counter[State]())

    @property
    def settled(self) -> int:
        """How many partitions are done, empty, gone or refused."""
        return sum(self.states[state] for state in SETTLED)

    @property
    def accounted(self) -> bool:
        """Whether all partitions are done, empty, gone or refused. A store without any has not begun."""
        return 0 < self.states.total() == self.settled

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
        if self.accounted:
            lost = _counted(states, {State.GONE: "gone from Zoom", State.REFUSED: "refused for good"})
            return f"All {_partitions_in_words(self.settled)} accounted for{f': {lost}' if lost else ''}."
        lacking = {State.FAILED: "failed", State.PARKED: "parked", State.OPEN: "begun", State.WAITING: "waiting"}
        missing = _counted(states, lacking)
        return f"{self.settled:,} of {_partitions_in_words(states.total())} accounted for. Missing: {missing}."

    @property
    def remedy(self) -> str:
        """What to do about what is missing, in a sentence or two; nothing when all is accounted for."""
        if self.accounted:
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


def read_manifest(path: str | Path, *, at_most: int = _SHOWN) -> Manifest:
    """Return what the store at *path* holds and lacks, with *at_most* so many problems, notes and reasons.

    Raises `ConfigError` where no store of this version is, `StoreError` when it cannot be read. A harvest that writes
    meanwhile does not mind.
    """
    with reading(path) as connection:
        return manifest_of(connection, at_most=at_most)


def manifest_of(connection: sqlite3.Connection, *, at_most: int = _SHOWN) -> Manifest:
    """Return the same from a store that is open, in the transaction of *connection*."""
    lines = {line[0]: line for line in connection.execute(_BY_STREAM)}
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    streams = tuple(_stream(name, lines.get(name)) for name in STREAMS if name in lines or name in tables)
    reasons = connection.execute(_REASONS).fetchall()
    (problem_count, note_count, *times) = connection.execute(_TOTALS).fetchone()
    first, last, fetched_at = map(_time_or_none, times)
    return Manifest(
        days=_days(connection),
        streams=streams,
        reasons=tuple(_reason(connection, *reason) for reason in reasons[:at_most]),
        reason_count=len(reasons),
        problems=_partitions(connection, _PROBLEMS, at_most) if problem_count else (),
        problem_count=problem_count,
        notes=_partitions(connection, "note IS NOT NULL", at_most) if note_count else (),
        note_count=note_count,
        runs=tuple(_runs(connection)),
        resumes=(first, last) if first and last else None,
        fetched_at=fetched_at,
    )


_PROBLEMS = "state IN ('failed', 'parked', 'open')"
_WORST_FIRST = "CASE state WHEN 'failed' THEN 0 WHEN 'open' THEN 1 WHEN 'parked' THEN 2 ELSE 3 END"
_CELLS = "stream, key, state, pages, rows, drifted, fetched_at, parked_until, error, detail, tracking_id, note"

# By stream alone, which is the order of the table: to group by states as well, SQLite would sort a million lines.
_BY_STREAM = f"""
SELECT stream, {", ".join(f"count(*) FILTER (WHERE state = '{state}')" for state in State)},
    sum(rows), sum(drifted), coalesce(sum(calls) FILTER (WHERE state IN ('waiting', 'open', 'parked', 'failed')), 0)
FROM partition GROUP BY stream
"""  # noqa: S608  names of ours only
_TOTALS = f"""
SELECT count(*) FILTER (WHERE {_PROBLEMS}), count(note),
    min(parked_until) FILTER (WHERE state = 'parked'), max(parked_until) FILTER (WHERE state = 'parked'),
    max(fetched_at)
FROM partition
"""  # noqa: S608  the same
# The example is the first with a tracking id, or the first. No name of a stream has a space.
_REASONS = f"""
SELECT state, error, detail, count(*), min((tracking_id IS NULL) || stream || ' ' || key)
FROM partition WHERE state NOT IN ('waiting', 'done', 'empty')
GROUP BY 1, 2, 3 ORDER BY {_WORST_FIRST}, 4 DESC, 1, 2, 3
"""  # noqa: S608  the same
_RUNS = """
SELECT id, started_at, ended_at, outcome, host, process,
    coalesce(sum(calls), 0), coalesce(sum(retries), 0), coalesce(sum(throttled), 0)
FROM run LEFT JOIN traffic ON traffic.run = run.id GROUP BY id ORDER BY id
"""


def _stream(name: str, line: Sequence[Any] | None) -> StreamManifest:
    _, *counts, rows, drifted, calls = line or (name, *(0 for _ in State), 0, 0, 0)
    states = Counter({state: count for state, count in zip(State, counts, strict=True) if count})
    return StreamManifest(name=name, states=states, rows=rows, drifted=drifted, calls=calls)


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
