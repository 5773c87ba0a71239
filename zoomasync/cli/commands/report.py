"""``zoomasync report``: an HTML file that tells what a store holds and what it lacks."""

from __future__ import annotations

from pathlib import Path

from ...harvest import write_report
from ..console import stdout
from ..exit_codes import Exit
from ..extras import extra


def report(*, store: Path, to: Path | None) -> int:
    """Write the file, and print where it is."""
    with extra():
        written = write_report(store, to)
    stdout().print(str(written), markup=False, highlight=False, soft_wrap=True)
    return Exit.COMPLETE
