"""The progress of a run, and its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import CircuitOpen, DailyLimitReached, ZoomError
from .partitions import FINAL, Partition, State
from .stores.base import PartitionCount, partitions_in
from .streams import Stream

_MAX_REPORTED = 1_000


@dataclass(slots=True)
class Progress:
    """The progress of a run: partitions *done* of those *known* so far, and *rows* stored.

    Once *listed*, all partitions are known. *deferred_until* is set while the run waits for the next day's quota.
    """

    done: int = 0
    known: int = 0
    rows: int = 0
    listed: bool = False
    deferred_until: datetime | None = None


@dataclass(slots=True)
class StreamSummary:
    """The result of one stream in this run: its stored *rows*, its *invalid_rows*, and its *partitions* by state.

    *skipped* counts the partitions that were final already, and *unfinished* those that are not final. *stopped_by* is
    the error for which Zoom denies the whole stream: the token lacks a scope, or the account a plan or role. Its other
    partitions stay pending.
    """

    name: str
    route: str
    rows: int = 0
    invalid_rows: int = 0
    skipped: int = 0
    unfinished: int = 0
    stopped_by: ZoomError | None = None
    partitions: Counter[State] = field(default_factory=Counter[State])


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a run.

    *failures* are the partitions that failed, which another run tries again; *warnings* those whose stored rows are in
    doubt; *rejected* those that Zoom will never return; *not_ready* those of the last days that Zoom did not find yet,
    and that another run fetches. Each holds at most 1,000; the store has all. *stopped_by* is the daily limit, or the
    outage of Zoom, that ended the run, and *deferred* the number of partitions that wait for the next day. *unfinished*
    counts all partitions that are not final.
    """

    streams: tuple[StreamSummary, ...]
    failures: tuple[Partition, ...]
    warnings: tuple[Partition, ...] = ()
    rejected: tuple[Partition, ...] = ()
    not_ready: tuple[Partition, ...] = ()
    deferred: int = 0
    unfinished: int = 0
    stopped_by: DailyLimitReached | CircuitOpen | None = None

    @property
    def complete(self) -> bool:
        """Whether every partition is final: stored, not found, or rejected for good."""
        return not self.unfinished


class RunResult:
    """Counters for the summary of a run."""

    def __init__(self, streams: Iterable[Stream]) -> None:
        self._streams = {stream.name: StreamSummary(stream.name, stream.route) for stream in streams}
        self._failures: list[Partition] = []
        self._warnings: list[Partition] = []
        self._rejected: list[Partition] = []
        self._not_ready: list[Partition] = []

    def add(self, partition: Partition) -> None:
        """Count a finished partition."""
        summary = self._streams[partition.stream]
        summary.rows += partition.rows
        summary.invalid_rows += partition.invalid_rows
        summary.partitions[partition.state] += 1
        if partition.state is State.FAILED:
            reported = self._failures
        elif partition.state is State.REJECTED:
            reported = self._rejected
        elif partition.state is State.PENDING:
            reported = self._not_ready
        elif partition.warning is not None:
            reported = self._warnings
        else:
            return
        if len(reported) < _MAX_REPORTED:
            reported.append(partition)

    def summary(
        self,
        counts: Mapping[str, Mapping[State, PartitionCount]],
        stopped_by: DailyLimitReached | CircuitOpen | None,
        denials: Mapping[str, ZoomError],
    ) -> Summary:
        """Return the summary of the run; *counts* are those of the store at its end, *denials* those of streams."""
        for name, states in counts.items():
            summary = self._streams[name]
            final = sum(count.partitions for state, count in states.items() if state in FINAL)
            summary.skipped = final - sum(summary.partitions[state] for state in FINAL)
            summary.unfinished = sum(count.partitions for count in states.values()) - final
            summary.stopped_by = denials.get(name)
        return Summary(
            streams=tuple(self._streams.values()),
            failures=tuple(self._failures),
            warnings=tuple(self._warnings),
            rejected=tuple(self._rejected),
            not_ready=tuple(self._not_ready),
            deferred=partitions_in(State.DEFERRED, counts),
            unfinished=sum(summary.unfinished for summary in self._streams.values()),
            stopped_by=stopped_by,
        )


def outcome_of(summary: Summary) -> str:
    """Return the outcome of a run for the store, in words."""
    if isinstance(summary.stopped_by, DailyLimitReached):
        return f"stopped: the daily quota is used up until {summary.stopped_by.resumes_at:%Y-%m-%dT%H:%M:%SZ}"
    if summary.stopped_by is not None:
        return f"stopped: {summary.stopped_by}"
    if summary.complete:
        return "complete"
    counts = sum((stream.partitions for stream in summary.streams), Counter[State]())
    not_ready = f", {counts[State.PENDING]} not ready yet" if counts[State.PENDING] else ""
    return f"incomplete: {counts[State.FAILED]} failed{not_ready}"
