"""Fetched partitions as Arrow batches, with pyarrow (extra ``parquet`` or ``spark``).

`rows_batch` has the rows of one stream, as its table in a store, and `results_batch` one record per partition.
`partition_batch` has such records with the rows inside, for a table of all streams and accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from itertools import accumulate, chain
from typing import Any, Final, Protocol, cast

from .. import __version__
from ..errors import ConfigError, DailyLimitReached, StatusError, StoreError
from .accounts import FetchedPartition, FetchOutcome, StoppedAccount
from .columns import EXTRA_COLUMN, KEY_COLUMNS, Cell, Column, Kind, all_columns, columns, utc_text
from .privacy import Privacy
from .rows import RowEncoder
from .streams import STREAMS, Stream

try:
    # pyarrow has no types. Imported this way, its names are `Any` inside this module, and no checker looks for stubs.
    _arrow = import_module("pyarrow")
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        "Arrow tables need the extra 'parquet' or 'spark': pip install 'zoomasync[parquet]'", name=_missing.name
    ) from None

_TEXT = _arrow.string()
_TYPES: Final = {  # the type of the cells, and the type of the column
    Kind.TEXT: (_TEXT, _TEXT),
    Kind.JSON: (_TEXT, _TEXT),
    Kind.INTEGER: (_arrow.int64(), _arrow.int64()),
    Kind.REAL: (_arrow.float64(), _arrow.float64()),
    Kind.BOOLEAN: (_arrow.int8(), _arrow.bool_()),
    Kind.TIME: (_TEXT, _arrow.timestamp("us", "UTC")),
    Kind.DAY: (_TEXT, _arrow.date32()),
}

_SEQ: Final = len(KEY_COLUMNS) - 1

RECORD_COLUMNS: Final = (
    Column("account", Kind.TEXT),
    Column("account_id", Kind.TEXT),
    Column("stream", Kind.TEXT),
    Column("key", Kind.TEXT),
    Column("first_day", Kind.DAY),
    Column("last_day", Kind.DAY),
    Column("calls", Kind.INTEGER),
    Column("run", Kind.TEXT),
    Column("version", Kind.TEXT),
    Column("state", Kind.TEXT),
    Column("whole", Kind.BOOLEAN),
    Column("pages", Kind.INTEGER),
    Column("rows", Kind.INTEGER),
    Column("invalid_rows", Kind.INTEGER),
    Column("fetched_at", Kind.TIME),
    Column("deferred_until", Kind.TIME),
    Column("error", Kind.TEXT),
    Column("detail", Kind.TEXT),
    Column("tracking_id", Kind.TEXT),
    Column("warning", Kind.TEXT),
    Column("not_found_runs", Kind.INTEGER),
)
"""The columns of `results_batch`, and the first ones of `partition_batch`."""

_RECORD_KEY: Final = ("account_id", "stream", "key")

STOPPED: Final = "stopped"
"""The state in the record of an account, or of one stream of it, that stopped. Such a record has no key."""

REJECTED: Final = "rejected_rows"
"""The column of a partition record with the rows that could not be decoded."""

REJECTED_COLUMNS: Final = (
    Column("_seq", Kind.INTEGER),
    Column("path", Kind.TEXT),
    Column("reason", Kind.TEXT),
    Column("raw", Kind.TEXT),
)


class ArrowSchema(Protocol):
    """A `pyarrow.Schema`."""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        ...

    def __arrow_c_schema__(self) -> object: ...


class ArrowBatch(Protocol):
    """A `pyarrow.RecordBatch`."""

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        ...

    @property
    def nbytes(self) -> int:
        """The size in memory, in bytes."""
        ...

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...


def row_columns(stream: Stream) -> tuple[Column, ...]:
    """Return the columns of a row inside its partition's record: `_seq`, those of Zoom, and `_extra`."""
    return (KEY_COLUMNS[_SEQ], *columns(stream), EXTRA_COLUMN)


def table_schema(own: Sequence[Column]) -> ArrowSchema:
    """Return the schema of a table with these columns; those of the key are not nullable."""
    return cast("ArrowSchema", _arrow.schema([_field(column, nullable=column not in KEY_COLUMNS) for column in own]))


@cache
def rows_schema(stream: Stream) -> ArrowSchema:
    """Return the schema of `rows_batch`."""
    return table_schema(all_columns(stream))


@cache
def partition_schema() -> ArrowSchema:
    """Return the schema of `partition_batch`.

    It has the columns of `results_batch`, `rejected_rows`, and one column per stream. All are nullable, and a release
    only adds columns.
    """
    fields = [_field(column) for column in RECORD_COLUMNS]
    fields.append(_arrow.field(REJECTED, _arrow.list_(_struct(REJECTED_COLUMNS))))
    fields += [_arrow.field(name, _arrow.list_(_struct(row_columns(stream)))) for name, stream in STREAMS.items()]
    return cast("ArrowSchema", _arrow.schema(fields))


def rows_batch(
    stream: Stream, fetched: Sequence[FetchedPartition], *, run: str, privacy: Privacy | None = None
) -> ArrowBatch:
    """Return the rows of those *fetched* partitions that are of *stream*, as its table has them, fetched by *run*.

    No personal data or secret that *privacy* excludes is part of them; by default these are the secrets.
    """
    parts = [part for each in fetched if each.task.stream is stream for part in _cells(each, run, privacy)]
    own = all_columns(stream)
    arrays = [
        array(column, list(chain.from_iterable(part[index] for part in parts))) for index, column in enumerate(own)
    ]
    return cast("ArrowBatch", _arrow.RecordBatch.from_arrays(arrays, schema=rows_schema(stream)))


def results_batch(fetched: Sequence[FetchedPartition], *, run: str) -> ArrowBatch:
    """Return one record per *fetched* partition, without its rows, all fetched by *run*.

    The primary key is (account_id, stream, key).
    """
    schema = _arrow.schema([_field(column, nullable=column.name not in _RECORD_KEY) for column in RECORD_COLUMNS])
    return cast("ArrowBatch", _arrow.RecordBatch.from_arrays(_records(fetched, run), schema=schema))


def partition_batch(fetched: Sequence[FetchOutcome], *, run: str, privacy: Privacy | None = None) -> ArrowBatch:
    """Return one record per *fetched* partition, all fetched by *run*.

    Its rows are a list in the column of its stream. The list is null if the fetch was not whole, and in the columns of
    the other streams; a partition that Zoom has no rows for has an empty one. An account that stopped has a record of
    the state `STOPPED`, without a key. No personal data or secret that *privacy* excludes is part of the rows; by
    default these are the secrets. Raises `ConfigError` for a stream that is not one of `STREAMS`.
    """
    names = {each.task.stream.name for each in fetched if isinstance(each, FetchedPartition)}
    if unknown := names - STREAMS.keys():
        raise ConfigError(f"partition_batch has no column for the rows of the stream {unknown.pop()}: use rows_batch")
    arrays = _records(fetched, run)
    arrays.append(_lists(REJECTED_COLUMNS, [_rejected(each, run, privacy) for each in fetched]))
    for name, stream in STREAMS.items():
        own = row_columns(stream)
        if name in names:
            arrays.append(_lists(own, [_rows(stream, each, run, privacy) for each in fetched]))
        else:
            arrays.append(_arrow.nulls(len(fetched), _arrow.list_(_struct(own))))
    return cast("ArrowBatch", _arrow.RecordBatch.from_arrays(arrays, schema=partition_schema()))


def lines_batch(own: Sequence[Column], lines: Sequence[Sequence[Cell]]) -> ArrowBatch:
    """Return *lines* as a batch with these columns."""
    arrays = [array(column, [line[index] for line in lines]) for index, column in enumerate(own)]
    return cast("ArrowBatch", _arrow.RecordBatch.from_arrays(arrays, schema=table_schema(own)))


def array(column: Column, cells: Sequence[Cell]) -> object:
    """Return *cells* as an Arrow array of the type of *column*. Raises `StoreError` for a cell of another kind."""
    cell_type, column_type = _TYPES[column.kind]
    try:
        return cast("object", _arrow.array(cells, cell_type).cast(column_type))
    except (_arrow.ArrowException, OverflowError):
        failure = StoreError(f"the column {column.name} has a cell that is not of the type {column.kind}")
    raise failure


def _records(fetched: Sequence[FetchOutcome], run: str) -> list[object]:
    records = [_stop(each, run) if isinstance(each, StoppedAccount) else _record(each, run) for each in fetched]
    return [array(column, [record[n] for record in records]) for n, column in enumerate(RECORD_COLUMNS)]


def _record(fetched: FetchedPartition, run: str) -> tuple[Cell, ...]:
    task, result = fetched.task, fetched.result
    return (
        fetched.account,
        fetched.account_id,
        task.stream.name,
        task.key,
        task.days[0].isoformat(),
        task.days[1].isoformat(),
        task.calls,
        run,
        __version__,
        result.state,
        int(fetched.whole),
        result.pages,
        result.rows,
        result.invalid_rows,
        None if result.fetched_at is None else utc_text(result.fetched_at),
        None if result.deferred_until is None else utc_text(result.deferred_until),
        result.error,
        result.detail,
        result.tracking_id,
        result.warning,
        result.not_found_runs,
    )


def _encoder(fetched: FetchedPartition, run: str, privacy: Privacy | None) -> RowEncoder:
    return RowEncoder(fetched.task.stream, account_id=fetched.account_id, run=run, privacy=privacy)


def _stop(stopped: StoppedAccount, run: str) -> tuple[Cell, ...]:
    error = stopped.error
    cells: dict[str, Cell] = {
        "account": stopped.account,
        "account_id": stopped.account_id,
        "stream": stopped.stream,
        "run": run,
        "version": __version__,
        "state": STOPPED,
        "deferred_until": utc_text(error.resumes_at) if isinstance(error, DailyLimitReached) else None,
        "error": type(error).__name__,
        "detail": str(error),
        "tracking_id": error.tracking_id if isinstance(error, StatusError) else None,
    }
    return tuple(cells.get(column.name) for column in RECORD_COLUMNS)


def _cells(fetched: FetchedPartition, run: str, privacy: Privacy | None) -> list[list[Sequence[Cell]]]:
    """Return the columns of each batch of a partition."""
    encoder = _encoder(fetched, run, privacy)
    return [encoder.columns(fetched.task, batch) for batch in fetched.batches if batch.rows]


def _rows(stream: Stream, fetched: FetchOutcome, run: str, privacy: Privacy | None) -> list[Sequence[Cell]] | None:
    """Return the cells of a partition by the columns of `row_columns`, or None for one of another stream."""
    if isinstance(fetched, StoppedAccount) or fetched.task.stream is not stream or not fetched.whole:
        return None
    parts = _cells(fetched, run, privacy)
    return [
        list(chain.from_iterable(part[_SEQ + index] for part in parts)) for index in range(len(row_columns(stream)))
    ]


def _rejected(fetched: FetchOutcome, run: str, privacy: Privacy | None) -> list[Sequence[Cell]] | None:
    if isinstance(fetched, StoppedAccount) or not fetched.whole:
        return None
    encoder = _encoder(fetched, run, privacy)
    lines = [line for batch in fetched.batches for line in encoder.rejected(fetched.task, batch)]
    # Without the account, the stream and the partition before, and the lineage after.
    return [[line[index] for line in lines] for index in range(3, 3 + len(REJECTED_COLUMNS))]


def _lists(own: Sequence[Column], values: Sequence[list[Sequence[Cell]] | None]) -> object:
    """Return an array of lists of rows: the cells of each record by column, or None for null."""
    cells = [value for value in values if value is not None]
    arrays = [array(column, list(chain.from_iterable(value[n] for value in cells))) for n, column in enumerate(own)]
    ends = list(accumulate((0 if value is None else len(value[0]) for value in values), initial=0))
    offsets = [None if value is None else start for value, start in zip(values, ends, strict=False)]
    rows = _arrow.StructArray.from_arrays(arrays, fields=[_field(column) for column in own])
    return cast("object", _arrow.ListArray.from_arrays(_arrow.array([*offsets, ends[-1]], _arrow.int32()), rows))


def _struct(own: Sequence[Column]) -> Any:  # noqa: ANN401  pyarrow has no types
    return _arrow.struct([_field(column) for column in own])


def _field(column: Column, *, nullable: bool = True) -> Any:  # noqa: ANN401  pyarrow has no types
    return _arrow.field(column.name, _TYPES[column.kind][1], nullable=nullable)
