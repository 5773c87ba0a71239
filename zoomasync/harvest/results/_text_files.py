"""Text files of rows: NDJSON and CSV."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, cast

import msgspec

from ..._disk.spreadsheets import without_formula
from ..columns import Cell, Column, Kind

Encode: TypeAlias = Callable[[Sequence[Sequence[Cell]]], bytes]


class TextFile:
    """A text file of encoded rows, which is on disk when its block ends without an error."""

    def __init__(self, path: Path, header: bytes, encode: Encode) -> None:
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


def ndjson_encoder(columns: Sequence[Column]) -> Encode:
    """Return a function that encodes rows as JSON objects, one per line."""
    names = [column.name for column in columns]
    nested = [n for n, column in enumerate(columns) if column.kind is Kind.JSON]
    booleans = [n for n, column in enumerate(columns) if column.kind is Kind.BOOLEAN]
    encoder = msgspec.json.Encoder()

    def encode(rows: Sequence[Sequence[Cell]]) -> bytes:
        cells: list[Sequence[object]] = list(zip(*rows, strict=True))
        for n in nested:
            cells[n] = [None if cell is None else _on_one_line(cast("str", cell)) for cell in cells[n]]
        for n in booleans:
            cells[n] = [None if cell is None else bool(cell) for cell in cells[n]]
        return encoder.encode_lines([dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)])

    return encode


def _on_one_line(json: str) -> msgspec.Raw:
    """Return *json* without line breaks, which JSON allows only between tokens."""
    return msgspec.Raw(json.replace("\n", " ").replace("\r", " ").encode())


def csv_header(columns: Sequence[Column]) -> bytes:
    """Return the first line of a CSV file."""
    return (",".join(column.name for column in columns) + "\r\n").encode()


def csv_encoder(columns: Sequence[Column], *, raw: bool) -> Encode:
    """Return a function that encodes rows as CSV, in which an empty text (``""``) differs from a missing value.

    The csv module cannot write that difference before Python 3.12.
    """
    text = _quoted if raw else _quoted_without_formula
    by_kind: dict[Kind, Callable[[Cell], str]] = {
        Kind.TEXT: text,
        Kind.JSON: text,
        Kind.BOOLEAN: lambda cell: "true" if cell else "false",
    }
    encoders = [by_kind.get(column.kind, str) for column in columns]

    def encode(rows: Sequence[Sequence[Cell]]) -> bytes:
        cells = [
            ["" if cell is None else encode_cell(cell) for cell in column]
            for encode_cell, column in zip(encoders, zip(*rows, strict=True), strict=True)
        ]
        return "".join(",".join(row) + "\r\n" for row in zip(*cells, strict=True)).encode()

    return encode


def _quoted(cell: Cell) -> str:
    return '"' + str(cell).replace('"', '""') + '"'


def _quoted_without_formula(cell: Cell) -> str:
    return _quoted(without_formula(str(cell)))
