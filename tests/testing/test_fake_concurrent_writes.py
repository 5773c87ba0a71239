"""Simultaneous writes of the registrants of one meeting or webinar."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import TypeAlias

import pytest
from support.fake_http import Caller, Json, Response, calling
from support.kinds import MEETINGS, Kind

from zoomasync.testing import Account, FakeZoom, ScheduledMeeting

ENDLESS = 3600.0
OMAR: Json = {"email": "omar@lakeside.example", "first_name": "Omar"}
KIT: Json = {"email": "kit@lakeside.example", "first_name": "Kit"}
Write: TypeAlias = asyncio.Task[Response]


def new_account() -> Account:
    return Account(today=date(2026, 3, 18))


def registrants(meeting: ScheduledMeeting, kind: Kind) -> str:
    return f"/{kind}/{meeting.id}/registrants"


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the fake has no event for it
        await asyncio.sleep(0.001)


@asynccontextmanager
async def writing(caller: Caller, meeting: ScheduledMeeting, kind: Kind) -> AsyncGenerator[Write, None]:
    """Yield a write that is in progress: it has added Omar, and its response is still to come."""
    before = len(meeting.registrants)
    write = asyncio.create_task(caller.post(registrants(meeting, kind), OMAR))
    await until(lambda: len(meeting.registrants) > before)
    yield write
    write.cancel()
    await asyncio.wait([write])


async def test_second_write_is_rejected(kind: Kind) -> None:
    """Every other write of the same meeting is rejected, changes nothing, and sends nothing."""
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled, registrants=1)
    path, guest = registrants(meeting, kind), meeting.registrants[0]
    async with (
        calling(FakeZoom(account, plan=None, write_seconds=ENDLESS)) as caller,
        writing(caller, meeting, kind) as first,
    ):
        responses = [
            await caller.post(path, KIT),
            await caller.post(f"/{kind}/{meeting.id}/batch_registrants", {"registrants": [KIT]}),
            await caller.put(f"{path}/status", {"action": "deny", "registrants": [{"id": guest.id}]}),
            await caller.delete(f"{path}/{guest.id}"),
        ]
        done = first.done()

    assert [response.error for response in responses] == [(429, 429)] * 4
    assert {response.body["message"] for response in responses} == {"Too many concurrent requests."}
    assert not done
    assert [(each.email, each.status) for each in meeting.registrants] == [
        (guest.email, "approved"),
        (OMAR["email"], "approved"),
    ]
    assert [mail.address for mail in caller.fake.mails] == [OMAR["email"]]


async def test_write_delays_nothing_else() -> None:
    """Reads of the same meeting, and writes of another, are served while a write is in progress."""
    account = new_account()
    meeting, other = account.add_meeting(), account.add_meeting()
    async with (
        calling(FakeZoom(account, plan=None, write_seconds=ENDLESS)) as caller,
        writing(caller, meeting, MEETINGS) as first,
    ):
        listed = await caller.get(registrants(meeting, MEETINGS))
        async with writing(caller, other, MEETINGS):
            pass
        done = first.done()

    assert [row["email"] for row in listed.rows("registrants")] == [OMAR["email"]]
    assert [each.email for each in other.registrants] == [OMAR["email"]]
    assert not done


async def test_meeting_and_webinar_of_one_number() -> None:
    account = new_account()
    meeting, webinar = account.add_meeting(id=81), account.add_meeting(id=81, type=5)
    async with calling(FakeZoom(account, plan=None, write_seconds=ENDLESS)) as caller:
        tasks = [asyncio.create_task(caller.post(f"/{name}/81/registrants", OMAR)) for name in ("meetings", "webinars")]
        await until(lambda: bool(meeting.registrants and webinar.registrants))
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_consecutive_writes_succeed(kind: Kind) -> None:
    """A write ends with its response."""
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    async with calling(FakeZoom(account, plan=None, write_seconds=0.001)) as caller:
        statuses = [(await caller.post(registrants(meeting, kind), each)).status for each in (OMAR, KIT, OMAR)]

    assert statuses == [201, 201, 201]


async def test_rejected_write_takes_no_time() -> None:
    account = new_account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None, write_seconds=ENDLESS)) as caller:
        rejected = await caller.post(registrants(meeting, MEETINGS), {**OMAR, "email": meeting.host.email})
        async with writing(caller, meeting, MEETINGS):
            pass

    assert rejected.error == (400, 3027)


@pytest.mark.parametrize("fault", [False, True], ids=["response", "fault"])
async def test_disconnected_write_has_happened(fault: bool, kind: Kind, caplog: pytest.LogCaptureFixture) -> None:  # noqa: FBT001 - a parameter
    """After the client has disconnected, the write still ends by itself."""
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    fake = FakeZoom(account, plan=None, write_seconds=0.3)
    if fault:
        fake.drop_connection(f"{kind}.registrants.add", after="headers")
    async with calling(fake) as caller:
        async with writing(caller, meeting, kind) as write:
            write.cancel()
        await until(lambda: len(fake.requests) > 1)
        later = await caller.post(registrants(meeting, kind), KIT)

    assert [request.status for request in fake.requests[1:]] == [None, 201]
    assert later.status == 201
    assert [mail.address for mail in fake.mails] == [OMAR["email"], KIT["email"]]
    assert caplog.messages == []


async def test_writes_are_instant_by_default(kind: Kind) -> None:
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    async with calling(FakeZoom(account, plan=None)) as caller:
        people = [{**OMAR, "email": f"guest{number}@lakeside.example"} for number in range(10)]
        responses = await asyncio.gather(*(caller.post(registrants(meeting, kind), each) for each in people))

    assert {response.status for response in responses} == {201}
