"""Registrant syncs of a fake account, on a loop whose waits are short, with a clock of Zoom that a test moves."""

from __future__ import annotations

import asyncio
import functools
import selectors
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeAlias

from zoomasync import Plan, RetryPolicy, Zoom
from zoomasync.models import CustomAnswer, NewRegistrant
from zoomasync.rate_limits import LocalRateLimiter
from zoomasync.sync import (
    DesiredList,
    DesiredPerson,
    PersonOutcome,
    RegistrantSync,
    RejectedRow,
    Result,
    SyncPlan,
    SyncPolicy,
    SyncTarget,
)
from zoomasync.testing import Account, FakeZoom, MeetingType, Registrant, RegistrantStatus, ScheduledMeeting

P = ParamSpec("P")
Row: TypeAlias = NewRegistrant | DesiredPerson | RejectedRow

# A journal forgets the counts of past days by the computer's clock.
TODAY = datetime.now(UTC).date()
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 8, tzinfo=UTC)
SURE = 120.0
"""The seconds after which no list lacks a write, and no process sends one that it has begun."""
_STEP = 2.0  # seconds of the loop's clock, for each real wait
_WAIT = 0.01
_LONG = 86_400.0


class IdleClockLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still while it or a thread works, and moves by up to 2 s in each idle moment.

    In contrast to a `VirtualClockLoop`, it supports sockets and threads.
    """

    def __init__(self) -> None:
        self._waiting = _WaitingSelector()
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._waiting.now


class _WaitingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout != 0:
            ready = super().select(_WAIT if timeout is None else min(timeout, _WAIT))
            if not ready and not _is_thread_working():  # the disk may be slow
                self.now += min(_STEP if timeout is None else timeout, _STEP)
        # Otherwise a limiter that wakes early by a rounding error would set its timer again without end.
        self.now += 1e-6
        return ready


def _is_thread_working() -> bool:
    """Return whether a worker thread does anything but wait for work."""
    frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  documented, in spite of its name
    workers = [thread.ident for thread in threading.enumerate() if thread.name.startswith("AnyIO worker")]
    return any(frames[each].f_code.co_name != "wait" for each in workers if each in frames)


def in_idle_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run *test* on an `IdleClockLoop`."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=IdleClockLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


class Clock:
    """Zoom's clock: that of the running loop, which a test can move."""

    def __init__(self, moment: datetime = NOW) -> None:
        self._loop = asyncio.get_running_loop()
        self._moment = moment - timedelta(seconds=self._loop.time())

    def __call__(self) -> datetime:
        return self._moment + timedelta(seconds=self._loop.time())

    def move(self, seconds: float) -> None:
        """Move the clock forward."""
        self._moment += timedelta(seconds=seconds)

    def move_to_next_day(self) -> None:
        """Move the clock to 08:00 UTC of the next day."""
        day = datetime.combine(self().date() + timedelta(days=1), NOW.timetz())
        self.move((day - self()).total_seconds())


class ClockedZoom(Zoom):
    """A client of *fake* in which Zoom's time is that of *clock*."""

    def __init__(self, fake: FakeZoom, clock: Callable[[], datetime]) -> None:
        limiter = LocalRateLimiter(_UNLIMITED, clock=asyncio.get_running_loop().time)
        retry = RetryPolicy(attempts=3, base=0.0, random=lambda: 0.0)
        super().__init__(fake.credentials, base_url=fake.base_url, rate_limiter=limiter, retry=retry, timeout=_LONG)
        self._now = clock

    @property
    def server_time(self) -> datetime:
        return self._now()


_UNLIMITED = Plan(light=10_000, medium=10_000, heavy=10_000)


@dataclass(frozen=True)
class StatusChange:
    """The change of one registration by a request. A status is empty if there is no registration."""

    email: str
    before: str
    after: str
    at: datetime


@dataclass(kw_only=True)
class WatchedMeeting(ScheduledMeeting):
    """A meeting or webinar that lists the *changes* of its registrations by requests, and not those by a test.

    It calls *on_change* after each.
    """

    clock: Callable[[], datetime]
    changes: list[StatusChange] = field(default_factory=list[StatusChange])
    on_change: Callable[[], None] = lambda: None

    @classmethod
    def of(cls, meeting: ScheduledMeeting, clock: Callable[[], datetime]) -> WatchedMeeting:
        """Return a copy of *meeting* to watch."""
        return cls(
            id=meeting.id,
            uuid=meeting.uuid,
            host=meeting.host,
            topic=meeting.topic,
            created_at=meeting.created_at,
            type=meeting.type,
            start_time=meeting.start_time,
            settings=meeting.settings,
            recurrence=meeting.recurrence,
            occurrences=meeting.occurrences,
            registrants=meeting.registrants,
            capacity=meeting.capacity,
            clock=clock,
        )

    def save_registrant(self, registrant: Registrant) -> None:
        before = self.registrant(registrant.id)
        status = before.status if before else ""
        self.changes.append(StatusChange(registrant.email.casefold(), status, registrant.status, self.clock()))
        super().save_registrant(registrant)
        self.on_change()

    def set_status(self, email: str, status: RegistrantStatus) -> None:
        """Give the registrant a status, as the host or the registrant at Zoom."""
        known = self.registrant(email)
        assert known is not None
        super().save_registrant(replace(known, status=status))

    def register(self, email: str, status: RegistrantStatus = "approved", first_name: str = "Self") -> None:
        """Register a person, as Zoom's form does."""
        known = self.registrant(email)
        id_ = known.id if known else f"{abs(hash(email)) % 10**10:010}selfRegistered"[:22]
        super().save_registrant(
            Registrant(id=id_, email=email, first_name=first_name, status=status, create_time=self.clock())
        )

    def status_of(self, email: str) -> str:
        """Return the status of a person, or empty text."""
        known = self.registrant(email)
        return known.status if known else ""

    def is_registered(self, email: str) -> bool:
        """Return whether a person is approved or pending."""
        return self.status_of(email) in {"approved", "pending"}


@dataclass
class Stage:
    """A fake account with its clock, and a folder for the journal."""

    fake: FakeZoom
    clock: Clock
    folder: Path

    @property
    def account(self) -> Account:
        return self.fake.account

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite"

    def add_meeting(
        self,
        *,
        type: MeetingType = 2,
        approval_type: Literal[0, 1, 2] = 0,
        registrants: int = 0,
        start_time: datetime | None = None,
        settings: Mapping[str, object] | None = None,
        capacity: int = 4_999,
    ) -> WatchedMeeting:
        """Schedule a meeting or webinar with the arguments of `Account.add_meeting`, and watch it."""
        start = start_time or NOW + timedelta(days=60)
        scheduled = self.account.add_meeting(
            type=type,
            approval_type=approval_type,
            registrants=registrants,
            start_time=start,
            settings=settings,
            capacity=capacity,
        )
        meeting = WatchedMeeting.of(scheduled, self.clock)
        meetings = self.account.scheduled_webinars if meeting.is_webinar else self.account.scheduled_meetings
        meetings[-1] = meeting
        return meeting

    @asynccontextmanager
    async def syncing(self, policy: SyncPolicy | None = None) -> AsyncGenerator[RegistrantSync, None]:
        """Open a client and a sync."""
        async with (
            ClockedZoom(self.fake, self.clock) as zoom,
            RegistrantSync(zoom, policy=policy, journal=self.journal, workers=4) as sync,
        ):
            yield sync

    async def sync(self, *lists: DesiredList, policy: SyncPolicy | None = None) -> list[PersonOutcome]:
        """Plan and apply in a new sync, and return the outcomes."""
        async with self.syncing(policy) as sync:
            return await outcomes_of(await sync.plan(lists))

    async def writes(self, *lists: DesiredList, policy: SyncPolicy | None = None) -> int:
        """Return the number of writes of a plan that a new sync makes."""
        async with self.syncing(policy) as sync:
            return (await sync.plan(lists)).totals().writes

    def sent(self, method: str, start: int = 0) -> int:
        """Return the number of requests with *method* for registrants, from request number *start* on."""
        return sum(each.method == method and "/registrants" in each.raw_path for each in self.fake.requests[start:])


@asynccontextmanager
async def staged(folder: Path, *, list_delay: float = 0.0, write_seconds: float = 0.0) -> AsyncGenerator[Stage, None]:
    """Serve an empty account with a clock that the test can move."""
    clock, account = Clock(), Account(today=TODAY)
    async with FakeZoom(account, plan=None, now=clock, list_delay=list_delay, write_seconds=write_seconds) as fake:
        yield Stage(fake, clock, folder)


def person(
    email: str,
    first_name: str = "Ada",
    *,
    org: str | None = None,
    custom_questions: tuple[CustomAnswer, ...] | None = None,
) -> NewRegistrant:
    """Return a person to register."""
    return NewRegistrant(email=email, first_name=first_name, org=org, custom_questions=custom_questions)


def people(number: int, start: int = 0) -> list[NewRegistrant]:
    """Return so many people to register."""
    return [person(f"p{index}@x.example", f"Person {index}") for index in range(start, start + number)]


def target_of(meeting: ScheduledMeeting, *occurrence_ids: str) -> SyncTarget:
    """Return *meeting* as the target of a sync."""
    return SyncTarget("webinar" if meeting.is_webinar else "meeting", meeting.id, occurrence_ids)


def desired(meeting: ScheduledMeeting, rows: Iterable[Row], *, keep: frozenset[str] = frozenset()) -> DesiredList:
    """Return the desired list of *meeting*."""
    return DesiredList(target_of(meeting), tuple(rows), keep=keep)


async def outcomes_of(plan: SyncPlan) -> list[PersonOutcome]:
    """Apply *plan*, and return the outcomes."""
    async with plan.apply() as outcomes:
        return [outcome async for outcome in outcomes]


def results(outcomes: Sequence[PersonOutcome]) -> dict[str, Result]:
    """Return the result of each address."""
    return {outcome.email: outcome.result for outcome in outcomes}
