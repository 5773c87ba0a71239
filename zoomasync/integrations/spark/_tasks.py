"""Partition tasks as a DataFrame: those of the days of a run, and those that the rows of parents lead to.

It has the effect of `harvest.tasks` for all accounts at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from ... import month_ranges
from ...harvest.streams import INSTANCE_SOURCES, INSTANCES, MAX_CALLS, STREAMS, Days, Parent, PartitionBy, Stream
from ...harvest.tasks import PartitionTask, month_of, root_tasks
from ._frames import frame_of, union
from ._instances import listed_instances
from ._schema import TASK_NAMES, TASK_SCHEMA, listed
from ._scope import RunScope
from ._table import last_whole

_PARENTS = (
    *(stream.name for stream in INSTANCE_SOURCES.values()),
    *(stream.parent.table for stream in STREAMS.values() if stream.parent),
)
TaskRow: TypeAlias = tuple[str, str, str, date, date, int]


def tasks_of(
    spark: SparkSession,
    records: DataFrame,
    scope: RunScope,
    streams: Sequence[Stream],
    accounts: Sequence[str],
    late_days: Mapping[tuple[str, str], Days],
) -> DataFrame:
    """Return the tasks of *streams* of *accounts*, each once.

    Those of a stream without a parent cover the days of *scope*, or of *late_days*, by account and name of a stream
    that was added later.
    """
    of_accounts = frame_of(spark, [(account,) for account in accounts], "account string")
    root_rows = [_row("", task) for stream in streams for task in _root_tasks(stream, scope, scope.days)]
    late_rows = [
        _row(account, task)
        for (account, name), days in late_days.items()
        if STREAMS[name] in streams
        for task in _root_tasks(STREAMS[name], scope, days)
    ]
    parts: list[DataFrame] = []
    if root_rows:
        roots = frame_of(spark, root_rows, TASK_SCHEMA).drop("account")
        parts.append(of_accounts.crossJoin(roots).select(*TASK_NAMES))
    if late_rows:
        parts.append(frame_of(spark, late_rows, TASK_SCHEMA))
    if children := [stream for stream in streams if stream.parent is not None]:
        own = records.where(f"stream IN ({listed(_PARENTS)})").join(of_accounts, ["account"], "left_semi")
        parts += _children(last_whole(own), children, scope.days)
    if not parts:
        return frame_of(spark, [], TASK_SCHEMA)
    every = union(parts)
    # A month may be there twice, with other days.
    return every.groupBy("account", "stream", "key").agg(
        f.min("first_day").alias("first_day"), f.max("last_day").alias("last_day"), f.max("calls").alias("calls")
    )


def _root_tasks(stream: Stream, scope: RunScope, days: Days) -> Iterable[PartitionTask]:
    return root_tasks(stream, days, scope.today) if stream.parent is None else ()


def _row(account: str, task: PartitionTask) -> TaskRow:
    return account, task.stream.name, task.key, *task.days, task.calls


def _children(whole: DataFrame, streams: Sequence[Stream], days: Days) -> Iterator[DataFrame]:
    """Yield the tasks that the rows of the parents of *streams* lead to."""
    if of_instances := [stream for stream in streams if stream.parent and stream.parent.table == INSTANCES]:
        yield _of_instances(whole, of_instances)
    for stream in streams:
        if stream.parent is not None and stream.parent.table != INSTANCES:
            named = _of_rows(whole, stream, stream.parent, days)
            yield named.select("account", f.lit(stream.name).alias("stream"), *TASK_NAMES[2:])


def _of_instances(whole: DataFrame, streams: Sequence[Stream]) -> DataFrame:
    """Return the tasks of all *streams* at once: a scan of the instances per stream would take most of the time."""
    children = ", ".join(
        f"named_struct('stream', '{stream.name}', 'prefix', '{variant}{'/' if variant else ''}', "
        f"'webinar', {bool(stream.parent.webinar)}, 'key', {_instance_key(stream.parent)}, "
        f"'calls', {_calls(stream, stream.parent)})"
        for stream in streams
        if stream.parent is not None
        for variant in stream.variants or ("",)
    )
    found = listed_instances(whole).select(
        "account", "webinar", "day", f.expr(f"explode(array({children}))").alias("child")
    )
    named = found.where("webinar = child.webinar AND child.key IS NOT NULL").select(
        "account", "child.stream", f.expr("concat(child.prefix, child.key)").alias("key"), "day", "child.calls"
    )
    # Of two with the same key, the one with the later day counts.
    return named.groupBy("account", "stream", "key").agg(
        f.max("day").alias("first_day"), f.max("day").alias("last_day"), f.max("calls").alias("calls")
    )


def _instance_key(parent: Parent) -> str:
    return f"CAST({parent.key} AS STRING)"


def _calls(stream: Stream, parent: Parent) -> str:
    page_size = stream.endpoint.page_size
    if parent.size is None or page_size is None:
        return "CAST(1 AS BIGINT)"
    pages = f"CAST(ceil(coalesce({parent.size}, 0) / {page_size}) AS BIGINT)"
    return f"least(CAST({MAX_CALLS} AS BIGINT), greatest(CAST(1 AS BIGINT), {pages}))"


def _of_rows(whole: DataFrame, stream: Stream, parent: Parent, days: Days) -> DataFrame:
    rows = whole.where(f"stream = '{parent.table}'").select(
        "account", "first_day", "last_day", f.explode(parent.table).alias("row")
    )
    named = rows.withColumn("key", f.expr(f"CAST(row.`{parent.key}` AS STRING)")).where("key != ''")
    one = f.lit(1).cast("bigint").alias("calls")
    if stream.partition is PartitionBy.PARENT:
        day = "last_day" if parent.day is None else f"coalesce(row.`{parent.day}`, last_day)"
        latest = named.groupBy("account", "key").agg(f.expr(f"max({day}) AS last_day"))
        return latest.select("account", "key", f.col("last_day").alias("first_day"), "last_day", one)
    if STREAMS[parent.table].partition is PartitionBy.MONTH:
        month = f.date_format("first_day", "yyyy-MM")
        return named.select("account", f.concat_ws("/", "key", month).alias("key"), "first_day", "last_day", one)
    months = f.array(
        *(
            f.struct(f.lit(month_of(first)).alias("month"), f.lit(first).alias("first"), f.lit(last).alias("last"))
            for first, last in month_ranges(*days)
        )
    )
    each = named.select("account", "key", f.explode(months).alias("part"))
    return each.select(
        "account",
        f.concat_ws("/", "key", "part.month").alias("key"),
        f.col("part.first").alias("first_day"),
        f.col("part.last").alias("last_day"),
        one,
    )
