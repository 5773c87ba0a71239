"""The progress of a command: a live bar on a terminal, otherwise one line every five seconds."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

import anyio
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from .. import Zoom

_BAR_SECONDS = 0.25
_LINE_SECONDS = 5.0
_WINDOW_SECONDS = 10.0


class ProgressView(Protocol):
    """The text about running work, and the share of it that is *done*."""

    @property
    def done(self) -> int:
        """The number of finished steps."""
        ...

    @property
    def total(self) -> int:
        """The number of steps that are known so far."""
        ...

    def text(self) -> str:
        """Return the present numbers."""
        ...


class Rates:
    """The growth per second of two numbers over the last seconds."""

    def __init__(self) -> None:
        self._samples = deque[tuple[float, int, int]]()

    def add(self, first: int, second: int) -> tuple[float, float]:
        """Add the present numbers, and return their growth per second."""
        now = time.monotonic()
        self._samples.append((now, first, second))
        while now - self._samples[0][0] > _WINDOW_SECONDS:
            self._samples.popleft()
        start, old_first, old_second = self._samples[0]
        seconds = now - start
        return ((first - old_first) / seconds, (second - old_second) / seconds) if seconds else (0.0, 0.0)


def calls_of(zoom: Zoom) -> int:
    """Return the number of calls that *zoom* has made."""
    return sum(stats.calls for stats in zoom.stats.values())


def time_text(remaining: int, rate: float) -> str:
    """Return the time that the *remaining* steps take at *rate* steps per second, as text."""
    if not remaining:
        return "done"
    if not rate:
        return "no estimate yet"
    minutes, seconds = divmod(round(remaining / rate), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02} left" if hours else f"{minutes}:{seconds:02} left"


@asynccontextmanager
async def show_progress(view: ProgressView, console: Console) -> AsyncGenerator[None, None]:
    """Show *view* on *console* while the block runs."""
    show = _bar if console.is_terminal else _lines
    task = asyncio.create_task(show(view, console))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _bar(view: ProgressView, console: Console) -> None:
    columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
    with Bar(*columns, console=console, refresh_per_second=1 / _BAR_SECONDS) as bar:
        task = bar.add_task("")
        try:
            while True:
                bar.update(task, description=view.text(), completed=view.done, total=max(1, view.total))
                await anyio.sleep(_BAR_SECONDS)
        finally:
            bar.update(task, description=view.text(), completed=view.done, total=max(1, view.total))


async def _lines(view: ProgressView, console: Console) -> None:
    while True:
        console.print(view.text(), soft_wrap=True, highlight=False)
        await anyio.sleep(_LINE_SECONDS)
