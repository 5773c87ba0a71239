"""The fetch of partitions, into any store: the part of a harvest that does not depend on the engine."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final, Protocol

from .. import Failed, Zoom, ZoomError, fan_out
from ..errors import (
    CircuitOpen,
    ConfigError,
    DailyLimitReached,
    PageTokenExpired,
    RedisUnavailable,
    StoreError,
    Unauthorized,
)
from ._outage_check import OutageCheck
from ._page_tracker import PageTracker, WriteBatch
from ._stream_gate import StreamGate
from .partitions import Partition, State, partition_result
from .streams import USERS, Stream
from .tasks import PartitionTask, months_before

WORKERS: Final = 32
"""The partitions that are fetched at a time: 40 requests per second of half a second each keep 20 busy."""

_ATTEMPTS = 3  # for a listing whose page token expires, or whose rows shift
_FATAL = (Unauthorized, ConfigError, StoreError, RedisUnavailable)


_EXPIRED = "Zoom no longer keeps these days; the rows of an earlier fetch stay"


class PartitionSink(Protocol):
    """The place that receives the rows of partitions, and the result of each."""

    async def write(self, task: PartitionTask, batch: WriteBatch) -> None:
        """Receive one batch of a partition. The first batch begins a fetch: earlier batches do not count."""
        ...

    async def finish(self, task: PartitionTask, result: Partition, *, whole: bool) -> None:
        """Receive the *result* of a partition.

        If the fetch was *whole*, its rows replace those of the last whole fetch. Otherwise those rows stay, and the
        result counts none.
        """
        ...

    async def release(self, task: PartitionTask) -> None:
        """Leave *task* pending: the run stops before it is fetched, or while it is."""
        ...


class PartitionFetcher:
    """Fetches partitions of the account of *zoom*, *workers* at a time.

    The first partition of each stream is fetched before its others: `StreamGate` describes when a stream stops. The
    whole fetch stops when the daily quota is used up, or Zoom is down; with *wait*, it waits for Zoom. While it asks
    whether Zoom is down, it lists the hosts of *day*.
    """

    def __init__(self, zoom: Zoom, day: date, *, workers: int = WORKERS, wait: bool = False) -> None:
        if type(workers) is not int or workers < 1:
            raise ConfigError("workers must be a whole number, 1 or more")
        self.stopped_by: DailyLimitReached | CircuitOpen | None = None
        """The error that stopped the fetch, or None. Set it to None to fetch again."""
        self.errors: dict[str, ZoomError] = {}
        """The latest error of each stream, by its name."""
        self._zoom = zoom
        self._workers = workers
        self._outage_check = OutageCheck(zoom, day, wait=wait)
        self._gates: dict[str, StreamGate] = {}

    @property
    def denials(self) -> Mapping[str, ZoomError]:
        """The errors for which Zoom denies whole streams, by the name of the stream."""
        return {name: gate.denial for name, gate in self._gates.items() if gate.denial is not None}

    def accept(self, stream: Stream) -> None:
        """Note that Zoom has returned partitions of *stream* in an earlier run."""
        self._gate(stream).accepted = True

    async def fetch(self, tasks: Iterable[PartitionTask] | AsyncIterable[PartitionTask], sink: PartitionSink) -> None:
        """Fetch *tasks* into *sink*, until they end or the fetch stops.

        Each task that is not fetched is released. Raises only errors that every other partition would meet too: of the
        credentials, of *sink*, or of shared rate limits.
        """
        async with fan_out(partial(self._fetch_and_finish, sink), tasks, workers=self._workers) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Failed):
                    raise outcome.error

    def is_denied(self, stream: Stream) -> bool:
        """Return whether Zoom denies the whole *stream*."""
        return self._gate(stream).denial is not None

    def _stop(self, error: DailyLimitReached | CircuitOpen) -> None:
        if self.stopped_by is None:
            self.stopped_by = error

    def _gate(self, stream: Stream) -> StreamGate:
        return self._gates.setdefault(stream.name, StreamGate())

    async def _fetch_and_finish(self, sink: PartitionSink, task: PartitionTask) -> None:
        gate = self._gate(task.stream)
        if not await gate.admit() or self.stopped_by is not None:
            gate.withdraw()
            await sink.release(task)
            return
        try:
            tracker = await self._outage_check.during_outages(
                partial(self._fetch, sink, task),
                needs_hosts=task.stream is USERS,
                is_stopped=lambda: gate.denial is not None,
            )
        except _FATAL:
            raise
        except ZoomError as error:
            self.errors[task.stream.name] = error
            if isinstance(error, DailyLimitReached | CircuitOpen):
                self._stop(error)
            gate.fail(error)
            if isinstance(error, CircuitOpen):
                await sink.release(task)
            else:
                result = partition_result(task, error, None, now=self._now())
                await sink.finish(task, result, whole=False)
        else:
            result = partition_result(
                task,
                None,
                tracker.warning,
                pages=tracker.pages,
                rows=tracker.stored_rows,
                invalid_rows=tracker.stored_invalid_rows,
                now=tracker.fetched_at or self._now(),
            )
            # Zoom shortens the range to the days that it still keeps, or has nothing left. The rows that are stored are
            # more.
            is_expired = _is_expired(task, tracker, self._now().date())
            whole = not (task.is_refetch and (tracker.clamped or is_expired))
            if not whole:
                result = replace(result, state=State.DONE, pages=0, rows=0, invalid_rows=0)
                if is_expired and result.warning is None:
                    result = replace(result, warning=_EXPIRED)
            await sink.finish(task, result, whole=whole)

    async def _fetch(self, sink: PartitionSink, task: PartitionTask) -> PageTracker:
        """Write the rows of *task* to *sink*, and return their tracker; start again if rows shift between pages."""
        for last in (False,) * (_ATTEMPTS - 1) + (True,):
            tracker = PageTracker(task)
            try:
                await self._fetch_once(sink, task, tracker)
            except PageTokenExpired:
                if last:
                    raise
                continue
            if last or not tracker.shifted:
                return tracker
        raise AssertionError  # the last attempt returns or raises

    async def _fetch_once(self, sink: PartitionSink, task: PartitionTask, tracker: PageTracker) -> None:
        gate = self._gate(task.stream)
        api = self._outage_check.api.with_options(
            on_invalid_row=tracker.invalid_rows.append, on_extra_fields=tracker.extra_fields.append
        )
        async with aclosing(task.stream.fetch(api, task)) as pages:
            async for page in pages:
                gate.accept()
                await sink.write(task, tracker.next_batch(page, self._now()))

    def _now(self) -> datetime:
        return self._zoom.server_time.replace(microsecond=0)


def _is_expired(task: PartitionTask, tracker: PageTracker, today: date) -> bool:
    """Return whether Zoom may have kept a part of *task* only, without an error and without a shorter range."""
    retention = task.stream.retention
    if retention is None or task.days[0] > months_before(today, retention):
        return False
    is_empty = not tracker.stored_rows + tracker.stored_invalid_rows
    return is_empty or (task.days[0] != task.days[1] and not tracker.shows_days)
