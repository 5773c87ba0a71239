"""Text files of rows: NDJSON and CSV."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import msgspec

from ..stores.columns import Cell, Column, Kind


class TextFile:
    """A text file of encoded rows, which is on disk when its block ends without an error."""

    def __init__(self, path: Path, header: bytes, encode: Callable[[Sequence[Sequence[Cell]]], bytes]) -> None:
        self._encode = encode
        self._file = path.open("wb")
        self._file.write(header)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                self._file.flush()
                os.fsync(self._file.fileno())

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._file.write(self._encode(rows))


class NdjsonEncoder:
    """An encoder of rows as JSON objects, one per line."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]
        self._nested = [n for n, column in enumerate(columns) if column.kind is Kind.JSON]
        self._booleans = [n for n, column in enumerate(columns) if column.kind is Kind.BOOLEAN]
        self._encoder = msgspec.json.Encoder()

    def __call__(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        columns: list[Sequence[object]] = list(zip(*rows, strict=True))
        for n in self._nested:
            columns[n] = [None if cell is None else _on_one_line(cast("str", cell)) for cell in columns[n]]
        for n in self._booleans:
            columns[n] = [None if cell is None else bool(cell) for cell in columns[n]]
        return self._encoder.encode_lines(
            [dict(zip(self._names, row, strict=True)) for row in zip(*columns, strict=True)]
        )


def _on_one_line(json: str) -> msgspec.Raw:
    """Return *json* without line breaks, which JSON allows only between tokens."""
    return msgspec.Raw(json.replace("\n", " ").replace("\r", " ").encode())


_FORMULA = re.compile(r"""[\t\r\n\0]|[\s\0-\x1f"'\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]""")


def csv_header(columns: Sequence[Column]) -> bytes:
    """Return the first line of a CSV file."""
    return (",".join(column.name for column in columns) + "\r\n").encode()


class CsvEncoder:
    """An encoder of rows as CSV, in which an empty text (``""``) differs from a missing value.

    The csv module cannot write that difference before Python 3.12.
    """

    def __init__(self, columns: Sequence[Column], *, raw: bool) -> None:
        text = _quoted if raw else _quoted_without_formula
        encoders: dict[Kind, Callable[[Cell], str]] = {
            Kind.TEXT: text,
            Kind.JSON: text,
            Kind.BOOLEAN: lambda cell: "true" if cell else "false",
        }
        self._encoders = [encoders.get(column.kind, str) for column in columns]

    def __call__(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        columns = [
            ["" if cell is None else encode(cell) for cell in cells]
            for encode, cells in zip(self._encoders, zip(*rows, strict=True), strict=True)
        ]
        return "".join(",".join(row) + "\r\n" for row in zip(*columns, strict=True)).encode()


def _quoted(cell: Cell) -> str:
    return '"' + str(cell).replace('"', '""') + '"'


def _quoted_without_formula(cell: Cell) -> str:
    text = str(cell)
    return _quoted(("'" if _FORMULA.match(text) else "") + text.replace("\0", "\ufffd"))
