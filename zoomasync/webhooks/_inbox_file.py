"""The SQLite file of an inbox, used by one thread at a time."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import threading
import time
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from .._disk.files import create_private
from ..errors import StoreError

_APPLICATION_ID: Final = 0x5A4D5748  # "ZMWH"
_VERSION: Final = 1
_BUSY_SECONDS: Final = 2.0  # Zoom waits three seconds for the answer, and sends the event again
_BUSY_STEP: Final = 0.01
_MAX_ERROR: Final = 500
_PRUNED_AT_ONCE: Final = 10_000  # in some 50 ms: `add` of another process waits for the transaction

# A finished event keeps its key only: the body holds personal data and tokens. Only a pending event has a due_at; that
# of one that was never handed out is 0, so that a clock which is set back does not delay it.
_SCHEMA: Final = (
    """CREATE TABLE event (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      body BLOB,
      added_at REAL NOT NULL,
      due_at REAL,
      attempts INTEGER NOT NULL DEFAULT 0,
      error TEXT,
      failed_at REAL,
      done_at REAL
    ) STRICT""",
    "CREATE INDEX pending ON event (due_at, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX failed ON event (failed_at) WHERE failed_at IS NOT NULL",
    "CREATE INDEX done ON event (done_at) WHERE done_at IS NOT NULL",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A stored event, and how often it was handed out. A failed one has the last *error*, and the time *failed_at*."""

    id: int
    key: str
    body: bytes
    attempts: int
    error: str | None = None
    failed_at: float | None = None


class InboxFile:
    """The file at *path*. It is created when it is first used, readable by its owner only.

    Each method is one transaction, which is on disk when the method returns. All raise `StoreError`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0

    def close(self) -> None:
        """Close the file. Another use opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def add(self, key: str, body: bytes) -> bool:
        """Add an event unless its key is stored; return whether it was added."""
        with self._transaction() as connection:
            added = connection.execute(
                "INSERT INTO event (key, body, added_at, due_at) VALUES (?, ?, ?, 0) ON CONFLICT (key) DO NOTHING",
                (key, body, time.time()),
            )
            return added.rowcount == 1

    def begin(
        self, max_attempts: int, running: Collection[int], max_delay: float = math.inf
    ) -> StoredEvent | float | None:
        """Return the next event that is due, and count the attempt; else the time at which one is due, or None.

        Events whose ids are in *running* are left out. An event that has had all its attempts fails: the process ended
        during the last one. One that would be due in more than *max_delay* seconds is due: the clock was set back.
        """
        now = time.time()
        with self._transaction() as connection:
            while True:
                row = connection.execute(
                    "SELECT id, key, body, attempts, due_at FROM event WHERE due_at IS NOT NULL"
                    " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, id LIMIT 1",
                    (json.dumps(list(running)),),
                ).fetchone()
                if row is None:
                    return None
                id_, key, body, attempts, due_at = cast("tuple[int, str, bytes, int, float]", row)
                if now < due_at <= now + max_delay:
                    return due_at
                if attempts < max_attempts:
                    connection.execute("UPDATE event SET attempts = attempts + 1 WHERE id = ?", (id_,))
                    return StoredEvent(id_, key, body, attempts + 1)
                connection.execute(
                    "UPDATE event SET due_at = NULL, failed_at = ?, error = coalesce(error, ?) WHERE id = ?",
                    (now, "the process ended while the event was handled", id_),
                )

    def undo(self, event: StoredEvent) -> None:
        """Take back an attempt that was interrupted."""
        with self._transaction() as connection:
            connection.execute("UPDATE event SET attempts = attempts - 1 WHERE id = ?", (event.id,))

    def finish(self, event: StoredEvent) -> None:
        """Mark an event as done, and delete its body."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE event SET due_at = NULL, done_at = ?, body = NULL, error = NULL WHERE id = ?",
                (time.time(), event.id),
            )

    def postpone(self, event: StoredEvent, error: str, delay: float | None) -> None:
        """Record a failed attempt: the next one is in *delay* seconds, or there is none."""
        now = time.time()
        with self._transaction() as connection:
            connection.execute(
                "UPDATE event SET error = ?, due_at = ?, failed_at = ? WHERE id = ?",
                (error[:_MAX_ERROR], None if delay is None else now + delay, now if delay is None else None, event.id),
            )

    def failed(self, limit: int) -> list[StoredEvent]:
        """Return the latest failed events."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT id, key, body, attempts, error, failed_at FROM event WHERE failed_at IS NOT NULL"
                " ORDER BY failed_at DESC, id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [StoredEvent(*row) for row in rows]

    def retry(self, keys: Collection[str] | None) -> int:
        """Make failed events pending again, those of *keys* or all; return their number."""
        return self._change(
            "UPDATE event SET failed_at = NULL, attempts = 0, due_at = 0"
            " WHERE failed_at IS NOT NULL AND (:keys IS NULL OR key IN (SELECT value FROM json_each(:keys)))",
            keys,
        )

    def discard(self, keys: Collection[str] | None) -> int:
        """Mark failed events as done, those of *keys* or all; return their number."""
        return self._change(
            "UPDATE event SET failed_at = NULL, body = NULL, done_at = :now"
            " WHERE failed_at IS NOT NULL AND (:keys IS NULL OR key IN (SELECT value FROM json_each(:keys)))",
            keys,
        )

    def prune(self, keep_seconds: float) -> bool:
        """Delete keys of events that were done more than *keep_seconds* ago; return whether there may be more."""
        with self._transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE done_at <= ? LIMIT ?)",
                (time.time() - keep_seconds, _PRUNED_AT_ONCE),
            )
            return deleted.rowcount == _PRUNED_AT_ONCE

    def count(self) -> tuple[int, int, int]:
        """Return the numbers of pending, failed and finished events."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM event WHERE due_at IS NOT NULL),"
                " (SELECT count(*) FROM event WHERE failed_at IS NOT NULL),"
                " (SELECT count(*) FROM event WHERE done_at IS NOT NULL)"  # of the indexes: bodies may be long
            ).fetchone()
        return cast("tuple[int, int, int]", row)

    def _change(self, statement: str, keys: Collection[str] | None) -> int:
        values = {"now": time.time(), "keys": None if keys is None else json.dumps(list(keys))}
        with self._transaction() as connection:
            return connection.execute(statement, values).rowcount

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        with self._lock:
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:  # a full disk rolls back by itself
                        connection.execute("ROLLBACK")
                    raise
            except (sqlite3.Error, OSError) as error:
                raise StoreError(f"the webhook inbox {self._path.name} cannot be used: {error}") from None

    def _open(self) -> sqlite3.Connection:
        # SQLite's connections do not survive a fork, as when a server starts its workers.
        if self._connection is None or self._process != os.getpid():
            create_private(self._path)
            connection = sqlite3.connect(
                self._path, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection, self._process = connection, os.getpid()
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")  # another process may create the tables
        if _number(connection, "schema_version") == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
        if (_number(connection, "application_id"), _number(connection, "user_version")) != (_APPLICATION_ID, _VERSION):
            raise StoreError(f"{self._path.name} is not a webhook inbox of this version: name another file")
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log. SQLite does not always wait for another connection that does so too."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_STEP)
        else:
            return


def _number(connection: sqlite3.Connection, name: str) -> int:
    return cast("tuple[int]", connection.execute(f"PRAGMA {name}").fetchone())[0]
