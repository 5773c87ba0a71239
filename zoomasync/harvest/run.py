"""Run a harvest: hosts, then each host's meetings, then every report of every session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from msgspec import Struct

from .. import Done, Drift, Failed, Zoom, ZoomError, fan_out, months
from ..errors import ConfigError, DailyLimitReached, PageTokenExpired, Unauthorized
from ..models import Host, UserMeeting
from .store import SETTLED, Partition, State, Store
from .streams import (
    REPORTS,
    USER_MEETINGS,
    USERS,
    OnDrift,
    Row,
    SessionStream,
    Stream,
    chosen,
    fetch_user_meetings,
    fetch_users,
)

StructT = TypeVar("StructT", bound=Struct)

_WORKERS = 32  # 40 requests a second at half a second each keep 20 busy; the rest is for slow ones
_WEBINAR_TYPES = {5, 6, 9}
_STARTS = 3  # of a listing whose page token dies


@dataclass(slots=True)
class Progress:
    """How far a run is: partitions *done* of those *known* so far, and *rows* stored. All are *known* once *listed*."""

    done: int = 0
    known: int = 0
    rows: int = 0
    listed: bool = False


@dataclass(slots=True)
class StreamSummary:
    """What one stream gave in this run: its *rows*, those that could not be decoded, and what became of its partitions.

    *kept* counts the partitions that an earlier run has settled, which were not fetched again.
    """

    name: str
    route: str
    rows: int = 0
    drifted: int = 0
    kept: int = 0
    partitions: Counter[State] = field(default_factory=Counter[State])


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. *problems* may be gone in another run; *stopped_by* is the limit of the day that ended it."""

    streams: tuple[StreamSummary, ...]
    problems: tuple[Partition, ...]
    stopped_by: DailyLimitReached | None = None

    @property
    def complete(self) -> bool:
        """Whether every partition was got, or will never be: gone from Zoom, or refused for good."""
        return self.stopped_by is None and not self.problems


@dataclass(frozen=True, slots=True)
class _Unit:
    """A partition to fetch."""

    stream: Stream
    key: str
    fetch: Callable[[Zoom, OnDrift], Awaitable[list[Row]]]


@dataclass(frozen=True, slots=True)
class _Fetched:
    """The rows of a partition, and those that could not be decoded."""

    rows: list[Row]
    drifts: list[Drift]


class Harvest:
    """A harvest of *reports* over all sessions from *from_* to *to*, UTC days both included, into *store*.

    The account's active hosts are listed month by month, then the meetings and webinars of each, then the reports of
    each session by its UUID. *store* is the path of a SQLite file (see `zoomasync.harvest.store`) for these days. A
    second run lists everything again, and fetches only the reports that an earlier one has not settled. *workers* is
    how many partitions are fetched at a time.

    Sessions of a single person are not reported by Zoom, and not harvested.
    """

    def __init__(
        self,
        zoom: Zoom,
        *,
        store: str | Path,
        from_: date,
        to: date,
        reports: Iterable[str] = REPORTS,
        workers: int = _WORKERS,
    ) -> None:
        self._zoom = zoom
        self._months = tuple(months(from_, to))
        self._reports = chosen(reports)
        if workers < 1:
            raise ConfigError("a harvest needs at least one worker")
        self._workers = workers
        streams = (USERS, USER_MEETINGS, *self._reports)
        self._store = Store(store, streams, from_=from_, to=to)
        self._streams = {stream.name: StreamSummary(stream.name, stream.route) for stream in streams}
        self._problems: list[Partition] = []
        self._stopped_by: DailyLimitReached | None = None
        self.progress: Progress = Progress()

    async def __aenter__(self) -> Self:
        await self._store.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._store.__aexit__(kind, error, traceback)

    async def run(self) -> Summary:
        """Fetch everything, and return what came of it.

        A partition that Zoom does not give is recorded with the reason and the others go on. Raises `Unauthorized` when
        the credentials fail, and any other error that leaves no host to go on with. At the end of the account's budget
        of the day the run stops, and its summary says when it can go on.
        """
        settled = await self._store.settled()
        months_of_hosts = await self._list_hosts()
        sessions = await self._list_sessions(months_of_hosts, settled)
        self.progress.listed = True
        await self._fetch_all(
            _Unit(stream, uuid, partial(stream.fetch, uuid=uuid))
            for uuid, is_webinar in sessions.items()
            for stream in self._streams_for(is_webinar=is_webinar)
            if (stream.name, uuid) not in settled
        )
        return Summary(tuple(self._streams.values()), tuple(self._problems), self._stopped_by)

    async def _list_hosts(self) -> list[_Unit]:
        """Store the active hosts of each month; return what to ask next: the meetings of each in that month."""
        keys = {f"{from_}..{to}": (from_, to) for from_, to in self._months}
        found: dict[str, _Unit] = {}
        failures: list[ZoomError] = []

        def learn(partition: Partition) -> None:
            from_, to = keys[partition.key]
            if partition.error is not None:
                failures.append(partition.error)
            for host in _structs(partition, Host):
                key = f"{host.id}/{partition.key}"
                found[key] = _Unit(
                    USER_MEETINGS, key, partial(fetch_user_meetings, user_id=host.id, from_=from_, to=to)
                )
            self.progress.known = len(keys) + len(found)

        await self._fetch_all(
            (_Unit(USERS, key, partial(fetch_users, from_=from_, to=to)) for key, (from_, to) in keys.items()), learn
        )
        if len(failures) == len(keys):
            raise failures[0]
        return list(found.values())

    async def _list_sessions(
        self, months_of_hosts: list[_Unit], settled: frozenset[tuple[str, str]]
    ) -> dict[str, bool]:
        """Store the meetings of every host; return the UUID of each session, and whether it is a webinar."""
        found: dict[str, bool] = {}

        def learn(partition: Partition) -> None:
            for meeting in _structs(partition, UserMeeting):
                if meeting.uuid not in found:
                    found[meeting.uuid] = is_webinar = meeting.type in _WEBINAR_TYPES
                    for stream in self._streams_for(is_webinar=is_webinar):
                        kept = (stream.name, meeting.uuid) in settled
                        self._streams[stream.name].kept += kept
                        self.progress.known += not kept

        await self._fetch_all(months_of_hosts, learn)
        return found

    async def _fetch_all(self, units: Iterable[_Unit], learn: Callable[[Partition], None] = lambda _: None) -> None:
        """Fetch and store *units*, until the day's budget is spent; *learn* is shown each partition."""
        wanted = takewhile(lambda _: self._stopped_by is None, units)
        async with fan_out(self._fetch, wanted, workers=self._workers) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Failed) and isinstance(outcome.error, DailyLimitReached):
                    self._stopped_by = outcome.error
                    continue
                partition = _partition(outcome)
                await self._store.put(partition)
                self._count(partition)
                learn(partition)

    async def _fetch(self, unit: _Unit) -> _Fetched:
        for _ in range(_STARTS - 1):
            with suppress(PageTokenExpired):
                return await self._fetch_once(unit)
        return await self._fetch_once(unit)

    async def _fetch_once(self, unit: _Unit) -> _Fetched:
        drifts: list[Drift] = []
        return _Fetched(await unit.fetch(self._zoom, drifts.append), drifts)

    def _streams_for(self, *, is_webinar: bool) -> tuple[SessionStream, ...]:
        return tuple(stream for stream in self._reports if stream.webinars is is_webinar)

    def _count(self, partition: Partition) -> None:
        summary = self._streams[partition.stream.name]
        summary.rows += len(partition.rows)
        summary.drifted += len(partition.drifts)
        summary.partitions[partition.state] += 1
        if partition.state not in SETTLED:
            self._problems.append(partition)
        self.progress.done += 1
        self.progress.rows += len(partition.rows)


def _partition(outcome: Done[_Unit, _Fetched] | Failed[_Unit]) -> Partition:
    """Return what was got, or what came instead; raise an error that the next partition would meet as well."""
    unit = outcome.key
    if isinstance(outcome, Done):
        return Partition(stream=unit.stream, key=unit.key, rows=outcome.value.rows, drifts=outcome.value.drifts)
    if isinstance(outcome.error, Unauthorized | ConfigError):
        raise outcome.error
    return Partition(stream=unit.stream, key=unit.key, error=outcome.error)


def _structs(partition: Partition, kind: type[StructT]) -> Iterator[StructT]:
    return (row[0] for row in partition.rows if isinstance(row[0], kind))
