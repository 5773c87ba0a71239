"""`zoom.past_webinars` against the fake server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.stories import last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, EmbeddedError, NotFound, PermissionDenied, ZoomError
from zoomasync.resources.past_webinars import PastWebinars
from zoomasync.testing import Account, Asker, FakeZoom, Question, Visit

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
OPERATIONS = ["instances", "participants", "absentees", "polls", "qa"]
LONG_AGO = datetime(2024, 1, 8, 9, tzinfo=UTC)


async def test_list_webinar_instances(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """All instances are listed, of any age."""
    instances = [account.add_instance(id=84123450987, type=9, start=start) for start in (LONG_AGO, MAY)]

    listed = await zoom.past_webinars.instances(84123450987).collect()

    assert last_request(fake) == ("GET /v2/past_webinars/84123450987/instances", {})
    assert [(each.uuid, each.start_time) for each in listed] == [(each.uuid, each.start_time) for each in instances]


@pytest.mark.parametrize("uuid", ["k7Qd/2mVSxqg1pTz+R0uYw==", "/b9Xc0Y1Q1mZ2nW3oV4pAw==", "b9Xc//Y1Q1mZ2nW3oV4pAw=="])
async def test_participants_by_uuid(uuid: str, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(uuid=uuid, id=84123450987, type=5, participants=301, start=LONG_AGO)
    account.add_instance(id=84123450987, type=5, participants=2, start=MAY)

    visits = await zoom.past_webinars.participants(uuid).collect()

    assert last_request(fake)[1]["page_size"] == "300"
    assert [each.name for each in visits] == [each.name for each in instance.participants]
    assert len(await zoom.past_webinars.participants(84123450987).collect()) == 2


async def test_lone_host_is_participant(zoom: Zoom, account: Account) -> None:
    """A webinar with one person is reported; only meetings have that exception."""
    instance = account.add_instance(type=5, participants=1)

    assert [each.name async for each in zoom.past_webinars.participants(instance.uuid)] == [instance.host.name]


async def test_absentees_did_not_attend(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A registrant has attended with the registrant id, or with the address in any case."""
    webinar = account.add_meeting(type=9, registrants=6)
    by_id, by_email, *absent, elsewhere, denied = webinar.registrants
    chosen = webinar.occurrences[0].occurrence_id
    webinar.registrants[-2:] = [replace(elsewhere, occurrence_ids=("1",)), replace(denied, status="denied")]
    visits = [
        visit(registrant_id=by_id.id),
        visit(user_email=by_email.email.upper()),
        visit(user_email=""),
    ]
    account.add_instance(id=webinar.id, type=9, participants=visits, start=MAY)

    listed = await zoom.past_webinars.absentees(webinar.id, occurrence_id=chosen).collect()
    of_all = await zoom.past_webinars.absentees(webinar.id).collect()

    assert last_request(fake)[0] == f"GET /v2/past_webinars/{webinar.id}/absentees"
    assert [each.email for each in listed] == [each.email for each in absent]
    assert [each.email for each in of_all] == [each.email for each in (*absent, elsewhere)]


async def test_absentees_need_registration(zoom: Zoom, account: Account) -> None:
    webinar = account.add_meeting(type=5, approval_type=2)
    for number in (webinar.id, 84123450987):
        account.add_instance(id=number, type=5)

        with pytest.raises(BadRequest) as raised:
            await zoom.past_webinars.absentees(number).collect()

        assert raised.value.code == 3000


async def test_absentees_of_unknown_occurrence(zoom: Zoom, account: Account) -> None:
    webinar = account.add_meeting(type=9)
    account.add_instance(id=webinar.id, type=9)

    with pytest.raises(BadRequest) as raised:
        await zoom.past_webinars.absentees(webinar.id, occurrence_id="1").collect()

    assert raised.value.code == 300


async def test_past_webinar_polls(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=5, polls=2)

    report = await zoom.past_webinars.polls(instance.id)

    assert last_request(fake) == (f"GET /v2/past_webinars/{instance.id}/polls", {})
    assert (report.id, report.uuid) == (instance.id, instance.uuid)
    assert [each.name for each in report.questions] == ["Guest 1", "Guest 2"]


async def test_past_webinar_qa(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    question = Question(question="Is it live?", question_id="q1", create_time=MAY, live_answered=True)
    instance = account.add_instance(type=5, qa=[Asker(name="Ada", questions=(question,))])

    qa = await zoom.past_webinars.qa(instance.id)

    assert last_request(fake) == (f"GET /v2/past_webinars/{instance.id}/qa", {})
    [asker] = qa.questions
    assert (asker.name, asker.question_details[0].question) == ("Ada", "Is it live?")


# --- errors of all


async def read_all(past: PastWebinars, name: str, number: int) -> None:
    if name == "polls":
        await past.polls(number)
    elif name == "qa":
        await past.qa(number)
    elif name == "instances":
        await past.instances(number).collect()
    else:
        await (past.absentees(number) if name == "absentees" else past.participants(number)).collect()


@pytest.mark.parametrize("name", OPERATIONS)
async def test_meeting_is_no_past_webinar(name: str, zoom: Zoom, account: Account) -> None:
    """A past meeting, and a webinar that was not held, are not found."""
    for number in (account.add_instance().id, account.add_meeting(type=5).id):
        with pytest.raises(NotFound) as raised:
            await read_all(zoom.past_webinars, name, number)

        assert raised.value.code == 3001


@pytest.mark.parametrize("name", OPERATIONS)
async def test_past_webinar_without_plan(name: str, zoom: Zoom, account: Account) -> None:
    """Code 200 has the HTTP status 200 for absentees, and 400 for the others."""
    instance = account.add_instance(account.add_host(disabled_features=["webinars"]), type=5)
    expected: type[ZoomError] = EmbeddedError if name == "absentees" else PermissionDenied

    with pytest.raises(expected, match=r"Webinar plan"):
        await read_all(zoom.past_webinars, name, instance.id)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_past_webinar_elsewhere(name: str, zoom: Zoom, account: Account) -> None:
    instance = account.add_instance(account.add_host(other_account=True), type=5)

    with pytest.raises((BadRequest, PermissionDenied)) as raised:
        await read_all(zoom.past_webinars, name, instance.id)

    assert raised.value.code == (1010 if name == "absentees" else 200)


def visit(*, registrant_id: str = "", user_email: str = "") -> Visit:
    return Visit(
        user_id="16778240",
        name="Guest",
        join_time=MAY,
        leave_time=MAY + timedelta(minutes=5),
        registrant_id=registrant_id,
        user_email=user_email,
    )
