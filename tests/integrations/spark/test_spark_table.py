"""The table of partition records: its formats and columns, and the options of a harvest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.valkey import new_name

from zoomasync import __version__
from zoomasync.errors import ConfigError, InvalidArgument
from zoomasync.harvest.columns import all_columns
from zoomasync.harvest.streams import STREAMS

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")

from support.sparking import MAY, Spark, account_on, lines

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Make = Callable[..., Spark]


@pytest.mark.parametrize("format_", ["delta", "parquet"])
def test_path_of_each_format(spark_of: Make, format_: str) -> None:
    """Another object finds the format of the table by itself."""
    spark = spark_of(north=account_on(4))
    spark.run(format=format_)

    assert spark.session.read.format(format_).load(spark.table).count() == 3
    assert spark.harvest().rows("meeting_participants").count() == 2
    assert ("north", "meeting_participants", "done", None, None, 1, 2) in lines(spark.harvest().status())


def test_catalog_table(spark_of: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # the catalog of Sail keeps its tables in the current folder
    spark = spark_of(north=account_on(4))
    spark.table = new_name().replace("-", "_")
    spark.run()
    spark.run(refetch={"meeting_participants": None})

    assert spark.session.table(spark.table).count() == 4
    assert spark.harvest().rows("meeting_participants").count() == 2


def write_older(spark: Spark, format_: str) -> None:
    """Write the table of a release without a stream, and without a field of another, with one record of each."""
    spark.run(["daily", "meeting_participants"], format=format_)
    records = spark.session.read.format(format_).load(spark.table)
    names = [name for name in records.columns if name not in {"recordings", "meeting_participants"}]
    rows = "transform(meeting_participants, r -> named_struct('_seq', r._seq, 'name', r.name))"
    spark.table += "-older"
    records.selectExpr(*names, f"{rows} AS meeting_participants").write.format(format_).save(spark.table)


@pytest.mark.parametrize("format_", ["delta", "parquet"])
def test_table_of_an_earlier_release_is_read(spark_of: Make, format_: str) -> None:
    """Columns and fields that it lacks are null."""
    spark = spark_of(north=account_on(4))
    write_older(spark, format_)
    harvest = spark.harvest(["daily", "meeting_participants"])

    assert harvest.rows("daily").count() == 31
    assert harvest.rows("recordings").count() == 0
    people = harvest.rows("meeting_participants").select("_seq", "user_email", "_version")
    assert lines(people) == [(0, None, __version__), (1, None, __version__)]


@pytest.mark.parametrize("format_", ["delta", "parquet"])
def test_table_of_an_earlier_release_is_extended(spark_of: Make, format_: str) -> None:
    """The next run adds the columns and fields."""
    spark = spark_of(north=account_on(4))
    write_older(spark, format_)
    harvest = spark.harvest(["meeting_participants"], refetch={"meeting_participants": None})
    harvest.run(spark.fakes)

    assert lines(harvest.rows("meeting_participants").select("_seq", "duration")) == [(0, 1800), (1, 1800)]


def test_columns_that_cannot_be_added_are_named(spark_of: Make) -> None:
    """Sail drops new columns of such a table without an error."""
    spark = spark_of(north=account_on(4))
    columns = "'north' AS account, 'daily' AS stream, CAST(NULL AS STRING) AS key, '2026-06-01T00:00:00.000000Z' AS run"
    required = spark.session.sql(f"SELECT {columns}")  # pyright: ignore[reportUnknownMemberType]  pyspark's own types
    required.write.format("delta").save(spark.table)

    with pytest.raises(
        ConfigError, match=r"the session cannot add them: add account_id, first_day, .* with ALTER TABLE"
    ):
        spark.run()
    assert spark.fakes["north"].requests == ()


def test_table_of_other_data_is_rejected(sail: SparkSession, spark_of: Make) -> None:
    spark = spark_of(north=account_on(4))
    sail.range(3).write.format("delta").save(spark.table)

    with pytest.raises(ConfigError, match="is not a table of partition records: give another table"):
        spark.run()
    assert spark.fakes["north"].requests == ()


def test_columns_of_the_tables(spark_of: Make) -> None:
    """The tables have the columns of a store, after the name of the account; no stream has one of that name."""
    harvest = spark_of(north=account_on(4)).harvest()

    for name, stream in STREAMS.items():
        own = [column.name for column in all_columns(stream)]
        assert harvest.rows(name).columns == ["account", *own]
        assert harvest.rows(name, changed_since="2026-01-01").columns == ["account", *own]
        assert "account" not in own


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tasks_per_account": 2}, "only Redis can share the limits of an account between tasks"),
        ({"tasks_per_account": 0}, "tasks_per_account must be a whole number, 1 or more"),
        ({"calls": 0}, "calls must be a whole number, 1 or more"),
        ({"recheck_days": 0}, "recheck_days must be a whole number, 1 or more"),
        ({"refetch": {"daily": 3}}, "refetch names 'daily', which this harvest does not fetch"),
        ({"days": (MAY[1], MAY[0])}, "is after"),
        ({"today": date(2026, 4, 30)}, "is in the future"),
        ({"reports": ["nothing"]}, "unknown report 'nothing'"),
    ],
)
def test_options_are_checked(spark_of: Make, options: dict[str, object], message: str) -> None:
    spark = spark_of(north=account_on(4))

    with pytest.raises((ConfigError, InvalidArgument), match=message):
        spark.harvest(**options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  any option


def test_names_are_checked(spark_of: Make) -> None:
    harvest = spark_of(north=account_on(4)).harvest()

    with pytest.raises(InvalidArgument, match="unknown table 'nothing': choose from users, "):
        harvest.rows("nothing")
    with pytest.raises(InvalidArgument, match="changed_since cannot be used for instances"):
        harvest.rows("instances", changed_since="2026-01-01")
    with pytest.raises(InvalidArgument, match=r"accounts must be a list of names, such as \['north'\]"):
        harvest.run("north")
    with pytest.raises(InvalidArgument, match="accounts is empty"):
        harvest.run([])


def test_repr_has_no_secret(spark_of: Make) -> None:
    spark = spark_of(north=account_on(4))

    assert repr(spark.harvest(redis="redis://:secret@host")) == (
        f"<SparkHarvest {spark.table!r}, 2026-05-01 to 2026-05-31>"
    )
