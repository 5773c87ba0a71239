"""The class `StagedFile`: a list of people in a file, staged on disk, and its outcomes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self, TypeAlias, TypeVar, cast

import msgspec

from ...errors import InvalidArgument
from .._checks import is_address
from .._temporary import storing
from ..desired import DesiredList, DesiredRow, RejectedRow, SyncTarget, email_key
from ..outcomes import PersonOutcome, Result
from ._lines import opened_lines
from ._records import Record, Records, read_records
from ._results_table import NOT_REACHED, ResultsTable, old_results, result_cells, write_csv
from ._rows import RowReader, cell_text
from .columns import ColumnMapping

_BATCH_ROWS = 500
_NO_LIST = 0

# `record`: the records of the file; `line` is where one starts, and `cells` a JSON list. `listed`: the records of each
# list. `outcome`: `line` is 0 for people who are on no row; they differ in `target` and `email`.
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE record (line INTEGER PRIMARY KEY, cells BLOB NOT NULL, fault TEXT NOT NULL);
CREATE TABLE listed (list INTEGER, line INTEGER, PRIMARY KEY (list, line)) WITHOUT ROWID;
CREATE TABLE outcome (
    line INTEGER NOT NULL,
    target TEXT NOT NULL,
    email TEXT NOT NULL,
    target_cells BLOB NOT NULL,
    results BLOB NOT NULL,
    PRIMARY KEY (line, target, email)
);
"""
_ADD_OUTCOME = "INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?, ?)"

_T = TypeVar("_T")
_Values: TypeAlias = tuple[int | str | bytes, ...]


class StagedFile:
    """A list of people in the file at *path*, or on the standard input if *path* is ``-``. Close it, or use ``with``.

    The file is CSV with a line of headings, or NDJSON, whose keys are the headings. The end of its name decides, or
    its first character. The delimiter of CSV is the comma, semicolon, tab or ``|`` that the headings have most often.
    The text is UTF-8, unless there is a byte order mark or an *encoding*. *columns* has the fields of headings that are
    no standard names. A column without a field holds the answers to the custom question with that title; in NDJSON,
    ``custom_questions`` may be a list of objects with a title and a value.

    All rows are for *target*; without it, each row has a ``meeting_id`` or ``webinar_id``, and may have
    ``occurrence_ids``. The number of a row is that of the line where it starts. Empty rows are skipped.

    A row is rejected if it has no address, no first name, no readable target, or more or fewer cells than there are
    headings. If the target is not readable, the address counts as present on every list; if the address is not readable
    either, nobody is absent from any list. No list is complete if the file is cut off in a row. A file that ends
    between two rows, or in the last cell of a row, cannot be recognized as cut off.

    The constructor reads the file into a private temporary database, which disappears with the process, and needs
    little memory. Raises `ConfigError` for a file that cannot be read or whose columns do not fit, and `StoreError` if
    the database cannot be written. One thread at a time may use the object.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        columns: ColumnMapping | None = None,
        target: SyncTarget | None = None,
        encoding: str | None = None,
    ) -> None:
        self._targets = {} if target is None else {target: 1}
        self._keep: set[str] = set()
        self._complete = True
        self._unreadable = False
        # Rows may be staged in one thread and read in another.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        try:
            with storing("list"):
                self._database.executescript(_TABLES)
                self._database.execute("BEGIN")
                with opened_lines(str(path), encoding) as lines:
                    records = read_records(lines)
                    self._stage(records)
                self._headings = records.headings
                self._delimiter = records.delimiter
                self._encoding = "utf-8-sig" if lines.has_mark else "utf-8"
                self._old = old_results(self._headings)
                current = ["" if at in self._old else heading for at, heading in enumerate(self._headings)]
                reasons = self._old[1] if self._old else None
                columns = columns or ColumnMapping()
                self._cancel_when = columns.cancel_when
                self._reader = RowReader(current, columns, target, reasons)
                self._assign()
                self._database.execute("COMMIT")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary database."""
        self._database.close()

    def lists(self) -> Iterator[DesiredList]:
        """Yield the desired list of each target, in the order in which the file names them.

        The people of a list are read each time that it is iterated over, and several lists can be read at once.
        """
        keep = frozenset(self._keep)
        for target, number in self._targets.items():
            yield DesiredList(
                target, _Rows(self._database, self._reader, number), self._complete, keep, self._unreadable
            )

    @property
    def unused_statuses(self) -> frozenset[str]:
        """The statuses of `ColumnMapping.cancel_when` that no row has, case-folded: perhaps they are misspelled."""
        return self._cancel_when - self._reader.cancelling

    def rejected(self) -> Iterator[RejectedRow]:
        """Yield the rows that are on no list, because their target is not readable."""
        for row in _Rows(self._database, self._reader, _NO_LIST):
            if isinstance(row, RejectedRow):
                yield row

    def record(self, outcome: PersonOutcome) -> None:
        """Record *outcome* for the results file. A later outcome for the same row or person replaces it."""
        with storing("list"):
            if outcome.row is None:
                self._database.execute(_ADD_OUTCOME, self._added_person(outcome))
                return
            if not self._database.execute("SELECT 1 FROM record WHERE line = ?", [outcome.row]).fetchone():
                raise InvalidArgument(f"no row of the file starts on line {outcome.row}")
            self._database.execute(_ADD_OUTCOME, _row_outcome(outcome.row, result_cells(outcome)))

    def write_results(self, path: str | Path, *, raw: bool = False) -> None:
        """Write the outcome of each row to a CSV file at *path*, which only its owner can read.

        A line has the cells of the input, unchanged, and then outcome, reason, status, registrant_id and join_url. If
        the input has such a heading, ours starts with ``zoom_``. The outcome is a `Result`, or ``not_reached``. The
        lines are in the order of the input; people who are on no row follow at the end. The columns of an earlier
        results file are replaced.

        Text in our columns that a spreadsheet may run as a formula gets a ``'`` in front, unless *raw* is set. That of
        the input stays as it was, so that the file can be joined with the input, or be the next input.

        The file has the delimiter and the byte order mark of the input, in UTF-8. It is replaced as a whole, so it can
        be written before the sync, too. Raises `StoreError` if it cannot be written.
        """
        table = ResultsTable(self._headings, self._old, self._delimiter, raw=raw)
        write_csv(Path(path), self._result_rows(table), self._delimiter, self._encoding)

    def _stage(self, records: Records) -> None:
        """Copy *records* into the database."""
        for batch in _batches(self._filled(records)):
            rows = [(record.line, msgspec.json.encode(record.cells), record.fault) for record in batch]
            self._database.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)

    def _filled(self, records: Records) -> Iterator[Record]:
        """Yield the records that are not empty, and note one that is cut off."""
        for record in records:
            if record.is_cut_off:
                self._complete = False
            if any(not isinstance(cell, str) or cell.strip() for cell in record.cells if cell is not None):
                yield record

    def _assign(self) -> None:
        """Assign the rows to the lists of their targets, in the order of the file."""
        rows = _fetch(self._database, "SELECT line, cells, fault FROM record ORDER BY line")
        for batch in _batches(rows):
            listed: list[_Values] = []
            outcomes: list[_Values] = []
            for line, cells, fault in cast("list[tuple[int, bytes, str]]", batch):
                target, row = self._reader.read(line, _decoded(cells), fault)
                number = _NO_LIST if target is None else self._targets.setdefault(target, len(self._targets) + 1)
                listed.append((number, line))
                if isinstance(row, RejectedRow):
                    outcomes.append(_row_outcome(line, [Result.REJECTED, row.reason, "", "", ""]))
                    if number == _NO_LIST:
                        self._keep_everywhere(row.email)
            self._database.executemany("INSERT INTO listed VALUES (?, ?)", listed)
            self._database.executemany(_ADD_OUTCOME, outcomes)

    def _keep_everywhere(self, email: str) -> None:
        if is_address(email):
            self._keep.add(email_key(email))
        else:
            self._unreadable = True

    def _added_person(self, outcome: PersonOutcome) -> _Values:
        """Return the outcome of a person who is on no row, with cells for the address and the target."""
        target = outcome.target
        values = {
            "email": outcome.email,
            f"{target.kind}_id": str(target.id),
            "occurrence_ids": " ".join(target.occurrence_ids),
        }
        cells = {at: values[name] for name, at in self._reader.fields.items() if name in values}
        key = email_key(outcome.email)
        return (0, str(target), key, msgspec.json.encode(cells), msgspec.json.encode(result_cells(outcome)))

    def _result_rows(self, table: ResultsTable) -> Iterator[list[str]]:
        yield table.header
        rows = _fetch(
            self._database,
            "SELECT cells, results FROM record LEFT JOIN outcome ON outcome.line = record.line ORDER BY record.line",
        )
        for cells, results in cast("Iterator[tuple[bytes, bytes | None]]", rows):
            texts = [cell_text(cell) for cell in _decoded(cells)]
            yield table.row(texts, NOT_REACHED if results is None else _TEXTS.decode(results))
        rows = _fetch(self._database, "SELECT target_cells, results FROM outcome WHERE line = 0 ORDER BY rowid")
        for cells, results in cast("Iterator[tuple[bytes, bytes]]", rows):
            yield table.added_row(_CELLS.decode(cells), _TEXTS.decode(results))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of the list with this *number*, which are read from the database while they are iterated over."""

    database: sqlite3.Connection
    reader: RowReader
    number: int

    def __iter__(self) -> Iterator[DesiredRow]:
        rows = _fetch(
            self.database,
            "SELECT line, cells, fault FROM listed JOIN record USING (line) WHERE list = ? ORDER BY line",
            self.number,
        )
        for line, cells, fault in cast("Iterator[tuple[int, bytes, str]]", rows):
            yield self.reader.read(line, _decoded(cells), fault)[1]


_TEXTS = msgspec.json.Decoder(list[str])
_CELLS = msgspec.json.Decoder(dict[int, str])
_DECODER = msgspec.json.Decoder(list[object])


def _decoded(cells: bytes) -> list[object]:
    return _DECODER.decode(cells)


def _row_outcome(line: int, results: list[str]) -> _Values:
    return (line, "", "", b"", msgspec.json.encode(results))


def _fetch(database: sqlite3.Connection, sql: str, *parameters: int) -> Iterator[tuple[object, ...]]:
    """Yield the rows that *sql* selects."""
    with storing("list"):
        cursor = database.execute(sql, parameters)
    while True:
        with storing("list"):
            rows = cast("list[tuple[object, ...]]", cursor.fetchmany(_BATCH_ROWS))
        if not rows:
            return
        yield from rows


def _batches(rows: Iterable[_T]) -> Iterator[list[_T]]:
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield batch
