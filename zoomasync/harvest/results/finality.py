"""The days up to which the tables of a store are final, and the oldest partitions that are missing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ..partitions import FINAL, NOT_FOUND_RUNS, State
from ..stores.sqlite.children import select_children
from ..streams import INSTANCE_SOURCES, INSTANCES, Days, Parent, PartitionBy, Stream
from ..tasks import month_of, months_before, root_tasks

_DAY = timedelta(days=1)
_FINAL = f"state IN {tuple(map(str, FINAL))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPartition:
    """A partition that is not in a final state: its *key*, its *state* and its first *day*.

    From *expires_on* on, Zoom no longer has all of it; None if Zoom keeps it for ever.
    """

    key: str
    state: State
    day: date
    expires_on: date | None


def oldest_missing(connection: sqlite3.Connection, stream: Stream) -> MissingPartition | None:
    """Return the oldest partition of *stream* that is not in a final state, or None if all are."""
    line = connection.execute(
        f"SELECT key, state, from_ FROM partition WHERE stream = ? AND NOT {_FINAL} ORDER BY from_, key LIMIT 1",  # noqa: S608  only our own names
        (stream.name,),
    ).fetchone()
    if line is None:
        return None
    day = date.fromisoformat(line[2])
    expires_on = None if stream.retention is None else expiry_day(day, stream.retention)
    return MissingPartition(key=line[0], state=State(line[1]), day=day, expires_on=expires_on)


def expiry_day(day: date, months: int) -> date:
    """Return the first day on which Zoom, which keeps data for so many *months*, no longer has those of *day*."""
    day += _DAY
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:  # that month is shorter, and is not December
        return date(year, month + 2, 1)


def snapshot_time(connection: sqlite3.Connection, stream: Stream) -> datetime | None:
    """Return the time since which each partition of a snapshot was fetched whole, or None if one was not yet.

    Partitions that Zoom does not have do not count.
    """
    (text,) = connection.execute(
        "SELECT CASE WHEN count(*) = count(stored_at) THEN min(stored_at) END FROM partition "
        "WHERE stream = ? AND state NOT IN ('not_found', 'rejected')",
        (stream.name,),
    ).fetchone()
    return None if text is None else datetime.fromisoformat(text)


def growing_days(connection: sqlite3.Connection, streams: Iterable[Stream]) -> tuple[Days, ...]:
    """Return the ranges of days that *streams* listed so early that Zoom may still add to them."""
    ranges: set[Days] = set()
    for stream in streams:
        if stream.refresh.days is not None:
            since = f"date(fetched_at, '-{stream.refresh.days} days')"
            lines = connection.execute(
                f"SELECT DISTINCT max(from_, {since}), to_ FROM partition "  # noqa: S608  only our own names
                f"WHERE stream = ? AND {_FINAL} AND {since} <= to_",
                (stream.name,),
            )
            ranges.update((date.fromisoformat(first), date.fromisoformat(last)) for first, last in lines)
    return tuple(_merged(ranges))


def _merged(ranges: Iterable[Days]) -> Iterator[Days]:
    """Yield *ranges* in their order, those that touch as one."""
    current: Days | None = None
    for first, last in sorted(ranges):
        if current is not None and first <= current[1] + _DAY:
            current = (current[0], max(current[1], last))
            continue
        if current is not None:
            yield current
        current = (first, last)
    if current is not None:
        yield current


class FinalDays:
    """The day up to which each table of a store is final.

    The store has *days* and *streams*, parents before their children; *today* is the day of its last fetch, and
    *missing* has the oldest missing partition of each stream. A day is final for a stream if the streams that lead to
    its partitions are final for the day, all partitions that they lead to are there and in a final state, and those to
    which Zoom may still add were fetched some days after the day. A later fetch that fails does not change that.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        streams: Sequence[Stream],
        days: Days,
        *,
        today: date,
        missing: Mapping[str, MissingPartition | None],
    ) -> None:
        self._connection = connection
        self._days = days
        self._today = today
        self._missing = missing
        self._children: tuple[Parent, PartitionBy] | None = None  # those in the temporary table
        self._open: dict[str, date] = {}  # the first day that is not final, by stream
        for stream in streams:
            self._open[stream.name] = min(self._open_days(stream), default=date.max)

    def until(self, stream: Stream) -> date | None:
        """Return the day up to which *stream* is final; None if its first day is not final, and for a snapshot."""
        if stream.refresh.snapshot or self._open[stream.name] <= self._days[0]:
            return None
        return min(self._open[stream.name] - _DAY, self._days[1])

    def _open_days(self, stream: Stream) -> Iterator[date]:
        """Yield days of which the first one is the first day of *stream* that is not final."""
        if stream.refresh.snapshot:  # of a parent, the rows are known up to its fetch
            time = snapshot_time(self._connection, stream)
            yield self._days[0] if time is None else time.date()
            return
        if stream.parent is None:
            yield from self._days_without_partition(stream)
        else:
            yield self._open_day_of_parent(stream.parent)
            yield from self._days_without_child(stream, stream.parent)
        if stream.refresh.days is not None:
            yield from self._day(_OPEN_DAY, stream.name, f"-{stream.refresh.days} days")
        elif (missing := self._missing[stream.name]) is not None:
            yield missing.day
        # Another run asks once more for these.
        yield from self._day(
            "SELECT min(from_) FROM partition WHERE stream = ?1 AND state = 'not_found' AND not_found_runs < ?2",
            stream.name,
            NOT_FOUND_RUNS,
        )

    def _open_day_of_parent(self, parent: Parent) -> date:
        if parent.table != INSTANCES:
            return self._open.get(parent.table, self._days[0])
        # Both list all instances, so one is enough.
        sources = [self._open[source.name] for source in INSTANCE_SOURCES.values() if source.name in self._open]
        return max(sources, default=self._days[0])

    def _days_without_partition(self, stream: Stream) -> Iterator[date]:
        """Yield the days that no partition of *stream* covers, although Zoom has them."""
        lines = self._connection.execute("SELECT key, from_, to_ FROM partition WHERE stream = ?", (stream.name,))
        covered = {key: (date.fromisoformat(first), date.fromisoformat(last)) for key, first, last in lines}
        for task in root_tasks(stream, self._days, self._today):
            first, last = covered.get(task.key, (date.max, date.max))
            if task.days[1] < self._kept_since(stream):
                continue
            if first > max(task.days[0], self._kept_since(stream)):
                yield task.days[0]
            elif last < task.days[1]:
                yield last + _DAY

    def _days_without_child(self, stream: Stream, parent: Parent) -> Iterator[date]:
        """Yield the first day of which a row leads to a partition of *stream* that does not cover it."""
        self._read_children(stream, replace(parent, webinar=None, size=None))
        variant = f"{stream.variants[0]}/" if stream.variants else ""  # all variants are added at once
        shorter = "" if stream.refresh.days is None else _SHORTER
        yield from self._day(
            f"SELECT min(CASE WHEN p.key IS NULL THEN c.from_ {shorter} END) FROM temp.children c "  # noqa: S608  only our own names
            "LEFT JOIN partition p ON p.stream = ?1 AND p.key = ?2 || c.key WHERE c.webinar = ?3 AND c.day >= ?4",
            stream.name,
            variant,
            int(parent.webinar is True),
            self._kept_since(stream).isoformat(),
        )

    def _read_children(self, stream: Stream, parent: Parent) -> None:
        """Read the partitions that the rows of *parent* lead to, once for all streams that follow each other."""
        if self._children == (parent, stream.partition):
            return
        self._children = (parent, stream.partition)
        first, last = map(month_of, self._days)
        self._connection.execute("DROP TABLE IF EXISTS temp.children")
        self._connection.execute(
            f"CREATE TEMP TABLE children AS SELECT * FROM ({select_children(stream, parent, self._days)}) "  # noqa: S608  only our own names
            f"WHERE substr(day, 1, 7) BETWEEN '{first}' AND '{last}'"
        )

    def _kept_since(self, stream: Stream) -> date:
        return date.min if stream.retention is None else months_before(self._today, stream.retention)

    def _day(self, sql: str, *parameters: str | int) -> Iterator[date]:
        (text,) = self._connection.execute(sql, parameters).fetchone()
        if text is not None:
            yield date.fromisoformat(text)


_SHORTER = "WHEN p.from_ > c.from_ THEN c.from_ WHEN p.to_ < c.day THEN max(c.from_, date(p.to_, '+1 day'))"
# A fetch is final for the days that lie ?2 before it, also while a later one is missing.
_OPEN_DAY = f"""
SELECT min(CASE
    WHEN {_FINAL} THEN CASE WHEN date(fetched_at, ?2) <= to_ THEN max(from_, date(fetched_at, ?2)) END
    WHEN stored_from <= from_ AND min(date(stored_at, ?2), date(stored_to, '+1 day')) <= to_
        THEN max(from_, min(date(stored_at, ?2), date(stored_to, '+1 day')))
    ELSE from_ END)
FROM partition WHERE stream = ?1
"""  # noqa: S608  only our own names
