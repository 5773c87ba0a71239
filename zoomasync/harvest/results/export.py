"""The export of a store's tables to Parquet, NDJSON or CSV files."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from ..._disk.files import atomic_write
from ...errors import ConfigError, InvalidArgument, StoreError
from ..columns import Cell, Column
from ..stores.sqlite.export_tables import export_tables_of
from ..stores.sqlite.reader import reading
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
    changed_since: str | date | None = None,
) -> Mapping[str, int]:
    """Write the tables of *store* to files in the folder *to*, and return the number of rows of each table.

    There is one file per table that the store harvests, such as ``meeting.parquet``. Besides, ``instances`` has all
    instances, ``rejected_rows`` the invalid rows, ``partitions`` the states of the partitions, and ``runs`` the runs.
    The files hold the rows of each partition's last whole fetch, sorted by ``_part`` and ``_seq``. They show the store
    at one moment, also while a harvest writes to it, and the same rows give the same bytes. The folder is created if it
    is missing. Files of the same names are replaced at the end, so that a reader never sees a part of a file.

    * ``parquet`` has typed columns; nested values are JSON text. It needs the extra ``parquet``.
    * ``ndjson`` has one JSON object per line, with nested values.
    * ``csv`` follows RFC 4180, in UTF-8. Text is quoted, so that an empty text (``""``) differs from a missing value.
      A spreadsheet can open it safely, with the comma as separator: text that looks like a formula (it starts with
      ``=``, ``+``, ``-``, ``@`` or their full-width forms, also after spaces and quotes, or with a tab or line break)
      gets a ``'`` in front, and NUL characters become U+FFFD. This also changes IDs that start like a formula, so set
      *raw* if a program reads the file: it leaves all text unchanged.

    With *changed_since*, the files hold what changed: ``partitions`` lists the partitions that were fetched since then,
    also without rows or with an error, and those that are still to be fetched; the tables of rows, and
    ``rejected_rows``, have all rows of these partitions, and no others. ``instances`` and ``runs`` are complete. So an
    earlier export becomes a present one if, of each listed partition, the rows of the file replace the earlier ones.
    *changed_since* is a time (without a zone in UTC) or the name of a run from ``runs``, which stands for its end: give
    the last run that had ended when the earlier export was made.

    Raises `ConfigError` if there is no such store or the folder cannot be used, and `StoreError` if reading or writing
    fails.
    """
    open_file = _opener(format, raw=raw)
    rows: dict[str, int] = {}
    folder = Path(to)
    with reading(store) as connection, _exporting_to(folder), ExitStack() as renamed_at_end:
        for table in export_tables_of(connection, changed_since):
            name = f"{table.name}.{format}"
            path = renamed_at_end.enter_context(atomic_write(folder / name, folder / f"{_TEMPORARY}{name}.part"))
            with open_file(path, table.columns) as file:
                rows[table.name] = _copy(connection.execute(table.select), file)
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
