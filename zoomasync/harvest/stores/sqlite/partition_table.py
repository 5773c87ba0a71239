"""SQL on the table `partition`, which lists the partitions of a harvest and their states."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import msgspec

from ....errors import ConfigError
from ...columns import utc_text
from ...partitions import DELAY, FINAL, NOT_FOUND_RUNS, Partition, State
from ...streams import ONCE, STREAMS, Days, PartitionBy, Stream, parent_stream
from ...tasks import PartitionTask, months_before, root_tasks
from ..base import PartitionCount, Scope, extend_days
from .children import NOT_FOUND_FOR_GOOD, on_conflict
from .children import add_children as add_children_of
from .staging import drop_staged

_BATCH = 1_000


def begin_run(connection: sqlite3.Connection, name: str, scope: Scope) -> None:
    """Prepare the partitions of *scope* for a run on the store *name*.

    Raises `ConfigError` for another account, or another choice of personal data than that of the first run.

    Add the partitions without a parent, drop the rows that an interrupted run staged, and turn back to pending: failed
    and deferred partitions, those that were not found in one run only, those whose stream is fetched again until some
    days after their end or as a snapshot, and those of *refetch*. With *recheck_from*, listings are made again, and
    reports that were empty or not found are fetched again. When the run adds days, the listings of the three days
    before its last day are made again in any case.
    """
    _check_privacy(connection, name, scope)
    _drop_in_progress(connection)
    _check_account(connection, name, scope)
    stored = stored_days(connection)
    days = scope.days if stored is None else extend_days(name, stored, scope.days)
    connection.execute(
        "INSERT INTO harvest (id, from_, to_, account_id, account_label, privacy) VALUES (1, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET from_ = excluded.from_, to_ = excluded.to_, account_id = excluded.account_id, "
        "account_label = coalesce(excluded.account_label, account_label), privacy = excluded.privacy",
        (days[0].isoformat(), days[1].isoformat(), scope.account_id, scope.account_label, scope.privacy.record),
    )
    if stored not in {None, days}:
        # The streams that this run does not fetch lack the days that it adds.
        connection.execute(f"UPDATE stream SET backfilled = 0 WHERE name NOT IN ({_names(scope.streams)})")
    for stream in scope.streams:
        connection.execute("INSERT OR IGNORE INTO stream VALUES (?, ?)", (stream.name, stored is None))
        if stream.parent is None:
            since = _backfilled_since(connection, stream, scope, days)
            tasks = list(root_tasks(stream, days, scope.today))
            _add_tasks(connection, stream, filter(scope.holds, tasks))
            if since is not None:
                older = (task for task in tasks if not scope.holds(task) and since <= task.days[1])
                _add_tasks(connection, stream, _kept_parts(connection, older, since))
    conditions = " OR ".join(f"({condition})" for condition in _pending_conditions(scope, stored, days))
    connection.execute(
        f"UPDATE partition SET state = 'pending' WHERE state != 'pending' AND ({conditions}) "
        f"AND {_condition(scope, scope.streams)}"
    )


def _pending_conditions(scope: Scope, stored: Days | None, days: Days) -> Iterator[str]:
    """Yield the conditions for partitions of *scope* that are to be fetched again."""
    yield "state IN ('failed', 'deferred')"
    yield f"state = 'not_found' AND not_found_runs < {NOT_FOUND_RUNS}"
    once = _names(stream for stream in scope.streams if stream.refresh == ONCE)
    listings = _names(stream for stream in scope.streams if stream.refresh.days is not None)
    for stream in scope.streams:
        if (changes := may_change(stream)) is not None:
            yield f"stream = '{stream.name}' AND {changes}"
    if stored is not None and days[1] > stored[1]:
        yield f"to_ >= '{days[1] - DELAY}' AND stream IN ({listings})"
    if scope.recheck_from is not None:
        yield f"to_ >= '{scope.recheck_from}' AND stream IN ({listings})"
        yield f"state IN ('not_found', 'empty') AND from_ >= '{scope.recheck_from}' AND stream IN ({once})"
    for refetch in scope.refetch:
        since = "" if refetch.since is None else f" AND to_ >= '{refetch.since}'"
        yield f"stream = '{refetch.stream.name}'{since}"


def may_change(stream: Stream) -> str | None:
    """Return the condition for partitions of *stream* that `needs_refresh`, or None if they are fetched once.

    A snapshot that was not found repeatedly is fetched again once its parent lists it: a user may be gone for good.
    """
    if stream.refresh.snapshot:
        return f"fetched_at IS NOT NULL AND NOT {NOT_FOUND_FOR_GOOD}"
    return None if stream.refresh.days is None else f"date(fetched_at, '-{stream.refresh.days} days') <= to_"


def _check_privacy(connection: sqlite3.Connection, name: str, scope: Scope) -> None:
    """Check that an earlier run that sent a call had the choice of personal data of *scope*.

    Rows that were deleted since may still be in free pages of the file.
    """
    line = connection.execute("SELECT privacy FROM harvest").fetchone()
    (is_used,) = connection.execute(
        "SELECT EXISTS (SELECT * FROM partition WHERE state != 'pending') OR EXISTS (SELECT * FROM call_samples)"
    ).fetchone()
    if line is not None and is_used and (differences := scope.privacy.differences(line[0])):
        raise ConfigError(
            f"{name} was begun with other choices of personal data: {differences}. "
            "Give the choices of its first run, or another file"
        )


def _check_account(connection: sqlite3.Connection, name: str, scope: Scope) -> None:
    """Check that the store belongs to the account of *scope*; note the account in the rows of an older store."""
    line = connection.execute("SELECT account_id FROM harvest").fetchone()
    if line is None or line[0] == scope.account_id:
        return
    if line[0] is not None:
        raise ConfigError(f"{name} holds another account: give each account a store of its own")
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        if table in STREAMS or table == "rejected_rows":
            connection.execute(f'UPDATE "{table}" SET _account = ?', (scope.account_id,))


def _backfilled_since(connection: sqlite3.Connection, stream: Stream, scope: Scope, days: Days) -> date | None:
    """Return the first day to fetch of a stream that was added to a store with other streams, or None for the others.

    Zoom no longer has the days before it.
    """
    if connection.execute("SELECT backfilled FROM stream WHERE name = ?", (stream.name,)).fetchone() != (0,):
        return None
    return days[0] if stream.retention is None else max(days[0], months_before(scope.today, stream.retention))


def _kept_parts(connection: sqlite3.Connection, tasks: Iterable[PartitionTask], since: date) -> Iterator[PartitionTask]:
    """Yield *tasks* without the days before *since*, which Zoom rejects; those that are stored keep their days."""
    for task in tasks:
        if task.days[0] >= since:
            yield task
            continue
        stored = "SELECT EXISTS (SELECT * FROM partition WHERE stream = ? AND key = ? AND run IS NOT NULL)"
        if connection.execute(stored, (task.stream.name, task.key)).fetchone() == (0,):
            yield replace(task, days=(since, task.days[1]))


def _drop_in_progress(connection: sqlite3.Connection) -> None:
    in_progress = "SELECT stream, key FROM partition WHERE state = 'in_progress' AND run IS NULL"
    for stream, key in connection.execute(in_progress).fetchall():
        clear(connection, stream, key)
    connection.execute("DELETE FROM staged_rows")
    connection.execute(_RESET_COUNTS)
    connection.execute("UPDATE partition SET state = 'pending' WHERE state = 'in_progress'")


_RESET_COUNTS = "UPDATE partition SET pages = 0, rows = 0, invalid_rows = 0 WHERE state = 'in_progress' AND run IS NULL"


def stored_days(connection: sqlite3.Connection) -> Days | None:
    """Return the days of the store, or None before its first run."""
    stored = connection.execute("SELECT from_, to_ FROM harvest").fetchone()
    return None if stored is None else (date.fromisoformat(stored[0]), date.fromisoformat(stored[1]))


def _add_tasks(connection: sqlite3.Connection, stream: Stream, tasks: Iterable[PartitionTask]) -> None:
    """Add *tasks* of *stream* as pending partitions."""
    connection.executemany(
        "INSERT INTO partition (stream, key, from_, to_, calls, state) VALUES (?, ?, ?, ?, ?, 'pending') "
        + on_conflict(stream),
        ((stream.name, task.key, task.days[0].isoformat(), task.days[1].isoformat(), task.calls) for task in tasks),
    )


def add_children(connection: sqlite3.Connection, scope: Scope, streams: Sequence[Stream]) -> None:
    """Add the partitions of *streams* that the stored rows of their parents lead to, as pending.

    Rows that Zoom no longer lists count too.
    """
    days = stored_days(connection) or scope.days
    since = {stream.name: _backfilled_since(connection, stream, scope, days) for stream in streams}
    add_children_of(connection, streams, days, months=scope.months, since=since)


def end_backfill(connection: sqlite3.Connection, scope: Scope, expanded: Collection[Stream]) -> None:
    """Note which of the *expanded* streams have all partitions of the store's days in a final state.

    Partitions may be missing while the parent of a stream lacks some.
    """
    for stream in filter(expanded.__contains__, scope.streams):
        parent = parent_stream(stream, scope.discover)
        connection.execute(
            "UPDATE stream SET backfilled = 1 WHERE name = ?1 "
            "AND (?2 IS NULL OR EXISTS (SELECT * FROM stream WHERE name = ?2 AND backfilled)) "
            "AND NOT EXISTS (SELECT * FROM partition WHERE stream = ?1 "
            f"AND state NOT IN {tuple(map(str, FINAL))})",
            (stream.name, None if parent is None else parent.name),
        )


def pending_batches(
    connection: sqlite3.Connection, scope: Scope, streams: Sequence[Stream]
) -> Iterator[list[PartitionTask]]:
    """Yield the pending partitions of *streams*: the oldest first, and last those with an error.

    They are sorted once, into a temporary table: an index would double the time to add partitions.
    """
    connection.execute("DROP TABLE IF EXISTS temp.sorted")
    connection.execute(
        "CREATE TEMP TABLE sorted AS SELECT stream, key FROM partition "
        f"WHERE state = 'pending' AND {_condition(scope, streams)} ORDER BY error IS NOT NULL, from_, stream, key"
    )
    last = 0
    while lines := connection.execute(
        "SELECT sorted.rowid, stream, key, from_, to_, calls, run IS NOT NULL, not_found_runs "
        f"FROM temp.sorted JOIN partition USING (stream, key) WHERE sorted.rowid > ? ORDER BY 1 LIMIT {_BATCH}",
        (last,),
    ).fetchall():
        last = lines[-1][0]
        yield [
            PartitionTask(
                STREAMS[stream], key, (date.fromisoformat(from_), date.fromisoformat(to)), calls, bool(whole), runs
            )
            for _, stream, key, from_, to, calls, whole, runs in lines
        ]
    connection.execute("DROP TABLE temp.sorted")


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
    connection: sqlite3.Connection, task: PartitionTask, result: Partition, run: str, *, whole: bool
) -> Partition:
    """Store the *result* of *task*, and return it. If the fetch was not *whole*, the counts of the rows stay."""
    if not whole and result.error is None and not _has_rows(connection, task):
        result = replace(result, state=State.EMPTY)
    deferred_until = None if result.deferred_until is None else utc_text(result.deferred_until)
    connection.execute(
        "UPDATE partition SET state = :state, fetched_at = :fetched_at, deferred_until = :deferred_until, "
        "error = :error, detail = :detail, tracking_id = :tracking_id, warning = :warning, "
        "not_found_runs = :not_found_runs, last_run = :last_run WHERE stream = :stream AND key = :key",
        {**msgspec.to_builtins(result), "deferred_until": deferred_until, "last_run": run},
    )
    if not whole:
        return result
    connection.execute(
        "UPDATE partition SET pages = ?, rows = ?, invalid_rows = ?, run = ?, "
        "stored_at = fetched_at, stored_from = from_, stored_to = to_ WHERE stream = ? AND key = ?",
        (result.pages, result.rows, result.invalid_rows, run, task.stream.name, task.key),
    )
    return replace(result, run=run)


def _has_rows(connection: sqlite3.Connection, task: PartitionTask) -> bool:
    counts = "SELECT rows + invalid_rows FROM partition WHERE stream = ? AND key = ?"
    (rows,) = connection.execute(counts, (task.stream.name, task.key)).fetchone() or (0,)
    return bool(rows)


def release(connection: sqlite3.Connection, task: PartitionTask) -> None:
    """Turn *task* back to pending, without the rows of an incomplete fetch."""
    id_ = (task.stream.name, task.key)
    if task.is_refetch:
        drop_staged(connection, task)
    elif connection.execute(_RESET_COUNTS + " AND stream = ? AND key = ?", id_).rowcount:
        clear(connection, *id_)
    connection.execute(
        "UPDATE partition SET state = 'pending' WHERE stream = ? AND key = ? AND state = 'in_progress'", id_
    )


def clear(connection: sqlite3.Connection, stream: str, key: str) -> None:
    """Delete the rows of a partition."""
    connection.execute(f'DELETE FROM "{stream}" WHERE _part = ?', (key,))
    connection.execute("DELETE FROM rejected_rows WHERE stream = ? AND _part = ?", (stream, key))


def _condition(scope: Scope, streams: Iterable[Stream]) -> str:
    """Return the SQL condition for partitions of *streams* in *scope*. No value in it is data.

    Those of all months are in scope for a stream that was added to the store later, until it is backfilled.
    """
    first, last = scope.months
    in_months = f"substr(to_, 1, 7) BETWEEN '{first}' AND '{last}'"
    return (
        f"(stream IN ({_names(streams)}) AND ({in_months} OR stream IN ({_names(_OF_THE_ACCOUNT)}) "
        "OR stream IN (SELECT name FROM stream WHERE NOT backfilled)))"
    )


def _names(streams: Iterable[Stream]) -> str:
    return ", ".join(f"'{stream.name}'" for stream in streams)


_OF_THE_ACCOUNT = [stream for stream in STREAMS.values() if stream.partition is PartitionBy.ACCOUNT]
