"""The command ``zoomasync report``."""

from __future__ import annotations

from pathlib import Path

from ...harvest import write_report
from ..console import stdout
from ..exit_codes import Exit
from ..extras import extra


def write_html(*, store: Path, to: Path | None) -> int:
    """Write the report, and print its path."""
    with extra():
        path = write_report(store, to)
    stdout().print(str(path), markup=False, highlight=False, soft_wrap=True)
    return Exit.COMPLETE
