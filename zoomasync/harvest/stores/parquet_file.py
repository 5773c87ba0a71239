"""Parquet files with the lines of a table, written with pyarrow (extra ``parquet``)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from ..arrow import array, table_schema
from ..columns import Cell, Column

try:
    # pyarrow has no types. Imported this way, its names are `Any` inside this module, and no checker looks for stubs.
    _arrow, _parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        "Parquet files need the extra 'parquet': pip install 'zoomasync[parquet]'", name=_missing.name
    ) from None

BATCH: Final = 4_096
"""Lines that are converted to columns at a time."""
GROUP_ROWS: Final = 131_072
"""Rows of a row group, a multiple of `BATCH`: the part of a file that DuckDB gives to one thread."""
GROUP_BYTES: Final = 64 * 2**20
"""Size in memory at which a row group is written although it has fewer rows, at the end of a batch."""


class ParquetFile:
    """A Parquet file at *path* that takes the lines of a table with *columns*.

    The file is complete, and on disk, once it is closed: write it under a temporary name, and rename it then. If the
    block ends in an error, or a line does not fit the columns, the file is removed. The same lines give the same bytes,
    in batches of any size.
    """

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._path = path
        self._columns = tuple(columns)
        self._schema = table_schema(self._columns)
        self._lines: list[Sequence[Cell]] = []
        self._group: list[Any] = []  # pyarrow tables
        self._file: IO[bytes] | None = path.open("wb")
        self._writer = _parquet.ParquetWriter(
            self._file,
            self._schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=3,
            store_schema=False,  # Parquet's own types are enough
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._discard()

    def write(self, lines: Sequence[Sequence[Cell]]) -> None:
        """Append *lines*, each with a cell per column. At most one row group is held in memory."""
        try:
            self._lines.extend(lines)
            while len(self._lines) >= BATCH:
                self._convert(BATCH)
        except BaseException:
            self._discard()
            raise

    def close(self) -> None:
        """Write the remaining lines, and wait until the file is on disk."""
        if self._file is None:
            return
        try:
            if self._lines:
                self._convert(len(self._lines))
            self._write_group()
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except BaseException:
            self._discard()
            raise
        self._file = None

    def _convert(self, count: int) -> None:
        """Convert the first *count* lines to columns, and write the row group if it is full."""
        lines, self._lines = self._lines[:count], self._lines[count:]
        arrays = [array(column, cells) for column, cells in zip(self._columns, zip(*lines, strict=True), strict=True)]
        self._group.append(_arrow.Table.from_arrays(arrays, schema=self._schema))
        if len(self._group) == GROUP_ROWS // BATCH or sum(table.nbytes for table in self._group) >= GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        if self._group:
            table = _arrow.concat_tables(self._group).combine_chunks()
            self._group = []
            self._writer.write_table(table, GROUP_ROWS)

    def _discard(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        # First of all, since pyarrow completes a file when its writer is closed or deleted: it would look valid.
        self._path.unlink(missing_ok=True)
        with suppress(Exception):
            self._writer.close()
        with suppress(Exception):
            file.close()
