"""A run of a harvest: it lists hosts, then each host's meetings, and then fetches the reports of every instance."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import anyio
import anyio.to_thread

from .. import Failed, Zoom, ZoomError, fan_out, month_ranges
from ..callbacks import safe
from ..errors import (
    CircuitOpen,
    ConfigError,
    DailyLimitReached,
    InvalidArgument,
    PageTokenExpired,
    RedisUnavailable,
    StoreError,
    Unauthorized,
)
from ._call_recorder import recording_calls
from ._outage_check import OutageCheck
from ._page_tracker import PageTracker
from ._sleep import sleep_until
from ._stream_gate import StreamGate
from .estimate import HarvestEstimate, estimate_harvest
from .partitions import Partition, State
from .results.attendance import InstanceAttendance, read_attendance
from .stores.base import HarvestStore, PartitionCount, Scope, WriteBatch, partitions_in
from .stores.sqlite.store import SQLiteStore
from .streams import REPORTS, USER_MEETINGS, USERS, ListingStream, PartitionTask, Stream, select_reports
from .summary import Progress, RunResult, Summary, outcome_of

_WORKERS = 32  # 40 requests per second of half a second each keep 20 busy; the others cover slow requests
_ATTEMPTS = 3  # for a listing whose page token expires, or whose rows shift
_NOT_LISTED = {State.FAILED, State.NOT_FOUND, State.REJECTED}
_ACCEPTED = {State.DONE, State.EMPTY}
_FATAL = (Unauthorized, ConfigError, StoreError, RedisUnavailable)


class Harvest:
    """A harvest of *reports* about all instances from *from_* to *to*, both UTC days included, into *store*.

    A run lists the account's active hosts month by month, then the meetings and webinars of each host, and then fetches
    the reports of each instance by its UUID. *store* is the path of a SQLite file (`zoomasync.harvest.stores.sqlite`
    describes its tables) or another `HarvestStore`. After any interruption, run the same harvest again: finished
    partitions are not fetched twice. The days may differ from those in the store if they leave no gap.

    Zoom is late with some reports and listings. A report that is not found within three days after its instance is not
    ready: it stays pending for the next run. A month is listed again until that was done three days after its last day.
    With *recheck_days*, the last N days are listed again in any case, and their reports that were empty or not found
    are fetched again. Which day it is follows from Zoom's clock.

    *reports* names the tables to fetch. Some of `PAST_REPORTS` can replace some of the default `REPORTS`, for meetings
    of the last year: they are light and medium calls, which have no daily quota on paid plans. *workers* is the number
    of partitions that are fetched at a time. With *durability* "full", the data in a SQLite file survive a power cut.
    *progress* is called with a copy of `Harvest.progress` after each finished partition, once all is listed, and when a
    wait for the next day begins or ends. It must not block. Its first exception is logged, and the run continues.

    Zoom has no reports about instances with one participant, so they are not harvested.
    """

    def __init__(
        self,
        zoom: Zoom,
        *,
        store: str | Path | HarvestStore,
        from_: date,
        to: date,
        reports: Iterable[str] = REPORTS,
        recheck_days: int | None = None,
        workers: int = _WORKERS,
        durability: Literal["normal", "full"] = "normal",
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        list(month_ranges(from_, to))  # checks the range
        if from_ > zoom.server_time.date():
            raise InvalidArgument(f"from_ is {from_}, which is in the future: there is nothing to harvest yet")
        if type(workers) is not int or workers < 1:
            raise ConfigError("workers must be a whole number, 1 or more")
        if recheck_days is not None and (type(recheck_days) is not int or recheck_days < 1):
            raise InvalidArgument("recheck_days must be a whole number, 1 or more")
        self._zoom = zoom
        self._workers = workers
        days = (to - from_).days + 1
        recheck_from = None if recheck_days is None else to - timedelta(days=min(recheck_days, days) - 1)
        self._scope = Scope((from_, to), select_reports(reports), recheck_from)
        self._path: Path | None = None
        self._store: HarvestStore
        if isinstance(store, str | Path):
            self._path = Path(store)
            self._store = SQLiteStore(self._path, self._scope.streams, durability=durability)
        else:
            self._store = store
        self._outage_check = OutageCheck(zoom, to, wait=False)
        self._gates: dict[str, StreamGate] = {}
        self._stopped_by: DailyLimitReached | CircuitOpen | None = None
        self._host_error: ZoomError | None = None
        self._listed = False
        self._result = RunResult(self._scope.streams)
        self._on_progress = safe("progress", progress)
        self.progress: Progress = Progress()

    async def __aenter__(self) -> Self:
        await self._store.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._store.__aexit__(kind, error, traceback)

    async def estimate(self) -> HarvestEstimate:
        """Return the partitions that are still to be fetched, the calls by label, and the earliest end.

        This lists hosts and meetings if they are not listed yet: at least one call per month, and one per host and
        month. `run` uses the same listings. Raises `DailyLimitReached` if the daily quota ends before that is done, and
        `CircuitOpen` if Zoom is down.
        """
        async with self._running():
            await self._list()
            counts = await self._store.counts(self._scope)
            if self._stopped_by is not None:
                raise self._stopped_by
            self._store.outcome = "estimated"
        limits = await self._zoom.rate_limits()
        return estimate_harvest(self._scope.days, self._scope.streams, counts, limits, self._zoom.server_time)

    async def run(self, *, wait: bool = False) -> Summary:
        """Fetch all partitions that are not final, and return the result.

        A partition that fails is recorded with its error, and the others continue. When the daily quota is used up, the
        remaining partitions are deferred and the run ends; `Summary.stopped_by` has the time from which another run can
        continue. With *wait*, the run waits until then and continues. While Zoom is down, nothing is sent but one call
        at a time; without *wait*, the run ends after about one minute of that, and `Summary.stopped_by` has the cause.

        The first partition of each stream is fetched before its other partitions. When Zoom denies it because the token
        lacks a scope, or the account a plan or role, the other partitions of the stream stay pending, and no call is
        sent for them.

        A cancelled run commits all fetched rows first. Raises `Unauthorized` if the credentials fail,
        `RedisUnavailable` if shared rate limits cannot be reached, `StoreError` if the store cannot be written, and the
        error of the listings if Zoom denies them or no month could be listed.
        """
        async with self._running(wait=wait):
            while True:
                await self._list()
                await self._fetch_all(self._scope.reports)
                if not isinstance(self._stopped_by, DailyLimitReached):
                    break
                await self._store.defer(self._scope, self._stopped_by.resumes_at)
                if not wait:
                    break
                await self._sleep_until(self._stopped_by.resumes_at)
                await self._store.resume_deferred(self._scope)
            denials = {name: gate.denial for name, gate in self._gates.items() if gate.denial is not None}
            summary = self._result.summary(await self._count(), self._stopped_by, denials)
            self._store.outcome = outcome_of(summary)
        return summary

    async def attendance(self, meeting: int | str) -> list[InstanceAttendance]:
        """Return the attendance of each stored instance of *meeting*: see `read_attendance`."""
        if self._path is None:
            raise ConfigError("attendance can only be read from a SQLite store")
        return await anyio.to_thread.run_sync(read_attendance, self._path, meeting)

    @asynccontextmanager
    async def _running(self, *, wait: bool = False) -> AsyncGenerator[None, None]:
        self._stopped_by, self._result, self._listed = None, RunResult(self._scope.streams), False
        self._gates = {stream.name: StreamGate() for stream in self._scope.streams}
        self._outage_check = OutageCheck(self._zoom, self._scope.days[1], wait=wait)
        async with self._store.run(self._scope, self._on_finished), recording_calls(self._zoom, self._store):
            try:
                yield
            except ZoomError as error:
                self._store.outcome = f"failed: {error}"
                raise

    async def _list(self) -> None:
        """List the hosts, and then their meetings, where the store does not have them yet."""
        self._stopped_by = None
        if self._listed:
            return
        for listing in (USERS, USER_MEETINGS):
            await self._fetch_all((listing,))
            if (denial := self._gates[listing.name].denial) is not None:
                raise denial
            await self._store.add_children(listing, self._scope)
            counts = await self._count()
            if listing is USERS and not set(counts.get(USERS.name, ())) - _NOT_LISTED:
                raise self._host_error or ConfigError("the hosts of none of these months can be listed")
        self._listed = self.progress.listed = self._stopped_by is None
        if self._listed:
            self._report_progress()

    async def _count(self) -> Mapping[str, Mapping[State, PartitionCount]]:
        counts = await self._store.counts(self._scope)
        self.progress.known = self.progress.done + partitions_in(State.PENDING, counts)
        return counts

    async def _fetch_all(self, streams: Sequence[Stream]) -> None:
        """Fetch the pending partitions of *streams*, until the run stops or Zoom denies the streams."""
        counts = await self._store.counts(self._scope)
        for stream in streams:
            if counts.get(stream.name, {}).keys() & _ACCEPTED:
                self._gates[stream.name].accepted = True
        admitted: list[Stream] = [stream for stream in streams if not self._is_denied(stream)]
        while admitted and self._stopped_by is None:
            async with fan_out(self._fetch_and_finish, self._pending(admitted), workers=self._workers) as outcomes:
                async for outcome in outcomes:
                    if isinstance(outcome, Failed):
                        raise outcome.error
            if not any(map(self._is_denied, admitted)):
                return
            admitted = [stream for stream in admitted if not self._is_denied(stream)]

    async def _pending(self, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        """Yield the pending partitions of *streams*, until the run stops or Zoom denies one of the streams."""
        async for task in self._store.pending_tasks(self._scope, streams):
            if self._stopped_by is not None or any(map(self._is_denied, streams)):
                return
            yield task

    def _is_denied(self, stream: Stream) -> bool:
        return self._gates[stream.name].denial is not None

    async def _fetch_and_finish(self, task: PartitionTask) -> None:
        """Fetch and store one partition; raise only errors that every other partition would meet too."""
        gate = self._gates[task.stream.name]
        if not await gate.admit() or self._stopped_by is not None:
            gate.withdraw()
            return
        error: ZoomError | None = None
        warning: str | None = None
        try:
            warning = await self._outage_check.during_outages(
                partial(self._fetch, task),
                needs_hosts=task.stream is USERS,
                is_stopped=lambda: gate.denial is not None,
            )
        except _FATAL:
            raise
        except ZoomError as caught:
            error = caught
            if isinstance(caught, DailyLimitReached | CircuitOpen):
                self._stop(caught)
            elif task.stream is USERS:
                self._host_error = caught
            gate.fail(caught)
        if isinstance(error, CircuitOpen):
            await self._store.release(task)
        else:
            await self._store.finish(task, error, warning, self._zoom.server_time)

    def _stop(self, error: DailyLimitReached | CircuitOpen) -> None:
        if self._stopped_by is None:
            self._stopped_by = error

    async def _fetch(self, task: PartitionTask) -> str | None:
        """Store the rows of *task*, and return a warning about them; start again if rows shift between pages."""
        for last in (False,) * (_ATTEMPTS - 1) + (True,):
            tracker = PageTracker(task)
            try:
                await self._fetch_once(task, tracker)
            except PageTokenExpired:
                if last:
                    raise
                continue
            if last or not tracker.shifted:
                return tracker.warning
        raise AssertionError  # the last attempt returns or raises

    async def _fetch_once(self, task: PartitionTask, tracker: PageTracker) -> None:
        api = self._outage_check.api.with_options(
            on_invalid_row=tracker.invalid_rows.append, on_extra_fields=tracker.extra_fields.append
        )
        listed: list[WriteBatch] = []
        async with aclosing(task.fetch(api)) as pages:
            async for page in pages:
                self._gates[task.stream.name].accept()
                batch = tracker.next_batch(page)
                if isinstance(task.stream, ListingStream):
                    listed.append(batch)  # written at the end, since it replaces the rows of an earlier listing
                else:
                    await self._store.write(task, batch)
        for batch in listed:
            await self._store.write(task, batch)

    async def _sleep_until(self, moment: datetime) -> None:
        self.progress.deferred_until = moment
        self._report_progress()
        await sleep_until(moment, lambda: self._zoom.server_time)
        self.progress.deferred_until = None
        self._report_progress()

    def _on_finished(self, partition: Partition) -> None:
        if partition.state is State.DEFERRED:
            return
        self._result.add(partition)
        if partition.state is not State.PENDING:
            self.progress.done += 1
            self.progress.rows += partition.rows
            self._report_progress()

    def _report_progress(self) -> None:
        if self._on_progress is not None:
            self._on_progress(replace(self.progress))
