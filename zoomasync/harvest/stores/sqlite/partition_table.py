"""What a store still has to fetch: SQL on its table `partition`, which is the list of the work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from .... import ZoomError
from ...partitions import Partition, State, finished
from ...streams import LISTINGS, STREAMS, Days, InstanceStream, ListingStream, PartitionTask, Stream, child_tasks
from ..base import Outstanding, Scope, widened
from ..columns import utc_text
from .schema import delete_rows

_CHUNK = 1_000


def drop_open(connection: sqlite3.Connection) -> None:
    """Forget what a run that did not come to its end had begun."""
    for stream, key in connection.execute("SELECT stream, key FROM partition WHERE state = 'in_progress'").fetchall():
        empty(connection, stream, key)
    connection.execute(
        "UPDATE partition SET state = 'pending', pages = 0, rows = 0, invalid_rows = 0 WHERE state = 'in_progress'"
    )


def prepare(connection: sqlite3.Connection, name: str, scope: Scope) -> None:
    """Let the months of *scope* be listed, as far as they are not, and let what failed have another try."""
    drop_open(connection)
    expect(connection, scope.listings(_widened(connection, name, scope.days)))
    inside = _inside(scope, scope.streams)
    connection.execute(f"UPDATE partition SET state = 'pending' WHERE state IN ('failed', 'deferred') AND {inside}")
    listings = _inside(scope, LISTINGS)
    # A day that was not over when it was listed may have gone on.
    connection.execute(f"UPDATE partition SET state = 'pending' WHERE substr(fetched_at, 1, 10) <= to_ AND {listings}")
    if scope.recheck_from is not None:
        recheck_from = scope.recheck_from.isoformat()
        connection.execute(f"UPDATE partition SET state = 'pending' WHERE to_ >= '{recheck_from}' AND {listings}")
        late = _inside(scope, scope.reports)
        connection.execute(
            f"UPDATE partition SET state = 'pending' WHERE state IN ('not_found', 'empty') AND from_ >= '{recheck_from}' AND {late}"
        )


def _widened(connection: sqlite3.Connection, name: str, days: Days) -> Days:
    held = connection.execute("SELECT from_, to_ FROM harvest").fetchone()
    if held is not None:
        days = widened(name, (date.fromisoformat(held[0]), date.fromisoformat(held[1])), days)
    connection.execute("INSERT OR REPLACE INTO harvest VALUES (1, ?, ?)", (days[0].isoformat(), days[1].isoformat()))
    return days


def expect(connection: sqlite3.Connection, tasks: Sequence[PartitionTask]) -> None:
    """Put *units* on the list, but those that are there; a listing that is of other days now is to be fetched again."""
    for kind, again in ((ListingStream, _LISTING_AGAIN), (InstanceStream, _SESSION_AGAIN)):
        lines = (
            (task.stream.name, task.key, task.days[0].isoformat(), task.days[1].isoformat(), task.calls)
            for task in tasks
            if isinstance(task.stream, kind)
        )
        connection.executemany(_EXPECT + again, lines)


_EXPECT = "INSERT INTO partition (stream, key, from_, to_, calls, state) VALUES (?, ?, ?, ?, ?, 'pending') "
_LISTING_AGAIN = (
    "ON CONFLICT DO UPDATE SET from_ = excluded.from_, to_ = excluded.to_, state = 'pending' "
    "WHERE from_ != excluded.from_ OR to_ != excluded.to_"
)
_SESSION_AGAIN = "ON CONFLICT DO UPDATE SET calls = excluded.calls WHERE calls != excluded.calls"


def expand(connection: sqlite3.Connection, listing: ListingStream, scope: Scope) -> None:
    """Put what the listings of *scope* lead to on the list: hosts to their meetings, meetings to their reports.

    So does what there is of one that Zoom does not give any more.
    """
    names = ", ".join(f"t.{column}" for column in listing.child_columns)
    found = connection.execute(
        f"SELECT p.key, p.from_, p.to_, {names} FROM partition p JOIN {listing.name} t ON t._part = p.key "
        f"WHERE p.state != 'in_progress' AND {_inside(scope, (listing,))}"
    ).fetchall()
    tasks: list[PartitionTask] = []
    for key, from_, to, *values in found:
        task = PartitionTask(listing, key, (date.fromisoformat(from_), date.fromisoformat(to)))
        tasks += child_tasks(task, [listing.parent_row(values)], scope.reports)
    expect(connection, tasks)


def chunks(connection: sqlite3.Connection, scope: Scope, streams: Sequence[Stream]) -> Iterator[list[PartitionTask]]:
    """Yield what waits of *streams*, the oldest first, since reports expire; each part is read when it is asked for."""
    after = ("", "", "")
    inside = _inside(scope, streams)
    while True:
        lines = connection.execute(
            f"SELECT from_, stream, key, to_, calls FROM partition WHERE (from_, stream, key) > (?, ?, ?) "
            f"AND state = 'pending' AND {inside} ORDER BY from_, stream, key LIMIT {_CHUNK}",
            after,
        ).fetchall()
        if not lines:
            return
        after = lines[-1][:3]
        yield [
            PartitionTask(STREAMS[stream], key, (date.fromisoformat(from_), date.fromisoformat(to)), calls)
            for from_, stream, key, to, calls in lines
        ]


def counts(connection: sqlite3.Connection, scope: Scope) -> Mapping[str, Mapping[State, Outstanding]]:
    """Return how many partitions of each stream and state *scope* has, and the calls that they take."""
    found: dict[str, dict[State, Outstanding]] = {}
    for stream, state, partitions, calls in connection.execute(
        f"SELECT stream, state, count(*), sum(calls) FROM partition "
        f"WHERE {_inside(scope, scope.streams)} GROUP BY stream, state"
    ):
        found.setdefault(stream, {})[State(state)] = Outstanding(partitions, calls)
    return found


def defer(connection: sqlite3.Connection, scope: Scope, until: datetime) -> None:
    """Let everything that waits wait until a new day's budget."""
    connection.execute(
        f"UPDATE partition SET state = 'deferred', deferred_until = ? "
        f"WHERE state = 'pending' AND {_inside(scope, scope.streams)}",
        (utc_text(until),),
    )


def resume_deferred(connection: sqlite3.Connection, scope: Scope) -> None:
    """Let what was parked be fetched."""
    connection.execute(
        f"UPDATE partition SET state = 'pending' WHERE state = 'deferred' AND {_inside(scope, scope.streams)}"
    )


def finish(
    connection: sqlite3.Connection, task: PartitionTask, error: ZoomError | None, warning: str | None, now: datetime
) -> Partition:
    """Write down what became of *unit*, and return it with what came of it now.

    Rows that came before an *error* are dropped. Those of an earlier listing stay until there is a better one; if Zoom
    does not give it any more, they are what there is, and a note says so.
    """
    of_unit = (task.stream.name, task.key)
    was, pages, rows, invalid_rows = connection.execute(
        "SELECT state, pages, rows, invalid_rows FROM partition WHERE stream = ? AND key = ?", of_unit
    ).fetchone()
    if error is not None and was == State.IN_PROGRESS:
        empty(connection, *of_unit)
        pages = rows = invalid_rows = 0
    partition = finished(task, error, warning, pages=pages, rows=rows, invalid_rows=invalid_rows, now=now)
    if error is not None and rows and partition.state in {State.NOT_FOUND, State.REJECTED}:
        skipped = f"listed again: {partition.detail}"
        partition = replace(partition, state=State.DONE, error=None, detail=None, tracking_id=None, warning=skipped)
    connection.execute(
        "UPDATE partition SET state = ?, pages = ?, rows = ?, invalid_rows = ?, fetched_at = ?, deferred_until = ?, "
        "error = ?, detail = ?, tracking_id = ?, warning = ? WHERE stream = ? AND key = ?",
        (
            partition.state,
            pages,
            rows,
            invalid_rows,
            utc_text(now),
            None if partition.deferred_until is None else utc_text(partition.deferred_until),
            partition.error,
            partition.detail,
            partition.tracking_id,
            partition.warning,
            *of_unit,
        ),
    )
    return partition if error is None else replace(partition, pages=0, rows=0, invalid_rows=0)


def empty(connection: sqlite3.Connection, stream: str, key: str) -> None:
    """Take the rows of a partition out."""
    connection.execute(delete_rows(stream), (key,))
    connection.execute("DELETE FROM rejected_rows WHERE stream = ? AND _part = ?", (stream, key))


def _inside(scope: Scope, streams: Iterable[Stream]) -> str:
    """Return the condition that a partition is of *scope* and one of *streams*. No value in it comes from data."""
    names = ", ".join(f"'{stream.name}'" for stream in streams)
    first, last = scope.months
    return f"(stream IN ({names}) AND substr(from_, 1, 7) BETWEEN '{first}' AND '{last}')"
