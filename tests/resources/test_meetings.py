"""`zoom.meetings` against the fake server."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, InvalidArgument, NotFound, PermissionDenied, ResourceLimitReached
from zoomasync.models import (
    MeetingSettings,
    MeetingStatusUpdate,
    MeetingUpdate,
    NewInviteLink,
    NewInviteLinks,
    NewMeeting,
    NewSipUri,
    NewTrackingField,
    Recurrence,
    RtmsAppSettings,
    RtmsStatusUpdate,
)
from zoomasync.testing import Account, FakeZoom, Occurrence

JULY = datetime(2026, 7, 1, 9, tzinfo=UTC)


async def test_list_meetings_of_user(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host()
    meetings = [account.add_meeting(host, topic=f"Round {number}") for number in range(3)]

    listed = [meeting async for meeting in zoom.meetings.list(host.id, type_="upcoming")]

    assert last_request(fake) == (f"GET /v2/users/{host.id}/meetings", {"type": "upcoming", "page_size": "300"})
    assert {(meeting.id, meeting.topic) for meeting in listed} == {(each.id, each.topic) for each in meetings}
    assert {meeting.host_id for meeting in listed} == {host.id}


async def test_list_between_days(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host()
    july, _ = account.add_meeting(host, start_time=JULY), account.add_meeting(host, start_time=JULY + timedelta(40))

    listed = [
        meeting
        async for meeting in zoom.meetings.list(host.email, from_=date(2026, 7, 1), to=date(2026, 7, 2), timezone="UTC")
    ]

    assert last_request(fake)[1] == {"from": "2026-07-01", "to": "2026-07-02", "timezone": "UTC", "page_size": "300"}
    assert [(meeting.id, meeting.start_time) for meeting in listed] == [(july.id, JULY)]


async def test_upcoming_within_24_hours(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host, now = account.add_host(), datetime.combine(account.today, datetime.now(UTC).time(), UTC)
    soon = account.add_meeting(host, start_time=now + timedelta(hours=3))
    account.add_meeting(host, start_time=now + timedelta(days=3))

    upcoming = [meeting async for meeting in zoom.meetings.upcoming(host.id)]

    assert last_request(fake) == (f"GET /v2/users/{host.id}/upcoming_meetings", {})
    assert [meeting.id for meeting in upcoming] == [soon.id]


async def test_create_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Empty and false values are sent, and the meeting can be listed afterwards."""
    host = account.add_host()

    meeting = await zoom.meetings.create(
        host.id,
        NewMeeting(
            topic="Harbour 🛳",
            type=2,
            start_time=datetime(2026, 7, 1, 11, tzinfo=timezone(timedelta(hours=2))),
            duration=45,
            timezone="Europe/Berlin",
            tracking_fields=(NewTrackingField(field="Project", value="Harbour"),),
            settings=MeetingSettings(waiting_room=False, approval_type=2, alternative_hosts=""),
        ),
    )

    assert last_request(fake) == (f"POST /v2/users/{host.id}/meetings", {})
    assert last_body(fake) == {
        "topic": "Harbour 🛳",
        "type": 2,
        "start_time": "2026-07-01T09:00:00Z",
        "duration": 45,
        "timezone": "Europe/Berlin",
        "tracking_fields": [{"field": "Project", "value": "Harbour"}],
        "settings": {"waiting_room": False, "approval_type": 2, "alternative_hosts": ""},
    }
    assert (meeting.topic, meeting.start_time, meeting.duration) == ("Harbour 🛳", JULY, 45)
    assert meeting.settings
    assert meeting.settings.waiting_room is False
    assert [each.id async for each in zoom.meetings.list(host.id)] == [meeting.id]


async def test_create_with_naive_start(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A naive time is sent without a zone, so that it is local to *timezone*."""
    host = account.add_host()

    await zoom.meetings.create(host.id, NewMeeting(start_time=datetime(2026, 7, 1, 11, 0, 0, 999), timezone="UTC"))  # noqa: DTZ001  local to the given time zone

    assert last_body(fake) == {"start_time": "2026-07-01T11:00:00", "timezone": "UTC"}


async def test_create_recurring_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host()
    every_monday = Recurrence(type=2, repeat_interval=1, weekly_days="2", end_times=4)

    meeting = await zoom.meetings.create(
        host.id,
        NewMeeting(type=8, start_time=datetime(2026, 7, 6, 9, tzinfo=UTC), duration=30, recurrence=every_monday),
    )

    assert last_body(fake)["recurrence"] == {"type": 2, "repeat_interval": 1, "weekly_days": "2", "end_times": 4}
    assert [occurrence.start_time for occurrence in meeting.occurrences] == [
        datetime(2026, 7, 6, 9, tzinfo=UTC) + timedelta(weeks=week) for week in range(4)
    ]
    assert meeting.recurrence == every_monday


@pytest.mark.parametrize(
    ("meeting", "rule"),
    [
        (NewMeeting(topic="x" * 201), "a length of at most 200 - at `$.topic`"),
        (NewMeeting(password="x" * 11), "a length of at most 10 - at `$.password`"),
        (NewMeeting(type=3, recurrence=Recurrence(type=1)), "recurrence goes with type 8 only"),
        (NewMeeting(type=8, recurrence=Recurrence(type=2)), "weekly_days is needed for type 2"),
        (NewMeeting(type=8, recurrence=Recurrence(type=3, repeat_interval=11)), "repeat_interval must be at most 10"),
    ],
    ids=["topic", "password", "recurrence", "weekly", "monthly"],
)
async def test_create_invalid_raises(meeting: NewMeeting, rule: str, zoom: Zoom, fake: FakeZoom) -> None:
    """A broken rule of the reference raises before a request is sent."""
    with pytest.raises(InvalidArgument) as raised:
        await zoom.meetings.create("host", meeting)

    assert rule in str(raised.value)
    assert fake.requests == ()


async def test_create_sends_unknown_values(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Values that the reference does not list are sent, since Zoom adds to them."""
    host = account.add_host()

    with pytest.raises(BadRequest):
        await zoom.meetings.create(host.id, NewMeeting(type=11, settings=MeetingSettings(audio="telepathy")))

    assert last_body(fake) == {"type": 11, "settings": {"audio": "telepathy"}}


async def test_create_101st_meeting_raises(zoom: Zoom, account: Account) -> None:
    """Zoom allows 100 meetings per host and day; another host is not affected."""
    host, other = account.add_host(), account.add_host()
    for _ in range(100):
        await zoom.meetings.create(host.id, NewMeeting(topic="one of many"))

    with pytest.raises(ResourceLimitReached) as raised:
        await zoom.meetings.create(host.id, NewMeeting(topic="one too many"))

    assert (raised.value.resumes_at.hour, raised.value.resumes_at.minute) == (0, 0)
    await zoom.meetings.create(other.id, NewMeeting(topic="another host's"))


async def test_update_status_ends_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()

    await zoom.meetings.update_status(meeting.id, MeetingStatusUpdate(action="end"))

    assert (last_request(fake)[0], last_body(fake)) == (f"PUT /v2/meetings/{meeting.id}/status", {"action": "end"})
    assert meeting.status == "waiting"


async def test_end_running_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()

    await zoom.meetings.end(meeting.id)

    assert (last_request(fake)[0], last_body(fake)) == (f"PUT /v2/meetings/{meeting.id}/status", {"action": "end"})
    assert meeting.status == "waiting"


async def test_update_status_recovers(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.delete()

    await zoom.meetings.update_status(meeting.id, MeetingStatusUpdate(action="recover"))

    assert not meeting.deleted


async def test_summary_by_uuid(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(uuid="/b9Xc0Y//Q1mZ2nW3oV4pA==", summary=True)

    summary = await zoom.meetings.summary(instance.uuid)

    assert last_request(fake)[0] == "GET /v2/meetings/%252Fb9Xc0Y%252F%252FQ1mZ2nW3oV4pA%253D%253D/meeting_summary"
    assert (summary.meeting_uuid, summary.meeting_id) == (instance.uuid, instance.id)
    assert summary.summary_content


async def test_caption_token_is_url(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()

    captions = await zoom.meetings.caption_token(meeting.id, type_="closed_caption_token")

    assert last_request(fake) == (f"GET /v2/meetings/{meeting.id}/token", {"type": "closed_caption_token"})
    assert captions.token.startswith("https://")


async def test_sip_uri_with_passcode(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()

    uri = await zoom.meetings.sip_uri(meeting.id, NewSipUri(passcode="4321"))

    assert last_request(fake)[0] == f"POST /v2/meetings/{meeting.id}/sip_dialing"
    assert uri.sip_dialing
    assert uri.expire_in == 7200


async def test_sip_uri_is_retried(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The call is idempotent, so that it is sent again after a server error. It needs no passcode."""
    meeting = account.add_meeting()
    fake.respond("POST /meetings/{meetingId}/sip_dialing", status=500, body=b"")

    assert (await zoom.meetings.sip_uri(meeting.id)).sip_dialing
    assert last_body(fake) == {}


async def test_create_for_unknown_user_raises(zoom: Zoom) -> None:
    with pytest.raises(NotFound) as raised:
        await zoom.meetings.create("nobody", NewMeeting(topic="x"))

    assert raised.value.code == 1001


async def test_get_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(start_time=JULY, topic="Crane", settings={"waiting_room": True})

    got = await zoom.meetings.get(meeting.id)

    assert last_request(fake) == (f"GET /v2/meetings/{meeting.id}", {})
    assert (got.id, got.uuid, got.topic, got.start_time) == (meeting.id, meeting.uuid, "Crane", JULY)
    assert got.settings
    assert (got.settings.waiting_room, got.registration_url) == (True, None)


async def test_get_one_occurrence(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(type=8, start_time=JULY)
    second = meeting.occurrences[1]

    got = await zoom.meetings.get(meeting.id, occurrence_id=second.occurrence_id)

    assert last_request(fake)[1] == {"occurrence_id": second.occurrence_id}
    assert got.start_time == second.start_time == JULY + timedelta(weeks=1)


async def test_get_past_occurrences(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Without *show_previous_occurrences* there are only those that have not ended."""
    past, coming = datetime(2020, 1, 6, 9, tzinfo=UTC), datetime(2150, 1, 5, 9, tzinfo=UTC)
    meeting = account.add_meeting(type=8, start_time=past)
    meeting.occurrences += (Occurrence(start_time=coming, duration=30),)

    got = await zoom.meetings.get(meeting.id)
    whole = await zoom.meetings.get(meeting.id, show_previous_occurrences=True)

    assert last_request(fake)[1] == {"show_previous_occurrences": "true"}
    assert [each.start_time for each in got.occurrences] == [coming]
    assert [each.start_time for each in whole.occurrences][::4] == [past, coming]


async def test_update_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Only the given fields change, and None clears a field."""
    meeting = account.add_meeting(start_time=JULY, topic="Crane", settings={"audio": "voip"})
    meeting.agenda = "Dates"

    await zoom.meetings.update(
        meeting.id,
        MeetingUpdate(duration=45, agenda=None, settings=MeetingSettings(waiting_room=True)),
    )

    assert last_request(fake) == (f"PATCH /v2/meetings/{meeting.id}", {})
    assert last_body(fake) == {"duration": 45, "agenda": None, "settings": {"waiting_room": True}}
    assert (meeting.topic, meeting.start_time, meeting.duration, meeting.agenda) == ("Crane", JULY, 45, "")
    assert meeting.settings == {"approval_type": 0, "audio": "voip", "waiting_room": True}


async def test_create_copy_of_meeting(zoom: Zoom, account: Account) -> None:
    """A response can be converted to a body, and its settings can be part of one."""
    meeting = await zoom.meetings.get(account.add_meeting(type=8, topic="Harbour", settings={"waiting_room": True}).id)

    copy = await zoom.meetings.create(account.hosts[0].id, msgspec.convert(meeting, NewMeeting, from_attributes=True))
    other = await zoom.meetings.create(account.hosts[0].id, NewMeeting(topic="Pier", settings=meeting.settings))

    assert (copy.topic, copy.start_time, copy.recurrence) == ("Harbour", meeting.start_time, meeting.recurrence)
    assert copy.settings == meeting.settings
    assert other.settings == meeting.settings


async def test_update_recurrence(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting(type=8, start_time=JULY)

    await zoom.meetings.update(meeting.id, MeetingUpdate(recurrence=Recurrence(type=1, end_times=2)))

    assert [each.start_time for each in meeting.occurrences] == [JULY, JULY + timedelta(days=1)]


async def test_update_one_occurrence(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The occurrence keeps its id, and the other occurrences are as they were."""
    meeting = account.add_meeting(type=8, start_time=datetime(2150, 7, 1, 9, tzinfo=UTC))
    first, second, *others = meeting.occurrences
    moved = second.start_time + timedelta(hours=3)

    await zoom.meetings.update(
        meeting.id, MeetingUpdate(start_time=moved, agenda="Crane"), occurrence_id=second.occurrence_id
    )

    assert last_request(fake)[1] == {"occurrence_id": second.occurrence_id}
    assert (meeting.occurrences[0], *meeting.occurrences[2:]) == (first, *others)
    assert (meeting.start_time, meeting.agenda) == (first.start_time, "")
    got = await zoom.meetings.get(meeting.id, occurrence_id=second.occurrence_id)
    assert (got.start_time, got.agenda) == (moved, "Crane")
    assert [each.start_time for each in got.occurrences][:2] == [first.start_time, moved]


async def test_101st_update_raises(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The client does not know the host of the meeting, so the limit is found by Zoom's 429."""
    meeting = account.add_meeting()
    for number in range(100):
        await zoom.meetings.update(meeting.id, MeetingUpdate(topic=f"Draft {number}"))

    with pytest.raises(ResourceLimitReached) as raised:
        await zoom.meetings.update(meeting.id, MeetingUpdate(topic="one too many"))

    assert (raised.value.resumes_at.hour, raised.value.resumes_at.minute) == (0, 0)
    assert sent_changes(fake) == [204] * 100 + [429]
    assert meeting.topic == "Draft 99"


async def test_101st_update_for_host_raises(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """With *schedule_for*, the client counts, and does not send the change."""
    meeting = account.add_meeting()
    change = MeetingUpdate(schedule_for=meeting.host.id, topic="Draft")
    for _ in range(100):
        await zoom.meetings.update(meeting.id, change)

    with pytest.raises(ResourceLimitReached):
        await zoom.meetings.update(meeting.id, change)

    assert sent_changes(fake) == [204] * 100


def sent_changes(fake: FakeZoom) -> list[int | None]:
    return [request.status for request in fake.requests if request.method == "PATCH"]


async def test_delete_and_recover(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A deleted meeting is unknown until it is recovered."""
    meeting = account.add_meeting()

    await zoom.meetings.delete(meeting.id, schedule_for_reminder=False, cancel_meeting_reminder=True)

    assert last_request(fake) == (
        f"DELETE /v2/meetings/{meeting.id}",
        {"schedule_for_reminder": "false", "cancel_meeting_reminder": "true"},
    )
    with pytest.raises(NotFound):
        await zoom.meetings.get(meeting.id)
    await zoom.meetings.update_status(meeting.id, MeetingStatusUpdate(action="recover"))
    assert (await zoom.meetings.get(meeting.id)).id == meeting.id


async def test_delete_one_occurrence(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(type=8)

    await zoom.meetings.delete(meeting.id, occurrence_id=meeting.occurrences[1].occurrence_id)

    assert last_request(fake)[1] == {"occurrence_id": meeting.occurrences[1].occurrence_id}
    got = await zoom.meetings.get(meeting.id)
    assert [each.status for each in got.occurrences] == ["available", "deleted", "available", "available"]


async def test_invitation_text(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(account.add_host("Nadia Orr"), topic="Crane")

    invitation = await zoom.meetings.invitation(meeting.id)

    assert last_request(fake)[0] == f"GET /v2/meetings/{meeting.id}/invitation"
    assert "Nadia Orr is inviting you" in invitation.invitation
    assert f"Meeting ID: {meeting.id}" in invitation.invitation
    assert invitation.sip_links == (f"{meeting.id}@zoomcrc.example",)


async def test_create_invite_links(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Each person gets a link, also of the same name."""
    meeting = account.add_meeting()

    links = await zoom.meetings.create_invite_links(
        meeting.id, NewInviteLinks(attendees=(NewInviteLink(name="Ida"), NewInviteLink(name="Ida")), ttl=60)
    )

    assert last_request(fake)[0] == f"POST /v2/meetings/{meeting.id}/invite_links"
    assert last_body(fake) == {"attendees": [{"name": "Ida"}, {"name": "Ida"}], "ttl": 60}
    assert [each.name for each in links.attendees] == ["Ida", "Ida"]
    assert len({each.join_url for each in links.attendees}) == 2


async def test_summaries_between_times(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.add_instance(start=JULY - timedelta(days=1), summary=True)
    instances = [account.add_instance(start=JULY, type=type_, summary=True) for type_ in (2, 5)]
    account.add_instance(start=JULY)

    listed = [each async for each in zoom.meetings.summaries(from_=JULY, to=JULY + timedelta(hours=1))]

    assert last_request(fake) == (
        "GET /v2/meetings/meeting_summaries",
        {"from": "2026-07-01T09:00:00Z", "to": "2026-07-01T10:00:00Z", "page_size": "300"},
    )
    assert {each.meeting_uuid for each in listed} == {each.uuid for each in instances}
    assert {each.summary_created_time for each in listed} == {JULY + timedelta(minutes=30)}


@pytest.mark.parametrize("type_", [2, 5], ids=["meeting", "webinar"])
async def test_delete_summary(type_: int, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The summary goes to the trash, where no call finds it."""
    instance = account.add_instance(type=type_, summary=True)

    await zoom.meetings.delete_summary(instance.uuid)

    assert last_request(fake)[0].endswith("/meeting_summary")
    assert last_request(fake)[0].startswith("DELETE ")
    assert [each async for each in zoom.meetings.summaries()] == []
    for call in (zoom.meetings.summary, zoom.meetings.delete_summary):
        with pytest.raises(PermissionDenied) as raised:
            await call(instance.uuid)
        assert raised.value.code == 2305


async def test_update_rtms_status(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()
    settings = RtmsAppSettings(client_id="a1")

    await zoom.meetings.update_rtms_status(meeting.id, RtmsStatusUpdate(action="start", settings=settings))

    assert last_request(fake)[0] == f"PATCH /v2/live_meetings/{meeting.id}/rtms_app/status"
    assert last_body(fake) == {"action": "start", "settings": {"client_id": "a1"}}
    assert meeting.rtms_streams == {("a1", meeting.host.id): "running"}
    await zoom.meetings.update_rtms_status(meeting.id, RtmsStatusUpdate(action="stop", settings=settings))
    assert meeting.rtms_streams == {}
