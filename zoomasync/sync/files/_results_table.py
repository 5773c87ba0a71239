"""The table of a results file: the columns of the input, and those of the outcomes."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ..._disk.files import atomic_write, create_private
from ..._disk.spreadsheets import without_formula
from ...errors import StoreError
from ..outcomes import PersonOutcome

RESULT_COLUMNS = ("outcome", "reason", "status", "registrant_id", "join_url")
NOT_REACHED = ("not_reached", "", "", "", "")
"""The cells of a row without an outcome, because the sync was interrupted or did not begin."""

_ID = re.compile(r"[\w-]{22}", re.ASCII)
_PREFIX = "zoom_"  # for a column of ours whose heading the input has too


def result_cells(outcome: PersonOutcome) -> list[str]:
    """Return the cells of *outcome*, one per column of the results; the reason includes the error of Zoom."""
    code = "" if outcome.code is None else f"Zoom code {outcome.code}"
    reason = ": ".join(text for text in (outcome.reason, code, outcome.message) if text)
    return [outcome.result.value, reason, outcome.status, outcome.registrant_id, outcome.join_url]


def old_results(headings: Sequence[str]) -> range:
    """Return the positions of the columns that an earlier results file added; empty if there are none."""
    plain = [heading.removeprefix(_PREFIX) for heading in headings]
    width = len(RESULT_COLUMNS)
    starts = (at for at in reversed(range(len(plain) - width + 1)) if tuple(plain[at : at + width]) == RESULT_COLUMNS)
    start = next(starts, 0)
    return range(start, start + width) if start else range(0)


class ResultsTable:
    """The rows of a results file for an input with *headings*, in which *old* are the columns of earlier results."""

    def __init__(self, headings: Sequence[str], old: range, delimiter: str, *, raw: bool) -> None:
        self._width = len(headings)
        self._kept = [at for at in range(self._width) if at not in old]
        self._delimiter = delimiter
        self._guarded: Callable[[Sequence[str]], list[str]] = list if raw else guarded
        kept = [headings[at] for at in self._kept]
        self.header = [*kept, *(_PREFIX + name if name in kept else name for name in RESULT_COLUMNS)]

    def row(self, cells: Sequence[str], results: Sequence[str]) -> list[str]:
        """Return the line of a row of the input. Surplus cells of a malformed row are joined to the last one."""
        cells = [*cells, *[""] * (self._width - len(cells))]
        if len(cells) > self._width:
            last = self._width - 1
            cells = [*cells[:last], self._delimiter.join(cells[last:])]
        return [*(cells[at] for at in self._kept), *self._guarded(results)]

    def added_row(self, cells: Mapping[int, str], results: Sequence[str]) -> list[str]:
        """Return the line of a person who is on no row of the input. *cells* has the filled ones by position."""
        return self._guarded([cells.get(at, "") for at in self._kept] + [*results])


def guarded(cells: Sequence[str]) -> list[str]:
    """Return *cells* of ours without text that a spreadsheet may run as a formula."""
    # An id of Zoom's may start with a hyphen; it is no formula, and has to match Zoom's.
    return [cell if _ID.fullmatch(cell) else without_formula(cell) for cell in cells]


def write_csv(path: Path, rows: Iterable[Sequence[str]], delimiter: str, encoding: str) -> None:
    """Write *rows* to *path*, which only its owner can read, and which is replaced at the end. Raises `StoreError`."""
    try:
        with atomic_write(path.resolve()) as temporary:  # the file behind a symbolic link
            temporary.unlink(missing_ok=True)  # one that a killed process left, with any permissions
            create_private(temporary)
            with temporary.open("w", encoding=encoding, newline="") as file:
                csv.writer(file, delimiter=delimiter).writerows(rows)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise StoreError(f"the results cannot be written to {path}: {error.strerror or error}") from error
