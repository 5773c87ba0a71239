"""The invalid rows of a store, grouped by stream, path and reason."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """The number of *rows* of one stream that are invalid at the same JSON *path* for the same *reason*."""

    stream: str
    path: str
    reason: str
    rows: int


def rejected_rows(connection: sqlite3.Connection, *, limit: int) -> tuple[Sequence[RejectedRows], int]:
    """Return at most *limit* groups of invalid rows, the largest first, and the number of all groups."""
    groups = connection.execute(
        "SELECT stream, path, reason, count(*) FROM rejected_rows GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
    ).fetchall()
    return [RejectedRows(*group) for group in groups[:limit]], len(groups)
