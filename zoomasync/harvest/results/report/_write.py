"""The function that reads a store and writes its report."""

from __future__ import annotations

from pathlib import Path

from ....errors import ConfigError, StoreError
from ...stores.sqlite.reader import reading
from ..call_history import call_history
from ..status import status_of
from ._html import MAX_LINES
from ._page import Contents, page
from ._rejected_rows import rejected_rows
from ._script import check_extra


def write_report(store: str | Path, to: str | Path | None = None) -> Path:
    """Write a report of *store* to the HTML file *to*, and return its path.

    The default is ``<store>.html`` in the folder of the store. An existing file is replaced. The same store gives the
    same bytes. A harvest may write to the store meanwhile. Needs the extra ``report``.

    Raises `ConfigError` if there is no such store or *to* is the store, and `StoreError` if reading or writing fails.
    """
    check_extra()
    path = Path(store)
    target = path.with_name(f"{path.name}.html") if to is None else Path(to)
    with reading(path) as connection:
        if target.exists() and target.samefile(path):
            raise ConfigError(f"the report would be written over the store {path}: choose another file")
        status = status_of(connection, limit=MAX_LINES)
        groups, group_count = rejected_rows(connection, limit=MAX_LINES)
        contents = Contents(path.name, status, call_history(connection), groups, group_count)
    try:
        target.write_text(page(contents), encoding="utf-8", newline="\n")
    except OSError as error:
        failure = StoreError(f"the report {target} cannot be written: {error.strerror}")
        raise failure from None
    return target
