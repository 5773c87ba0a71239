"""The protocol between a run and its store, and the values that they exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from ...errors import ConfigError, InvalidArgument
from ..fetching import PartitionSink
from ..partitions import Partition, State
from ..privacy import Privacy
from ..streams import Days, Discovery, PartitionBy, Stream
from ..tasks import PartitionTask, month_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Refetch:
    """A *stream* whose partitions are fetched again, those from the day *since* on; all without it."""

    stream: Stream
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The part of a harvest that one run covers: its *days* and *streams*, of the account *account_id*.

    Parents come before their children. A run covers whole months: all partitions of the months of *days* that the store
    has, and in any case those of the whole account. *discover* is the way to find instances, *today* the day by Zoom's
    clock. From *recheck_from* on, the run lists again, and fetches reports again that were empty or not found.
    *account_label* is the caller's name for the account. *privacy* is the choice of the personal data to store, which a
    store keeps: it is the same in all of its runs.
    """

    account_id: str
    days: Days
    streams: tuple[Stream, ...]
    today: date
    discover: Discovery = "hosts"
    recheck_from: date | None = None
    refetch: tuple[Refetch, ...] = ()
    account_label: str | None = None
    privacy: Privacy = field(default_factory=Privacy)

    @property
    def months(self) -> tuple[str, str]:
        """The first and the last month, as keys have them."""
        return month_of(self.days[0]), month_of(self.days[1])

    def holds(self, task: PartitionTask) -> bool:
        """Return whether *task* belongs to the months of the scope."""
        first, last = self.months
        return task.stream.partition is PartitionBy.ACCOUNT or first <= month_of(task.days[1]) <= last


@dataclass(frozen=True, slots=True)
class PartitionCount:
    """A number of *partitions*, and the least number of *calls* that they take."""

    partitions: int
    calls: int


def partitions_in(state: State, counts: Mapping[str, Mapping[State, PartitionCount]]) -> int:
    """Return the number of partitions in *state*, of all streams in *counts*."""
    return sum(states[state].partitions for states in counts.values() if state in states)


@dataclass(frozen=True, slots=True)
class CallSample:
    """The calls of one *label* in the ten seconds from *at*. *rate* is the rate limiter's, per second."""

    at: datetime
    label: str
    calls: int
    retries: int
    throttled: int
    rate: float


class HarvestStore(PartitionSink, Protocol):
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

    async def add_children(self, scope: Scope, streams: Sequence[Stream]) -> None:
        """Add the partitions of *streams* that the stored rows of their parents lead to, as pending."""
        ...

    def pending_tasks(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        """Iterate over the pending partitions of *streams*, each once per run.

        The oldest come first, since reports expire, and those that ended in an error before come last.
        """
        ...

    async def counts(self, scope: Scope) -> Mapping[str, Mapping[State, PartitionCount]]:
        """Return the number of partitions of *scope* by stream name and state."""
        ...

    async def discovery_calls(self, scope: Scope) -> Mapping[Discovery, int]:
        """Return the least number of calls by which each way lists the instances of the days of *scope*."""
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


def last_days(name: str, count: int, days: Days) -> date:
    """Return the first of the last *count* of *days*, which the option *name* gives."""
    if type(count) is not int or count < 1:
        raise InvalidArgument(f"{name} must be a whole number, 1 or more")
    return days[1] - timedelta(days=min(count, (days[1] - days[0]).days + 1) - 1)


def refetches(refetch: Mapping[str, int | None], streams: Sequence[Stream], days: Days) -> tuple[Refetch, ...]:
    """Return the option *refetch* of a harvest of *streams*: by name, the last days to fetch again, or None for all."""
    by_name = {stream.name: stream for stream in streams}
    if unknown := sorted(refetch.keys() - by_name.keys()):
        choices = ", ".join(by_name)
        raise InvalidArgument(
            f"refetch names {unknown[0][:40]!r}, which this harvest does not fetch: choose from {choices}"
        )
    return tuple(
        Refetch(stream=by_name[name], since=None if count is None else last_days("refetch", count, days))
        for name, count in refetch.items()
    )


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
