"""The class `PlanResults`: a results file of a plan without an input file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from .._temporary import storing
from ..outcomes import PersonOutcome
from ..sync_plan import SyncPlan
from ._results_table import NOT_REACHED, RESULT_COLUMNS, guarded, result_cells, write_csv

# One line per person of the plan, in its order.
_TABLES: Final = """
PRAGMA journal_mode = OFF;
CREATE TABLE person (seq INTEGER PRIMARY KEY, target TEXT, row INTEGER, email TEXT, results BLOB);
CREATE INDEX person_by_key ON person (target, email, row);
"""


class PlanResults:
    """The people of a plan and their outcomes, in a temporary database. Close it, or use ``with``.

    The results file of a list that is at hand is `StagedFile.write_results`.
    """

    def __init__(self, plan: SyncPlan) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        with storing("results"):
            self._database.executescript(_TABLES)
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT INTO person (target, row, email) VALUES (?, ?, ?)",
                ((str(target.target), change.row, change.email) for target, change in plan.changes()),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary database."""
        self._database.close()

    def record(self, outcome: PersonOutcome) -> None:
        """Record *outcome* for the results file."""
        with storing("results"):
            self._database.execute(
                "UPDATE person SET results = ? WHERE target = ? AND email = ? AND row IS ?",
                (msgspec.json.encode(result_cells(outcome)), str(outcome.target), outcome.email, outcome.row),
            )

    def write_results(self, path: str | Path, *, raw: bool = False) -> None:
        """Write row, email, target and outcome of each person to a CSV file, as `StagedFile.write_results` does."""
        write_csv(Path(path), self._lines(raw=raw), ",", "utf-8")

    def _lines(self, *, raw: bool) -> Iterator[Sequence[str]]:
        yield ("row", "email", "target", *RESULT_COLUMNS)
        for row, email, target, results in self._database.execute("SELECT row, email, target, results FROM person"):
            cells = NOT_REACHED if results is None else msgspec.json.decode(results, type=list[str])
            line = ("" if row is None else str(row), email, target, *cells)
            yield line if raw else guarded(line)
