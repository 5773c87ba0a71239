"""Users, recordings, upcoming events and registrants that leave the lists of an account between two requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, cast

import pytest
from support.fake_http import Caller, Json, calling
from support.kinds import Kind

from zoomasync.testing import Account, FakeZoom, Recording, UpcomingEvent

TODAY: Final = date(2026, 6, 15)
NOW: Final = datetime(2026, 6, 15, 8, tzinfo=UTC)
MAY: Final[Json] = {"from_": "2026-05-01", "to": "2026-05-31"}
START: Final = datetime(2026, 5, 4, 9, tzinfo=UTC)


def account_in_june() -> Account:
    return Account(today=TODAY)


async def emails(caller: Caller, status: str = "active") -> list[object]:
    return [row["email"] for row in await caller.every("/users", "users", status=status)]


async def test_removed_user_is_unknown() -> None:
    """A user who was removed is in no list, and requests for the user fail; the instances stay in the history."""
    account = account_in_june()
    ada, ben = account.add_host(email="ada@x.example"), account.add_host(email="ben@x.example")
    account.add_recording(account.add_instance(ada, start=START))
    account.add_instance(ben, start=START)
    async with calling(FakeZoom(account, plan=None, now=lambda: NOW)) as caller:
        before = await emails(caller)
        account.hosts.remove(ada)
        after = await emails(caller)
        hosts = (await caller.get("/report/users", type_="active", **MAY)).rows("users")
        of_user = [await caller.get(f"/report/users/{ada.id}/meetings", **MAY), await caller.get(f"/users/{ada.id}")]
        recordings = await caller.get(f"/users/{ada.id}/recordings", **MAY)
        history = (await caller.get("/report/history_meetings", **MAY)).rows("history_meetings")

    assert (before, after) == (["ada@x.example", "ben@x.example"], ["ben@x.example"])
    assert [row["email"] for row in hosts] == ["ben@x.example"]
    assert [each.error for each in (*of_user, recordings)] == [(404, 1001)] * 3
    assert len(history) == 2


async def test_user_changes_status() -> None:
    """A user who was deactivated moves from one list to another, and a pending one who joined has an id from then."""
    account = account_in_june()
    ada, pia = account.add_host(email="ada@x.example"), account.add_host(email="pia@x.example", status="pending")
    account.add_instance(ada, start=START)
    async with calling(FakeZoom(account, plan=None, now=lambda: NOW)) as caller:
        account.hosts[:] = [replace(pia, status="active", id="uPia")]
        account.other_users[:] = [replace(ada, status="inactive")]
        lists = [await emails(caller, status) for status in ("active", "inactive", "pending")]
        [joined] = (await caller.get("/users")).rows("users")
        meetings = await caller.get(f"/report/users/{ada.id}/meetings", **MAY)

    assert lists == [["pia@x.example"], ["ada@x.example"], []]
    assert (joined["id"], len(meetings.rows("meetings"))) == ("uPia", 1)


async def recordings(caller: Caller, recording: Recording, **query: object) -> list[list[str]]:
    """Return the ids of the files, by recording, in a list of the host's recordings."""
    rows = (await caller.get(f"/users/{recording.host.id}/recordings", **{**MAY, **query})).rows("meetings")
    return [[str(file["id"]) for file in files_of(row)] for row in rows]


def files_of(recording: Json) -> list[Json]:
    return cast("list[Json]", recording["recording_files"])


async def test_recording_is_removed() -> None:
    """A file or a recording that a test, or a person, removes is not listed any more."""
    account = account_in_june()
    recording = account.add_recording(account.add_instance(start=START), files=2)
    other = account.add_recording(account.add_instance(start=START + timedelta(days=1)))
    first, second = (file.id for file in recording.files)
    [third] = (file.id for file in other.files)
    async with calling(FakeZoom(account, plan=None, now=lambda: NOW)) as caller:
        whole = await recordings(caller, recording)
        recording.files[0].deleted_at = NOW
        without_file = await recordings(caller, recording)
        trash = await recordings(caller, recording, trash="true", trash_type="recording_file")
        account.recordings.remove(other)
        without_recording = await recordings(caller, recording)

    assert whole == [[first, second], [third]]
    assert (without_file, trash, without_recording) == ([[second], [third]], [[first]], [[second]])


@pytest.mark.parametrize(
    ("age", "listed", "in_trash"),
    [
        (timedelta(days=40, seconds=-1), True, False),
        (timedelta(days=40), False, True),
        (timedelta(days=70, seconds=-1), False, True),
        (timedelta(days=70), False, False),
    ],
)
async def test_recording_expires(age: timedelta, listed: bool, in_trash: bool) -> None:  # noqa: FBT001 - parameters
    """On its `auto_delete_date` a recording comes into the trash as a whole, and thirty days later it is gone."""
    account = account_in_june()
    recording = account.add_recording(account.add_instance(start=START), settings={"auto_delete": True})
    recording.auto_delete_days = 40
    now = datetime(2026, 5, 4, tzinfo=UTC) + age
    async with calling(FakeZoom(account, plan=None, now=lambda: now)) as caller:
        shown = await recordings(caller, recording)
        path = f"/users/{recording.host.id}/recordings"
        trash = (await caller.get(path, trash="true")).rows("meetings")
        details = await caller.get(f"/meetings/{recording.id}/recordings")

    assert (bool(shown), bool(trash), details.status) == (listed, in_trash, 200 if listed else 404)
    for row in trash:
        [file] = files_of(row)
        assert (row["auto_delete_date"], file["deleted_time"]) == ("2026-06-13", "2026-06-13T00:00:00Z")


async def test_recovered_file_is_kept() -> None:
    """A file that is recovered after the `auto_delete_date` is not deleted again; the others stay in the trash."""
    account = account_in_june()
    recording = account.add_recording(account.add_instance(start=START), files=2, settings={"auto_delete": True})
    recording.auto_delete_days = 40
    kept, _ = recording.files
    async with calling(FakeZoom(account, plan=None, now=lambda: NOW)) as caller:
        before = await recordings(caller, recording)
        recovered = await caller.put(f"/meetings/{recording.id}/recordings/{kept.id}/status", {"action": "recover"})
        after = await recordings(caller, recording)

    assert (before, recovered.status, after) == ([], 204, [[kept.id]])


async def test_upcoming_event_leaves() -> None:
    """An event is upcoming until it begins, or until it is cancelled."""
    account, moments = account_in_june(), [NOW]
    host = account.add_host()
    account.upcoming_events += [
        UpcomingEvent(id=name, topic="Round", start_time=NOW + timedelta(hours=hours), host=host)
        for name, hours in (("soon", 1), ("later", 2), ("cancelled", 3))
    ]
    async with calling(FakeZoom(account, plan=None, now=lambda: moments[-1])) as caller:

        async def listed() -> list[object]:
            response = await caller.get("/report/upcoming_events", from_="2026-06-15", to="2026-07-15")
            return [row["id"] for row in response.rows("upcoming_events")]

        before = await listed()
        del account.upcoming_events[-1]
        moments.append(NOW + timedelta(hours=1))
        after = await listed()

    assert (before, after) == (["soon", "later", "cancelled"], ["later"])


async def test_registrant_leaves(kind: Kind) -> None:
    """A registrant is listed under one status at a time, and under none when cancelled or removed."""
    account = account_in_june()
    meeting = account.add_meeting(type=kind.scheduled, registrants=3, approval_type=1)
    one, two, three = meeting.registrants
    async with calling(FakeZoom(account, plan=None, now=lambda: NOW)) as caller:
        path = f"/{kind.name}/{meeting.id}/registrants"

        async def listed() -> dict[str, list[object]]:
            return {
                status: [row["id"] for row in (await caller.get(path, status=status)).rows("registrants")]
                for status in ("approved", "pending", "denied")
            }

        before = await listed()
        meeting.save_registrant(replace(one, status="denied"))
        meeting.save_registrant(replace(two, status="cancelled"))
        meeting.registrants.remove(three)
        after = await listed()

    assert before == {"approved": [], "pending": [one.id, two.id, three.id], "denied": []}
    assert after == {"approved": [], "pending": [], "denied": [one.id]}


@pytest.mark.parametrize(("days", "status"), [(30, 404), (29, 200)])
async def test_number_expires(days: int, status: int, kind: Kind) -> None:
    """A number is unknown thirty days after its last start, that of a held instance included."""
    account = account_in_june()
    meeting = account.add_meeting(type=kind.scheduled, start_time=NOW - timedelta(days=90))
    account.add_instance(id=meeting.id, type=meeting.type, start=NOW - timedelta(days=days))
    async with calling(FakeZoom(account, plan=None, now=lambda: NOW)) as caller:
        response = await caller.get(f"/{kind.name}/{meeting.id}/registrants")

    assert response.error == (status, 3001 if status == 404 else None)
