"""Lock files, which admit one process at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
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

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._connection is not None

    def acquire(self) -> bool:
        """Acquire the lock; return False if another process holds it. Raises `sqlite3.Error` for other reasons."""
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
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

    def release_numbered(self, above: int) -> int:
        """Release the lock, and return a number higher than *above* and than every number that this has returned."""
        if self._connection is None:
            raise RuntimeError("the lock is not held")
        last: tuple[int] = self._connection.execute("PRAGMA user_version").fetchone()
        number = max(above, *last) + 1
        self._connection.execute(f"PRAGMA user_version = {number:d}")
        self._connection.execute("COMMIT")
        self.release()
        return number


class NumberedLock:
    """A lock for which processes wait in turns, and whose holders have ascending numbers.

    A process that waits holds a second lock, the turn. So the one that has just released the lock and wants it again
    must wait behind it.
    """

    def __init__(self, path: Path) -> None:
        """Describe the lock of the file or thing at *path*, which need not exist; its folder must."""
        self._lock = Lock(path)
        self._turn = Lock(path.with_name(f"{path.name}.turn"))

    def acquire(self, number_above: Callable[[], int]) -> int | None:
        """Acquire the lock, and return its number; return None if another process holds it, but keep the turn.

        The number is higher than all before, and than that of *number_above*, which is called with the lock.
        Raises `sqlite3.Error` for other reasons.
        """
        if not self._turn.is_held and not self._turn.acquire():
            return None
        return self._turn.release_numbered(number_above()) if self._lock.acquire() else None

    def release(self) -> None:
        """Release the lock, or the turn to wait for it."""
        self._turn.release()
        self._lock.release()
