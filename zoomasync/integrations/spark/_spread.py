"""The spread of partition tasks over the tasks of a Spark job: some accounts in each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol, cast

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from ...harvest.arrow import ArrowBatch
from ._frames import collected, frame_of, mapped

ACCOUNTS_PER_TASK: Final = 8
"""The accounts that one task drives at 40 calls per second each."""

_CANDIDATES: Final = 32  # per task; with so many, hardly any task gets none


class _Batch(ArrowBatch, Protocol):
    def slice(self, offset: int, length: int) -> ArrowBatch:
        """Return some of the rows."""
        ...


def spread(spark: SparkSession, tasks: DataFrame, accounts: Sequence[str], parts: int) -> DataFrame:
    """Return *tasks* with those of up to `ACCOUNTS_PER_TASK` accounts together, and each account in *parts* tasks.

    Spark chooses the task of a row by a hash. By one of the account, some tasks would get twice as many as others.
    """
    number = math.ceil(len(accounts) / ACCOUNTS_PER_TASK) * parts
    groups = _groups(spark, number)
    places = [
        (account, part, groups[(index * parts + part) % len(groups)])
        for index, account in enumerate(accounts)
        for part in range(parts)
    ]
    placed = tasks.withColumn("part", f.expr(f"CAST(pmod(hash(key), {parts}) AS INT)")).join(
        frame_of(spark, places, "account string, part int, group bigint"), ["account", "part"]
    )
    return placed.repartition(number, "group").drop("group", "part")


def _groups(spark: SparkSession, number: int) -> list[int]:
    """Return numbers that a repartition by them puts into different tasks, at most *number*."""
    if number == 1:
        return [0]
    candidates = spark.range(number * _CANDIDATES).repartition(number, "id")
    return sorted(cast("int", line[0]) for line in collected(mapped(candidates, _first_rows, "id bigint")))


def _first_rows(batches: Iterable[_Batch]) -> Iterator[ArrowBatch]:
    for batch in batches:
        if batch.num_rows:
            yield batch.slice(0, 1)
            return
