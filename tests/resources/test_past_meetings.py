"""`zoom.past_meetings` against the fake server."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from support.stories import last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound
from zoomasync.models.past_meetings import PastMeeting, PastQuestion
from zoomasync.testing import Account, FakeZoom

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


async def test_get_past_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host("Nadia Orr", dept="Works")
    instance = account.add_instance(host, participants=3, start=MAY, minutes=42, topic="Harbour 🛳")

    meeting = await zoom.past_meetings.get(instance.id)

    assert last_request(fake) == (f"GET /v2/past_meetings/{instance.id}", {})
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
async def test_get_by_uuid_with_slashes(uuid: str, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A UUID with "//" or a leading slash is percent-encoded twice."""
    account.add_instance(id=84123450987, uuid=uuid, start=MAY, topic="this one")
    account.add_instance(id=84123450987, start=MAY + timedelta(days=7), topic="a later one")

    meeting = await zoom.past_meetings.get(uuid)

    assert meeting.topic == "this one"
    once = quote(uuid, safe="")
    twice = uuid.startswith("/") or "//" in uuid
    assert last_request(fake)[0] == f"GET /v2/past_meetings/{quote(once, safe='') if twice else once}"


async def test_get_by_number_returns_latest(zoom: Zoom, account: Account) -> None:
    account.add_instance(id=84123450987, start=MAY, topic="first")
    account.add_instance(id=84123450987, start=MAY + timedelta(days=7), topic="second")

    assert (await zoom.past_meetings.get(84123450987)).topic == "second"


async def test_get_unknown_meeting_raises(zoom: Zoom) -> None:
    with pytest.raises(NotFound) as raised:
        await zoom.past_meetings.get(84000000000)

    assert (raised.value.status, raised.value.code) == (404, 3001)


async def test_instances_between_days(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instances = [
        account.add_instance(id=84123450987, type=8, start=MAY + timedelta(days=7 * week)) for week in range(3)
    ]

    listing = zoom.past_meetings.instances(84123450987, from_=date(2026, 5, 1), to=date(2026, 5, 12))
    read = [instance async for instance in listing]

    assert last_request(fake) == (
        "GET /v2/past_meetings/84123450987/instances",
        {"from": "2026-05-01", "to": "2026-05-12"},
    )
    assert [(each.uuid, each.start_time) for each in read] == [
        (instance.uuid, instance.start_time) for instance in instances[:2]
    ]


async def test_participants_over_three_pages(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(participants=650, start=MAY)

    people = [person async for person in zoom.past_meetings.participants(instance.uuid)]

    assert [(person.user_id, person.name) for person in people] == [
        (visit.user_id, visit.name) for visit in instance.participants
    ]
    assert people[0].internal_user
    assert last_request(fake)[1]["page_size"] == "300"
    assert len([request for request in fake.requests if request.label]) == 3


async def test_polls_by_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, polls=2)

    polls = await zoom.past_meetings.polls(instance.id)

    assert last_request(fake) == (f"GET /v2/past_meetings/{instance.id}/polls", {})
    assert (polls.id, polls.uuid, polls.start_time) == (instance.id, instance.uuid, MAY)
    assert [person.name for person in polls.questions] == [response.name for response in instance.polls]
    assert [detail.answer for detail in polls.questions[0].question_details] == [
        answer.answer for answer in instance.polls[0].answers
    ]


async def test_qa_by_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, qa=1)

    qa = await zoom.past_meetings.qa(instance.id)

    assert last_request(fake) == (f"GET /v2/past_meetings/{instance.id}/qa", {})
    question = instance.qa[0].questions[0]
    assert qa.questions[0].question_details[0] == PastQuestion(
        question=question.question, answer=";".join(answer.content for answer in question.answers)
    )


async def test_meeting_of_other_account_raises(zoom: Zoom, account: Account) -> None:
    """Zoom uses different HTTP statuses for the same code; both raise `BadRequest`."""
    instance = account.add_instance(account.add_host(other_account=True), start=MAY)
    raised_codes: list[tuple[int, int | None]] = []

    for method in (zoom.past_meetings.get, zoom.past_meetings.qa):
        with pytest.raises(BadRequest) as raised:
            await method(instance.uuid)
        raised_codes.append((raised.value.status, raised.value.code))

    assert raised_codes == [(400, 1010), (401, 1010)]
