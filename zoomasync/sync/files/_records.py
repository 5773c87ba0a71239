"""The records of a list: the rows of CSV or the objects of NDJSON, with the lines where they start."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol, TypeAlias

import msgspec

from ...errors import ConfigError
from ._lines import Lines

Cell: TypeAlias = str | msgspec.Raw | None
"""A text, a nested value of JSON, or nothing."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record that starts on line *line*, with its cells in the order of the headings.

    With a *fault*, the cells may belong to other headings, or the only cell is the text of the record. *is_cut_off*
    says that the file ends inside the record.
    """

    line: int
    cells: Sequence[Cell]
    fault: str = ""
    is_cut_off: bool = False


class Records(Protocol):
    """The records of a file. *headings* are complete once all records are read. *delimiter* separates cells."""

    headings: list[str]
    delimiter: str

    def __iter__(self) -> Iterator[Record]: ...


def read_records(lines: Lines) -> Records:
    """Return the records of *lines*: NDJSON or CSV, by the end of the file's name or else by the first character."""
    suffix = lines.name.rpartition(".")[2].casefold()
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise ConfigError(f"{lines.name} is empty: a list has a line of headings, even if nobody is on it")
    is_csv = suffix in {"csv", "tsv", "txt"}
    if suffix in {"ndjson", "jsonl"} or (not is_csv and first.lstrip().startswith("{")):
        return _JsonRecords(first, lines)
    if not is_csv and first.lstrip().startswith("["):
        raise ConfigError(f"{lines.name} is a JSON array: write one object per line (NDJSON), as `jq -c '.[]'` does")
    return _CsvRecords(first, lines)


_QUOTED = re.compile(r'"[^"]*(?:"|$)')
_SEPARATOR_LINE = re.compile(r"sep=([,;|\t])\s*", re.IGNORECASE)  # spreadsheets write it above the headings
_SPACE_BEFORE_QUOTES = re.compile(r' +".*" *')
_MAX_HEADER_LINES = 50


class _CsvRecords:
    """The rows of a CSV file whose headings start in the line *first*."""

    def __init__(self, first: str, lines: Lines) -> None:
        self._lines = lines
        self._start = 0
        self._text: list[str] = []
        self._ended = False
        given = _SEPARATOR_LINE.fullmatch(first)
        if given:
            first = next(lines, "")
        header = [(lines.number, first)]
        while "".join(line for _, line in header).count('"') % 2 and len(header) < _MAX_HEADER_LINES:
            line = next(lines, "")
            if not line:
                break
            header.append((lines.number, line))
        self.delimiter = given[1] if given else _delimiter("".join(line for _, line in header))
        self._reader = csv.reader(self._fed(header), delimiter=self.delimiter, strict=True)
        self.headings: list[str] = []
        try:
            self.headings = next(self._reader, self.headings)
        except csv.Error:
            raise ConfigError(f"{lines.name}: the quotes in the line of headings do not match") from None

    def _fed(self, header: Sequence[tuple[int, str]]) -> Iterator[str]:
        """Yield the lines for the reader, and record those of the present row."""
        for number, line in chain(header, ((self._lines.number, line) for line in self._lines)):
            self._start = self._start or number
            self._text.append(line)
            yield line
        self._ended = True

    def __iter__(self) -> Iterator[Record]:
        while True:
            self._start, self._text = 0, []
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A cell beyond the limit has a quote that never ends: the rest of the file would be in it.
                is_cut_off = self._ended or "field limit" in str(error)
                fault = "it has no end quote" if is_cut_off else "it has text after an end quote"
                yield Record(self._start, ["".join(self._text).rstrip("\r\n")], fault, is_cut_off)
                if is_cut_off:
                    return
            else:
                yield self._record(cells)

    def _record(self, cells: list[str]) -> Record:
        fault, missing = "", len(self.headings) - len(cells)
        if missing:
            fault = f"it has {len(cells)} cells, and there are {len(self.headings)} headings"
        elif any(_SPACE_BEFORE_QUOTES.fullmatch(cell) for cell in cells):
            fault = "it has a space before a quote, so that the quotes would be part of the text"
        # Only the last line of a file can be without a line break.
        return Record(self._start, cells, fault, is_cut_off=missing > 0 and not self._lines.is_whole)


def _delimiter(header: str) -> str:
    """Return the delimiter that is the most frequent one in *header* outside quotes."""
    plain = _QUOTED.sub("", header)
    found = max("\t;|,", key=plain.count)  # text has commas, so that another one comes first if both are as frequent
    return found if found in plain else ","


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _JsonRecords:
    """The objects of an NDJSON file, one per line. The headings are the keys in the order of their appearance."""

    delimiter = ","

    def __init__(self, first: str, lines: Lines) -> None:
        self._first = first
        self._lines = lines
        self.headings: list[str] = []
        self._positions: dict[str, int] = {}

    def __iter__(self) -> Iterator[Record]:
        held: Record | None = None  # the last record of a file that is cut off, or one with a fault
        for line in chain([self._first], self._lines):
            if not line.strip():
                continue
            if held:
                yield held
                held = None
            try:
                yield Record(self._lines.number, self._cells(line))
            except (msgspec.DecodeError, RecursionError):
                held = Record(self._lines.number, [line.rstrip("\r\n")], "it is not a JSON object")
        if held:
            yield replace(held, is_cut_off=True)

    def _cells(self, line: str) -> list[Cell]:
        values = {heading: _cell(value) for heading, value in _OBJECT.decode(line).items()}
        for heading in values:
            if heading not in self._positions:
                self._positions[heading] = len(self.headings)
                self.headings.append(heading)
        cells: list[Cell] = [None] * len(self.headings)
        for heading, cell in values.items():
            cells[self._positions[heading]] = cell
        return cells


def _cell(value: msgspec.Raw) -> Cell:
    """Return *value* as text, numbers as they are written in the file."""
    text = bytes(value)
    match text[:1]:
        case b'"':
            return msgspec.json.decode(text, type=str)
        case b"n":
            return None
        case b"{" | b"[":
            return value
        case _:
            return text.decode()
