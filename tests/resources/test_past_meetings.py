"""Past meetings: what is called, what the server sees, what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from support.stories import seen

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound
from zoomasync.models import PastMeeting, PastQuestion
from zoomasync.testing import Account, FakeZoom

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


async def test_get_tells_of_one_ended_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host("Nadia Orr", dept="Works")
    instance = account.add_instance(host, participants=3, start=MAY, minutes=42, topic="Harbour 🛳")

    meeting = await zoom.past_meetings.get(instance.id)

    assert seen(fake) == (f"GET /v2/past_meetings/{instance.id}", {})
    assert meeting == PastMeeting(
        uuid=instance.uuid,
        id=instance.id,
        type=2,
        topic="Harbour 🛳",
        host_id=host.id,
        user_name="Nadia Orr",
        user_email=host.email,
        dept="Works",
        source="Zoom",
        start_time=MAY,
        end_time=MAY + timedelta(minutes=42),
        duration=42,
        total_minutes=instance.total_minutes,
        participants_count=3,
        has_meeting_summary=False,
    )


@pytest.mark.parametrize("uuid", ["k7Qd/2mVSxqg1pTz+R0uYw==", "/b9Xc0Y1Q1mZ2nW3oV4pAw==", "b9Xc//Y1Q1mZ2nW3oV4pAw=="])
async def test_get_reaches_one_instance_by_its_uuid_whatever_slashes_it_holds(
    uuid: str, zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    account.add_instance(id=84123450987, uuid=uuid, start=MAY, topic="this one")
    account.add_instance(id=84123450987, start=MAY + timedelta(days=7), topic="a later one")

    meeting = await zoom.past_meetings.get(uuid)

    assert meeting.topic == "this one"
    once = quote(uuid, safe="")
    twice = uuid.startswith("/") or "//" in uuid
    assert seen(fake)[0] == f"GET /v2/past_meetings/{quote(once, safe='') if twice else once}"


async def test_get_by_number_tells_of_the_latest_instance(zoom: Zoom, account: Account) -> None:
    account.add_instance(id=84123450987, start=MAY, topic="first")
    account.add_instance(id=84123450987, start=MAY + timedelta(days=7), topic="second")

    assert (await zoom.past_meetings.get(84123450987)).topic == "second"


async def test_get_of_an_unknown_meeting_is_not_found(zoom: Zoom) -> None:
    with pytest.raises(NotFound) as refused:
        await zoom.past_meetings.get(84000000000)

    assert (refused.value.status, refused.value.code) == (404, 3001)


async def test_instances_list_every_time_that_a_meeting_took_place(
    zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    instances = [
        account.add_instance(id=84123450987, type=8, start=MAY + timedelta(days=7 * week)) for week in range(3)
    ]

    found = await zoom.past_meetings.instances(84123450987, from_=date(2026, 5, 1), to=date(2026, 5, 12))

    assert seen(fake) == (
        "GET /v2/past_meetings/84123450987/instances",
        {"from": "2026-05-01", "to": "2026-05-12"},
    )
    assert [(each.uuid, each.start_time) for each in found.meetings] == [
        (instance.uuid, instance.start_time) for instance in instances[:2]
    ]


async def test_participants_come_stay_by_stay_over_all_pages(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(participants=650, start=MAY)

    people = [person async for person in zoom.past_meetings.participants(instance.uuid)]

    assert [(person.user_id, person.name) for person in people] == [
        (visit.user_id, visit.name) for visit in instance.participants
    ]
    assert people[0].internal_user
    assert seen(fake)[1]["page_size"] == "300"
    assert len([request for request in fake.requests if request.label]) == 3


async def test_polls_tell_who_answered_what(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, polls=2)

    polls = await zoom.past_meetings.polls(instance.id)

    assert seen(fake) == (f"GET /v2/past_meetings/{instance.id}/polls", {})
    assert (polls.id, polls.uuid, polls.start_time) == (instance.id, instance.uuid, MAY)
    assert [person.name for person in polls.questions] == [response.name for response in instance.polls]
    assert [detail.answer for detail in polls.questions[0].question_details] == [
        answer.answer for answer in instance.polls[0].answers
    ]


async def test_qa_tells_who_asked_what(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, qa=1)

    qa = await zoom.past_meetings.qa(instance.id)

    assert seen(fake) == (f"GET /v2/past_meetings/{instance.id}/qa", {})
    asked = instance.qa[0].questions[0]
    assert qa.questions[0].question_details[0] == PastQuestion(
        question=asked.question, answer=";".join(answer.content for answer in asked.answers)
    )


async def test_a_meeting_of_another_account_is_refused_whatever_the_status(zoom: Zoom, account: Account) -> None:
    instance = account.add_instance(account.add_host(other_account=True), start=MAY)
    found: list[tuple[int, int | None]] = []

    for ask in (zoom.past_meetings.get, zoom.past_meetings.qa):
        with pytest.raises(BadRequest) as refused:
            await ask(instance.uuid)
        found.append((refused.value.status, refused.value.code))

    assert found == [(400, 1010), (401, 1010)]  # Zoom's own difference
