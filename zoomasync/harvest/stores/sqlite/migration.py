"""The migration of a version 2 store, as zoomasync 0.1.0 wrote it, to version 3."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...streams import STREAMS

MIGRATED_VERSION: Final = 2

_TABLES = {"drift": "rejected_rows", "traffic": "call_samples"}
_COLUMNS = {"drifted": "invalid_rows", "parked_until": "deferred_until", "note": "warning"}
_STATES = {
    "waiting": "pending",
    "open": "in_progress",
    "gone": "not_found",
    "refused": "rejected",
    "parked": "deferred",
}


def migrate(connection: sqlite3.Connection) -> None:
    """Rename the tables, columns and states of version 2, and add a column, inside the caller's transaction.

    Partitions of hosts and instances without an id, which can never be fetched, are removed.
    """
    for old, new in _TABLES.items():
        connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
    for old, new in _COLUMNS.items():
        connection.execute(f"ALTER TABLE partition RENAME COLUMN {old} TO {new}")
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        if name in STREAMS:
            connection.execute(f'ALTER TABLE "{name}" RENAME COLUMN _raw TO _extra')
    connection.executemany(
        "UPDATE partition SET state = ? WHERE state = ?", [(new, old) for old, new in _STATES.items()]
    )
    connection.execute("DELETE FROM partition WHERE key = '' OR stream = 'user_meetings' AND key LIKE '/%'")
    connection.execute("ALTER TABLE partition ADD COLUMN not_found_runs INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE partition SET not_found_runs = 1 WHERE state = 'not_found'")
