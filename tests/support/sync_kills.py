"""Syncs in a process that is killed at random moments, of an account on a faulty server in another process."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, TypeAlias, cast

from zoomasync import Plan, RetryPolicy, ServerToServer, Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import Action, DesiredList, DesiredPerson, RegistrantSync, SyncPolicy, SyncTarget
from zoomasync.testing import Account, FakeZoom, ScheduledMeeting

SHARE = 0.2  # of the requests for registrants, that fail
LATE = 0.3  # seconds
_LIST_DELAY = 1.5
_CANCELLED, _OTHERS = 5, 5  # registered people per target: on a cancelled row, on none
_WRITE_SECONDS = 0.002
_WORKERS = 8
_PATIENCE = 120.0
_UNLIMITED = Plan(light=10_000, medium=10_000, heavy=10_000)

Command: TypeAlias = Literal["state", "next day", "calm", "end"]

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["zoomasync.sync", "zoomasync.testing"])


@dataclass(frozen=True)
class State:
    """The state of the server: the number of *writes*, and per target and address the status and the *mails*.

    *repeated* counts the requests that added a registered person.
    """

    writes: int
    status: Mapping[tuple[int, str], str]
    mails: Mapping[tuple[int, str], Counter[str]]
    copies: int


@dataclass(frozen=True)
class Job:
    """A sync of the account at *base_url*: *people* per target, with a *journal*."""

    credentials: ServerToServer
    base_url: str
    targets: tuple[SyncTarget, ...]
    people: int
    journal: Path
    list_delay: float = _LIST_DELAY

    def rows(self, target: SyncTarget) -> Iterator[DesiredPerson]:
        """Yield the desired list of *target*: new people, and registered people who are to be cancelled."""
        for number in range(self.people):
            yield DesiredPerson(row=number, registrant=_person(f"new{number}@{target.id}.example"))
        for number in range(1, _CANCELLED + 1):
            yield DesiredPerson(row=self.people + number, registrant=_person(_guest(number)), cancel=True)


def _guest(number: int) -> str:
    return f"guest{number}@elsewhere.example"


def _person(email: str) -> NewRegistrant:
    return NewRegistrant(email=email, first_name="Ada")


def sync(job: Job) -> None:
    """Plan and apply in this process, and exit with the number of people left to a run in the plan, at most 100."""
    sys.exit(min(100, asyncio.run(_sync(job))))


async def _sync(job: Job) -> int:
    policy = SyncPolicy(approve="ours", max_cancel="100%", list_delay=job.list_delay)
    retry = RetryPolicy(attempts=4, base=0.01, cap=0.01, random=lambda: 0.0)
    async with (
        Zoom(job.credentials, plan=_UNLIMITED, base_url=job.base_url, retry=retry) as zoom,
        RegistrantSync(zoom, policy=policy, journal=job.journal, workers=_WORKERS) as sync,
    ):
        plan = await sync.plan(DesiredList(target, job.rows(target)) for target in job.targets)
        async with plan.apply() as outcomes:
            async for _ in outcomes:
                pass
        totals = plan.totals()
        left = totals.counts.get(Action.UNKNOWN, 0) + totals.counts.get(Action.DEFERRED, 0)
        return totals.writes + totals.failed + left


def _serve(pipe: Connection, targets: int) -> None:
    asyncio.run(_serve_account(pipe, targets))


@dataclass
class _Clock:
    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def _serve_account(pipe: Connection, targets: int) -> None:
    """Serve an account of meetings and webinars, half of each with manual approval, and carry out commands."""
    clock, account = _Clock(), Account()
    start = clock() + timedelta(days=1_000)
    for number in range(targets):
        approval: Literal[0, 1] = 1 if number % 4 > 1 else 0
        type_: Literal[2, 5] = 5 if number % 2 else 2
        account.add_meeting(type=type_, approval_type=approval, registrants=_CANCELLED + _OTHERS, start_time=start)
    async with FakeZoom(account, plan=None, now=clock, list_delay=LATE, write_seconds=_WRITE_SECONDS) as fake:
        for namespace in ("meetings.registrants", "webinars.registrants"):
            fake.disturb(namespace, share=SHARE, seed=random.randrange(2**32))
        pipe.send((fake.credentials, fake.base_url, [*map(_target, _meetings(account))]))
        while (command := cast("Command", await asyncio.to_thread(pipe.recv))) != "end":
            if command == "next day":
                clock.ahead += timedelta(days=1)
            elif command == "calm":
                fake.clear_responses()
            pipe.send(_state(fake))


def _meetings(account: Account) -> Sequence[ScheduledMeeting]:
    return [*account.scheduled_meetings, *account.scheduled_webinars]


def _target(meeting: ScheduledMeeting) -> SyncTarget:
    return SyncTarget("webinar" if meeting.is_webinar else "meeting", meeting.id)


def _state(fake: FakeZoom) -> State:
    mails = dict[tuple[int, str], Counter[str]]()
    for mail in fake.mails:
        mails.setdefault((mail.meeting_id, mail.address), Counter())[mail.kind] += 1
    people = [(meeting.id, each) for meeting in _meetings(fake.account) for each in meeting.registrants]
    status = {(number, each.email): each.status for number, each in people}
    writes = sum(request.method in {"POST", "PUT"} and request.label is not None for request in fake.requests)
    return State(writes, status, mails, len(people) - len(status))


class Served:
    """The account on a server in another process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.credentials, self.base_url, targets = cast("tuple[ServerToServer, str, list[SyncTarget]]", pipe.recv())
        self.targets = tuple(targets)

    def state(self, command: Command = "state") -> State:
        """Carry out *command*, and return the state."""
        self._pipe.send(command)
        return cast("State", self._pipe.recv())

    def job(self, folder: Path, people: int) -> Job:
        """Return a sync of this account with its journal in *folder*."""
        return Job(self.credentials, self.base_url, self.targets, people, folder / "journal.sqlite")


@contextmanager
def serving(targets: int) -> Generator[Served, None, None]:
    """Serve an account with so many *targets* while the block runs."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_serve, args=(theirs, targets), daemon=True)
    process.start()
    try:
        assert ours.poll(_PATIENCE), "the server does not start"
        yield Served(ours)
        ours.send("end")
        process.join(_PATIENCE)
    finally:
        process.kill()
        process.join()
        ours.close()


def kill_often(served: Served, job: Job, kills: int, most: int, dice: random.Random, *, forget: bool = False) -> int:
    """Start the sync and kill it, *kills* times, each after up to *most* writes.

    Return the number of kills that hit the sync at work. With *forget*, the journal is lost each time.
    """
    hits = 0
    for _ in range(kills):
        before = served.state().writes
        process = _PROCESSES.Process(target=sync, args=(job,), daemon=True)
        process.start()
        writes, deadline = dice.randrange(1, most), time.monotonic() + _PATIENCE
        while served.state().writes - before < writes and process.exitcode is None:
            assert time.monotonic() < deadline, "the sync sends nothing"
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.01))
        process.kill()
        process.join()
        assert process.exitcode in {-signal.SIGKILL, *range(101)}, f"the sync ended with {process.exitcode}"
        hits += process.exitcode == -signal.SIGKILL and served.state().writes > before
        if forget:
            for file in job.journal.parent.glob("journal.sqlite*"):
                if file.is_file():
                    file.unlink()
    return hits


def sync_to_the_end(job: Job) -> int:
    """Sync without a kill; return how many writes its plan had, and people left to a later run, at most 100."""
    process = _PROCESSES.Process(target=sync, args=(job,), daemon=True)
    process.start()
    process.join(10 * _PATIENCE)
    assert process.exitcode is not None
    return process.exitcode


def faults_in(state: State, job: Job) -> list[str]:
    """Return the differences between *state* and one registration and one mail per person."""
    faults = ["a person has two registrations"] * state.copies
    for target in job.targets:
        expected: dict[str, tuple[str, set[str]]] = {}
        for number in range(job.people):
            expected[f"new{number}@{target.id}.example"] = ("approved", {"confirmation", "approval"})
        for number in range(1, _CANCELLED + 1):
            expected[_guest(number)] = ("cancelled", {"cancellation"})
        for number in range(_CANCELLED + 1, _CANCELLED + _OTHERS + 1):
            expected[_guest(number)] = ("", set())
        for email, (status, kinds) in expected.items():
            found, mails = state.status.get((target.id, email), "none"), state.mails.get((target.id, email), Counter())
            if status and found != status:
                faults.append(f"{email} is {found}")
            if set(mails) - kinds or mails.total() != bool(kinds):
                faults.append(f"{email} has the mails {dict(mails)}")
    return faults
