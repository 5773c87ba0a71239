"""Meetings to come: what is called, what the server sees, what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from support.stories import seen, sent

from zoomasync import Zoom
from zoomasync.errors import BadRequest, InvalidArgument, NotFound, ResourceLimitReached
from zoomasync.models import (
    MeetingSettings,
    MeetingStatusUpdate,
    NewMeeting,
    NewMeetingTemplate,
    NewSipUri,
    NewTrackingField,
    Recurrence,
)
from zoomasync.testing import Account, DialInNumber, FakeZoom, PacAccount

JULY = datetime(2026, 7, 1, 9, tzinfo=UTC)


async def test_list_gives_a_users_scheduled_meetings(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host()
    meetings = [account.add_meeting(host, topic=f"Round {number}") for number in range(3)]

    listed = [meeting async for meeting in zoom.meetings.list(host.id, type_="upcoming")]

    assert seen(fake) == (f"GET /v2/users/{host.id}/meetings", {"type": "upcoming", "page_size": "300"})
    assert {(meeting.id, meeting.topic) for meeting in listed} == {(each.id, each.topic) for each in meetings}
    assert {meeting.host_id for meeting in listed} == {host.id}


async def test_list_narrows_to_days_in_a_timezone(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host()
    july, _ = account.add_meeting(host, start_time=JULY), account.add_meeting(host, start_time=JULY + timedelta(40))

    listed = [
        meeting
        async for meeting in zoom.meetings.list(host.email, from_=date(2026, 7, 1), to=date(2026, 7, 2), timezone="UTC")
    ]

    assert seen(fake)[1] == {"from": "2026-07-01", "to": "2026-07-02", "timezone": "UTC", "page_size": "300"}
    assert [(meeting.id, meeting.start_time) for meeting in listed] == [(july.id, JULY)]


async def test_upcoming_gives_the_meetings_of_the_next_day(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host, now = account.add_host(), datetime.combine(account.today, datetime.now(UTC).time(), UTC)
    soon = account.add_meeting(host, start_time=now + timedelta(hours=3))
    account.add_meeting(host, start_time=now + timedelta(days=3))

    upcoming = [meeting async for meeting in zoom.meetings.upcoming(host.id)]

    assert seen(fake) == (f"GET /v2/users/{host.id}/upcoming_meetings", {})
    assert [meeting.id for meeting in upcoming] == [soon.id]


async def test_create_makes_a_meeting_that_can_be_listed(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
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

    assert seen(fake) == (f"POST /v2/users/{host.id}/meetings", {})
    assert sent(fake) == {
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


async def test_a_naive_start_is_sent_as_local_time(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host()

    await zoom.meetings.create(host.id, NewMeeting(start_time=datetime(2026, 7, 1, 11, 0, 0, 999), timezone="UTC"))  # noqa: DTZ001  local to the timezone beside it

    assert sent(fake) == {"start_time": "2026-07-01T11:00:00", "timezone": "UTC"}


async def test_create_makes_a_recurring_meeting_with_its_occurrences(
    zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    host = account.add_host()
    every_monday = Recurrence(type=2, repeat_interval=1, weekly_days="2", end_times=4)

    meeting = await zoom.meetings.create(
        host.id,
        NewMeeting(type=8, start_time=datetime(2026, 7, 6, 9, tzinfo=UTC), duration=30, recurrence=every_monday),
    )

    assert sent(fake)["recurrence"] == {"type": 2, "repeat_interval": 1, "weekly_days": "2", "end_times": 4}
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
async def test_what_the_reference_rules_out_is_refused_before_it_is_sent(
    meeting: NewMeeting, rule: str, zoom: Zoom, fake: FakeZoom
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await zoom.meetings.create("host", meeting)

    assert rule in str(refused.value)
    assert fake.requests == ()


async def test_a_value_that_zoom_may_add_tomorrow_is_sent_today(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host()

    with pytest.raises(BadRequest):
        await zoom.meetings.create(host.id, NewMeeting(type=11, settings=MeetingSettings(audio="telepathy")))

    assert sent(fake) == {"type": 11, "settings": {"audio": "telepathy"}}


async def test_the_101st_meeting_of_a_host_and_day_waits_for_tomorrow(zoom: Zoom, account: Account) -> None:
    host, other = account.add_host(), account.add_host()
    for _ in range(100):
        await zoom.meetings.create(host.id, NewMeeting(topic="one of many"))

    with pytest.raises(ResourceLimitReached) as refused:
        await zoom.meetings.create(host.id, NewMeeting(topic="one too many"))

    assert (refused.value.resumes_at.hour, refused.value.resumes_at.minute) == (0, 0)
    await zoom.meetings.create(other.id, NewMeeting(topic="another host's"))


async def test_update_status_ends_a_running_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()

    await zoom.meetings.update_status(meeting.id, MeetingStatusUpdate(action="end"))

    assert (seen(fake)[0], sent(fake)) == (f"PUT /v2/meetings/{meeting.id}/status", {"action": "end"})
    assert meeting.status == "waiting"


async def test_end_running_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()

    await zoom.meetings.end(meeting.id)

    assert (seen(fake)[0], sent(fake)) == (f"PUT /v2/meetings/{meeting.id}/status", {"action": "end"})
    assert meeting.status == "waiting"


async def test_update_status_recovers_a_deleted_meeting(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.delete()

    await zoom.meetings.update_status(meeting.id, MeetingStatusUpdate(action="recover"))

    assert not meeting.deleted


async def test_summary_is_asked_for_by_uuid(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(uuid="/b9Xc0Y//Q1mZ2nW3oV4pA==", summary=True)

    summary = await zoom.meetings.summary(instance.uuid)

    assert seen(fake)[0] == "GET /v2/meetings/%252Fb9Xc0Y%252F%252FQ1mZ2nW3oV4pA%253D%253D/meeting_summary"
    assert (summary.meeting_uuid, summary.meeting_id) == (instance.uuid, instance.id)
    assert summary.summary_content


async def test_caption_token_is_a_whole_url(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()

    captions = await zoom.meetings.caption_token(meeting.id, type_="closed_caption_token")

    assert seen(fake) == (f"GET /v2/meetings/{meeting.id}/token", {"type": "closed_caption_token"})
    assert captions.token.startswith("https://")


async def test_sip_uri_dials_a_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()

    uri = await zoom.meetings.sip_uri(meeting.id, NewSipUri(passcode="4321"))

    assert seen(fake)[0] == f"POST /v2/meetings/{meeting.id}/sip_dialing"
    assert uri.sip_dialing
    assert uri.expire_in == 7200


async def test_sip_uri_needs_no_passcode_and_may_be_asked_twice(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    fake.respond("POST /meetings/{meetingId}/sip_dialing", status=500, body=b"")

    assert (await zoom.meetings.sip_uri(meeting.id)).sip_dialing
    assert sent(fake) == {}


async def test_templates_are_made_of_a_meeting_and_listed(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    user = meeting.host.id

    created = await zoom.meetings.templates.create(
        user, NewMeetingTemplate(meeting_id=meeting.id, name="Weekly", save_recurrence=True)
    )

    assert seen(fake)[0] == f"POST /v2/users/{user}/meeting_templates"
    assert sent(fake) == {"meeting_id": meeting.id, "name": "Weekly", "save_recurrence": True}
    listed = [template async for template in zoom.meetings.templates.list(user)]
    assert seen(fake)[0] == f"GET /v2/users/{user}/meeting_templates"
    assert [(template.id, template.name) for template in listed] == [(created.id, "Weekly")]


async def test_a_template_name_that_is_taken_is_refused(zoom: Zoom, account: Account) -> None:
    meeting, other = account.add_meeting(), account.add_meeting()
    await zoom.meetings.templates.create(meeting.host.id, NewMeetingTemplate(meeting_id=meeting.id, name="Weekly"))

    with pytest.raises(BadRequest) as refused:
        await zoom.meetings.templates.create(other.host.id, NewMeetingTemplate(meeting_id=other.id, name="Weekly"))

    assert refused.value.code == 3000


async def test_pac_lists_a_users_audio_conferences(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    number = DialInNumber(country="IE", number="+353 1 555 01")
    pac = PacAccount(
        conference_id=9012345,
        participant_password="123",
        listen_only_password="456",
        dedicated_dial_in_number=(number,),
    )
    host = account.add_host(pac_accounts=[pac])

    [found] = [account async for account in zoom.pac.list(host.id)]

    assert seen(fake) == (f"GET /v2/users/{host.id}/pac", {})
    assert (found.conference_id, found.participant_password) == (9012345, "123")
    assert found.dedicated_dial_in_number[0].number == "+353 1 555 01"


async def test_pac_that_is_off_says_so(zoom: Zoom, account: Account) -> None:
    with pytest.raises(BadRequest) as refused:
        await anext(aiter(zoom.pac.list(account.add_host().id)))

    assert refused.value.code == 2024


async def test_a_user_who_is_unknown_is_not_found(zoom: Zoom) -> None:
    with pytest.raises(NotFound) as refused:
        await zoom.meetings.create("nobody", NewMeeting(topic="x"))

    assert refused.value.code == 1001
