"""The store, for those who only read it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from ....errors import ConfigError, StoreError, ZoomError
from .schema import APPLICATION_ID, VERSION


@contextmanager
def reading(path: str | Path) -> Generator[sqlite3.Connection, None, None]:
    """Give a connection that can read the store at *path*, as it was at one moment, while a harvest may write to it.

    Raises `ConfigError` for a file that is no harvest store which this version reads, and turns what SQLite finds wrong
    later into `StoreError`. Do not linger: what is written meanwhile piles up beside the store.
    """
    path = Path(path)
    try:
        with closing(_connected(path)) as connection:
            connection.execute("BEGIN")  # one transaction to the end: one moment for all that is read
            _check(connection, path)
            yield connection
    except sqlite3.Error as error:
        failure = _failure(error, path)
        raise failure from error


def _connected(path: Path) -> sqlite3.Connection:
    # As a URI also what has a meaning in one is quoted: "?", "#" and "%" may be in the name of a file.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise ConfigError(f"{path} is not a harvest store")
    if version != VERSION:
        remedy = "update zoomasync" if version > VERSION else "read it with the zoomasync that wrote it"
        raise ConfigError(
            f"{path} is a harvest store of version {version}, and this zoomasync reads version {VERSION}: {remedy}"
        )


def _failure(error: sqlite3.Error, path: Path) -> ZoomError:
    """Return what *error* means to somebody who gave *path*."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return ConfigError(f"{path} is not a harvest store")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_READONLY if not path.is_file():
            return ConfigError(f"there is no store {path}: harvest into it first")
        case sqlite3.SQLITE_READONLY:
            return ConfigError(
                f"the store {path} is in a folder that must not be written to, and SQLite keeps a file beside a "
                "store that it reads: copy it elsewhere first"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return ConfigError(f"the store {path} cannot be opened: {error}")
        case _:
            return StoreError(f"the store {path} cannot be read: {error}")
