"""The part of an estimate that executors do: they ask the clients of the accounts for their limits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypedDict

from anyio.from_thread import start_blocking_portal

from ... import Label, Zoom, ZoomError
from ...harvest.arrow import ArrowBatch, lines_batch
from ...harvest.columns import Cell, Column, Kind, utc_text
from ...harvest.estimate import estimate_label
from ...harvest.streams import STREAMS
from ._schema import fields

_COLUMNS: Final = (
    Column("account", Kind.TEXT),
    Column("stream", Kind.TEXT),
    Column("partitions", Kind.INTEGER),
    Column("calls", Kind.INTEGER),
    Column("earliest_finish", Kind.TIME),
)
ESTIMATE_SCHEMA: Final = fields(_COLUMNS)


class _CountColumns(TypedDict):
    account: list[str]
    stream: list[str]
    partitions: list[int]
    calls: list[int]


class CountBatch(Protocol):
    """A `pyarrow.RecordBatch` of the partitions to fetch, by account and stream."""

    def to_pydict(self) -> _CountColumns:
        """Return the columns by name."""
        ...


@dataclass(frozen=True)
class FinishEstimator:
    """The function that adds to the counts of each stream when its calls can end, by the limits of the clients."""

    client: Callable[[str], Zoom]

    def __call__(self, batches: Iterable[CountBatch]) -> Iterator[ArrowBatch]:
        """Yield the counts with the earliest end of the calls of each."""
        counts: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
        for batch in batches:
            cells = batch.to_pydict()
            numbers = zip(cells["stream"], cells["partitions"], cells["calls"], strict=True)
            for account, count in zip(cells["account"], numbers, strict=True):
                counts[account].append(count)
        if not counts:
            return
        with start_blocking_portal() as portal:
            for account, own in counts.items():
                ends = portal.call(self._ends, account, own)
                lines: list[tuple[Cell, ...]] = []
                for stream, partitions, calls in own:
                    end = ends.get(STREAMS[stream].label)
                    lines.append((account, stream, partitions, calls, None if end is None else utc_text(end)))
                yield lines_batch(_COLUMNS, lines)

    async def _ends(self, account: str, counts: Sequence[tuple[str, int, int]]) -> Mapping[Label, datetime | None]:
        """Return the earliest end of the calls of each rate-limit label; none if the client cannot be made."""
        calls = Counter[Label]()
        for stream, _, number in counts:
            calls[STREAMS[stream].label] += number
        try:
            async with self.client(account) as zoom:
                limits, now = await zoom.rate_limits(), zoom.server_time
        except ZoomError:
            return {}
        return {label: estimate_label(limits[label], number, now).finishes_at for label, number in calls.items()}
