"""The export of a store's tables to Parquet, NDJSON or CSV files."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from ..._disk.files import atomic_write
from ...errors import ConfigError, InvalidArgument, StoreError
from ..columns import Cell, Column, all_columns
from ..stores.sqlite.reader import reading
from ..stores.sqlite.schema import REJECTED_ROW_COLUMNS
from ..streams import STREAMS
from ._text_files import TextFile, csv_encoder, csv_header, ndjson_encoder

if TYPE_CHECKING:
    from ..stores.parquet_file import ParquetFile

Format: TypeAlias = Literal["parquet", "ndjson", "csv"]

_BATCH_ROWS = 1_024
_TEMPORARY = ".zoomasync-"


def export_tables(
    store: str | Path,
    to: str | Path,
    *,
    format: Format = "parquet",  # noqa: A002  the common name of this option
    raw: bool = False,
) -> Mapping[str, int]:
    """Write the tables of *store* to files in the folder *to*, and return the number of rows of each table.

    There is one file per table, such as ``meeting.parquet``; ``rejected_rows`` has the invalid rows. The files hold the
    partitions that are done, sorted by ``_part`` and ``_seq``. They show the store at one moment, also while a harvest
    writes to it, and the same rows give the same bytes. The folder is created if it is missing. Files of the same names
    are replaced at the end, so that a reader never sees a part of a file.

    * ``parquet`` has typed columns; nested values are JSON text. It needs the extra ``parquet``.
    * ``ndjson`` has one JSON object per line, with nested values.
    * ``csv`` follows RFC 4180, in UTF-8. Text is quoted, so that an empty text (``""``) differs from a missing value.
      A spreadsheet can open it safely, with the comma as separator: text that looks like a formula (it starts with
      ``=``, ``+``, ``-``, ``@`` or their full-width forms, also after spaces and quotes, or with a tab or line break)
      gets a ``'`` in front, and NUL characters become U+FFFD. This also changes IDs that start like a formula, so set
      *raw* if a program reads the file: it leaves all text unchanged.

    Raises `ConfigError` if there is no such store or the folder cannot be used, and `StoreError` if reading or writing
    fails.
    """
    open_file = _opener(format, raw=raw)
    rows: dict[str, int] = {}
    folder = Path(to)
    with reading(store) as connection, _exporting_to(folder), ExitStack() as renamed_at_end:
        for table, columns, select in _tables(connection):
            name = f"{table}.{format}"
            path = renamed_at_end.enter_context(atomic_write(folder / name, folder / f"{_TEMPORARY}{name}.part"))
            with open_file(path, columns) as file:
                rows[table] = _copy(connection.execute(select), file)
    return rows


def _opener(format_: Format, *, raw: bool) -> Callable[[Path, Sequence[Column]], TextFile | ParquetFile]:
    """Return the function that opens a file of this format."""
    if format_ == "parquet":
        from ..stores import parquet_file  # noqa: PLC0415  needs the extra

        return parquet_file.ParquetFile
    if format_ == "ndjson":
        return lambda path, columns: TextFile(path, b"", ndjson_encoder(columns))
    if format_ == "csv":
        return lambda path, columns: TextFile(path, csv_header(columns), csv_encoder(columns, raw=raw))
    raise InvalidArgument(f"unknown format {str(format_)[:40]!r}: choose among {', '.join(get_args(Format))}")


def _copy(cursor: sqlite3.Cursor, file: TextFile | ParquetFile) -> int:
    count = 0
    while rows := cast("list[tuple[Cell, ...]]", cursor.fetchmany(_BATCH_ROWS)):
        file.write(rows)
        count += len(rows)
    return count


def _tables(connection: sqlite3.Connection) -> Iterator[tuple[str, Sequence[Column], str]]:
    """Yield the tables of the store: name, columns, and SQL that selects the rows of the partitions that are done.

    Names come from the library's own structs, never from data.
    """
    for stream in STREAMS.values():
        present = {name for _, name, *_ in connection.execute(f'PRAGMA table_info("{stream.name}")')}
        if present:
            columns = all_columns(stream)
            # A store that predates a field of Zoom's lacks its column until the next harvest adds it.
            names = ", ".join(f'"{c.name}"' if c.name in present else f'NULL AS "{c.name}"' for c in columns)
            select = (
                f'SELECT {names} FROM "{stream.name}" '  # noqa: S608  only our own names
                f"WHERE _part IN (SELECT key FROM partition WHERE stream = '{stream.name}' AND run IS NOT NULL) "
                "ORDER BY _part, _seq"
            )
            yield stream.name, columns, select
    select = (
        f"SELECT {', '.join(column.name for column in REJECTED_ROW_COLUMNS)} FROM rejected_rows "  # noqa: S608  only our own names
        "WHERE (stream, _part) IN (SELECT stream, key FROM partition WHERE run IS NOT NULL) "
        "ORDER BY stream, _part, _seq"
    )
    yield "rejected_rows", REJECTED_ROW_COLUMNS, select


@contextmanager
def _exporting_to(folder: Path) -> Generator[None, None, None]:
    """Lock *folder*, and delete the temporary files of an earlier process that was killed."""
    with _locked(folder):
        try:
            for path in folder.glob(f"{_TEMPORARY}*.part"):
                path.unlink()
            yield
        except OSError as error:
            raise StoreError(f"the export cannot be written to {folder}: {error.strerror or error}") from error


@contextmanager
def _locked(folder: Path) -> Generator[None, None, None]:
    """Create *folder*, and lock it against other exports."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be created: {error.strerror}") from error
    if sys.platform == "win32":  # Windows cannot open a folder
        yield
        return
    import fcntl  # noqa: PLC0415  not on every platform

    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"another export is writing to {folder}: wait for it to finish") from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(handle)
