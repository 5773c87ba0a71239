"""The migration of a store of an earlier version to version 4; version 2 is that of zoomasync 0.1.0."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...streams import STREAMS

MIGRATED_VERSIONS: Final = (2, 3)

_TABLES = {"drift": "rejected_rows", "traffic": "call_samples"}
_COLUMNS = {"drifted": "invalid_rows", "parked_until": "deferred_until", "note": "warning"}
_STATES = {
    "waiting": "pending",
    "open": "in_progress",
    "gone": "not_found",
    "refused": "rejected",
    "parked": "deferred",
}


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Migrate a store of this *version*, inside the caller's transaction."""
    if version == MIGRATED_VERSIONS[0]:
        _from_version_2(connection)
    _from_version_3(connection)


def _from_version_2(connection: sqlite3.Connection) -> None:
    """Rename the tables, columns and states of version 2, and add a column.

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


def _from_version_3(connection: sqlite3.Connection) -> None:
    """Add the columns of version 4, and note the streams of the store.

    The run of a partition is the last one that began before its fetch. The next run fills in the account.
    """
    connection.execute("DROP INDEX IF EXISTS partition_by_day")
    for table, columns in _ADDED.items():
        for column in columns:
            connection.execute(f'ALTER TABLE "{table}" ADD COLUMN {column} TEXT')
    # Runs that began in the same second have names that differ and sort, too.
    connection.execute("UPDATE run SET name = substr(started_at, 1, 19) || printf('.%06dZ', id)")
    connection.execute("CREATE TABLE stream (name TEXT PRIMARY KEY, backfilled INTEGER NOT NULL) WITHOUT ROWID")
    connection.execute("INSERT INTO stream SELECT DISTINCT stream, 1 FROM partition")
    connection.execute(
        "UPDATE partition SET last_run = coalesce("
        "(SELECT name FROM run WHERE started_at <= fetched_at ORDER BY id DESC LIMIT 1), fetched_at)"
    )
    connection.execute(
        "UPDATE partition SET run = coalesce(last_run, ''), stored_at = fetched_at, stored_from = from_, "
        "stored_to = to_ WHERE state IN ('done', 'empty') OR (state != 'in_progress' AND rows + invalid_rows > 0)"
    )
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        if name in STREAMS or name == "rejected_rows":
            stream = '"rejected_rows".stream' if name == "rejected_rows" else f"'{name}'"
            for column in ("_account", "_fetched_at", "_run", "_version"):
                connection.execute(f'ALTER TABLE "{name}" ADD COLUMN {column} TEXT')
            connection.execute(
                f'UPDATE "{name}" SET (_fetched_at, _run) = (SELECT fetched_at, run FROM partition p '
                f'WHERE p.stream = {stream} AND p.key = "{name}"._part)'
            )


_ADDED = {
    "harvest": ("account_id", "account_label", "privacy"),
    "partition": ("run", "stored_at", "stored_from", "stored_to", "last_run"),
    "run": ("name",),
}
