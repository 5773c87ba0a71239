"""SQL that adds the partitions to which the stored rows of a parent lead.

It has the effect of `child_tasks` for all rows at once. The names in it are the package's own, and the other values are
days and numbers.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Final

from .... import month_ranges
from ...partitions import NOT_FOUND_RUNS
from ...streams import INSTANCES, MAX_CALLS, ONCE, STREAMS, Days, Parent, PartitionBy, Stream
from ...tasks import month_of

NOT_FOUND_FOR_GOOD: Final = f"(state = 'not_found' AND not_found_runs >= {NOT_FOUND_RUNS})"
"""The condition for partitions that Zoom did not find in several runs."""


def add_children(
    connection: sqlite3.Connection, stream: Stream, stored: Days, *, months: tuple[str, str], since: date | None
) -> None:
    """Add the partitions of *stream* whose last day is in these *months*, or from *since* on if it is given.

    *stored* are all days of the harvest.
    """
    parent = stream.parent
    if parent is None:
        return
    condition = f"substr(day, 1, 7) BETWEEN '{months[0]}' AND '{months[1]}'"
    if since is not None:
        condition = f"({condition} OR day >= '{since}')"
    variants = ", ".join(f"('{variant}/')" for variant in stream.variants or ("",)).replace("'/'", "''")
    connection.execute(
        "INSERT INTO partition (stream, key, from_, to_, calls, state) "
        f"SELECT '{stream.name}', variant.column1 || key, from_, day, calls, 'pending' "
        f"FROM ({select_children(stream, parent, stored)}) CROSS JOIN (VALUES {variants}) AS variant "
        f"WHERE {condition} ORDER BY 2 {on_conflict(stream)}"
    )


def select_children(stream: Stream, parent: Parent, stored: Days) -> str:
    """Return SQL for the parts of *stream* that the rows of *parent* lead to: key, from_, day and calls.

    The keys are those without a variant.
    """
    if parent.table == INSTANCES:
        return _of_instances(stream, parent)
    return _of_rows(stream, parent, STREAMS[parent.table], stored)


def on_conflict(stream: Stream) -> str:
    """Return the clause for a partition that is there: if it may change, it is fetched again for other days."""
    if stream.refresh == ONCE:
        return "ON CONFLICT DO UPDATE SET calls = excluded.calls WHERE calls != excluded.calls"
    listed_again = f" OR {NOT_FOUND_FOR_GOOD}" if stream.refresh.snapshot else ""
    return (
        "ON CONFLICT DO UPDATE SET from_ = excluded.from_, to_ = excluded.to_, state = 'pending' "
        f"WHERE from_ != excluded.from_ OR to_ != excluded.to_{listed_again}"
    )


def _of_instances(stream: Stream, parent: Parent) -> str:
    calls, page_size = "1", stream.endpoint.page_size
    if parent.size is not None and page_size:
        calls = f"min({MAX_CALLS}, max(1, (coalesce({parent.size}, 0) + {page_size - 1}) / {page_size}))"
    return (
        f"SELECT CAST({parent.key} AS TEXT) AS key, max(day) AS from_, max(day) AS day, max({calls}) AS calls "
        f"FROM listed_instances WHERE webinar = {int(parent.webinar or 0)} AND {parent.key} IS NOT NULL "
        f"GROUP BY {parent.key}"
    )


def _of_rows(stream: Stream, parent: Parent, source: Stream, days: Days) -> str:
    listed = "AND t._missing_since IS NULL" if source.refresh.snapshot else ""
    rows = (
        f"{source.name} t JOIN partition p ON p.stream = '{source.name}' AND p.key = t._part "
        f"AND p.run IS NOT NULL AND t.{parent.key} != '' {listed}"
    )
    if stream.partition is PartitionBy.PARENT:
        day = f"coalesce(t.{parent.day}, p.to_)"
        return (
            f"SELECT t.{parent.key} AS key, max({day}) AS from_, max({day}) AS day, 1 AS calls FROM {rows} GROUP BY 1"
        )
    if source.partition is PartitionBy.MONTH:
        month = "substr(p.from_, 1, 7)"
        return f"SELECT t.{parent.key} || '/' || {month} AS key, p.from_ AS from_, p.to_ AS day, 1 AS calls FROM {rows}"
    months = ", ".join(f"('{month_of(first)}', '{first}', '{last}')" for first, last in month_ranges(*days))
    return (
        f"SELECT DISTINCT t.{parent.key} || '/' || month.column1 AS key, month.column2 AS from_, "
        f"month.column3 AS day, 1 AS calls FROM {rows} CROSS JOIN (VALUES {months}) AS month"
    )
