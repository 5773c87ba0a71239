"""A time axis from which pauses are cut out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, zip_longest
from typing import Literal

from ..call_history import Point


class Timeline:
    """The positions of moments on an axis of seconds that holds only *periods*, with a gap between two of them."""

    def __init__(self, periods: Sequence[tuple[datetime, datetime]]) -> None:
        lengths = [(end - start).total_seconds() for start, end in periods]
        self._gap = sum(lengths) * min(0.012, 0.3 / len(periods))
        self._starts = [start for start, _ in periods]
        self._positions = [before + n * self._gap for n, before in enumerate(accumulate(lengths, initial=0.0))]
        self._lengths = lengths
        self.length = self._positions[-1] - self._gap

    def position(self, moment: datetime) -> float:
        """Return the position of *moment*, in seconds."""
        n = bisect_right(self._starts, moment) - 1
        return self._positions[n] + (moment - self._starts[n]).total_seconds()

    def gaps(self) -> list[float]:
        """Return the positions of the pauses that are cut out."""
        return [position - self._gap / 2 for position in self._positions[1:-1]]

    def steps(self, points: Sequence[Point], name: Literal["rate", "allowed"]) -> Iterator[Mapping[str, float]]:
        """Yield the corners of a step line. A new *segment* begins after each time in which nothing was sent."""
        segment = 0
        for point, following in zip_longest(points, points[1:]):
            at, rate = self.position(point.at), getattr(point, name)
            yield {"at": at, "rate": rate, "segment": segment}
            if following is None or following.at != point.to:
                yield {"at": at + (point.to - point.at).total_seconds(), "rate": rate, "segment": segment}
                segment += 1

    def ticks(self) -> dict[int, str]:
        """Return the tick labels by position: the start of each period, and round times within a long period."""
        step = next(step for step in _TICK_SECONDS if self.length <= step * 8)
        labels: dict[int, str] = {}
        for start, position, length in zip(self._starts, self._positions, self._lengths, strict=False):
            labels[round(position)] = f"{_day(start)} {_clock(start, step)}"
            for second in range(int(start.timestamp()) // step * step, int(start.timestamp() + length), step):
                offset = second - start.timestamp()
                if length >= self.length / 2 and self.length / 10 < offset < length - self.length / 10:
                    moment = datetime.fromtimestamp(second, UTC)
                    labels[round(position + offset)] = _clock(moment, step) if second % 86_400 else _day(moment)
        return labels


_TICK_SECONDS = (
    *(10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200),
    *range(86_400, 10**8, 86_400),
)


def _clock(moment: datetime, step: int) -> str:
    return f"{moment:%H:%M:%S}" if step % 60 else f"{moment:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"
