"""SQL on the table `partition`, which lists the partitions of a harvest and their states."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import msgspec

from .... import ZoomError
from ...partitions import DELAY, NOT_FOUND_RUNS, Partition, State, partition_result
from ...streams import LISTINGS, STREAMS, Days, InstanceStream, ListingStream, PartitionTask, Stream, child_tasks
from ..base import PartitionCount, Scope, extend_days
from ..columns import utc_text

_BATCH = 1_000


def begin_run(connection: sqlite3.Connection, name: str, scope: Scope) -> None:
    """Prepare the partitions of *scope* for a run on the store *name*.

    Add the listings of its months, drop the partitions that an interrupted run left in progress, and turn back to
    pending: failed and deferred partitions, those that were not found in one run only, listings that were made less
    than three days after their last day, and with *recheck_from* late listings and late reports that were empty or not
    found. When the run adds days, the listings of the three days before its last day are made again in any case.
    """
    _drop_in_progress(connection)
    stored = _stored_days(connection)
    days = scope.days if stored is None else extend_days(name, stored, scope.days)
    connection.execute("INSERT OR REPLACE INTO harvest VALUES (1, ?, ?)", (days[0].isoformat(), days[1].isoformat()))
    add_tasks(connection, scope.listing_tasks(days))
    in_scope, listings = _condition(scope, scope.streams), _condition(scope, LISTINGS)
    conditions = [
        f"state IN ('failed', 'deferred') AND {in_scope}",
        f"state = 'not_found' AND not_found_runs < {NOT_FOUND_RUNS} AND {in_scope}",
        f"{LISTING_MAY_GROW} AND {listings}",
    ]
    if stored is not None and days[1] > stored[1]:
        conditions.append(f"to_ >= '{days[1] - DELAY}' AND {listings}")
    if scope.recheck_from is not None:
        first = scope.recheck_from.isoformat()
        reports = _condition(scope, scope.reports)
        conditions += [
            f"to_ >= '{first}' AND {listings}",
            f"state IN ('not_found', 'empty') AND from_ >= '{first}' AND {reports}",
        ]
    for condition in conditions:
        connection.execute(f"UPDATE partition SET state = 'pending' WHERE {condition}")


LISTING_MAY_GROW = f"date(fetched_at, '-{DELAY.days} days') <= to_"
"""The condition for listings that `listing_may_grow`."""


def _drop_in_progress(connection: sqlite3.Connection) -> None:
    for stream, key in connection.execute("SELECT stream, key FROM partition WHERE state = 'in_progress'").fetchall():
        clear(connection, stream, key)
    connection.execute(_RESET_IN_PROGRESS)


_RESET_IN_PROGRESS = (
    "UPDATE partition SET state = 'pending', pages = 0, rows = 0, invalid_rows = 0 WHERE state = 'in_progress'"
)


def _stored_days(connection: sqlite3.Connection) -> Days | None:
    stored = connection.execute("SELECT from_, to_ FROM harvest").fetchone()
    return None if stored is None else (date.fromisoformat(stored[0]), date.fromisoformat(stored[1]))


def add_tasks(connection: sqlite3.Connection, tasks: Sequence[PartitionTask]) -> None:
    """Add *tasks* as pending partitions. A listing that is there becomes pending again if its days have changed."""
    for kind, on_conflict in ((ListingStream, _LISTING_CONFLICT), (InstanceStream, _REPORT_CONFLICT)):
        lines = (
            (task.stream.name, task.key, task.days[0].isoformat(), task.days[1].isoformat(), task.calls)
            for task in tasks
            if isinstance(task.stream, kind)
        )
        connection.executemany(_INSERT + on_conflict, lines)


_INSERT = "INSERT INTO partition (stream, key, from_, to_, calls, state) VALUES (?, ?, ?, ?, ?, 'pending') "
_LISTING_CONFLICT = (
    "ON CONFLICT DO UPDATE SET from_ = excluded.from_, to_ = excluded.to_, state = 'pending' "
    "WHERE from_ != excluded.from_ OR to_ != excluded.to_"
)
_REPORT_CONFLICT = "ON CONFLICT DO UPDATE SET calls = excluded.calls WHERE calls != excluded.calls"


def add_children(connection: sqlite3.Connection, listing: ListingStream, scope: Scope) -> None:
    """Add the child partitions of all stored rows of *listing*, also of rows that Zoom no longer returns."""
    names = ", ".join(f"t.{column}" for column in listing.child_columns)
    rows = connection.execute(
        f"SELECT p.key, p.from_, p.to_, {names} FROM partition p JOIN {listing.name} t ON t._part = p.key "
        # Version 0.1.0 stored rows without an id, which no call can use.
        f"WHERE p.state != 'in_progress' AND t.{listing.row_key} != '' AND {_condition(scope, (listing,))}"
    ).fetchall()
    tasks: list[PartitionTask] = []
    for key, from_, to, *values in rows:
        task = PartitionTask(listing, key, (date.fromisoformat(from_), date.fromisoformat(to)))
        tasks += child_tasks(task, [listing.parent_row(values)], scope.reports)
    add_tasks(connection, tasks)


def pending_batches(
    connection: sqlite3.Connection, scope: Scope, streams: Sequence[Stream]
) -> Iterator[list[PartitionTask]]:
    """Yield the pending partitions of *streams*: the oldest first, and last those with an error.

    Each batch is read when it is requested, so that partitions added in between are included.
    """
    for has_error in ("error IS NULL", "error IS NOT NULL"):
        last = ("", "", "")
        condition = f"state = 'pending' AND {has_error} AND {_condition(scope, streams)}"
        while lines := connection.execute(
            f"SELECT from_, stream, key, to_, calls FROM partition WHERE (from_, stream, key) > (?, ?, ?) "
            f"AND {condition} ORDER BY from_, stream, key LIMIT {_BATCH}",
            last,
        ).fetchall():
            last = lines[-1][:3]
            yield [
                PartitionTask(STREAMS[stream], key, (date.fromisoformat(from_), date.fromisoformat(to)), calls)
                for from_, stream, key, to, calls in lines
            ]


def counts(connection: sqlite3.Connection, scope: Scope) -> Mapping[str, Mapping[State, PartitionCount]]:
    """Return the number of partitions of *scope* by stream name and state."""
    states: dict[str, dict[State, PartitionCount]] = {}
    for stream, state, partitions, calls in connection.execute(
        f"SELECT stream, state, count(*), sum(calls) FROM partition "
        f"WHERE {_condition(scope, scope.streams)} GROUP BY stream, state"
    ):
        states.setdefault(stream, {})[State(state)] = PartitionCount(partitions, calls)
    return states


def defer(connection: sqlite3.Connection, scope: Scope, until: datetime) -> None:
    """Turn all pending partitions to deferred."""
    connection.execute(
        f"UPDATE partition SET state = 'deferred', deferred_until = ? "
        f"WHERE state = 'pending' AND {_condition(scope, scope.streams)}",
        (utc_text(until),),
    )


def resume_deferred(connection: sqlite3.Connection, scope: Scope) -> None:
    """Turn all deferred partitions back to pending."""
    condition = _condition(scope, scope.streams)
    connection.execute(f"UPDATE partition SET state = 'pending' WHERE state = 'deferred' AND {condition}")


def finish(
    connection: sqlite3.Connection, task: PartitionTask, error: ZoomError | None, warning: str | None, now: datetime
) -> Partition:
    """Store the result of *task*, and return it with the rows of this run only.

    After an *error*, the rows of an incomplete fetch are deleted. The rows of an earlier listing stay until a new one
    is complete; if Zoom no longer returns the listing, they stay for good, with a warning.
    """
    if error is not None:
        release(connection, task)
    pages, rows, invalid_rows, not_found_runs = connection.execute(
        "SELECT pages, rows, invalid_rows, not_found_runs FROM partition WHERE stream = ? AND key = ?",
        (task.stream.name, task.key),
    ).fetchone()
    result = partition_result(
        task,
        error,
        warning,
        pages=pages,
        rows=rows,
        invalid_rows=invalid_rows,
        not_found_runs=not_found_runs,
        now=now,
    )
    if error is not None and rows and result.state in {State.NOT_FOUND, State.REJECTED}:
        warning = f"listed again: {result.detail}"
        result = replace(result, state=State.DONE, error=None, detail=None, tracking_id=None, warning=warning)
    deferred_until = None if result.deferred_until is None else utc_text(result.deferred_until)
    connection.execute(
        "UPDATE partition SET state = :state, pages = :pages, rows = :rows, invalid_rows = :invalid_rows, "
        "fetched_at = :fetched_at, deferred_until = :deferred_until, error = :error, detail = :detail, "
        "tracking_id = :tracking_id, warning = :warning, not_found_runs = :not_found_runs "
        "WHERE stream = :stream AND key = :key",
        {**msgspec.to_builtins(result), "deferred_until": deferred_until},
    )
    return result if error is None else replace(result, pages=0, rows=0, invalid_rows=0)


def release(connection: sqlite3.Connection, task: PartitionTask) -> None:
    """Turn *task* back to pending, without the rows of an incomplete fetch."""
    id_ = (task.stream.name, task.key)
    in_progress = connection.execute(_RESET_IN_PROGRESS + " AND stream = ? AND key = ?", id_).rowcount
    if in_progress:
        clear(connection, *id_)


def clear(connection: sqlite3.Connection, stream: str, key: str) -> None:
    """Delete the rows of a partition."""
    connection.execute(f'DELETE FROM "{stream}" WHERE _part = ?', (key,))
    connection.execute("DELETE FROM rejected_rows WHERE stream = ? AND _part = ?", (stream, key))


def _condition(scope: Scope, streams: Iterable[Stream]) -> str:
    """Return the SQL condition for partitions of *streams* in the months of *scope*. No value in it is data."""
    names = ", ".join(f"'{stream.name}'" for stream in streams)
    first, last = scope.months
    return f"(stream IN ({names}) AND substr(from_, 1, 7) BETWEEN '{first}' AND '{last}')"
