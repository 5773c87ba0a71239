"""The file of a journal: its tables, its place, and its owner's rights."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from pathlib import Path
from typing import Final

from .._disk.files import create_private
from ..errors import ConfigError, StoreError

APPLICATION_ID: Final = 0x5A4D5253  # "ZMRS": identifies a journal among SQLite databases
VERSION: Final = 1
KEPT_DAYS: Final = 7
_WRITE_DAYS = 2  # they count for one day of Zoom's, by clocks that may differ
_BUSY_SECONDS = 30.0

# `person`: the knowledge of one person, and the last write about the person, which was sent or answered at `since`;
# `version` is its number. `write`: the writes of the last days; those that Zoom did not receive are deleted.
# `rejection`: people whom Zoom has rejected, and with an empty address, targets. `capacity`: the seats of a target that
# was full.
_TABLES = """
CREATE TABLE IF NOT EXISTS person (
    target TEXT NOT NULL,
    email TEXT NOT NULL,
    knowledge TEXT NOT NULL,
    ours INTEGER NOT NULL,
    registrant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    since REAL NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (target, email)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS write (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    meeting TEXT NOT NULL,
    email TEXT NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS write_by_person ON write (meeting, email, day);
CREATE TABLE IF NOT EXISTS rejection (
    target TEXT NOT NULL,
    email TEXT NOT NULL,
    change TEXT NOT NULL,
    reason TEXT NOT NULL,
    code INTEGER,
    message TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (target, email)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS capacity (
    target TEXT PRIMARY KEY,
    seats INTEGER NOT NULL,
    day TEXT NOT NULL
) WITHOUT ROWID
"""


def open_journal(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """Open the journal at *path*, which is created if it is missing, and return connections for writes and for reads.

    Raises `ConfigError`, and leaves the file unchanged, if it is not a journal or has another version, and `StoreError`
    if it cannot be opened.
    """
    connection: sqlite3.Connection | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_private(path)
        connection = _connect(path)
        _check(path, connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _prepare(connection)
        reader = _connect(path)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error | OSError):
            raise journal_error(path, "opened", error) from None
        raise
    return connection, reader


def _connect(path: Path) -> sqlite3.Connection:
    # An absolute path is never one of SQLite's special names, such as ":memory:".
    return sqlite3.connect(path.absolute(), isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)


def journal_error(path: Path, verb: str, error: Exception) -> StoreError | ConfigError:
    """Return the error for a journal that cannot be opened, read or written, the *verb*."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
        return ConfigError(f"{path.name} is not a journal of registrants and was left unchanged")
    return StoreError(f"the journal {path.name} cannot be {verb}: {error}")


def default_journal(account_id: str) -> Path:
    """Return the path of the journal of an account: one file in the folder where programs of this user keep state.

    The folder is ``zoomasync`` in ``$XDG_STATE_HOME``, or else in ``~/.local/state``; on Windows, in
    ``%LOCALAPPDATA%``.
    """
    # Account ids may differ in case only, which not every file system tells apart.
    name = f"registrants-{hashlib.sha256(account_id.encode()).hexdigest()[:16]}.sqlite"
    home = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else os.environ.get("XDG_STATE_HOME")
    folder = Path(home) if home and Path(home).is_absolute() else Path.home() / ".local" / "state"
    return folder / "zoomasync" / name


def _check(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `ConfigError` if the database is neither new nor a journal of this version."""
    ((application,), (version,), (tables,)) = (
        connection.execute(query).fetchone()
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
    )
    if (application, version, tables) == (0, 0, 0):
        return
    if application != APPLICATION_ID:
        raise ConfigError(f"{path.name} is not a journal of registrants and was left unchanged")
    if version != VERSION:
        raise ConfigError(
            f"{path.name} is a journal of another version ({version}, this is {VERSION}) and was left unchanged: "
            "update zoomasync"
        )


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for table, days in (("write", _WRITE_DAYS), ("rejection", KEPT_DAYS), ("capacity", KEPT_DAYS)):
        connection.execute(f"DELETE FROM {table} WHERE julianday('now') - julianday(day) > ?", (days,))  # noqa: S608  fixed names
    connection.execute("COMMIT")
