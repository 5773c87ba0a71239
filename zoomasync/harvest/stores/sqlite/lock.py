"""The lock beside a store: one harvest at a time."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class Lock:
    """Held by one process at a time, and let go of by the system when that dies, however it dies.

    It is the lock of an empty SQLite file, since that is the one of the standard library that works everywhere. The
    file stays: whoever deleted it could delete the one that somebody has just locked.
    """

    def __init__(self, store: Path) -> None:
        self._path = store.parent / f"{store.name}.lock"
        self._connection: sqlite3.Connection | None = None

    def take(self) -> bool:
        """Take the lock, or return False when somebody has it. Raises ``sqlite3.Error`` when it cannot be made."""
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        self._connection = connection
        return True

    def let_go(self) -> None:
        """Let others have it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
