"""``zoomasync export``: files of what a store holds."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.table import Table

from ..errors import ConfigError
from ..harvest.export import Format
from ..harvest.export import export as write_files
from ._console import stdout
from ._exit import Exit


def export(*, store: Path, to: Path, format_: Format, raw: bool) -> int:
    """Write the files, and print which there are."""
    try:
        rows = write_files(store, to, format=format_, raw=raw)
    except ModuleNotFoundError as missing:
        failure = ConfigError(str(missing))
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("file")
        table.add_column("rows", justify="right")
        for name, count in rows.items():
            table.add_row(f"{name}.{format_}", f"{count:,}")
        stdout().print(table)
        return Exit.COMPLETE
    raise failure
