"""The command ``zoomasync export``."""

from __future__ import annotations

from pathlib import Path

from ...harvest import export_tables
from ...harvest.results.export import Format
from ..console import stdout, table
from ..exit_codes import Exit
from ..extras import extra


def export_files(*, store: Path, to: Path, format_: Format, raw: bool, changed_since: str | None) -> int:
    """Write the files, and list them."""
    with extra():
        rows = export_tables(store, to, format=format_, raw=raw, changed_since=changed_since)
    files = table("file", "rows")
    for name, count in rows.items():
        files.add_row(f"{name}.{format_}", f"{count:,}")
    stdout().print(files)
    return Exit.COMPLETE
