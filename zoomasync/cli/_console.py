"""Where the commands print to."""

from __future__ import annotations

from rich.console import Console

_PLAIN_WIDTH = 200


def stdout() -> Console:
    """Return the terminal, or for a file or pipe, which has no width to fit into, something wide."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)
