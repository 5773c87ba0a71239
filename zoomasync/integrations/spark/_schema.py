"""The columns of partition records as Spark types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ...harvest.arrow import RECORD_COLUMNS, REJECTED, REJECTED_COLUMNS, row_columns
from ...harvest.columns import Column, Kind
from ...harvest.streams import STREAMS

TYPES: Final = {
    Kind.TEXT: "string",
    Kind.JSON: "string",
    Kind.INTEGER: "bigint",
    Kind.REAL: "double",
    Kind.BOOLEAN: "boolean",
    Kind.TIME: "timestamp",
    Kind.DAY: "date",
}


def fields(own: Iterable[Column]) -> str:
    """Return *own* as the fields of a schema."""
    return ", ".join(f"`{column.name}` {TYPES[column.kind]}" for column in own)


def _rows(own: Iterable[Column]) -> str:
    return f"array<struct<{', '.join(f'`{column.name}`: {TYPES[column.kind]}' for column in own)}>>"


RECORD_TYPES: Final = {
    **{column.name: TYPES[column.kind] for column in RECORD_COLUMNS},
    REJECTED: _rows(REJECTED_COLUMNS),
    **{name: _rows(row_columns(stream)) for name, stream in STREAMS.items()},
}
"""The types of the columns of a partition record, by name."""

RECORD_SCHEMA: Final = ", ".join(f"`{name}` {type_}" for name, type_ in RECORD_TYPES.items())

TASK_COLUMNS: Final = (
    Column("account", Kind.TEXT),
    Column("stream", Kind.TEXT),
    Column("key", Kind.TEXT),
    Column("first_day", Kind.DAY),
    Column("last_day", Kind.DAY),
    Column("calls", Kind.INTEGER),
)
"""The columns of a partition task, before it is compared with its records."""

TASK_SCHEMA: Final = fields(TASK_COLUMNS)
TASK_NAMES: Final = tuple(column.name for column in TASK_COLUMNS)
PARTITION: Final = ("account", "stream", "key")
"""The columns that name a partition."""


def utc_day(time: str) -> str:
    """Return the SQL for the UTC day of a timestamp. That of ``to_date`` depends on the session's time zone."""
    return f"date_add(DATE'1970-01-01', CAST(floor(unix_micros({time}) / 86400000000) AS INT))"


def listed(values: Iterable[str]) -> str:
    """Return *values*, names of the library's own, as an SQL list."""
    return ", ".join(f"'{value}'" for value in values)
