"""Files of what a store holds: Parquet, NDJSON or CSV, one a table."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias, cast, get_args

import msgspec

from ...errors import ConfigError, InvalidArgument, StoreError
from ..partitions import State
from ..stores.columns import Cell, Column, Kind
from ..stores.sqlite.reader import reading
from ..stores.sqlite.schema import REJECTED_ROW_COLUMNS, all_columns
from ..streams import STREAMS

Format: TypeAlias = Literal["parquet", "ndjson", "csv"]

_BATCH = 1_024
_TEMPORARY = ".zoomasync-"


def export(store: str | Path, to: str | Path, *, format: Format = "parquet", raw: bool = False) -> Mapping[str, int]:  # noqa: A002  the word for it
    """Write what the harvest in *store* holds to files in the folder *to*, and return the rows of each by table.

    There is one file a table, ``meeting.parquet``, and ``rejected_rows`` with the rows that were not what the reference says.
    They hold the partitions that are done, sorted by ``_part`` and ``_seq``, as they were at one moment, while a
    harvest may go on. The same rows give the same bytes. The folder is made when it is missing; files of the same names
    are replaced, all at the end, so that none is ever seen in part.

    * ``parquet`` has typed columns, with what is nested as JSON text. Needs the extra ``parquet``.
    * ``ndjson`` has one JSON object a line, with what is nested in it.
    * ``csv`` is RFC 4180 in UTF-8: text is quoted, so that an empty one (``""``) differs from what Zoom left out. It is
      safe to open in a spreadsheet that takes the comma as separator: text that it would take for a formula (it begins
      with ``=``, ``+``, ``-``, ``@`` or their full-width forms, also behind spaces and quotes, or with a tab or line
      break) gets a ``'`` in front, and NUL characters become U+FFFD. So do ids that begin like that, in every file: for
      programs, *raw* leaves all text as it is.

    Raises `ConfigError` when there is no such store or the folder cannot be used, and `StoreError` when reading or
    writing fails.
    """
    sheet = _sheet(format, raw=raw)
    rows: dict[str, int] = {}
    with reading(store) as connection, _arriving(Path(to)) as arriving:
        for table in _tables(connection):
            with sheet(arriving(f"{table.name}.{format}"), table.columns) as file:
                rows[table.name] = _copy(connection.execute(table.select, table.arguments), file)
    return rows


class _Sheet(Protocol):
    """A file that takes lines, and is on disk when its block has ended well."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
    def write(self, lines: Sequence[Sequence[Cell]]) -> None: ...


def _sheet(format_: Format, *, raw: bool) -> Callable[[Path, Sequence[Column]], _Sheet]:
    """Return what makes a file of the format."""
    if format_ == "parquet":
        from ..stores.parquet_file import ParquetFile  # noqa: PLC0415  needs the extra

        return ParquetFile
    if format_ == "ndjson":
        return lambda path, columns: _TextFile(path, b"", _JsonLines(columns))
    if format_ == "csv":
        return lambda path, columns: _TextFile(path, _csv_head(columns), _CsvLines(columns, raw=raw))
    raise InvalidArgument(f"unknown format {str(format_)[:40]!r}: choose among {', '.join(get_args(Format))}")


def _copy(cursor: sqlite3.Cursor, file: _Sheet) -> int:
    count = 0
    while lines := cast("list[tuple[Cell, ...]]", cursor.fetchmany(_BATCH)):
        file.write(lines)
        count += len(lines)
    return count


# What is read.


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: Sequence[Column]
    select: str
    arguments: Sequence[str]


def _tables(connection: sqlite3.Connection) -> Iterator[_Table]:
    """Yield the tables that the store has. Names come from the library's own structs, never from data."""
    for stream in STREAMS.values():
        there = {name for _, name, *_ in connection.execute(f'PRAGMA table_info("{stream.name}")')}
        if there:
            columns = all_columns(stream)
            # A store that was begun before Zoom had a field lacks its column until the next harvest.
            names = ", ".join(f'"{c.name}"' if c.name in there else f'NULL AS "{c.name}"' for c in columns)
            select = (
                f'SELECT {names} FROM "{stream.name}" '  # noqa: S608
                "WHERE _part IN (SELECT key FROM partition WHERE stream = ? AND state = ?) ORDER BY _part, _seq"
            )
            yield _Table(stream.name, columns, select, (stream.name, State.DONE))
    select = (
        f"SELECT {', '.join(column.name for column in REJECTED_ROW_COLUMNS)} FROM rejected_rows "  # noqa: S608
        "WHERE (stream, _part) IN (SELECT stream, key FROM partition WHERE state = ?) ORDER BY stream, _part, _seq"
    )
    yield _Table("rejected_rows", REJECTED_ROW_COLUMNS, select, (State.DONE,))


# Where it goes.


@contextmanager
def _arriving(folder: Path) -> Generator[Callable[[str], Path], None, None]:
    """Give what tells under which path to write a file of *folder*: they all get their names when the block ends well.

    What an earlier block left that was killed is swept away.
    """
    written: dict[Path, Path] = {}

    def temporary(name: str) -> Path:
        path = folder / f"{_TEMPORARY}{name}.part"
        written[path] = folder / name
        return path

    with _locked(folder):
        try:
            for path in folder.glob(f"{_TEMPORARY}*.part"):
                path.unlink()
            yield temporary
            for path, final in written.items():
                path.replace(final)
        except OSError as error:
            raise StoreError(f"the export cannot be written to {folder}: {error.strerror or error}") from error
        finally:
            for path in written:
                with suppress(OSError):
                    path.unlink()


@contextmanager
def _locked(folder: Path) -> Generator[None, None, None]:
    """Make *folder*, keep other exports out of it, and see on disk what was renamed in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be made: {error.strerror}") from error
    if sys.platform == "win32":  # where a folder cannot be opened
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
            raise ConfigError(f"another export is under way in {folder}: wait for it") from None
        except OSError:  # a file system without locks
            pass
        yield
        with suppress(OSError):  # a file system that cannot
            os.fsync(handle)
    finally:
        os.close(handle)


# Text.


class _TextFile:
    """A file of lines, spelled batch by batch."""

    def __init__(self, path: Path, head: bytes, spell: Callable[[Sequence[Sequence[Cell]]], bytes]) -> None:
        self._spell = spell
        self._file = path.open("wb")
        self._file.write(head)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                self._file.flush()
                os.fsync(self._file.fileno())

    def write(self, lines: Sequence[Sequence[Cell]]) -> None:
        self._file.write(self._spell(lines))


class _JsonLines:
    """Spells lines as JSON objects."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]
        self._nested = [n for n, column in enumerate(columns) if column.kind is Kind.JSON]
        self._booleans = [n for n, column in enumerate(columns) if column.kind is Kind.BOOLEAN]
        self._encoder = msgspec.json.Encoder()

    def __call__(self, lines: Sequence[Sequence[Cell]]) -> bytes:
        columns: list[Sequence[object]] = list(zip(*lines, strict=True))
        for n in self._nested:
            columns[n] = [None if cell is None else _nested(cast("str", cell)) for cell in columns[n]]
        for n in self._booleans:
            columns[n] = [None if cell is None else bool(cell) for cell in columns[n]]
        return self._encoder.encode_lines(
            [dict(zip(self._names, line, strict=True)) for line in zip(*columns, strict=True)]
        )


def _nested(json: str) -> msgspec.Raw:
    """Return *json* as it is, on one line: a line break can only be between its tokens."""
    return msgspec.Raw(json.replace("\n", " ").replace("\r", " ").encode())


_FORMULA = re.compile(r"""[\t\r\n\0]|[\s\0-\x1f"'\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]""")


def _csv_head(columns: Sequence[Column]) -> bytes:
    return (",".join(column.name for column in columns) + "\r\n").encode()


class _CsvLines:
    """Spells lines as CSV. The csv module cannot tell an empty text from nothing before Python 3.12."""

    def __init__(self, columns: Sequence[Column], *, raw: bool) -> None:
        text = _quoted if raw else _quoted_for_spreadsheets
        spellers: dict[Kind, Callable[[Cell], str]] = {
            Kind.TEXT: text,
            Kind.JSON: text,
            Kind.BOOLEAN: lambda cell: "true" if cell else "false",
        }
        self._spellers = [spellers.get(column.kind, str) for column in columns]

    def __call__(self, lines: Sequence[Sequence[Cell]]) -> bytes:
        columns = [
            ["" if cell is None else spell(cell) for cell in cells]
            for spell, cells in zip(self._spellers, zip(*lines, strict=True), strict=True)
        ]
        return "".join(",".join(line) + "\r\n" for line in zip(*columns, strict=True)).encode()


def _quoted(cell: Cell) -> str:
    return '"' + str(cell).replace('"', '""') + '"'


def _quoted_for_spreadsheets(cell: Cell) -> str:
    text = str(cell)
    return _quoted(("'" if _FORMULA.match(text) else "") + text.replace("\0", "\ufffd"))
