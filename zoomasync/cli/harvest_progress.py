"""The progress of a harvest as text."""

from __future__ import annotations

from .. import Zoom
from ..harvest import Progress
from .progress import Rates, calls_of, time_text


class HarvestView:
    """The text about a running harvest."""

    def __init__(self, progress: Progress, zoom: Zoom) -> None:
        self._progress = progress
        self._zoom = zoom
        self._rates = Rates()

    @property
    def done(self) -> int:
        """The number of finished partitions."""
        return self._progress.done

    @property
    def total(self) -> int:
        """The number of partitions that are known so far."""
        return self._progress.known

    def text(self) -> str:
        """Return the numbers of the harvest."""
        calls, progress = calls_of(self._zoom), self._progress
        call_rate, partition_rate = self._rates.add(calls, progress.done)
        return (
            f"{progress.done:,} of {progress.known:,} partitions, {progress.rows:,} rows, "
            f"{calls:,} calls ({call_rate:.1f}/s), {_remaining_time(progress, partition_rate)}"
        )


def _remaining_time(progress: Progress, partition_rate: float) -> str:
    if progress.deferred_until is not None:
        return f"daily quota used up, waiting until {progress.deferred_until:%Y-%m-%d %H:%M} UTC"
    return time_text(progress.known - progress.done, partition_rate) if progress.listed else "listing"
