"""``zoomasync export``: files of what a store holds."""

from __future__ import annotations

from pathlib import Path

from ...harvest.results.export import Format
from ...harvest.results.export import export as write_files
from ..console import stdout, table
from ..exit_codes import Exit
from ..extras import extra


def export(*, store: Path, to: Path, format_: Format, raw: bool) -> int:
    """Write the files, and print which there are."""
    with extra():
        rows = write_files(store, to, format=format_, raw=raw)
    files = table("file", "rows")
    for name, count in rows.items():
        files.add_row(f"{name}.{format_}", f"{count:,}")
    stdout().print(files)
    return Exit.COMPLETE
