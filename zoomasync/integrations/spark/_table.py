"""The table of partition records: created on first use, and only appended to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import ArrayType, StructField, StructType
from pyspark.sql.window import Window

from ...errors import ConfigError
from ._frames import frame_of
from ._schema import PARTITION, RECORD_SCHEMA

FORMATS: Final = ("delta", "parquet")
"""The formats that are tried for a new table, in this order."""


class RecordTable:
    """The table of partition records named *name*: a path if it contains a slash, or else a table of the catalog.

    Without a *format*, a new table has the first of `FORMATS` that the session supports.
    """

    def __init__(self, spark: SparkSession, name: str, format_: str | None) -> None:
        if not name:
            raise ConfigError("table is empty: give the name of a table, or a path with a slash")
        self._spark = spark
        self.name: Final = name
        self._is_path = "/" in name
        self._format = format_
        self._schema: StructType | None = None
        self._opened = False
        self._has_all_columns = False

    def records(self) -> DataFrame:
        """Return all records, with the columns of this release. A table that is not there is created first."""
        self._open()
        found = self._read()
        if not {*PARTITION, "run"} <= set(found.columns):
            raise ConfigError(f"{self.name} is not a table of partition records: give another table")
        return shaped(found, self._full_schema())

    def append(self, records: DataFrame) -> None:
        """Append *records* in one commit. Columns that the table of an earlier release lacks are added first."""
        self._open()
        self._add_columns()
        if self._format != "parquet" or not self._is_path:
            records = shaped(records, self._read().schema)
        if self._is_path:
            records.write.format(self._format or "").mode("append").save(self.name)
        else:
            records.write.insertInto(self.name)

    def _open(self) -> None:
        """Find the format of the table, or create the table."""
        if self._opened:
            return
        if self._is_path:
            self._format = self._format_of_path() or self._create()
        elif not self._spark.catalog.tableExists(self.name):
            self._format = self._create()
        self._opened = True

    def _format_of_path(self) -> str | None:
        """Return the format of the table at the path, or None if there is none."""
        for format_ in self._formats():
            with suppress(Exception):  # engines raise errors of many kinds for a format or a path that they lack
                # The order matters: a reader of Parquet also finds the files of a Delta table.
                if self._spark.read.format(format_).load(self.name).columns:
                    return format_
        return None

    def _create(self) -> str:
        """Create the table in the first format that the session supports, and return the format."""
        *others, last = self._formats()
        for format_ in others:
            with suppress(Exception):  # engines raise errors of many kinds for a format that they lack
                self._append_empty(format_)
                return format_
        self._append_empty(last)
        return last

    def _formats(self) -> tuple[str, ...]:
        return FORMATS if self._format is None else (self._format,)

    def _empty(self) -> DataFrame:
        return frame_of(self._spark, [], RECORD_SCHEMA)

    def _full_schema(self) -> StructType:
        """Return the schema with the columns of this release."""
        self._schema = self._schema or self._empty().schema
        return self._schema

    def _append_empty(self, format_: str | None) -> None:
        writer = self._empty().write.mode("append").option("mergeSchema", "true")
        if format_ is not None:
            writer = writer.format(format_)
        if self._is_path:
            writer.save(self.name)
        else:
            writer.saveAsTable(self.name)

    def _add_columns(self) -> None:
        """Add the columns that the table lacks. Raises `ConfigError` if the session cannot, for it may drop them."""
        if self._has_all_columns:
            return
        if self._lacking():
            with suppress(Exception):  # the error of the engine says less than the one below
                self._append_empty(self._format)
        if lacking := self._lacking():
            raise ConfigError(
                f"the table {self.name} lacks columns of this release, and the session cannot add them: "
                f"add {', '.join(lacking[:5])} with ALTER TABLE, or copy the records to a new table"
            )
        self._has_all_columns = True

    def _lacking(self) -> list[str]:
        present = {name for field in self._read().schema for name in _names_in(field)}
        return [name for field in self._full_schema() for name in _names_in(field) if name not in present]

    def _read(self) -> DataFrame:
        if not self._is_path:
            return self._spark.table(self.name)
        reader = self._spark.read.format(self._format or "")
        if self._format == "parquet":  # each file has the columns of the release that wrote it
            reader = reader.schema(RECORD_SCHEMA)
        return reader.load(self.name)


def shaped(frame: DataFrame, schema: StructType) -> DataFrame:
    """Return *frame* with the columns of *schema*, and their fields in its order; those that it lacks are null."""
    present = {field.name: field for field in frame.schema}
    return frame.select(*(_shaped_column(field, present.get(field.name)) for field in schema))


def _shaped_column(wanted: StructField, present: StructField | None) -> Column:
    name, type_ = wanted.name, wanted.dataType.simpleString()
    if present is None:
        return f.lit(None).cast(type_).alias(name)
    fields, own = _row_fields(wanted), [field.name for field in _row_fields(present)]
    if own == [field.name for field in fields]:
        return f.col(name)
    cells = ", ".join(
        f"'{field.name}', "
        + (f"row.`{field.name}`" if field.name in own else f"CAST(NULL AS {field.dataType.simpleString()})")
        for field in fields
    )
    return f.expr(f"transform(`{name}`, row -> named_struct({cells}))").alias(name)


def _row_fields(column: StructField) -> Sequence[StructField]:
    """Return the fields of the rows in *column*, none if it has no rows."""
    rows = column.dataType
    if isinstance(rows, ArrayType) and isinstance(rows.elementType, StructType):
        return rows.elementType.fields
    return ()


def _names_in(column: StructField) -> Iterator[str]:
    yield column.name
    for field in _row_fields(column):
        yield f"{column.name}.element.{field.name}"


def last_whole(records: DataFrame) -> DataFrame:
    """Return the record of the last whole fetch of each partition. A record that was written twice counts once."""
    order = Window.partitionBy(*PARTITION).orderBy(f.desc("run"), f.desc("fetched_at"))
    whole = records.where("key IS NOT NULL AND whole")
    return whole.withColumn("_number", f.row_number().over(order)).where("_number = 1").drop("_number")


_STATE: Final = (
    "run, fetched_at, state, first_day, last_day, calls, not_found_runs, "
    "deferred_until, error, detail, tracking_id, warning"
)


def last_states(records: DataFrame) -> DataFrame:
    """Return for each partition its last record as the struct `last`, and that of its last whole fetch as `last_whole`.

    `last_whole` is null before the first whole fetch.
    """
    by_partition = records.where("key IS NOT NULL").groupBy(*PARTITION)
    return by_partition.agg(
        f.max("account_id").alias("account_id"),
        f.expr(f"max(struct({_STATE}))").alias("last"),
        f.expr(f"max(CASE WHEN whole THEN struct({_WHOLE}) END)").alias("last_whole"),
    )


_WHOLE: Final = "run, fetched_at, pages, rows, invalid_rows, version"
