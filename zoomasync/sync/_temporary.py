"""The errors of the temporary databases of a sync, which are files without a name that SQLite removes."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from ..errors import StoreError


@contextmanager
def storing(content: str) -> Generator[None, None, None]:
    """Raise `StoreError` for an error of the database that keeps *content*, except for a violated constraint."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        raise StoreError(f"the {content} cannot be kept in a temporary file: {error}") from error
