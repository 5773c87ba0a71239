"""The webhook events of what happens in the fake, as a receiver decodes them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from json import loads
from typing import Final, cast

import pytest
from support.fake_http import Caller, Json, calling
from support.webhook_receiver import SECRET, Receiver, receiving

from zoomasync.testing import Account, FakeZoom, MeetingType, ScheduledMeeting
from zoomasync.webhooks import (
    AppDeauthorized,
    MeetingEnded,
    MeetingParticipantJoined,
    MeetingParticipantLeft,
    RecordingCompleted,
    UnknownEvent,
    WebhookEvent,
)

NOW: Final = datetime(2026, 3, 18, 8, tzinfo=UTC)
NAMES: Final = ("registration_approved", "registration_denied", "registration_cancelled")


@dataclass
class Watched:
    """A fake at the time *now*, and the receiver of its events."""

    now: datetime = NOW
    caller: Caller = field(init=False)
    receiver: Receiver = field(init=False)

    @property
    def fake(self) -> FakeZoom:
        return self.caller.fake

    async def events(self) -> list[WebhookEvent]:
        """Return the events so far, each of which has a class of its own."""
        await self.fake.webhooks_delivered()
        assert [event.event for event in self.receiver.events if isinstance(event, UnknownEvent)] == []
        return self.receiver.events

    async def names(self) -> list[str]:
        return [event.event for event in await self.events()]

    async def payload(self) -> Json:
        """Return the payload of the only event."""
        await self.events()
        (body,) = self.receiver.bodies
        return cast("Json", loads(body)["payload"])

    async def object(self) -> Json:
        return cast("Json", (await self.payload())["object"])


@asynccontextmanager
async def watching(account: Account) -> AsyncGenerator[Watched, None]:
    watched = Watched()
    fake = FakeZoom(account, plan=None, now=lambda: watched.now)
    async with receiving() as watched.receiver, calling(fake) as watched.caller:
        await fake.subscribe_webhooks(watched.receiver.url, secret=SECRET, retry_delays=())
        yield watched


def account() -> Account:
    account = Account(today=NOW.date())
    for name in ("Ada Lund", "Omar Said"):
        account.add_host(name)
    return account


def registered_row(number: int) -> Json:
    return {"email": f"guest{number}@lakeside.example", "first_name": "Guest", "last_name": str(number)}


@pytest.mark.parametrize(("kind", "type_"), [("meeting", 2), ("webinar", 5)])
async def test_scheduled_event(kind: str, type_: MeetingType) -> None:
    async with watching(account()) as watched:
        host = watched.fake.account.hosts[1]
        created = await watched.caller.post(
            f"/users/{host.id}/{kind}s",
            {"topic": "Review", "type": type_, "start_time": "2026-03-20T09:00:00Z", "settings": {"host_video": True}},
        )
        payload = await watched.payload()

    shown = cast("Json", payload["object"])
    assert watched.receiver.names == [f"{kind}.created"]
    assert {name: value for name, value in payload.items() if name != "object"} == {
        "account_id": watched.fake.account.id,
        "operator": host.email,
        "operator_id": host.id,
        "operation": "all",
    }
    assert shown["id"] == created.body["id"]
    assert (shown["topic"], shown["host_id"], shown["start_time"]) == ("Review", host.id, "2026-03-20T09:00:00Z")
    assert cast("Json", shown["settings"])["host_video"] is True
    assert "start_url" not in shown


async def test_types_of_data_file() -> None:
    """The type of a recording is a number in events, and text in responses."""
    data = account()
    recording = data.add_recording()
    async with watching(data) as watched:
        await watched.caller.post(f"/users/{data.hosts[0].id}/meetings", {"settings": {"use_pmi": True}})
        watched.fake.complete_recording(recording)
        await watched.events()

    meeting, completed = [loads(body)["payload"]["object"] for body in watched.receiver.bodies]
    assert meeting["pmi"] == data.hosts[0].pmi
    assert completed["type"] == 2


async def test_operator_is_caller() -> None:
    """The operator is the user of the token; for a server-to-server app, the owner of the account."""
    data = account()
    owner = replace(data.add_host("Olga Berg"), role_id="0")
    data.hosts[-1] = owner
    async with watching(data) as watched:
        await watched.caller.post(f"/users/{data.hosts[1].id}/meetings", {"topic": "One"})
        request = watched.fake.user_oauth.authorization_request()
        callback = watched.fake.approve(request.url, data.hosts[0])
        form = {
            "grant_type": "authorization_code",
            "code": callback.partition("code=")[2].partition("&")[0],
            "redirect_uri": watched.fake.user_oauth.redirect_uri,
            "code_verifier": request.code_verifier,
        }
        watched.caller.token = str((await watched.caller.post_form("/oauth/token", form)).body["access_token"])
        await watched.caller.post("/users/me/meetings", {"topic": "Two"})
        await watched.events()

    payloads = [loads(body)["payload"] for body in watched.receiver.bodies]
    assert [payload["operator"] for payload in payloads] == [owner.email, data.hosts[0].email]


@pytest.mark.parametrize(("kind", "type_"), [("meeting", 2), ("webinar", 5)])
async def test_updated_event_has_changes(kind: str, type_: MeetingType) -> None:
    data = account()
    meeting = data.add_meeting(type=type_, settings={"host_video": True})
    async with watching(data) as watched:
        changes: Json = {"topic": "Changed", "settings": {"host_video": False}}
        await watched.caller.patch(f"/{kind}s/{meeting.id}", changes)
        await watched.caller.patch(f"/{kind}s/{meeting.id}", changes)  # without a difference, there is no event
        payload = await watched.payload()

    settings = {"host_video": False}, {"host_video": True}
    identity = {"id": meeting.id, "uuid": meeting.uuid}
    assert watched.receiver.names == [f"{kind}.updated"]
    assert payload["object"] == {"topic": "Changed", "settings": settings[0], **identity}
    assert payload["old_object"] == {"topic": "Weekly round", "settings": settings[1], **identity}
    assert (payload["scope"], payload["time_stamp"]) == ("all", int(NOW.timestamp() * 1000))


async def test_updated_occurrence() -> None:
    data = account()
    meeting = data.add_meeting(type=8)
    occurrence = meeting.occurrences[1].occurrence_id
    async with watching(data) as watched:
        await watched.caller.patch(f"/meetings/{meeting.id}", {"duration": 90}, occurrence_id=occurrence)
        payload = await watched.payload()

    durations = [
        [each["duration"] for each in cast("list[Json]", cast("Json", payload[name])["occurrences"])]
        for name in ("old_object", "object")
    ]
    assert payload["scope"] == "single"
    assert durations == [[60, 60, 60, 60], [60, 90, 60, 60]]


async def test_deleted_and_recovered_events() -> None:
    data = account()
    meeting, webinar = data.add_meeting(), data.add_meeting(type=5)
    async with watching(data) as watched:
        await watched.caller.delete(f"/meetings/{meeting.id}")
        await watched.caller.put(f"/meetings/{meeting.id}/status", {"action": "recover"})
        await watched.caller.delete(f"/webinars/{webinar.id}")
        names = await watched.names()

    assert names == ["meeting.deleted", "meeting.recovered", "webinar.deleted"]
    assert [loads(body)["payload"]["operation"] for body in watched.receiver.bodies] == ["all"] * 3


async def test_deleted_occurrence() -> None:
    data = account()
    meeting = data.add_meeting(type=8)
    occurrence = meeting.occurrences[2]
    async with watching(data) as watched:
        await watched.caller.delete(f"/meetings/{meeting.id}", occurrence_id=occurrence.occurrence_id)
        payload = await watched.payload()

    assert payload["operation"] == "single"
    assert cast("Json", payload["object"])["occurrences"] == [
        {
            "occurrence_id": occurrence.occurrence_id,
            "start_time": occurrence.start_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "duration": 60,
            "status": "deleted",
        }
    ]


async def test_failed_request_has_no_event() -> None:
    data = account()
    meeting = data.add_meeting(registrants=1)
    async with watching(data) as watched:
        responses = [
            await watched.caller.post(f"/users/{data.hosts[0].id}/meetings", {"topic": 7}),
            await watched.caller.delete("/meetings/99"),
            await watched.caller.put(f"/meetings/{meeting.id}/status", {"action": "end"}),
        ]
        names = await watched.names()

    assert [response.status for response in responses] == [400, 404, 400]
    assert names == []


@pytest.mark.parametrize(("kind", "type_"), [("meeting", 2), ("webinar", 5)])
async def test_registration_events(kind: str, type_: MeetingType) -> None:
    data = account()
    meeting = data.add_meeting(type=type_, approval_type=1)
    path = f"/{kind}s/{meeting.id}"
    async with watching(data) as watched:
        await watched.caller.post(f"{path}/registrants", registered_row(1))
        await watched.caller.post(f"{path}/registrants", registered_row(1))  # a repetition is no event
        await watched.caller.post(f"{path}/batch_registrants", {"registrants": [registered_row(2), registered_row(3)]})
        for action in ("approve", "deny", "cancel"):
            people = [{"id": each.id} for each in meeting.registrants[:1]]
            await watched.caller.put(f"{path}/registrants/status", {"action": action, "registrants": people})
        await watched.caller.post(f"{path}/registrants", registered_row(1))  # again, after the cancellation
        names = await watched.names()

    assert names == [
        *[f"{kind}.registration_created"] * 3,
        *[f"{kind}.{name}" for name in NAMES],
        f"{kind}.registration_created",
    ]
    payloads = [loads(body)["payload"] for body in watched.receiver.bodies]
    registrants = [payload["object"]["registrant"] for payload in payloads]
    assert [registrant["email"] for registrant in registrants[:3]] == [
        f"guest{number}@lakeside.example" for number in (1, 2, 3)
    ]
    assert {registrant["id"] for registrant in registrants[3:]} == {registrants[0]["id"]}
    assert ["join_url" in registrant for registrant in registrants[:4]] == [False, False, False, True]
    assert ["operator" in payload for payload in payloads] == [False] * 3 + [True] * 3 + [False]
    assert payloads[0]["object"]["id"] == meeting.id


def running(watched: Watched, meeting: ScheduledMeeting) -> None:
    watched.fake.start_meeting(meeting)
    watched.now += timedelta(minutes=5)


async def test_running_meeting() -> None:
    """A meeting that is started, joined, left and ended has its events, and is an instance in reports then."""
    data = account()
    meeting = data.add_meeting(registrants=1)
    async with watching(data) as watched:
        fake = watched.fake
        running(watched, meeting)
        host = fake.join_meeting(meeting, "Ada Lund", email=data.hosts[0].email)
        guest = fake.join_meeting(meeting, registrant=meeting.registrants[0])
        watched.now += timedelta(minutes=5)
        fake.leave_meeting(meeting, guest)
        watched.now += timedelta(minutes=20)
        instance = fake.end_meeting(meeting)
        report = await watched.caller.get(f"/report/meetings/{instance.uuid}/participants")
        events = await watched.events()

    assert watched.receiver.names == [
        "meeting.started",
        "meeting.participant_joined",
        "meeting.participant_joined",
        "meeting.participant_left",
        "meeting.participant_left",
        "meeting.ended",
    ]
    joined, left, ended = events[2], events[4], events[5]
    assert isinstance(joined, MeetingParticipantJoined)
    assert (joined.object.uuid, joined.object.id) == (instance.uuid, meeting.id)
    assert joined.object.participant.registrant_id == meeting.registrants[0].id
    assert joined.object.participant.join_time == NOW + timedelta(minutes=5)
    assert isinstance(left, MeetingParticipantLeft)
    assert left.object.participant.id == host.id == data.hosts[0].id
    assert left.object.participant.leave_reason == "left the meeting. Reason : Host ended the meeting."
    assert isinstance(ended, MeetingEnded)
    assert (ended.object.start_time, ended.object.end_time) == (NOW, NOW + timedelta(minutes=30))
    assert loads(watched.receiver.bodies[0])["payload"]["object"]["id"] == str(meeting.id)
    assert [row["leave_time"] for row in report.rows("participants")] == [
        "2026-03-18T08:30:00Z",
        "2026-03-18T08:10:00Z",
    ]
    assert meeting.status == "waiting"


async def test_request_ends_running_webinar() -> None:
    """A meeting that the test itself has started has the event, and does not become an instance."""
    data = account()
    webinar, own = data.add_meeting(type=5), data.add_meeting()
    async with watching(data) as watched:
        running(watched, own)
        watched.fake.end_meeting(own)
        own.start()
        running(watched, webinar)
        responses = [
            await watched.caller.put(f"/webinars/{webinar.id}/status", {"action": "end"}),
            await watched.caller.put(f"/meetings/{own.id}/status", {"action": "end"}),
        ]
        names = await watched.names()

    assert [response.status for response in responses] == [204, 204]
    assert names == ["meeting.started", "meeting.ended", "webinar.started", "webinar.ended", "meeting.ended"]
    assert [instance.id for instance in data.instances] == [own.id, webinar.id]


async def test_meeting_that_does_not_run() -> None:
    data = account()
    meeting, deleted = data.add_meeting(), data.add_meeting(topic="Gone")
    deleted.delete()
    fake = FakeZoom(data)
    for act in (
        lambda: fake.end_meeting(meeting),
        lambda: fake.join_meeting(meeting),
    ):
        with pytest.raises(ValueError, match=r"does not run: start it with start_meeting\(\)"):
            act()
    with pytest.raises(ValueError, match="'Gone' is deleted"):
        fake.start_meeting(deleted)
    fake.start_meeting(meeting)
    with pytest.raises(ValueError, match="has started already"):
        fake.start_meeting(meeting)
    visit = fake.join_meeting(meeting)
    fake.leave_meeting(meeting, visit)
    with pytest.raises(ValueError, match="'Guest' is not in 'Weekly round'"):
        fake.leave_meeting(meeting, visit)


async def test_meeting_runs_twice() -> None:
    data = account()
    meeting = data.add_meeting()
    async with watching(data) as watched:
        for _ in range(2):
            running(watched, meeting)
            watched.fake.end_meeting(meeting)
        names = await watched.names()

    assert names == ["meeting.started", "meeting.ended"] * 2
    assert len({instance.uuid for instance in data.instances}) == 2


async def test_completed_recording() -> None:
    """The files can be downloaded with the token of the event."""
    data = account()
    recording = data.add_recording(files=2, password="s3cret")
    async with watching(data) as watched:
        watched.fake.complete_recording(recording)
        (event,) = await watched.events()
        assert isinstance(event, RecordingCompleted)
        file = event.object.recording_files[0]
        headers = {"Authorization": f"Bearer {event.download_token}"}
        async with watched.caller.session.get(str(file.download_url), headers=headers) as response:
            content = await response.read()

    assert (event.object.uuid, event.object.id) == (recording.uuid, recording.id)
    assert (event.object.recording_count, event.object.host_email) == (2, data.hosts[0].email)
    assert content == recording.files[0].content
    assert [each.event for each in watched.fake.webhook_deliveries][1:] == ["recording.completed"]
    assert "s3cret" not in repr(watched.fake.webhook_deliveries)


async def test_recording_events() -> None:
    data = account()
    settings = {"on_demand": True, "approval_type": 1}
    recording = data.add_recording(files=2, settings=settings)
    path = f"/meetings/{recording.id}/recordings"
    async with watching(data) as watched:
        await watched.caller.post(f"{path}/registrants", registered_row(1))
        await watched.caller.post(f"{path}/registrants", registered_row(1))
        people = [{"id": recording.registrants[0].id}]
        for action in ("approve", "approve", "deny"):
            await watched.caller.put(f"{path}/registrants/status", {"action": action, "registrants": people})
        await watched.caller.delete(f"{path}/{recording.files[0].id}")
        await watched.caller.put(f"{path}/{recording.files[0].id}/status", {"action": "recover"})
        await watched.caller.delete(path, action="delete")
        names = await watched.names()

    assert names == [
        f"recording.{name}"
        for name in (
            "registration_created",
            "registration_approved",
            "registration_denied",
            "trashed",
            "recovered",
            "deleted",
        )
    ]
    payloads = [loads(body)["payload"] for body in watched.receiver.bodies]
    assert [len(payload["object"]["recording_files"]) for payload in payloads[3:]] == [1, 1, 2]
    assert payloads[0]["object"]["registrant"]["email"] == "guest1@lakeside.example"


async def test_removed_app() -> None:
    data = account()
    async with watching(data) as watched:
        watched.fake.remove_app(data.hosts[1])
        (event,) = await watched.events()
        client_id = watched.fake.user_oauth.client_id

    assert isinstance(event, AppDeauthorized)
    assert (event.payload.user_id, event.payload.client_id) == (data.hosts[1].id, client_id)
    assert event.account_id == data.id
    assert "event_ts" not in loads(watched.receiver.bodies[0])


async def test_event_times_differ() -> None:
    """Two equal changes are two events, also while the clock stands still."""
    data = account()
    meeting = data.add_meeting()
    async with watching(data) as watched:
        for topic in ("B", "Weekly round", "B"):
            await watched.caller.patch(f"/meetings/{meeting.id}", {"topic": topic})
        events = await watched.events()

    assert len({event.key for event in events}) == 3
    assert events[0].event_ts == NOW
