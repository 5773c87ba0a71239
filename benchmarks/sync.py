"""The sync of 5,000 people with the registrants of 40 webinars: calls, makespan, processor time and memory.

Each webinar has a list of 125 people. Up to 60 of them are to be added, 14 are pending and are to be approved, and the
others are registered. Besides, 12 people are registered and on no list, and are to be cancelled. The client has the
limits of the plan Business. A simulated account in another process responds to each write after 100 ms; a webinar has
one write in progress at a time.

The fewest calls read the settings, panelists, questions and lists of each webinar once, add one person per call, and
change the status of up to 30 people per call. The bound of the makespan has all calls of the plan at once, and then all
those of its application.
"""

from __future__ import annotations

import asyncio
import math
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, TypeAlias

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import DesiredList, DesiredPerson, RegistrantSync, Result, SyncPolicy, SyncTarget

from .figures import Figure
from .machine import resident
from .processes import SPAWN
from .webinars_server import Audience, ReceivedCall, WebinarsServer, webinars_server

PLAN: Final = Plan.BUSINESS
WRITE_SECONDS: Final = 0.1
POLICY: Final = SyncPolicy(on_absent="cancel", absent_scope="all", approve="all", max_cancel="50%")
READS, PEOPLE_PER_CALL = 6, 30
Audiences: TypeAlias = Sequence[Audience]


def audiences(webinars: int, people: int = 125, pending: int = 14, absent: int = 12) -> Audiences:
    """Return the audiences of so many *webinars*, of as many *people* each, of whom up to about a half are missing."""
    missing = [number * people // (2 * webinars) for number in range(webinars)]
    random.Random(1).shuffle(missing)  # noqa: S311  an order, not a secret
    return [
        Audience(registered=people - pending - number, pending=pending, missing=number, absent=absent)
        for number in missing
    ]


@dataclass(frozen=True, slots=True)
class Synced:
    """A sync in a process of its own: when it *began*, was *planned* and *ended*, by `time.monotonic()`.

    *memory* is the growth in MB at its peak. *writes_left* are those of another plan afterwards.
    """

    began: float
    planned: float
    ended: float
    cpu_seconds: float
    memory: float
    results: Mapping[Result, int]
    writes_left: int

    def calls(self, received: Iterable[ReceivedCall]) -> tuple[list[ReceivedCall], list[ReceivedCall]]:
        """Return the calls of the plan, and those of its application."""
        calls = list(received)
        return (
            [call for call in calls if call.at < self.planned],
            [call for call in calls if self.planned <= call.at < self.ended],
        )


def run(server: WebinarsServer, people: Audiences, plan: Plan = PLAN) -> Synced:
    """Synchronise all webinars of *server* with their lists, in a process of its own."""
    with ProcessPoolExecutor(1, SPAWN) as process, tempfile.TemporaryDirectory() as folder:
        arguments = (server.credentials, server.base_url, server.webinars, people, plan, Path(folder, "journal"))
        return process.submit(_run, *arguments).result()


def _run(
    auth: ServerToServer, base_url: str, webinars: list[int], people: Audiences, plan: Plan, journal: Path
) -> Synced:
    return asyncio.run(_synchronise(Zoom(auth, plan=plan, base_url=base_url), webinars, people, journal))


async def _synchronise(zoom: Zoom, webinars: list[int], people: Audiences, journal: Path) -> Synced:
    def lists() -> Iterator[DesiredList]:
        for number, audience in zip(webinars, people, strict=True):
            yield DesiredList(SyncTarget.webinar(number), _people(audience))

    async with zoom, RegistrantSync(zoom, policy=POLICY, journal=journal) as sync:
        memory, cpu_began, began = resident(), time.process_time(), time.monotonic()
        plan = await sync.plan(lists())
        planned = time.monotonic()
        async with plan.apply() as outcomes:
            results = Counter([outcome.result async for outcome in outcomes])
        ended, cpu_seconds = time.monotonic(), time.process_time() - cpu_began
        memory = resident(peak=True) - memory
        left = (await sync.plan(lists())).totals().writes
    return Synced(began, planned, ended, cpu_seconds, memory, results, left)


def _people(audience: Audience) -> Iterator[DesiredPerson]:
    for row, email in enumerate(audience.emails(), start=1):
        name = email.partition("@")[0]
        yield DesiredPerson(row=row, registrant=NewRegistrant(email=email, first_name="Guest", last_name=name))


def fewest_writes(people: Audiences) -> int:
    """Return the fewest writes that synchronise these *people*."""
    changes = [math.ceil(number / PEOPLE_PER_CALL) for each in people for number in (each.pending, each.absent)]
    return sum(each.missing for each in people) + sum(changes)


def fewest_calls(people: Audiences) -> int:
    """Return the fewest calls that synchronise these *people*."""
    return len(people) * READS + fewest_writes(people)


def bound(calls: Iterable[ReceivedCall], plan: Plan = PLAN) -> float:
    """Return the fewest seconds in which *calls* can be sent at the limits of *plan*."""
    return max((number - 1) / plan.rate(label) for label, number in Counter(call.label for call in calls).items())


def expected(people: Audiences) -> dict[Result, int]:
    """Return the outcomes of the sync of these *people*."""
    return {
        Result.UNCHANGED: sum(each.registered for each in people),
        Result.APPROVED: sum(each.pending for each in people),
        Result.ADDED: sum(each.missing for each in people),
        Result.CANCELLED: sum(each.absent for each in people),
    }


def synchronise(
    people: Audiences, plan: Plan = PLAN, write_seconds: float = WRITE_SECONDS
) -> tuple[Synced, list[ReceivedCall], float]:
    """Synchronise *people*; return the sync, its calls, and its seconds over its bound. The outcomes are checked."""
    with webinars_server(people, write_seconds=write_seconds) as server:
        synced = run(server, people, plan)
        approved, (planning, applying) = server.approved(), synced.calls(server.calls())
    assert approved == [{*each.emails()} for each in people]
    assert (synced.results, synced.writes_left) == (expected(people), 0)
    least = bound(planning, plan) + bound(applying, plan) + write_seconds
    return synced, planning + applying, (synced.ended - synced.began) / least


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the calls, the makespan, the processor time and the memory."""
    people, rounds = (audiences(8, people=50, pending=5, absent=5), 1) if quick else (audiences(40), 3)
    done = [synchronise(people) for _ in range(rounds)]
    number, (_, calls, _) = sum(len(each.emails()) for each in people), done[0]
    yield Figure(
        name=f"calls of a sync of {number:,} people of {len(people)} webinars over the fewest possible",
        value=len(calls) / fewest_calls(people),
        unit="x",
        note=f"{len(calls):,} over {fewest_calls(people):,}; the lists are read again before the first change, and "
        "after approvals for the join links",
    )
    yield Figure(
        name="writes of this sync over the fewest possible",
        value=sum(call.is_write for call in calls) / fewest_writes(people),
        unit="x",
    )
    yield Figure(
        name="makespan of this sync at the limits of Business over its bound",
        value=median(ratio for _, _, ratio in done),
        unit="x",
        note=f"{median(synced.ended - synced.began for synced, _, _ in done):.1f} s; lists come before changes, and "
        f"the changes of one webinar one after the other; median of {rounds}",
    )
    yield Figure(
        name="CPU of this sync per person",
        value=median(1e6 * synced.cpu_seconds / number for synced, _, _ in done),
        unit="µs",
        note=f"{len(calls) / number:.2f} calls per person, and the journal on disk",
    )
    yield Figure(
        name="memory of this sync above its start",
        value=median(synced.memory for synced, _, _ in done),
        unit="MB",
    )
