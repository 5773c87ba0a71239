"""What rows were not as the reference says, told of together."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """How many rows of a stream were not what the reference says, at one place and for one reason."""

    stream: str
    path: str
    reason: str
    rows: int


def drifts_of(connection: sqlite3.Connection, *, at_most: int) -> tuple[Sequence[InvalidRow], int]:
    """Return the *at_most* so many most frequent drifts of a store, and how many there are."""
    lines = connection.execute(
        "SELECT stream, path, reason, count(*) FROM rejected_rows GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
    ).fetchall()
    return [InvalidRow(*line) for line in lines[:at_most]], len(lines)
