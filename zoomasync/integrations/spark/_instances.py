"""The table `instances`, made of the rows of the two streams that list instances."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql.window import Window

from ...harvest.instances import INSTANCE_COLUMNS, INSTANCE_CONDITIONS
from ...harvest.streams import INSTANCE_SOURCES
from ._frames import union
from ._schema import TYPES, utc_day


def listed_instances(whole: DataFrame) -> DataFrame:
    """Return the instances that the *whole* records list; one that two partitions list is there twice."""
    return union([_of_source(whole, number) for number in range(len(INSTANCE_SOURCES))])


def instances(whole: DataFrame) -> DataFrame:
    """Return one row per instance."""
    order = Window.partitionBy("account", "uuid").orderBy("source", "_part", "_seq")
    numbered = listed_instances(whole).withColumn("_number", f.row_number().over(order))
    names = [column.name for column in INSTANCE_COLUMNS]
    return numbered.where("_number = 1").select(
        "account", "_account", "_part", "_seq", *names, "day", "_fetched_at", "_run", "_version"
    )


def _of_source(whole: DataFrame, number: int) -> DataFrame:
    name = list(INSTANCE_SOURCES.values())[number].name
    rows = whole.where(f"stream = '{name}'").select(
        "account",
        f.col("account_id").alias("_account"),
        f.col("key").alias("_part"),
        f.col("first_day").alias("_first_day"),
        f.col("last_day").alias("_last_day"),
        f.col("fetched_at").alias("_fetched_at"),
        f.col("run").alias("_run"),
        f.col("version").alias("_version"),
        f.explode(name).alias("_row"),
    )
    rows = rows.select("*", "_row.*").where(INSTANCE_CONDITIONS[name])
    day = f"coalesce({utc_day('start_time')}, _first_day)"
    return rows.select(
        "account",
        "_account",
        "_part",
        "_seq",
        *(
            f.expr(f"CAST({column.sources[name]} AS {TYPES[column.kind]})").alias(column.name)
            for column in INSTANCE_COLUMNS
        ),
        f.expr(f"least(greatest({day}, _first_day), _last_day)").alias("day"),
        "_fetched_at",
        "_run",
        "_version",
        f.lit(number).alias("source"),
    )
