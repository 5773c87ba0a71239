"""The progress of a harvest: a live bar on a terminal, otherwise one line every five seconds."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from .. import Zoom
from ..harvest import Progress

_BAR_SECONDS = 0.25
_LINE_SECONDS = 5.0
_WINDOW_SECONDS = 10.0


class _View:
    """The text about a running harvest."""

    def __init__(self, progress: Progress, zoom: Zoom) -> None:
        self.progress = progress
        self._zoom = zoom
        self._samples = deque[tuple[float, int, int]]()  # of the time, the calls and the finished partitions

    def text(self) -> str:
        calls = sum(stats.calls for stats in self._zoom.stats.values())
        progress = self.progress
        call_rate, partition_rate = self._rates(time.monotonic(), calls, progress.done)
        return (
            f"{progress.done:,} of {progress.known:,} partitions, {progress.rows:,} rows, "
            f"{calls:,} calls ({call_rate:.1f}/s), {_remaining_time(progress, partition_rate)}"
        )

    def _rates(self, now: float, calls: int, done: int) -> tuple[float, float]:
        """Return the calls and partitions per second over the last seconds."""
        self._samples.append((now, calls, done))
        while now - self._samples[0][0] > _WINDOW_SECONDS:
            self._samples.popleft()
        first, first_calls, first_done = self._samples[0]
        seconds = now - first
        return ((calls - first_calls) / seconds, (done - first_done) / seconds) if seconds else (0.0, 0.0)


def _remaining_time(progress: Progress, partition_rate: float) -> str:
    partitions = progress.known - progress.done
    if progress.deferred_until is not None:
        return f"daily quota used up, waiting until {progress.deferred_until:%Y-%m-%d %H:%M} UTC"
    if not progress.listed:
        return "listing"
    if not partitions:
        return "done"
    if not partition_rate:
        return "no estimate yet"
    minutes, seconds = divmod(round(partitions / partition_rate), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02} left" if hours else f"{minutes}:{seconds:02} left"


@asynccontextmanager
async def show_progress(progress: Progress, zoom: Zoom, console: Console) -> AsyncGenerator[None, None]:
    """Show *progress* on *console* while the block runs."""
    view = _View(progress, zoom)
    show = _bar if console.is_terminal else _lines
    task = asyncio.create_task(show(view, console))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _bar(view: _View, console: Console) -> None:
    columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
    with Bar(*columns, console=console, refresh_per_second=1 / _BAR_SECONDS) as bar:
        task = bar.add_task("")
        try:
            while True:
                progress = view.progress
                bar.update(task, description=view.text(), completed=progress.done, total=max(1, progress.known))
                await anyio.sleep(_BAR_SECONDS)
        finally:
            bar.update(task, description=view.text(), completed=view.progress.done, total=max(1, view.progress.known))


async def _lines(view: _View, console: Console) -> None:
    while True:
        console.print(view.text(), soft_wrap=True, highlight=False)
        await anyio.sleep(_LINE_SECONDS)
