"""SQL that adds the partitions to which the stored rows of a parent lead.

It has the effect of `child_tasks` for all rows at once. The names in it are the package's own, and the other values are
days and numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from .... import month_ranges
from ...partitions import NOT_FOUND_RUNS
from ...streams import INSTANCES, MAX_CALLS, ONCE, STREAMS, Days, Parent, PartitionBy, Stream
from ...tasks import month_of
from .schema import listed_instances

NOT_FOUND_FOR_GOOD: Final = f"(state = 'not_found' AND not_found_runs >= {NOT_FOUND_RUNS})"
"""The condition for partitions that Zoom did not find in several runs."""


def add_children(
    connection: sqlite3.Connection,
    streams: Iterable[Stream],
    stored: Days,
    *,
    months: tuple[str, str],
    since: Mapping[str, date | None],
) -> None:
    """Add the partitions of *streams* whose last day is in these *months*.

    Those of other months are added from the day on that a stream may have in *since*. *stored* are all days of the
    harvest.
    """
    groups: dict[tuple[Parent, date | None], list[Stream]] = {}
    for stream in streams:
        if stream.parent is not None:
            parent = replace(stream.parent, webinar=None, size=None)
            groups.setdefault((parent, since[stream.name]), []).append(stream)
    for (parent, day), group in groups.items():
        in_scope = f"substr(day, 1, 7) BETWEEN '{months[0]}' AND '{months[1]}'"
        if day is not None:
            in_scope = f"({in_scope} OR day >= '{day}')"
        rows = select_children(group[0], parent, stored)
        # The rows are read once for all streams, and come sorted, so that each is inserted behind the one before.
        connection.execute(f"CREATE TEMP TABLE listed AS SELECT * FROM ({rows}) WHERE {in_scope}")
        for stream in group:
            for variant in stream.variants or ("",):
                connection.execute(_insert(stream, f"{variant}/" if variant else ""))
        connection.execute("DROP TABLE temp.listed")


def select_children(stream: Stream, parent: Parent, stored: Days) -> str:
    """Return SQL for the parts of *stream* that the rows of *parent* lead to: key, from_, day, webinar and size.

    The keys are those without a variant.
    """
    if parent.table != INSTANCES:
        return _rows(stream, parent, STREAMS[parent.table], stored)
    rows = _instances(parent)
    return rows if parent.webinar is None else f"SELECT * FROM ({rows}) WHERE webinar = {int(parent.webinar)}"


def _insert(stream: Stream, prefix: str) -> str:
    parent, calls, page_size = stream.parent, "1", stream.endpoint.page_size
    if parent is not None and parent.size is not None and page_size:
        calls = f"min({MAX_CALLS}, max(1, (coalesce(size, 0) + {page_size - 1}) / {page_size}))"
    key = f"'{prefix}' || key" if prefix else "key"
    return (
        "INSERT INTO partition (stream, key, from_, to_, calls, state) "
        f"SELECT '{stream.name}', {key}, from_, day, {calls}, 'pending' FROM temp.listed "
        f"WHERE webinar = {int(parent is not None and parent.webinar is True)} {on_conflict(stream)}"
    )


def on_conflict(stream: Stream) -> str:
    """Return the clause for a partition that is there: if it may change, it is fetched again for other days."""
    if stream.refresh == ONCE:
        return "ON CONFLICT DO UPDATE SET calls = excluded.calls WHERE calls != excluded.calls"
    listed_again = f" OR {NOT_FOUND_FOR_GOOD}" if stream.refresh.snapshot else ""
    return (
        "ON CONFLICT DO UPDATE SET from_ = excluded.from_, to_ = excluded.to_, state = 'pending' "
        f"WHERE from_ != excluded.from_ OR to_ != excluded.to_{listed_again}"
    )


def _instances(parent: Parent) -> str:
    return (
        f"SELECT CAST({parent.key} AS TEXT) AS key, webinar, max(day) AS from_, max(day) AS day, "
        "max(participants_count) AS size "
        f"FROM ({listed_instances('uuid', 'meeting_id', 'webinar', 'participants_count')}) "
        f"WHERE {parent.key} IS NOT NULL GROUP BY 1, 2"
    )


def _rows(stream: Stream, parent: Parent, source: Stream, days: Days) -> str:
    listed = "AND t._missing_since IS NULL" if source.refresh.snapshot else ""
    rows = (
        f"{source.name} t JOIN partition p ON p.stream = '{source.name}' AND p.key = t._part "
        f"AND p.run IS NOT NULL AND t.{parent.key} != '' {listed}"
    )
    columns = "0 AS webinar, NULL AS size"
    if stream.partition is PartitionBy.PARENT:
        day = f"coalesce(t.{parent.day}, p.to_)"
        return f"SELECT t.{parent.key} AS key, max({day}) AS from_, max({day}) AS day, {columns} FROM {rows} GROUP BY 1"
    if source.partition is PartitionBy.MONTH:
        key = f"t.{parent.key} || '/' || substr(p.from_, 1, 7)"
        return f"SELECT {key} AS key, p.from_ AS from_, p.to_ AS day, {columns} FROM {rows} ORDER BY 1"
    months = ", ".join(f"('{month_of(first)}', '{first}', '{last}')" for first, last in month_ranges(*days))
    return (
        f"SELECT DISTINCT t.{parent.key} || '/' || month.column1 AS key, month.column2 AS from_, "
        f"month.column3 AS day, {columns} FROM {rows} CROSS JOIN (VALUES {months}) AS month ORDER BY 1"
    )
