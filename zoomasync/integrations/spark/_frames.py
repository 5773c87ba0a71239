"""Functions of Spark whose types depend on packages that have none, such as pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Protocol, TypeAlias, TypeVar, cast

from pyspark.sql import DataFrame, SparkSession

from ...harvest.arrow import ArrowBatch

Line: TypeAlias = tuple[object, ...]
BatchT = TypeVar("BatchT")
BatchT_co = TypeVar("BatchT_co", covariant=True)


class _Session(Protocol):
    def createDataFrame(self, data: Sequence[Line], schema: str) -> DataFrame: ...  # noqa: N802  Spark's name


class _Mappable(Protocol[BatchT_co]):
    def mapInArrow(  # noqa: N802  Spark's name
        self, func: Callable[[Iterable[BatchT_co]], Iterator[ArrowBatch]], schema: str
    ) -> DataFrame: ...


def frame_of(spark: SparkSession, lines: Sequence[Line], schema: str) -> DataFrame:
    """Return a DataFrame of *lines*."""
    return cast("_Session", spark).createDataFrame(lines, schema)


def mapped(frame: DataFrame, function: Callable[[Iterable[BatchT]], Iterator[ArrowBatch]], schema: str) -> DataFrame:
    """Return *frame* with *function* applied to the batches of each of its parts."""
    return cast("_Mappable[BatchT]", frame).mapInArrow(function, schema)


def collected(frame: DataFrame) -> list[Line]:
    """Return the rows of *frame*."""
    return [cast("Line", tuple(row)) for row in frame.collect()]


def union(frames: Sequence[DataFrame]) -> DataFrame:
    """Return the rows of all *frames*, which have the same columns."""
    # In Spark 3.5, DataFrames of Spark Connect are of another class, so this must call their own method.
    return reduce(lambda first, second: first.unionByName(second), frames)
