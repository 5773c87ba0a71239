"""Read access to a store, also while a harvest writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from ....errors import ConfigError, StoreError, ZoomError
from ...columns import Cell
from .migration import MIGRATED_VERSIONS
from .schema import APPLICATION_ID, VERSION


@contextmanager
def reading(path: str | Path) -> Generator[sqlite3.Connection, None, None]:
    """Provide a connection that reads the store at *path* as it is at this moment.

    A harvest may write to the store meanwhile. Its writes collect in a file next to the store until the block ends, so
    keep the block short. Raises `ConfigError` for a file that is not a harvest store of this version, and `StoreError`
    for errors of SQLite inside the block.
    """
    path = Path(path)
    # as_uri() quotes the characters of a file name that have a meaning in a URI, such as "?" and "#".
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.execute("BEGIN")  # one transaction, so that all queries see the same moment
            _check(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise _failure(error, path) from error


def named_rows(connection: sqlite3.Connection, sql: str, *parameters: Cell) -> list[dict[str, Cell]]:
    """Return the rows that *sql* selects, each with its cells by column name."""
    cursor = connection.execute(sql, parameters)
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise ConfigError(f"{path} is not a harvest store")
    if version == VERSION:
        return
    remedy = "read it with the zoomasync that wrote it"
    if version in MIGRATED_VERSIONS:
        remedy = f"run `zoomasync harvest` on it once to migrate it to version {VERSION}"
    elif version > VERSION:
        remedy = "update zoomasync"
    raise ConfigError(
        f"{path} is a harvest store of version {version}, and this zoomasync reads version {VERSION}: {remedy}"
    )


def _failure(error: sqlite3.Error, path: Path) -> ZoomError:
    """Return *error* as an error about the store at *path*."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return ConfigError(f"{path} is not a harvest store")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_READONLY if not path.is_file():
            return ConfigError(f"there is no store {path}: harvest into it first")
        case sqlite3.SQLITE_READONLY:
            return ConfigError(
                f"the store {path} is in a read-only folder, and SQLite needs to create a file next to a store to read "
                "it: copy it elsewhere first"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return ConfigError(f"the store {path} cannot be opened: {error}")
        case _:
            return StoreError(f"the store {path} cannot be read: {error}")
