"""The contract of a harvest's tables: their columns, keys and refresh, for programs that read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .. import Label
from .columns import KEY_COLUMNS, LINEAGE_COLUMNS, Column, Kind, all_columns
from .stores.sqlite.export_tables import INSTANCE_TABLE_COLUMNS, PARTITION_COLUMNS, RUN_COLUMNS
from .stores.sqlite.schema import REJECTED_ROW_COLUMNS, VERSION
from .streams import INSTANCES, STREAMS, PartitionBy, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSchema:
    """One column. *personal* is true if it names or describes a person, *secret* for a password, key or link with one.

    Only the columns that are not *nullable* have a value in every row. The others may be empty, also those that Zoom
    always returns: in rows of an earlier version, or if the harvest drops them.
    """

    name: str
    type: Kind
    nullable: bool
    personal: bool
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentSchema:
    """The *table* and the *column* whose values name the partitions of another table."""

    table: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """One table.

    *stream* is the stream that fills it, by the *method* of the client; both are None for the tables that a harvest
    derives. *primary_key* identifies a row in all stores together. *row_key* identifies what a row is about within its
    partition; it is empty if rows may repeat. *fallback_key* does so for a row without a value in the last of them.
    *partition* is the part that is fetched, and replaced, as a whole, and
    *parent* the table that names these parts, if any. *refresh* is the time for which they are fetched again. A call
    counts against *label*, and needs one of *scopes* or *granular_scopes*. Zoom keeps the data of *retention_months*
    months; None is for ever.
    """

    name: str
    stream: str | None
    method: str | None
    columns: tuple[ColumnSchema, ...]
    primary_key: tuple[str, ...]
    row_key: tuple[str, ...] = ()
    fallback_key: tuple[str, ...] = ()
    partition: PartitionBy | None = None
    parent: ParentSchema | None = None
    refresh: str | None = None
    label: Label | None = None
    scopes: tuple[str, ...] = ()
    granular_scopes: tuple[str, ...] = ()
    retention_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestSchema:
    """All tables of a harvest. *store_version* is the version of SQLite stores that have them.

    `partitions` and `runs` are tables of an export; in a store, `partition` has the states of the partitions.
    """

    store_version: int
    tables: tuple[TableSchema, ...]


PERSONAL: Final = frozenset(
    {
        *("name", "first_name", "last_name", "display_name", "user_name", "host_name", "host_display_name", "operator"),
        *("email", "user_email", "host_email", "ip_address"),
        *("phone", "phone_number", "signaled_number", "call_in_number", "address", "city", "country", "zip"),
        *("absentees.state", "meeting_registrants.state", "webinar_registrants.state"),
        *("users.id", "all_users.id", "host_id", "user_id", "participant_user_id", "employee_unique_id", "pmi"),
        *("meeting_participants.id", "webinar_participants.id", "past_participants.id", "customer_key"),
        *("absentees.id", "meeting_registrants.id", "webinar_registrants.id", "registrant_id"),
        *(
            "user_meetings._part",
            "recordings._part",
            "instances._part",
            "rejected_rows._part",
            "partition.key",
            "partitions._part",
        ),
        *("dept", "department", "timezone", "language", "job_title", "org", "industry", "no_of_employees"),
        *("purchasing_time_frame", "role_in_purchase_process", "custom_attributes"),
        *("topic", "comments", "custom_questions", "question_details", "answer_details", "operation_detail"),
        *("join_url", "participant_pin_code", "participant_audio_files", "_extra", "raw"),
    }
)
"""The columns with data of people: names, ids, ways to reach them, their profile, and the words that they wrote."""

_NOT_NULL: Final = frozenset(KEY_COLUMNS)


def harvest_schema() -> HarvestSchema:
    """Return the tables of a harvest, those of the streams first."""
    tables = (*map(_stream_table, STREAMS.values()), *_derived_tables())
    return HarvestSchema(store_version=VERSION, tables=tables)


def _stream_table(stream: Stream) -> TableSchema:
    parent = stream.parent
    return TableSchema(
        name=stream.name,
        stream=stream.name,
        method=stream.method,
        columns=_columns(stream.name, all_columns(stream), _NOT_NULL),
        primary_key=_names(KEY_COLUMNS),
        row_key=stream.row_key,
        fallback_key=stream.fallback_key,
        partition=stream.partition,
        parent=None if parent is None else ParentSchema(table=parent.table, column=parent.key),
        refresh=str(stream.refresh),
        label=stream.label,
        scopes=stream.endpoint.scopes,
        granular_scopes=stream.endpoint.granular_scopes,
        retention_months=stream.retention,
    )


def _derived_tables() -> Iterator[TableSchema]:
    not_null = {Column("uuid", Kind.TEXT), Column("webinar", Kind.BOOLEAN), Column("day", Kind.DAY)}
    yield _derived(INSTANCES, INSTANCE_TABLE_COLUMNS, _NOT_NULL | not_null, primary_key=("_account", "uuid"))
    not_null = set(REJECTED_ROW_COLUMNS) - set(LINEAGE_COLUMNS)
    key = ("_account", "stream", "_part", "_seq")
    yield _derived("rejected_rows", REJECTED_ROW_COLUMNS, not_null, primary_key=key)
    state = {column for column in _STATE_COLUMNS if column.name in _STATE_NOT_NULL}
    yield _derived("partition", _STATE_COLUMNS, state, primary_key=("stream", "key"))
    yield _derived("partitions", PARTITION_COLUMNS, _NOT_NULL | state, primary_key=("_account", "stream", "_part"))
    not_null = {column for column in RUN_COLUMNS if column.name not in {"ended_at", "outcome"}}
    yield _derived("runs", RUN_COLUMNS, not_null, primary_key=("_account", "name"))


_STATE_COLUMNS: Final = (
    Column("stream", Kind.TEXT),
    Column("key", Kind.TEXT),
    *PARTITION_COLUMNS[3:],
    Column("calls", Kind.INTEGER),
    Column("not_found_runs", Kind.INTEGER),
    Column("stored_from", Kind.DAY),
    Column("stored_to", Kind.DAY),
)
_STATE_NOT_NULL: Final = frozenset(
    {"stream", "key", "from_", "to_", "calls", "state", "pages", "rows", "invalid_rows", "not_found_runs"}
)


def _derived(
    name: str, columns: Iterable[Column], not_null: Iterable[Column], *, primary_key: tuple[str, ...]
) -> TableSchema:
    return TableSchema(
        name=name, stream=None, method=None, columns=_columns(name, columns, not_null), primary_key=primary_key
    )


def _columns(table: str, columns: Iterable[Column], not_null: Iterable[Column]) -> tuple[ColumnSchema, ...]:
    without_null = frozenset(not_null)
    return tuple(
        ColumnSchema(
            name=column.name,
            type=column.kind,
            nullable=column not in without_null,
            personal=_is_personal(table, column),
            secret=column.secret,
        )
        for column in columns
    )


def _is_personal(table: str, column: Column) -> bool:
    name = f"{table}.{column.name}"
    return name in PERSONAL or (column.name in PERSONAL and name != "runs.name")  # the name of a run is its start


def _names(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)
