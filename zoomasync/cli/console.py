"""Where the commands print to."""

from __future__ import annotations

import os
import sys

from rich import box
from rich.console import Console
from rich.table import Table

_PLAIN_WIDTH = 200


def table(first: str, *headings: str) -> Table:
    """Return a table whose columns behind the first hold numbers, but for the label."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column(first)
    for heading in headings:
        made.add_column(heading, justify="left" if heading == "label" else "right")
    return made


class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Go quiet: who reads has seen enough, and the work goes on."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def stdout() -> Console:
    """Return the terminal, or for a file or pipe, which has no width to fit into, something wide."""
    console = _Output()
    return console if console.is_terminal else _Output(width=_PLAIN_WIDTH)
