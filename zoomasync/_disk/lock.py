"""A lock file, which admits one process at a time."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class Lock:
    """A lock that one process holds at a time. The system releases it when that process ends, however it ends.

    It is SQLite's lock on an empty database ``<name>.lock``: the only file lock of the standard library that works on
    every platform. The file is never deleted; another process could have locked it just before.
    """

    def __init__(self, path: Path) -> None:
        """Describe the lock of the file or thing at *path*, which need not exist; its folder must."""
        self._path = path.parent / f"{path.name}.lock"
        self._connection: sqlite3.Connection | None = None

    def acquire(self) -> bool:
        """Acquire the lock; return False if another process holds it. Raises `sqlite3.Error` for other reasons."""
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

    def release(self) -> None:
        """Release the lock if it is held."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
