"""What a run asks of the place where it keeps what it gets: a SQLite file, or a folder that several machines share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from ... import InvalidRow, ZoomError, month_ranges
from ...errors import ConfigError
from ..partitions import Partition, State
from ..streams import LISTINGS, USERS, Days, InstanceStream, ListingStream, PartitionTask, Row, Stream, month_of


@dataclass(frozen=True, slots=True)
class Scope:
    """What one run is about: its *days*, the *reports* of their sessions, and *since* when late ones are looked for.

    Months are listed as wholes, as far as the place is of their days, and so a run is about all sessions of a month.
    """

    days: Days
    reports: tuple[InstanceStream, ...]
    recheck_from: date | None = None

    @property
    def months(self) -> tuple[str, str]:
        """The first and the last month, as the keys of listings spell them."""
        return month_of(self.days[0]), month_of(self.days[1])

    def listings(self, held: Days) -> list[PartitionTask]:
        """Return the months to list, as far as they are of the days that the place has *held*."""
        first, last = self.months
        months_of = [PartitionTask(USERS, month_of(from_), (from_, to)) for from_, to in month_ranges(*held)]
        return [task for task in months_of if first <= task.key <= last]

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The listings, and the reports."""
        return (*LISTINGS, *self.reports)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A number of partitions, and of the calls that they take at least: pages are counted when they come."""

    partitions: int
    calls: int


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """What one reply gave to a partition: *rows* with their place in it and what they hold beside, and the *drifts*.

    The *first* piece of a partition takes the place of all that there was of it.
    """

    rows: Sequence[tuple[int, Row, str | None]] = field(repr=False)
    invalid_rows: Sequence[tuple[int, InvalidRow]] = field(repr=False)
    first: bool


@dataclass(frozen=True, slots=True)
class CallSample:
    """What was sent with one *label* in ten seconds from *at*; *rate* is what the client allowed itself a second."""

    at: datetime
    label: str
    calls: int
    retries: int
    throttled: int
    rate: float


class HarvestStore(Protocol):
    """Keeps what a harvest gets, and the list of what it still has to get."""

    outcome: str
    """How the run ends, to be set before `working` is left."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def working(self, scope: Scope, on_finished: Callable[[Partition], None]) -> AbstractAsyncContextManager[None]:
        """Keep what is put while the block runs; *on_settled* is shown each partition once it is kept."""
        ...

    async def expand(self, listing: ListingStream, scope: Scope) -> None:
        """Put what the listings lead to on the list of the work."""
        ...

    def work(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        """Iterate over what waits of *streams*, the oldest first."""
        ...

    async def counts(self, scope: Scope) -> Mapping[str, Mapping[State, Outstanding]]:
        """Return how many partitions of each stream and state *scope* has, and the calls that they take."""
        ...

    async def write(self, task: PartitionTask, piece: WriteBatch) -> None:
        """Keep what one reply gave."""
        ...

    async def finish(self, task: PartitionTask, error: ZoomError | None, warning: str | None) -> None:
        """Write down what became of *unit*."""
        ...

    async def defer(self, scope: Scope, until: datetime) -> None:
        """Let everything that waits wait until then."""
        ...

    async def resume_deferred(self, scope: Scope) -> None:
        """Let what was parked be fetched."""
        ...

    async def sent(self, samples: Sequence[CallSample]) -> None:
        """Write down what was sent."""
        ...


def widened(name: str, held: Days, days: Days) -> Days:
    """Return the days that the place *name* has held, and *days*, which must touch them: a gap would look harvested."""
    if days[0] > held[1] + _DAY or days[1] < held[0] - _DAY:
        raise ConfigError(
            f"{name} holds the days {held[0]} to {held[1]}, which {days[0]} to {days[1]} does not touch; "
            "close the gap, or give another place"
        )
    return min(held[0], days[0]), max(held[1], days[1])


_DAY = timedelta(days=1)
