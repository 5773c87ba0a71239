"""Run a harvest: hosts, then each host's meetings, then every report of every session."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import anyio
import anyio.to_thread

from .. import Failed, Zoom, ZoomError, fan_out, month_ranges
from ..errors import (
    ConfigError,
    DailyLimitReached,
    InvalidArgument,
    PageTokenExpired,
    RedisUnavailable,
    StoreError,
    Unauthorized,
)
from ._call_recorder import sampling
from ._page_tracker import PageTracker
from .estimate import HarvestEstimate, make_plan
from .partitions import FINAL, Partition, State
from .results.attendance import InstanceAttendance, read_attendance
from .stores.base import HarvestStore, Outstanding, Scope, WriteBatch
from .stores.sqlite.store import SQLiteStore
from .streams import REPORTS, USER_MEETINGS, USERS, ListingStream, PartitionTask, Stream, chosen

_WORKERS = 32  # 40 requests a second at half a second each keep 20 busy; the rest is for slow ones
_STARTS = 3  # of a listing whose page token dies, or whose rows shift
_SOONEST_LOOK = 1.0
_MOST_TOLD = 1_000
_NOT_GOT = {State.FAILED, State.NOT_FOUND, State.REJECTED}
_FATAL = (Unauthorized, ConfigError, StoreError, RedisUnavailable)


@dataclass(slots=True)
class Progress:
    """How far a run is: partitions *done* of those *known* so far, and *rows* stored. All are *known* once *listed*.

    *deferred_until* is set while the run waits for a new day's budget.
    """

    done: int = 0
    known: int = 0
    rows: int = 0
    listed: bool = False
    deferred_until: datetime | None = None


@dataclass(slots=True)
class StreamSummary:
    """What one stream gave in this run: its *rows*, those that could not be decoded, and what became of its partitions.

    *kept* counts the partitions that an earlier run, or another worker, has settled, which were not fetched again.
    """

    name: str
    route: str
    rows: int = 0
    invalid_rows: int = 0
    skipped: int = 0
    partitions: Counter[State] = field(default_factory=Counter[State])


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did.

    *problems* are the partitions that failed, which may be gone in another run; *notes* are those whose rows came and
    were odd; *refused* those that Zoom will never give: a thousand of each at most, the store has them all.
    *stopped_by* is the limit of the day that ended it, after which *parked* partitions wait for the next. *missing* is
    how many partitions there are, parked ones included, of which it is not known what will become of them.
    """

    streams: tuple[StreamSummary, ...]
    failures: tuple[Partition, ...]
    warnings: tuple[Partition, ...] = ()
    rejected: tuple[Partition, ...] = ()
    deferred: int = 0
    unfinished: int = 0
    stopped_by: DailyLimitReached | None = None

    @property
    def complete(self) -> bool:
        """Whether every partition was got, or will never be: gone from Zoom, or refused for good."""
        return not self.unfinished


class Harvest:
    """A harvest of *reports* over all sessions from *from_* to *to*, UTC days both included, into *store*.

    The account's active hosts are listed month by month, then the meetings and webinars of each, then the reports of
    each session by its UUID. *store* is the path of a SQLite file (see `zoomasync.harvest.store`), or a `SharedStore`
    in which several harvests work at one job. Run again, it goes on where it was, whatever ended it, and fetches what
    is not settled; days before or behind those of the store may be added. With *since*, the last so many days are
    listed again, and of their sessions is fetched what is new, or had nothing yet: reports arrive late.

    *reports* are the tables to fetch: `REPORTS` unless given. Some of `PAST_REPORTS` may stand in for some of them, for
    meetings of the last year: those are light and medium calls, which spend no budget of the day. *workers* is how many
    partitions are fetched at a time. *durability* "full" keeps what a SQLite file has through a power cut too.

    Sessions of a single person are not reported by Zoom, and not harvested.
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
    ) -> None:
        list(month_ranges(from_, to))  # checks the range
        if from_ > datetime.now(UTC).date():
            raise InvalidArgument(f"{from_} is still to come: nothing can be harvested yet")
        if not _is_count(workers):
            raise ConfigError("workers is a whole number, 1 or more")
        if recheck_days is not None and not _is_count(recheck_days):
            raise InvalidArgument("since is a whole number of days, 1 or more")
        self._zoom = zoom
        self._workers = workers
        late = None if recheck_days is None else to - timedelta(days=min(recheck_days, (to - from_).days + 1) - 1)
        self._scope = Scope((from_, to), chosen(reports), late)
        self._path: Path | None = None
        self._store: HarvestStore
        if isinstance(store, str | Path):
            self._path = Path(store)
            self._store = SQLiteStore(self._path, self._scope.streams, durability=durability)
        else:
            self._store = store
        self._stopped_by: DailyLimitReached | None = None
        self._host_error: ZoomError | None = None
        self._listed = False
        self._result = _Result(self._scope.streams)
        self.progress: Progress = Progress()

    async def __aenter__(self) -> Self:
        await self._store.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._store.__aexit__(kind, error, traceback)

    async def estimate(self) -> HarvestEstimate:
        """Return what is to be fetched, how many calls that takes by label, and when it can be done at the earliest.

        Lists what is not listed yet: a call for each month, and one or more for each host and month. `run` does not
        list it again. Raises `DailyLimitReached` when the day's budget does not last even for that.
        """
        async with self._at_work():
            await self._list()
            counts = await self._store.counts(self._scope)
            if self._stopped_by is not None:
                raise self._stopped_by
            self._store.outcome = "planned"
        return make_plan(
            self._scope.days, self._scope.streams, counts, await self._zoom.rate_limits(), datetime.now(UTC)
        )

    async def run(self, *, wait: bool = False) -> Summary:
        """Fetch everything, and return what came of it.

        A partition that Zoom does not give is recorded with the reason and the others go on. At the end of the
        account's budget of the day what is left is parked and the run stops; its summary says when it can go on. With
        *wait* it stays, and goes on itself.

        Cancelled, it commits what it has and leaves. Raises `Unauthorized` when the credentials fail,
        `RedisUnavailable` when shared budgets cannot be reached, `StoreError` when the store cannot be written, and
        any other error that leaves no host to go on with.
        """
        async with self._at_work():
            while True:
                await self._list()
                await self._fetch_all(self._scope.reports)
                if self._stopped_by is None:
                    break
                await self._store.defer(self._scope, self._stopped_by.resumes_at)
                if not wait:
                    break
                await self._sleep_until(self._stopped_by.resumes_at)
                await self._store.resume_deferred(self._scope)
            summary = self._result.summary(await self._count_known(), self._stopped_by)
            self._store.outcome = _outcome(summary)
        return summary

    async def attendance(self, meeting: int | str) -> list[InstanceAttendance]:
        """Return the attendance of each instance of *meeting* in the store: see `read_attendance`."""
        if self._path is None:
            raise ConfigError("attendance is read from a SQLite store")
        return await anyio.to_thread.run_sync(read_attendance, self._path, meeting)

    @asynccontextmanager
    async def _at_work(self) -> AsyncGenerator[None, None]:
        self._stopped_by, self._result, self._listed = None, _Result(self._scope.streams), False
        async with self._store.working(self._scope, self._on_finished), sampling(self._zoom, self._store):
            try:
                yield
            except ZoomError as error:
                self._store.outcome = f"failed: {error}"
                raise

    async def _list(self) -> None:
        """List hosts, then their meetings, as far as they are not."""
        self._stopped_by = None
        if self._listed:
            return
        for listing in (USERS, USER_MEETINGS):
            await self._fetch_all((listing,))
            await self._store.expand(listing, self._scope)
            counts = await self._count_known()
            if listing is USERS and not set(counts.get(USERS.name, ())) - _NOT_GOT:
                raise self._host_error or ConfigError("the hosts of none of these months can be listed")
        self._listed = self.progress.listed = self._stopped_by is None

    async def _count_known(self) -> Mapping[str, Mapping[State, Outstanding]]:
        counts = await self._store.counts(self._scope)
        waiting = sum(found[State.PENDING].partitions for found in counts.values() if State.PENDING in found)
        self.progress.known = self.progress.done + waiting
        return counts

    async def _fetch_all(self, streams: Sequence[Stream]) -> None:
        """Fetch and store what waits of *streams*, until the day's budget is spent."""
        if self._stopped_by is not None:
            return
        async with fan_out(self._fetch_and_finish, self._wanted(streams), workers=self._workers) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Failed):
                    raise outcome.error

    async def _wanted(self, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:
        async for task in self._store.work(self._scope, streams):
            if self._stopped_by is not None:
                return
            yield task

    async def _fetch_and_finish(self, task: PartitionTask) -> None:
        """Fetch and store one partition; raise an error that the next one would meet as well."""
        error: ZoomError | None = None
        warning: str | None = None
        try:
            warning = await self._fetch(task)
        except _FATAL:
            raise
        except ZoomError as caught:
            error = caught
            if isinstance(caught, DailyLimitReached):
                self._stopped_by = caught
            elif task.stream is USERS:
                self._host_error = caught
        await self._store.finish(task, error, warning)

    async def _fetch(self, task: PartitionTask) -> str | None:
        """Store what *unit* gives, and return what is odd about it; begin anew when its pages do not fit together."""
        for last in (False,) * (_STARTS - 1) + (True,):
            pieces = PageTracker(task)
            try:
                await self._fetch_once(task, pieces)
            except PageTokenExpired:
                if last:
                    raise
                continue
            if last or not pieces.shifted:
                return pieces.warning
        raise AssertionError  # the last one returns

    async def _fetch_once(self, task: PartitionTask, pieces: PageTracker) -> None:
        zoom = self._zoom.with_options(
            on_invalid_row=pieces.invalid_rows.append, on_extra_fields=pieces.extra_fields.append
        )
        listed: list[WriteBatch] = []
        async with aclosing(task.fetch(zoom)) as batches:
            async for batch in batches:
                piece = pieces.take(batch)
                if isinstance(task.stream, ListingStream):
                    listed.append(piece)  # all of it or nothing: there may be an earlier one, which is not to be lost
                else:
                    await self._store.write(task, piece)
        for piece in listed:
            await self._store.write(task, piece)

    async def _sleep_until(self, moment: datetime) -> None:
        self.progress.deferred_until = moment
        # By Zoom's clock: if ours is ahead of it, the budgets say so at once, and we look again.
        await anyio.sleep(max(_SOONEST_LOOK, (moment - datetime.now(UTC)).total_seconds()))
        self.progress.deferred_until = None

    def _on_finished(self, partition: Partition) -> None:
        self._result.add(partition)
        if partition.state is not State.DEFERRED:
            self.progress.done += 1
            self.progress.rows += partition.rows


class _Result:
    """Counts what a run did."""

    def __init__(self, streams: Iterable[Stream]) -> None:
        self._streams = {stream.name: StreamSummary(stream.name, stream.route) for stream in streams}
        self._problems: list[Partition] = []
        self._notes: list[Partition] = []
        self._refused: list[Partition] = []

    def add(self, partition: Partition) -> None:
        """Count what became of *partition*."""
        if partition.state is State.DEFERRED:
            return
        summary = self._streams[partition.stream]
        summary.rows += partition.rows
        summary.invalid_rows += partition.invalid_rows
        summary.partitions[partition.state] += 1
        if partition.state is State.FAILED:
            told = self._problems
        elif partition.state is State.REJECTED:
            told = self._refused
        elif partition.warning is not None:
            told = self._notes
        else:
            return
        if len(told) < _MOST_TOLD:
            told.append(partition)

    def summary(
        self, counts: Mapping[str, Mapping[State, Outstanding]], stopped_by: DailyLimitReached | None
    ) -> Summary:
        """Return it all; *counts* is how the store stands."""
        deferred = unfinished = 0
        for name, found in counts.items():
            summary = self._streams[name]
            finished = sum(found[state].partitions for state in FINAL if state in found)
            summary.skipped = finished - sum(summary.partitions[state] for state in FINAL)
            deferred += found[State.DEFERRED].partitions if State.DEFERRED in found else 0
            unfinished += sum(outstanding.partitions for outstanding in found.values()) - finished
        return Summary(
            tuple(self._streams.values()),
            tuple(self._problems),
            tuple(self._notes),
            tuple(self._refused),
            deferred,
            unfinished,
            stopped_by,
        )


def _is_count(number: object) -> bool:
    """Tell whether *number* is one to count with: not every caller has a type checker."""
    return type(number) is int and number >= 1


def _outcome(summary: Summary) -> str:
    if summary.stopped_by is not None:
        return f"stopped: the day's budget is spent until {summary.stopped_by.resumes_at:%Y-%m-%dT%H:%M:%SZ}"
    failed = sum(stream.partitions[State.FAILED] for stream in summary.streams)
    return "complete" if summary.complete else f"incomplete: {failed} failed"
