"""Parquet, by pyarrow (extra ``parquet``): cells in, and back.

pyarrow comes without types, so those few of its names that are used here are described by protocols.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Protocol, Self, cast

from ...errors import StoreError
from ..streams import Stream
from .columns import KEY_COLUMNS, Cell, Column, Kind
from .sqlite.schema import all_columns


class _Type(Protocol):
    """A pyarrow type."""


class _Schema(Protocol):
    """A pyarrow schema."""


class _Array(Protocol):
    def cast(self, target: _Type) -> _Array: ...


class _Table(Protocol):
    nbytes: int

    def combine_chunks(self) -> _Table: ...
    def to_pydict(self) -> dict[str, list[object]]: ...


class _Tables(Protocol):
    def from_arrays(self, arrays: Sequence[_Array], *, schema: _Schema) -> _Table: ...


class _Arrow(Protocol):
    ArrowException: type[Exception]
    Table: _Tables

    def string(self) -> _Type: ...
    def int8(self) -> _Type: ...
    def int64(self) -> _Type: ...
    def float64(self) -> _Type: ...
    def bool_(self) -> _Type: ...
    def date32(self) -> _Type: ...
    def timestamp(self, task: str, tz: str) -> _Type: ...
    def field(self, name: str, type: _Type, *, nullable: bool) -> object: ...
    def schema(self, fields: Sequence[object]) -> _Schema: ...
    def array(self, values: Sequence[Cell], type: _Type) -> _Array: ...
    def concat_tables(self, tables: Sequence[_Table]) -> _Table: ...


class _Writer(Protocol):
    def add_key_value_metadata(self, key_value_metadata: Mapping[str, str]) -> None: ...
    def write_table(self, table: _Table, row_group_size: int) -> None: ...
    def close(self) -> None: ...


class _Reader(Protocol):
    def read(self, columns: list[str]) -> _Table: ...
    def close(self) -> None: ...


class _FileMetadata(Protocol):
    metadata: dict[bytes, bytes] | None


class _Parquet(Protocol):
    def ParquetWriter(  # noqa: N802  pyarrow's name
        self,
        where: IO[bytes],
        schema: _Schema,
        *,
        version: str,
        data_page_version: str,
        compression: str,
        compression_level: int,
        store_schema: bool,
    ) -> _Writer: ...

    def ParquetFile(self, source: Path) -> _Reader: ...  # noqa: N802  pyarrow's name
    def read_metadata(self, where: Path) -> _FileMetadata: ...


try:
    _arrow = cast("_Arrow", import_module("pyarrow"))
    _parquet = cast("_Parquet", import_module("pyarrow.parquet"))
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "Parquet files need the extra 'parquet': pip install 'zoomasync[parquet]'", name=missing.name
    ) from None

BATCH: Final = 4_096
"""Lines that are turned into columns at a time."""
GROUP_ROWS: Final = 131_072
"""Rows of a row group, in whole batches: what DuckDB gives to one thread."""
GROUP_BYTES: Final = 64 * 2**20
"""Memory that a row group may take before it is written though it has fewer rows, at the end of a batch."""

_TEXT = _arrow.string()
_TYPES: Mapping[Kind, tuple[_Type, _Type]] = {  # what pyarrow is told that the cells are, and what it makes of them
    Kind.TEXT: (_TEXT, _TEXT),
    Kind.JSON: (_TEXT, _TEXT),
    Kind.INTEGER: (_arrow.int64(), _arrow.int64()),
    Kind.REAL: (_arrow.float64(), _arrow.float64()),
    Kind.BOOLEAN: (_arrow.int8(), _arrow.bool_()),
    Kind.TIME: (_TEXT, _arrow.timestamp("us", "UTC")),
    Kind.DAY: (_TEXT, _arrow.date32()),
}


class ParquetFile:
    """Writes lines of *stream*'s table to a Parquet file at *path*; *metadata* goes with it.

    *stream* may also be the columns of a table that is no stream's. The file is whole, and on disk, once closed: give
    it a name of its own until then, and rename it. When the block ends in an error, or a line did not fit, the file is
    removed. The same lines give the same bytes, however they were batched.
    """

    def __init__(
        self, path: Path, stream: Stream | Sequence[Column], metadata: Mapping[str, str] | None = None
    ) -> None:
        self._path = path
        self._columns = all_columns(stream) if isinstance(stream, Stream) else tuple(stream)
        self._schema = _schema(self._columns)
        self._lines: list[Sequence[Cell]] = []
        self._group: list[_Table] = []
        self._file: IO[bytes] | None = path.open("wb")
        self._writer = _parquet.ParquetWriter(
            self._file,
            self._schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=3,
            store_schema=False,  # Parquet's own types say it all
        )
        if metadata:
            self._writer.add_key_value_metadata(dict(sorted(metadata.items())))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._abandon()

    def write(self, lines: Sequence[Sequence[Cell]]) -> None:
        """Add *lines*, each with a cell for every column; what is held in memory is less than a row group."""
        try:
            self._lines.extend(lines)
            while len(self._lines) >= BATCH:
                self._take(BATCH)
        except BaseException:
            self._abandon()
            raise

    def close(self) -> None:
        """Write what is left, and see it on disk."""
        if self._file is None:
            return
        try:
            if self._lines:
                self._take(len(self._lines))
            self._end_group()
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except BaseException:
            self._abandon()
            raise
        self._file = None

    def _take(self, count: int) -> None:
        """Turn the first *count* lines into columns, and write them when a row group has come together."""
        lines, self._lines = self._lines[:count], self._lines[count:]
        columns = zip(self._columns, zip(*lines, strict=True), strict=True)
        self._group.append(_arrow.Table.from_arrays([_array(*column) for column in columns], schema=self._schema))
        if len(self._group) == GROUP_ROWS // BATCH or sum(table.nbytes for table in self._group) >= GROUP_BYTES:
            self._end_group()

    def _end_group(self) -> None:
        if self._group:
            table = _arrow.concat_tables(self._group).combine_chunks()
            self._group = []
            self._writer.write_table(table, GROUP_ROWS)

    def _abandon(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        # pyarrow ends a file that it lets go of, so that it would look whole: it must have no name by then.
        self._path.unlink(missing_ok=True)
        with suppress(Exception):
            self._writer.close()
        with suppress(Exception):
            file.close()


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata that the file at *path* was written with. Raises `StoreError` for one that is not whole."""
    with _whole(path):
        found = _parquet.read_metadata(path).metadata
    return {name.decode(): value.decode() for name, value in (found or {}).items()}


def read_columns(path: Path, names: Sequence[str]) -> dict[str, list[object]]:
    """Return the columns *names* of the file at *path*, as Python's own values, times as aware datetimes in UTC.

    Raises `StoreError` for a file that is not whole.
    """
    with _whole(path):
        file = _parquet.ParquetFile(path)
        try:
            return file.read(list(names)).to_pydict()
        finally:
            file.close()


@contextmanager
def _whole(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except (_arrow.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:  # what the system says, and not what pyarrow says in its words
            raise
        raise StoreError(f"{path.name} is not a whole Parquet file") from error


def _schema(columns: Sequence[Column]) -> _Schema:
    return _arrow.schema(
        [_arrow.field(column.name, _TYPES[column.kind][1], nullable=column not in KEY_COLUMNS) for column in columns]
    )


def _array(column: Column, cells: Sequence[Cell]) -> _Array:
    given, wanted = _TYPES[column.kind]
    try:
        return _arrow.array(cells, given).cast(wanted)
    except (_arrow.ArrowException, OverflowError):
        failure = StoreError(f"the column {column.name} has a cell that is no {column.kind}")
    raise failure
