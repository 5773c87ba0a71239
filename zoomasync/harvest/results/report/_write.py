"""Reads a store, and writes its report."""

from __future__ import annotations

from pathlib import Path

from ....errors import ConfigError, StoreError
from ...stores.sqlite.reader import reading
from ..call_history import call_history
from ..status import status_of
from ._bundle import check_extra
from ._drift import drifts_of
from ._html import MOST_LINES
from ._page import page_of


def write_report(store: str | Path, to: str | Path | None = None) -> Path:
    """Write what became of the harvest in *store* to the HTML file *to*, and return its path.

    It is ``<store>.html`` beside the store unless told otherwise, and replaced when it is there. The same store gives
    the same bytes. A harvest may go on meanwhile. Needs the extra ``report``.

    Raises `ConfigError` when there is no such store or *to* is the store, and `StoreError` when reading or writing
    fails.
    """
    check_extra()
    path = Path(store)
    target = path.with_name(f"{path.name}.html") if to is None else Path(to)
    with reading(path) as connection:
        if target.exists() and target.samefile(path):
            raise ConfigError(f"the report cannot be written over the store {path}: give another file")
        manifest = status_of(connection, at_most=MOST_LINES)
        stats = call_history(connection)
        invalid_rows, drift_count = drifts_of(connection, at_most=MOST_LINES)
    page = page_of(path.name, manifest, stats, invalid_rows, drift_count)
    try:
        target.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        failure = StoreError(f"the report {target} cannot be written: {error.strerror}")
        raise failure from None
    return target
