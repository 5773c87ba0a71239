"""`zoom.webinars` against the fake server."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec
import pytest
from msgspec import UNSET, UnsetType
from support.clock import in_virtual_time
from support.memory import MemoryTransport, answering, open_session, response
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, InvalidArgument, NotFound, PermissionDenied, ResourceLimitReached
from zoomasync.models import (
    MeetingUpdate,
    NewInviteLink,
    NewInviteLinks,
    NewMeeting,
    NewPanelist,
    NewPanelists,
    NewRegistrant,
    NewSipUri,
    NewTrackingField,
    NewWebinar,
    Recurrence,
    SimuliveDelayStart,
    WebinarSettings,
    WebinarStatusUpdate,
    WebinarUpdate,
)
from zoomasync.resources.meetings import Meetings
from zoomasync.resources.webinars import Webinars
from zoomasync.testing import Account, FakeZoom, MeetingType, Panelist, TrackingSource

JULY = datetime(2026, 7, 6, 9, tzinfo=UTC)
WEEKLY = Recurrence(type=2, repeat_interval=1, weekly_days="2", end_times=3)


# --- list, create, get, update, delete


async def test_list_webinars_of_user(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Meetings, and the webinars of other users, are not listed."""
    host, other = account.add_host(), account.add_host()
    webinars = [account.add_meeting(host, type=5, topic=f"Talk {number}") for number in range(301)]
    account.add_meeting(other, type=5)
    account.add_meeting(host)

    listed = await zoom.webinars.list(host.id, type_="scheduled").collect()

    path, query = last_request(fake)
    assert (path, query["type"], query["page_size"]) == (f"GET /v2/users/{host.id}/webinars", "scheduled", "300")
    assert [(each.id, each.topic) for each in listed] == [(each.id, each.topic) for each in webinars]


async def test_list_webinars_by_number(zoom: Zoom, fake: FakeZoom) -> None:
    """Pages without a page token are read by number, up to the count."""
    for number in (1, 2):
        page: dict[str, object] = {"page_count": 2, "page_number": number, "webinars": [{"id": number}]}
        fake.respond("webinars.list", status=200, body=page, on_request=number)

    listed = await zoom.webinars.list("u", type_="upcoming").collect()

    assert [webinar.id for webinar in listed] == [1, 2]
    first = {"type": "upcoming", "page_size": "300"}
    assert [each.query for each in fake.requests if each.label] == [first, {**first, "page_number": "2"}]


async def test_create_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Empty and false values are sent, and the webinar can be listed afterwards."""
    host = account.add_host()

    webinar = await zoom.webinars.create(
        host.id,
        NewWebinar(
            topic="Harbour 🛳",
            type=9,
            start_time=JULY,
            duration=45,
            password="q8-Wz2",
            recurrence=WEEKLY,
            tracking_fields=(NewTrackingField(field="Project", value="Harbour"),),
            settings=WebinarSettings(approval_type=0, practice_session=False, alternative_hosts=""),
        ),
    )

    assert last_request(fake)[0] == f"POST /v2/users/{host.id}/webinars"
    assert last_body(fake) == {
        "topic": "Harbour 🛳",
        "type": 9,
        "start_time": "2026-07-06T09:00:00Z",
        "duration": 45,
        "password": "***",
        "recurrence": {"type": 2, "repeat_interval": 1, "weekly_days": "2", "end_times": 3},
        "tracking_fields": [{"field": "Project", "value": "Harbour"}],
        "settings": {"approval_type": 0, "practice_session": False, "alternative_hosts": ""},
    }
    assert (webinar.topic, webinar.type, webinar.host_email) == ("Harbour 🛳", 9, host.email)
    assert [each.start_time for each in webinar.occurrences] == [JULY + timedelta(weeks=week) for week in range(3)]
    assert webinar.settings
    assert webinar.settings.approval_type == 0
    assert [each.id async for each in zoom.webinars.list(host.id)] == [webinar.id]
    [stored] = account.scheduled_webinars
    assert stored.password == "q8-Wz2"


async def test_create_simulive_webinar(zoom: Zoom, account: Account) -> None:
    [file] = account.add_recording().files
    delay = SimuliveDelayStart(enable=True, time=10, timeunit="second")
    simulive = NewWebinar(start_time=JULY, is_simulive=True, record_file_id=file.id, simulive_delay_start=delay)

    webinar = await zoom.webinars.create(account.hosts[0].id, simulive)

    assert (webinar.is_simulive, webinar.record_file_id, webinar.simulive_delay_start) == (True, file.id, delay)
    assert account.scheduled_webinars[0].is_simulive


async def test_create_simulive_without_time_raises(zoom: Zoom, account: Account) -> None:
    host = account.add_host()

    with pytest.raises(BadRequest) as raised:
        await zoom.webinars.create(host.id, NewWebinar(type=6, is_simulive=True))

    assert raised.value.code == 4505
    assert account.scheduled_webinars == []


async def test_create_recurrence_needs_type(zoom: Zoom, fake: FakeZoom) -> None:
    with pytest.raises(InvalidArgument, match="recurrence goes with type 9 only"):
        await zoom.webinars.create("host", NewWebinar(recurrence=WEEKLY))

    assert fake.requests == ()


async def test_create_without_plan_raises(zoom: Zoom, account: Account) -> None:
    host = account.add_host(disabled_features=["webinars"])

    with pytest.raises(PermissionDenied) as raised:
        await zoom.webinars.create(host.id, NewWebinar(topic="Talk"))

    assert (raised.value.status, raised.value.code) == (400, 200)


async def test_changes_share_host_limit(zoom: Zoom, account: Account) -> None:
    """The 101st meeting or webinar that is created or changed for one host on one day is rejected."""
    host = account.add_host()
    webinar = await zoom.webinars.create(host.id, NewWebinar())
    for _ in range(49):
        await zoom.webinars.update(webinar.id, WebinarUpdate(topic="Talk"))
        await zoom.meetings.create(host.id, NewMeeting())
    await zoom.webinars.create(host.id, NewWebinar())

    with pytest.raises(ResourceLimitReached):
        await zoom.webinars.update(webinar.id, WebinarUpdate(topic="Talk"))

    await zoom.webinars.create(account.add_host().id, NewWebinar())


@pytest.mark.parametrize("schedule_for", [None, "host@example.com"])
@in_virtual_time
async def test_webinars_and_meetings_share_host_limit(schedule_for: str | None) -> None:
    """The 101st meeting or webinar of one host on one day is not sent."""
    transport = MemoryTransport(answering(response(201, {"id": 1})))
    session = open_session(transport)
    for _ in range(50):
        await Webinars(session).create("u", NewWebinar(schedule_for=schedule_for))
        await Meetings(session).create(schedule_for or "u", NewMeeting())

    with pytest.raises(ResourceLimitReached):
        await Webinars(session).create("u", NewWebinar(schedule_for=schedule_for))

    assert len(transport.requests) == 100
    await Webinars(session).create("other", NewWebinar())


@pytest.mark.parametrize(("schedule_for", "is_counted"), [("host@example.com", True), (None, False), (UNSET, False)])
@in_virtual_time
async def test_update_counts_for_named_host(schedule_for: str | UnsetType | None, *, is_counted: bool) -> None:
    """A change counts in the quota of the host that it names."""
    transport = MemoryTransport(answering(response(204)))
    session = open_session(transport)
    for _ in range(50):
        await Webinars(session).update(1, WebinarUpdate(schedule_for=schedule_for))
        await Meetings(session).update(2, MeetingUpdate(schedule_for=schedule_for))

    with pytest.raises(ResourceLimitReached) if is_counted else nullcontext():
        await Webinars(session).update(1, WebinarUpdate(schedule_for=schedule_for))
    with pytest.raises(ResourceLimitReached) if is_counted else nullcontext():
        await Meetings(session).update(2, MeetingUpdate(schedule_for=schedule_for))

    assert len(transport.requests) == (100 if is_counted else 102)


async def test_get_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5, start_time=JULY, settings={"on_demand": True})

    read = await zoom.webinars.get(webinar.id, show_previous_occurrences=True)

    assert last_request(fake) == (f"GET /v2/webinars/{webinar.id}", {"show_previous_occurrences": "true"})
    assert (read.id, read.uuid, read.start_time, read.host_id) == (webinar.id, webinar.uuid, JULY, webinar.host.id)
    assert read.settings
    assert (read.settings.on_demand, read.settings.practice_session) == (True, False)


@pytest.mark.parametrize("uuid", ["k7Qd/2mVSxqg1pTz+R0uYw==", "/b9Xc0Y1Q1mZ2nW3oV4pAw==", "b9Xc//Y1Q1mZ2nW3oV4pAw=="])
async def test_get_webinar_by_uuid(uuid: str, zoom: Zoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    account.add_instance(type=5, id=webinar.id, uuid=uuid)

    assert (await zoom.webinars.get(uuid)).id == webinar.id


async def test_get_webinar_occurrence(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=9, start_time=JULY)
    occurrence = webinar.occurrences[1]

    read = await zoom.webinars.get(webinar.id, occurrence_id=occurrence.occurrence_id)

    assert last_request(fake)[1] == {"occurrence_id": occurrence.occurrence_id}
    assert read.start_time == occurrence.start_time


async def test_get_unknown_webinar_raises(zoom: Zoom, account: Account) -> None:
    """The number of a meeting is none of a webinar."""
    with pytest.raises(NotFound) as raised:
        await zoom.webinars.get(account.add_meeting().id)

    assert raised.value.code == 3001


async def test_update_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Fields and settings that are not given stay."""
    webinar = account.add_meeting(type=5, topic="Talk", duration=30, settings={"on_demand": True})

    await zoom.webinars.update(
        webinar.id, WebinarUpdate(topic="Keynote", start_time=JULY, settings=WebinarSettings(hd_video=True))
    )

    assert last_request(fake)[0] == f"PATCH /v2/webinars/{webinar.id}"
    assert last_body(fake) == {
        "topic": "Keynote",
        "start_time": "2026-07-06T09:00:00Z",
        "settings": {"hd_video": True},
    }
    assert (webinar.topic, webinar.start_time, webinar.duration, webinar.type) == ("Keynote", JULY, 30, 5)
    assert webinar.settings == {"approval_type": 0, "on_demand": True, "hd_video": True}


async def test_update_webinar_occurrence(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=9)
    first, second, *_ = webinar.occurrences

    await zoom.webinars.update(webinar.id, WebinarUpdate(duration=15), occurrence_id=second.occurrence_id)

    assert last_request(fake)[1] == {"occurrence_id": second.occurrence_id}
    assert [each.duration for each in webinar.occurrences[:3]] == [first.duration, 15, first.duration]


async def test_started_simulive_cannot_change(zoom: Zoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    await zoom.webinars.update(webinar.id, WebinarUpdate(is_simulive=True))
    webinar.start()

    for change in (zoom.webinars.update(webinar.id, WebinarUpdate(topic="x")), zoom.webinars.delete(webinar.id)):
        with pytest.raises(BadRequest) as raised:
            await change
        assert raised.value.code == 3000

    assert not webinar.deleted


async def test_delete_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)

    await zoom.webinars.delete(webinar.id, cancel_webinar_reminder=False)

    assert last_request(fake) == (f"DELETE /v2/webinars/{webinar.id}", {"cancel_webinar_reminder": "false"})
    assert webinar.deleted
    assert await zoom.webinars.list(webinar.host.id).collect() == []


async def test_delete_webinar_occurrence(zoom: Zoom, account: Account) -> None:
    webinar = account.add_meeting(type=9)
    name = webinar.occurrences[1].occurrence_id

    await zoom.webinars.delete(webinar.id, occurrence_id=name)

    assert [each.status for each in webinar.occurrences] == ["available", "deleted", "available", "available"]
    with pytest.raises(BadRequest) as raised:
        await zoom.webinars.delete(webinar.id, occurrence_id=name)
    assert raised.value.code == 3000


# --- status, tokens, links


async def test_end_running_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    for end in (
        zoom.webinars.end(webinar.id),
        zoom.webinars.update_status(webinar.id, WebinarStatusUpdate(action="end")),
    ):
        webinar.start()
        await end

        assert (last_request(fake)[0], last_body(fake)) == (f"PUT /v2/webinars/{webinar.id}/status", {"action": "end"})
        assert webinar.status == "waiting"


async def test_caption_token_of_running_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    with pytest.raises(BadRequest) as raised:
        await zoom.webinars.caption_token(webinar.id)
    webinar.start()

    captions = await zoom.webinars.caption_token(webinar.id, type_="closed_caption_token")

    assert last_request(fake) == (f"GET /v2/webinars/{webinar.id}/token", {"type": "closed_caption_token"})
    assert raised.value.code == 3000
    assert captions.token.startswith("https://")


async def test_sip_uri_of_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)

    uri = await zoom.webinars.sip_uri(webinar.id, NewSipUri(passcode="4321"))

    assert last_request(fake)[0] == f"POST /v2/webinars/{webinar.id}/sip_dialing"
    assert uri.sip_dialing.startswith(f"{webinar.id}.4321.")
    with pytest.raises(BadRequest) as raised:
        await zoom.webinars.sip_uri(99)
    assert raised.value.code == 3000


async def test_tracking_sources_count_registrants(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    webinar.tracking_sources += [TrackingSource(id="48", source_name="News", visitor_count=9)]
    await zoom.webinars.registrants.add(
        webinar.id, NewRegistrant(email="ada@lakeside.example", first_name="Ada", source_id="48")
    )

    [page] = [page async for page in zoom.webinars.tracking_sources(webinar.id).pages()]

    assert last_request(fake)[0] == f"GET /v2/webinars/{webinar.id}/tracking_sources"
    [source] = page.items
    assert (source.id, source.source_name, source.visitor_count, source.registration_count) == ("48", "News", 9, 1)
    assert page.total_records == 1


async def test_create_webinar_invite_links(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    people = (NewInviteLink(name="Ada"), NewInviteLink(name="Bo", disable_video=True))

    links = await zoom.webinars.create_invite_links(webinar.id, NewInviteLinks(attendees=people, ttl=60))

    assert last_request(fake)[0] == f"POST /v2/webinars/{webinar.id}/invite_links"
    assert last_body(fake) == {"attendees": [{"name": "Ada"}, {"name": "Bo", "disable_video": True}], "ttl": 60}
    assert [each.name for each in links.attendees] == ["Ada", "Bo"]


# --- panelists


async def test_add_and_list_panelists(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Earlier panelists stay, and a known address replaces its panelist."""
    webinar = account.add_meeting(type=5, panelists=1)
    ada = NewPanelist(name="Ada", email="ada@lakeside.example", name_tag_pronouns="she/her")

    added = await zoom.webinars.panelists.add(webinar.id, NewPanelists(panelists=(ada,)))
    again = NewPanelist(name="Ada L.", email="Ada@lakeside.example")
    await zoom.webinars.panelists.add(webinar.id, NewPanelists(panelists=(again,)))

    assert last_request(fake)[0] == f"POST /v2/webinars/{webinar.id}/panelists"
    assert last_body(fake) == {"panelists": [{"name": "Ada L.", "email": "Ada@lakeside.example"}]}
    assert (added.id, added.updated_at is not None) == (str(webinar.id), True)
    listed = await zoom.webinars.panelists.list(webinar.id).collect()
    assert last_request(fake)[0] == f"GET /v2/webinars/{webinar.id}/panelists"
    assert [(each.id, each.name) for each in listed] == [(each.id, each.name) for each in webinar.panelists]
    assert [each.name for each in listed] == ["Panelist 1", "Ada L."]
    assert all(each.join_url for each in listed)


async def test_add_panelists_of_other_webinar(zoom: Zoom, account: Account) -> None:
    first, second = account.add_meeting(type=5, panelists=2), account.add_meeting(type=5)
    panelists = await zoom.webinars.panelists.list(first.id).collect()

    await zoom.webinars.panelists.add(second.id, NewPanelists(panelists=tuple(panelists)))

    assert [panelist.email for panelist in second.panelists] == [panelist.email for panelist in first.panelists]


async def test_too_many_panelists_raise(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A request may have 30, which the client checks, and a webinar 100."""
    webinar = account.add_meeting(type=5, panelists=71)
    people = tuple(NewPanelist(name="P", email=f"p{number}@lakeside.example") for number in range(31))

    with pytest.raises(InvalidArgument):
        await zoom.webinars.panelists.add(webinar.id, NewPanelists(panelists=people))
    assert fake.requests == ()
    with pytest.raises(BadRequest) as raised:
        await zoom.webinars.panelists.add(webinar.id, NewPanelists(panelists=people[:30]))

    assert raised.value.code == 3000
    assert len(webinar.panelists) == 71


@pytest.mark.parametrize("by", ["id", "email"])
async def test_remove_panelist(by: str, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    ada = Panelist(id="pA1", email="ada+x@lakeside.example", name="Ada")
    webinar = account.add_meeting(type=5, panelists=[ada, Panelist(id="pB2", email="bo@lakeside.example")])
    name = ada.id if by == "id" else ada.email

    await zoom.webinars.panelists.remove(webinar.id, name)

    assert last_request(fake)[0] == f"DELETE /v2/webinars/{webinar.id}/panelists/{quote(name, safe='')}"
    assert [each.id for each in webinar.panelists] == ["pB2"]
    with pytest.raises(BadRequest):
        await zoom.webinars.panelists.remove(webinar.id, name)


async def test_remove_all_panelists(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5, panelists=3)

    await zoom.webinars.panelists.remove_all(webinar.id)

    assert last_request(fake)[0] == f"DELETE /v2/webinars/{webinar.id}/panelists"
    assert webinar.panelists == []


async def test_panelist_cannot_register(zoom: Zoom, account: Account) -> None:
    webinar = account.add_meeting(type=5, panelists=1)
    email = webinar.panelists[0].email.upper()

    with pytest.raises(BadRequest) as raised:
        await zoom.webinars.registrants.add(webinar.id, NewRegistrant(email=email, first_name="Pia"))

    assert raised.value.code == 3000
    assert webinar.registrants == []


@pytest.mark.parametrize("type_", [5, 6, 9])
async def test_types_of_webinars(type_: MeetingType, zoom: Zoom, account: Account) -> None:
    """Only a webinar with fixed times has a start or occurrences."""
    webinar = await zoom.webinars.get(account.add_meeting(type=type_).id)

    assert (webinar.start_time is None, len(webinar.occurrences)) == (type_ == 6, 4 if type_ == 9 else 0)


async def test_create_copy_of_webinar(zoom: Zoom, account: Account) -> None:
    """A response can be converted to a body, and the panelists of one webinar can be added to another."""
    original = account.add_meeting(type=9, topic="Harbour", panelists=2, settings={"hd_video": True})
    webinar = await zoom.webinars.get(original.id)

    copy = await zoom.webinars.create(account.hosts[0].id, msgspec.convert(webinar, NewWebinar, from_attributes=True))
    panelists = await zoom.webinars.panelists.list(webinar.id).collect()
    await zoom.webinars.panelists.add(copy.id, NewPanelists(panelists=tuple(panelists)))
    copied = await zoom.webinars.panelists.list(copy.id).collect()

    assert (copy.topic, copy.start_time, copy.recurrence) == ("Harbour", webinar.start_time, webinar.recurrence)
    assert copy.settings == webinar.settings
    assert [each.email for each in copied] == [each.email for each in panelists]
