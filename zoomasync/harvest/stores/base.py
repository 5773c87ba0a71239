"""The protocol between a run and its store, and the values that they exchange."""

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
    """The part of a harvest that one run covers: its *days* and *reports*.

    A run covers whole months: all instances of the months of *days* that the store has listed. From *recheck_from* on,
    the run lists again, and fetches reports again that were empty or not found.
    """

    days: Days
    reports: tuple[InstanceStream, ...]
    recheck_from: date | None = None

    @property
    def months(self) -> tuple[str, str]:
        """The first and the last month, as the keys of listings have them."""
        return month_of(self.days[0]), month_of(self.days[1])

    def listing_tasks(self, stored: Days) -> list[PartitionTask]:
        """Return the tasks that list the hosts of each month, limited to the *stored* days of the whole harvest."""
        first, last = self.months
        tasks = [PartitionTask(USERS, month_of(from_), (from_, to)) for from_, to in month_ranges(*stored)]
        return [task for task in tasks if first <= task.key <= last]

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The two listings and the reports."""
        return (*LISTINGS, *self.reports)


@dataclass(frozen=True, slots=True)
class PartitionCount:
    """A number of *partitions*, and the least number of *calls* that they take."""

    partitions: int
    calls: int


def partitions_in(state: State, counts: Mapping[str, Mapping[State, PartitionCount]]) -> int:
    """Return the number of partitions in *state*, of all streams in *counts*."""
    return sum(states[state].partitions for states in counts.values() if state in states)


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """The rows of one response: the content of one transaction.

    Each of *rows* has its position in the partition and its extra fields as JSON; each of *invalid_rows* has its
    position. The *first* batch of a partition replaces all stored rows of the partition.
    """

    rows: Sequence[tuple[int, Row, str | None]] = field(repr=False)
    invalid_rows: Sequence[tuple[int, InvalidRow]] = field(repr=False)
    first: bool


@dataclass(frozen=True, slots=True)
class CallSample:
    """The calls of one *label* in the ten seconds from *at*. *rate* is the rate limiter's, per second."""

    at: datetime
    label: str
    calls: int
    retries: int
    throttled: int
    rate: float


class HarvestStore(Protocol):
    """Keeps the rows of a harvest and the state of each partition."""

    outcome: str
    """The outcome of the run, in words. The run sets it before it leaves the block of `run`."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

    def run(self, scope: Scope, on_finished: Callable[[Partition], None]) -> AbstractAsyncContextManager[None]:
        """Begin a run, and record it until the block ends.

        *on_finished* is called with each finished partition once it is stored for good.
        """
        ...

    async def add_children(self, listing: ListingStream, scope: Scope) -> None:
        """Add the child partitions of all stored rows of *listing* as pending."""
        ...

    def pending_tasks(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        """Iterate over the pending partitions of *streams*, each once per run.

        The oldest come first, since reports expire, and those that ended in an error before come last.
        """
        ...

    async def counts(self, scope: Scope) -> Mapping[str, Mapping[State, PartitionCount]]:
        """Return the number of partitions of *scope* by stream name and state."""
        ...

    async def write(self, task: PartitionTask, batch: WriteBatch) -> None:
        """Store one batch of a partition."""
        ...

    async def finish(
        self, task: PartitionTask, error: ZoomError | None, warning: str | None, fetched_at: datetime
    ) -> None:
        """Store the result of a partition: its rows are complete, or it ended in *error*, at this time of Zoom's."""
        ...

    async def release(self, task: PartitionTask) -> None:
        """Leave *task* pending, without the rows of an incomplete fetch: the run stops while it is fetched."""
        ...

    async def defer(self, scope: Scope, until: datetime) -> None:
        """Turn all pending partitions to deferred."""
        ...

    async def resume_deferred(self, scope: Scope) -> None:
        """Turn all deferred partitions back to pending."""
        ...

    async def record_calls(self, samples: Sequence[CallSample]) -> None:
        """Store the number of calls that the run has sent."""
        ...


def extend_days(name: str, stored: Days, days: Days) -> Days:
    """Return the range of *stored* and *days* together, for the store *name*.

    Raises `ConfigError` if there are days between the two: they would look harvested.
    """
    if days[0] > stored[1] + _DAY or days[1] < stored[0] - _DAY:
        raise ConfigError(
            f"{name} holds {stored[0]} to {stored[1]}, and {days[0]} to {days[1]} would leave a gap; "
            "include the days between, or give another store"
        )
    return min(stored[0], days[0]), max(stored[1], days[1])


_DAY = timedelta(days=1)
