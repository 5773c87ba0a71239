"""The output of the commands: the console, and tables of numbers."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

_WIDTH_WITHOUT_TERMINAL = 200


def table(first: str, *headings: str) -> Table:
    """Return a table whose columns after the first are right-aligned, except for ``label``."""
    result = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    result.add_column(first)
    for heading in headings:
        result.add_column(heading, justify="left" if heading == "label" else "right")
    return result


@contextmanager
def logging_to(console: Console) -> Generator[None, None, None]:
    """Print the warnings and errors that the package logs while the block runs, above a progress bar."""
    logger, handler = logging.getLogger("zoomasync"), _ConsoleHandler(console)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _ConsoleHandler(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print *record*, with its traceback if it has one."""
        first, *others = self.format(record).splitlines()
        for line in (f"{record.levelname.capitalize()}: {first}", *others):
            print_line(line, self._console)


def number_text(number: int) -> str:
    """Return *number* with separators of thousands."""
    return f"{number:,}"


class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Stop printing and continue the command: the reader of the pipe has closed it."""
        self.quiet = True
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def print_line(line: str, console: Console) -> None:
    """Print *line* unchanged, except for characters that control a terminal."""
    console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def printable(text: str) -> str:
    """Return *text* without characters that control a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def print_json(data: object) -> None:
    """Print *data* as formatted JSON."""
    stdout().out(msgspec.json.format(msgspec.json.encode(data)).decode(), highlight=False)


def stdout() -> Console:
    """Return a console for the terminal, or a wide one for a file or pipe."""
    console = _Output()
    return console if console.is_terminal else _Output(width=_WIDTH_WITHOUT_TERMINAL)
