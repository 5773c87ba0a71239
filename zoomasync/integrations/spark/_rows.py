"""The tables of a harvest, read from the partition records."""

from __future__ import annotations

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql.window import Window

from ...harvest.arrow import REJECTED, REJECTED_COLUMNS, row_columns
from ...harvest.columns import Column, all_columns
from ...harvest.streams import Stream
from ._schema import PARTITION
from ._table import last_whole


def rows_of(records: DataFrame, stream: Stream, changed_since: str | None) -> DataFrame:
    """Return the rows of *stream*, with the columns of its table after `account`.

    With *changed_since*, these are the rows of the partitions that later runs have replaced, and one row without a
    `_seq` for each of them that has none.
    """
    of_stream = records.where(f"stream = '{stream.name}'")
    rows = _of_snapshot(of_stream, stream) if stream.refresh.snapshot else None
    if rows is not None and changed_since is None:
        return rows
    whole = last_whole(of_stream)
    if changed_since is not None:
        whole = whole.where(f.col("run") > f.lit(changed_since))
    if rows is not None:
        return _outer(whole, rows, stream)
    explode = f.explode if changed_since is None else f.explode_outer
    exploded = whole.select("*", explode(stream.name).alias("_row"))
    return exploded.select("account", *(_cell(column, stream) for column in all_columns(stream)))


def rejected_rows(records: DataFrame) -> DataFrame:
    """Return the rows that could not be decoded."""
    rows = last_whole(records).select(
        "account",
        f.col("account_id").alias("_account"),
        "stream",
        f.col("key").alias("_part"),
        f.explode(REJECTED).alias("_row"),
        f.col("fetched_at").alias("_fetched_at"),
        f.col("run").alias("_run"),
        f.col("version").alias("_version"),
    )
    cells = [f.col(f"_row.`{column.name}`").alias(column.name) for column in REJECTED_COLUMNS]
    return rows.select("account", "_account", "stream", "_part", *cells, "_fetched_at", "_run", "_version")


_LINEAGE = {"_account": "account_id", "_part": "key", "_fetched_at": "fetched_at", "_run": "run", "_version": "version"}


def _cell(column: Column, stream: Stream) -> SparkColumn:
    """Return one column of the table from the record's columns and `_row`."""
    if column in row_columns(stream):
        return f.col(f"_row.`{column.name}`").alias(column.name)
    return f.col(_LINEAGE.get(column.name, column.name)).alias(column.name)


def _row_key(stream: Stream) -> list[SparkColumn]:
    """Return the columns that identify a row: those of `row_key` in `zoomasync.harvest.columns`."""
    key = [f.col(f"_row.`{name}`") for name in stream.row_key]
    if not stream.fallback_key:
        return key
    has_key = f.coalesce(key[-1], f.lit("")) != ""
    fallback = [f.col(f"_row.`{name}`") for name in stream.fallback_key]
    return [*(f.when(has_key, column) for column in key), *(f.when(~has_key, column) for column in fallback)]


def _of_snapshot(of_stream: DataFrame, stream: Stream) -> DataFrame:
    """Return every row that a whole fetch has ever listed, as it was listed last."""
    in_order = Window.partitionBy(*PARTITION).orderBy("run", "fetched_at")
    fetches = of_stream.where("key IS NOT NULL AND whole").select(
        "*",
        f.row_number().over(in_order).alias("_fetch"),
        f.lead("fetched_at").over(in_order).alias("_missing_since"),
    )
    row_key = _row_key(stream)
    listings = fetches.select("*", f.explode(stream.name).alias("_row"))
    of_row = Window.partitionBy(*PARTITION, *row_key)
    listings = listings.select(
        "*",
        f.row_number().over(of_row.orderBy(f.desc("_fetch"), "_row._seq")).alias("_number"),
        f.min(f.struct(f.col("_fetch"), f.col("_row._seq"), f.col("fetched_at"))).over(of_row).alias("_first"),
    )
    rows = listings.where("_number = 1")
    # A row keeps the position of its first fetch, and one that is listed later gets the next free position.
    known = f.max(f.expr("CASE WHEN _first._fetch = 1 THEN _first._seq END")).over(Window.partitionBy(*PARTITION))
    later = Window.partitionBy(*PARTITION, f.expr("_first._fetch = 1")).orderBy("_first._fetch", "_first._seq")
    rows = rows.select("*", known.alias("_known"), f.row_number().over(later).alias("_new"))
    seq = "CASE WHEN _first._fetch = 1 THEN _first._seq ELSE coalesce(_known, -1) + _new END"
    seen = {
        "_seq": f.expr(f"CAST({seq} AS BIGINT)"),
        "_first_seen": f.col("_first.fetched_at"),
        "_last_seen": f.col("fetched_at"),
    }
    return rows.select(
        "account",
        *(
            seen[column.name].alias(column.name) if column.name in seen else _cell(column, stream)
            for column in all_columns(stream)
        ),
    )


def _outer(whole: DataFrame, rows: DataFrame, stream: Stream) -> DataFrame:
    """Return *rows* of the partitions in *whole*, and a row for each of those without rows."""
    parts = whole.select(
        "account", *(f.col(source).alias(f"{name}_of_part") for name, source in _LINEAGE.items())
    ).withColumnRenamed("_part_of_part", "_part")
    joined = parts.join(rows, ["account", "_part"], "left")
    return joined.select(
        "account",
        *(
            f.coalesce(column.name, f"{column.name}_of_part").alias(column.name)
            if column.name in _LINEAGE and column.name != "_part"
            else f.col(column.name)
            for column in all_columns(stream)
        ),
    )
