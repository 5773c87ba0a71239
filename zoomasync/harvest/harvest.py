"""A run of a harvest: it finds the instances, and then fetches the reports of each, and those of the account."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import anyio
import anyio.to_thread

from .. import Zoom, ZoomError, month_ranges
from ..callbacks import safe
from ..errors import ConfigError, DailyLimitReached, InvalidArgument, Unauthorized
from ._account import account_id_of
from ._call_recorder import recording_calls
from ._scopes import missing_scopes, scopes_to_add
from ._sleep import sleep_until
from .estimate import HarvestEstimate, estimate_harvest
from .fetching import WORKERS, PartitionFetcher
from .partitions import Partition, State
from .privacy import Privacy
from .results.attendance import InstanceAttendance, read_attendance
from .stores.base import HarvestStore, PartitionCount, Scope, last_days, partitions_in, refetches
from .stores.sqlite.store import SQLiteStore
from .streams import (
    DISCOVERY_STREAMS,
    INSTANCE_SOURCES,
    REPORTS,
    STREAMS,
    Discovery,
    Stream,
    parent_stream,
    select_streams,
)
from .summary import Progress, RunResult, Summary, outcome_of
from .tasks import PartitionTask

_logger = logging.getLogger("zoomasync")

_NOT_LISTED = {State.FAILED, State.NOT_FOUND, State.REJECTED}
_ACCEPTED = {State.DONE, State.EMPTY}


class Harvest:
    """A harvest of *reports* of the account of *zoom* from *from_* to *to*, both UTC days included, into *store*.

    *reports* names tables, or groups of tables in `REPORT_GROUPS`. For reports of instances, a run first finds the
    instances: by *discover* "hosts" it lists the account's active hosts month by month, and then the meetings and
    webinars of each host; by "history" it lists those of the whole account day by day. Then it fetches the reports of
    each instance by its UUID. *store* is the path of a SQLite file (`zoomasync.harvest.stores.sqlite` describes its
    tables) or another `HarvestStore`. After any interruption, run the same harvest again: finished partitions are not
    fetched twice. The days may differ from those in the store if they leave no gap. Reports that are added to a store
    are fetched for all of its days, as far as Zoom still has them.

    Zoom is late with some reports and listings. A report that is not found within three days after its instance is not
    ready: it stays pending for the next run. A listing is made again until that was done three days after its last day,
    and a list without days in every run. With *recheck_days*, the last N days are listed again in any case, and their
    reports that were empty or not found are fetched again. With *refetch*, all partitions of a table are fetched again,
    or those of its last N days: ``{"meeting_participants": 3, "recordings": None}``. The stored rows of a partition
    stay until all rows of a later fetch are there. Which day it is follows from Zoom's clock.

    Some of `PAST_REPORTS` can replace some of the default `REPORTS`, for meetings of the last year: they are light and
    medium calls, which have no daily quota on paid plans. *workers* is the number of partitions that are fetched at a
    time. With *durability* "full", the data in a SQLite file survive a power cut. *progress* is called with a copy of
    `Harvest.progress` after each finished partition, once all is listed, and when a wait for the next day begins or
    ends. It must not block. Its first exception is logged, and the run continues.

    A store holds one account. *account_id* is its id at Zoom; by default it comes from the credentials, or from Zoom's
    record of the token's user. *account_label* is your own name for it. *privacy* is the choice of the personal data
    and secrets to store, by default all personal data and no secrets; all runs on a store have the same choice.

    Zoom has no reports about instances with one participant, so they are not harvested.
    """

    def __init__(  # noqa: PLR0913  every option has a default
        self,
        zoom: Zoom,
        *,
        store: str | Path | HarvestStore,
        from_: date,
        to: date,
        reports: Iterable[str] = REPORTS,
        discover: Discovery = "hosts",
        recheck_days: int | None = None,
        refetch: Mapping[str, int | None] | None = None,
        account_id: str | None = None,
        account_label: str | None = None,
        privacy: Privacy | None = None,
        workers: int = WORKERS,
        durability: Literal["normal", "full"] = "normal",
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        list(month_ranges(from_, to))  # checks the range
        if from_ > zoom.server_time.date():
            raise InvalidArgument(f"from_ is {from_}, which is in the future: there is nothing to harvest yet")
        self._zoom = zoom
        self._workers = workers
        self._days = (from_, to)
        self._streams = select_streams(reports, discover)
        self._discover: Discovery = discover
        self._recheck_from = None if recheck_days is None else last_days("recheck_days", recheck_days, self._days)
        self._refetch = refetches(refetch or {}, self._streams, self._days)
        self._account_id = account_id
        self._account_label = account_label
        self._privacy = privacy or Privacy()
        self._path: Path | None = None
        self._store: HarvestStore
        if isinstance(store, str | Path):
            self._path = Path(store)
            self._store = SQLiteStore(self._path, self._streams, durability=durability)
        else:
            self._store = store
        parents = [parent_stream(stream, discover) for stream in self._streams]
        self._leading = [stream for stream in self._streams if stream in parents]
        self._fetcher = PartitionFetcher(zoom, to, workers=workers)
        self._listed = False
        self._result = RunResult(self._streams)
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

        This finds the instances if they are not listed yet: at least one call per month, and one per host and month, or
        by the history one per day. `run` uses the same listings. Raises `DailyLimitReached` if the daily quota ends
        before that is done, and `CircuitOpen` if Zoom is down.
        """
        async with self._running() as scope:
            await self._list(scope)
            counts = await self._store.counts(scope)
            if self._fetcher.stopped_by is not None:
                raise self._fetcher.stopped_by
            discovery: Mapping[Discovery, int] = {}
            if INSTANCE_SOURCES[self._discover] in self._streams:
                discovery = await self._store.discovery_calls(scope)
            self._store.outcome = "estimated"
        limits = await self._zoom.rate_limits()
        return estimate_harvest(self._days, self._streams, counts, limits, discovery, self._zoom.server_time)

    async def run(self, *, wait: bool = False) -> Summary:
        """Fetch all partitions that are not final, and return the result.

        A partition that fails is recorded with its error, and the others continue. When the daily quota is used up, the
        remaining partitions are deferred and the run ends; `Summary.stopped_by` has the time from which another run can
        continue. With *wait*, the run waits until then and continues. While Zoom is down, nothing is sent but one call
        at a time; without *wait*, the run ends after about one minute of that, and `Summary.stopped_by` has the cause.

        The first partition of each stream is fetched before its other partitions. When Zoom denies it because the token
        lacks a scope, or the account a plan or role, the other partitions of the stream stay pending, and no call is
        sent for them. The scopes that the token lacks are logged as warnings before the first call.

        A cancelled run commits all fetched rows first. Raises `Unauthorized` if the credentials fail,
        `RedisUnavailable` if shared rate limits cannot be reached, `StoreError` if the store cannot be written, and the
        error of the listings if Zoom denies them or no month could be listed.
        """
        async with self._running(wait=wait) as scope:
            fetcher = self._fetcher
            while True:
                await self._list(scope)
                await self._fetch_all(scope, [stream for stream in self._streams if stream not in self._leading])
                if not isinstance(fetcher.stopped_by, DailyLimitReached):
                    break
                await self._store.defer(scope, fetcher.stopped_by.resumes_at)
                if not wait:
                    break
                await self._sleep_until(fetcher.stopped_by.resumes_at)
                await self._store.resume_deferred(scope)
            summary = self._result.summary(await self._count(scope), fetcher.stopped_by, fetcher.denials)
            self._store.outcome = outcome_of(summary)
        return summary

    async def missing_scopes(self) -> Mapping[str, tuple[str, ...]]:
        """Return, by table, the scopes of which the token needs one more for the table: classic ones, then granular.

        The result is empty if the token lacks none, or its scopes are unknown: see `Zoom.scopes`, which also has the
        errors.
        """
        missing = missing_scopes((stream.endpoint for stream in self._streams), await self._zoom.scopes())
        return {stream.name: missing[stream.route] for stream in self._streams if stream.route in missing}

    async def attendance(self, meeting: int | str) -> list[InstanceAttendance]:
        """Return the attendance of each stored instance of *meeting*: see `read_attendance`."""
        if self._path is None:
            raise ConfigError("attendance can only be read from a SQLite store")
        return await anyio.to_thread.run_sync(read_attendance, self._path, meeting)

    @asynccontextmanager
    async def _running(self, *, wait: bool = False) -> AsyncGenerator[Scope, None]:
        self._result, self._listed = RunResult(self._streams), False
        self._fetcher = PartitionFetcher(self._zoom, self._days[1], workers=self._workers, wait=wait)
        scope = Scope(
            account_id=await account_id_of(self._zoom, self._account_id),
            account_label=self._account_label,
            privacy=self._privacy,
            days=self._days,
            streams=self._streams,
            today=self._zoom.server_time.date(),
            discover=self._discover,
            recheck_from=self._recheck_from,
            refetch=self._refetch,
        )
        async with self._store.run(scope, self._on_finished), recording_calls(self._zoom, self._store):
            try:
                await self._log_missing_scopes()
                yield scope
            except ZoomError as error:
                self._store.outcome = f"failed: {error}"
                raise

    async def _log_missing_scopes(self) -> None:
        try:
            missing = await self.missing_scopes()
        except Unauthorized:
            raise
        except ZoomError:
            return  # the run itself waits for a token as long as it may, or raises the error
        for name in missing:
            scopes = scopes_to_add(STREAMS[name].endpoint)
            _logger.warning("the token lacks a scope for %s: add %s to the app", name, scopes)

    async def _list(self, scope: Scope) -> None:
        """Fetch the streams whose rows lead to partitions, each after its own parent, and add those partitions."""
        self._fetcher.stopped_by = None
        if self._listed:
            return
        for stream in self._leading:
            await self._store.add_children(scope, [stream])
            await self._fetch_all(scope, [stream])
            if stream in DISCOVERY_STREAMS:
                await self._check_discovery(scope, stream)
        await self._store.add_children(scope, [stream for stream in self._streams if stream not in self._leading])
        await self._count(scope)
        self._listed = self.progress.listed = self._fetcher.stopped_by is None
        if self._listed:
            self._report_progress()

    async def _check_discovery(self, scope: Scope, stream: Stream) -> None:
        """Raise the error for which Zoom denies a *stream* that finds instances, or for which none can be found."""
        if (denial := self._fetcher.denials.get(stream.name)) is not None:
            raise denial
        counts = await self._count(scope)
        if stream.parent is None and not set(counts.get(stream.name, ())) - _NOT_LISTED:
            raise self._fetcher.errors.get(stream.name) or ConfigError(
                f"{stream.name} cannot be listed for any of these days"
            )

    async def _count(self, scope: Scope) -> Mapping[str, Mapping[State, PartitionCount]]:
        counts = await self._store.counts(scope)
        self.progress.known = self.progress.done + partitions_in(State.PENDING, counts)
        return counts

    async def _fetch_all(self, scope: Scope, streams: Sequence[Stream]) -> None:
        """Fetch the pending partitions of *streams*, until the run stops or Zoom denies the streams."""
        counts = await self._store.counts(scope)
        for stream in streams:
            if counts.get(stream.name, {}).keys() & _ACCEPTED:
                self._fetcher.accept(stream)
        admitted = [stream for stream in streams if not self._fetcher.is_denied(stream)]
        while admitted and self._fetcher.stopped_by is None:
            await self._fetcher.fetch(self._pending(scope, admitted), self._store)
            if not any(map(self._fetcher.is_denied, admitted)):
                return
            admitted = [stream for stream in admitted if not self._fetcher.is_denied(stream)]

    async def _pending(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        """Yield the pending partitions of *streams*, until the run stops or Zoom denies one of the streams."""
        async for task in self._store.pending_tasks(scope, streams):
            if self._fetcher.stopped_by is not None or any(map(self._fetcher.is_denied, streams)):
                return
            yield task

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
