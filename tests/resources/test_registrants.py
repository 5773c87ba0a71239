"""`zoom.meetings.registrants` against the fake server."""

from __future__ import annotations

from typing import Literal, cast

import pytest
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, DailyLimitReached, InvalidArgument, NotFound, ResourceLimitReached
from zoomasync.models import (
    CustomAnswer,
    CustomQuestion,
    NewRegistrant,
    RegistrantKey,
    RegistrantStatusUpdate,
    RegistrationQuestionsUpdate,
    StandardQuestion,
)
from zoomasync.models.registrants import Registrant, RegistrantAdded
from zoomasync.testing import Account, FakeZoom

ADA = NewRegistrant(email="ada@northpier.example", first_name="Ada")
STATUS_ROUTE = "PUT /meetings/{meetingId}/registrants/status"
DAILY_LIMIT = "You have reached the maximum daily rate limit for this API."


def status_updates(fake: FakeZoom) -> list[int]:
    """Return the number of registrants in each status update that the server received."""
    bodies = [cast("dict[str, list[object]]", request.body) for request in fake.requests if request.method == "PUT"]
    return [len(body["registrants"]) for body in bodies]


# --- list, add, get, remove


async def test_list_survives_429(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A 429 in the middle of a listing loses nothing and repeats nothing."""
    meeting = account.add_meeting(registrants=650)
    fake.throttle("GET /meetings/{meetingId}/registrants", on_request=2, retry_after="0")

    emails = [registrant.email async for registrant in zoom.meetings.registrants.list(meeting.id)]

    assert emails == [registrant.email for registrant in meeting.registrants]
    assert {request.query["page_size"] for request in fake.requests if request.label} == {"300"}


async def test_list_all_statuses(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The listing holds approved, then pending, then denied people, over all pages of each."""
    meeting = account.add_meeting(registrants=330, approval_type=1)
    people = [person async for person in zoom.meetings.registrants.list(meeting.id, status="pending")]
    await zoom.meetings.registrants.approve(meeting.id, people[:2])
    await zoom.meetings.registrants.deny(meeting.id, people[2:5])

    listing = zoom.meetings.registrants.list(meeting.id, status="all")
    statuses = [person.status async for person in listing]
    pages = [(len(page.items), page.total_records) async for page in listing.pages()]

    assert statuses == ["approved"] * 2 + ["pending"] * 325 + ["denied"] * 3
    assert pages == [(2, 2), (300, 325), (25, 325), (3, 3)]
    assert {request.query.get("status") for request in fake.requests if request.label} - {None} == {
        "approved",
        "pending",
        "denied",
    }


async def test_add_get_and_remove(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(approval_type=0)
    registrants = zoom.meetings.registrants

    added = await registrants.add(
        meeting.id,
        NewRegistrant(email=ADA.email, first_name="Ada", custom_questions=(CustomAnswer(title="Q", value=""),)),
    )
    assert last_request(fake) == (f"POST /v2/meetings/{meeting.id}/registrants", {})
    assert last_body(fake) == {
        "email": ADA.email,
        "first_name": "Ada",
        "custom_questions": [{"title": "Q", "value": ""}],
    }
    assert (added.id, bool(added.join_url)) == (meeting.id, True)

    registrant = await registrants.get(meeting.id, added.registrant_id)
    assert last_request(fake)[0] == f"GET /v2/meetings/{meeting.id}/registrants/{added.registrant_id}"
    assert (registrant.email, registrant.first_name, registrant.status) == (ADA.email, "Ada", "approved")

    await registrants.remove(meeting.id, added.registrant_id)
    assert last_request(fake)[0] == f"DELETE /v2/meetings/{meeting.id}/registrants/{added.registrant_id}"
    assert [each async for each in registrants.list(meeting.id)] == []


async def test_add_twice_returns_registration(zoom: Zoom, account: Account) -> None:
    """Zoom accepts the same person three times per day, and returns the same registration."""
    meeting = account.add_meeting()
    first = await zoom.meetings.registrants.add(meeting.id, ADA)
    again = NewRegistrant(email=ADA.email.upper(), first_name="Ada")
    assert (await zoom.meetings.registrants.add(meeting.id, again)).registrant_id == first.registrant_id
    await zoom.meetings.registrants.add(meeting.id, again)

    with pytest.raises(ResourceLimitReached):
        await zoom.meetings.registrants.add(meeting.id, again)
    await zoom.meetings.registrants.add(meeting.id, NewRegistrant(email="bo@northpier.example", first_name="Bo"))


async def test_add_to_full_meeting_raises(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting(registrants=2, capacity=2)

    with pytest.raises(BadRequest) as raised:
        await zoom.meetings.registrants.add(meeting.id, ADA)

    assert raised.value.code == 3043


async def test_add_host_raises(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting()

    with pytest.raises(BadRequest) as raised:
        await zoom.meetings.registrants.add(meeting.id, NewRegistrant(email=meeting.host.email, first_name="Host"))

    assert raised.value.code == 3027


async def test_add_to_occurrences(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(type=8, settings={"registration_type": 2})
    first, second, *_ = [occurrence.occurrence_id for occurrence in meeting.occurrences]

    added = await zoom.meetings.registrants.add(meeting.id, ADA, occurrence_ids=[first, second])

    assert last_request(fake)[1] == {"occurrence_ids": f"{first},{second}"}
    assert added.registrant_id
    assert [each async for each in zoom.meetings.registrants.list(meeting.id, occurrence_id=second)]


@pytest.mark.parametrize(
    ("where", "code"), [("other account", 1010), ("no permission", 3003)], ids=["other-account", "no-permission"]
)
async def test_add_without_access_raises(where: str, code: int, zoom: Zoom, account: Account) -> None:
    host = (
        account.add_host(other_account=True)
        if where == "other account"
        else account.add_host(disabled_features=["management"])
    )
    meeting = account.add_meeting(host)

    with pytest.raises(BadRequest) as raised:
        await zoom.meetings.registrants.add(meeting.id, ADA)

    assert raised.value.code == code


# --- status


async def test_update_status(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A registrant becomes approved, then denied, then is cancelled, which no listing shows."""
    meeting = account.add_meeting(approval_type=1)
    registrants = zoom.meetings.registrants
    added = await registrants.add(meeting.id, ADA)
    assert added.join_url is None

    async def update(action: Literal["approve", "deny", "cancel"]) -> None:
        keys = (RegistrantKey(id=added.registrant_id, email=ADA.email),)
        await registrants.update_status(meeting.id, RegistrantStatusUpdate(action=action, registrants=keys))

    async def statuses() -> list[str]:
        return [
            status
            for status in ("pending", "approved", "denied")
            if [each async for each in registrants.list(meeting.id, status=status)]
        ]

    assert await statuses() == ["pending"]
    await update("approve")
    assert last_request(fake)[0] == f"PUT /v2/meetings/{meeting.id}/registrants/status"
    assert last_body(fake)["action"] == "approve"
    assert await statuses() == ["approved"]
    await update("deny")
    assert await statuses() == ["denied"]
    await update("cancel")
    assert await statuses() == []


async def test_update_status_of_31_raises(zoom: Zoom, fake: FakeZoom) -> None:
    """More than 30 registrants in one call are rejected before the request is sent."""
    keys = tuple(RegistrantKey(id=f"r{number}") for number in range(31))

    with pytest.raises(InvalidArgument, match=r"a number of items of at most 30 - at `\$\.registrants`"):
        await zoom.meetings.registrants.update_status(1, RegistrantStatusUpdate(action="approve", registrants=keys))

    assert fake.requests == ()


@pytest.mark.parametrize("action", ["approve", "deny", "cancel"])
async def test_status_of_many_in_chunks(action: str, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(registrants=65, approval_type=1)
    registrants = zoom.meetings.registrants
    people = [person async for person in registrants.list(meeting.id, status="pending")]
    change = {"approve": registrants.approve, "deny": registrants.deny, "cancel": registrants.cancel}[action]

    outcomes = await change(meeting.id, people)

    assert [(outcome.person, outcome.error) for outcome in outcomes] == [(person, None) for person in people]
    assert status_updates(fake) == [30, 30, 5]
    becomes = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}[action]
    assert {registrant.status for registrant in meeting.registrants} == {becomes}


async def test_approve_sends_id_and_email(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A listed registrant is sent by both, an added one by the registrant id, and a key as it is."""
    meeting = account.add_meeting(registrants=2, approval_type=1)
    listed, other = [each async for each in zoom.meetings.registrants.list(meeting.id, status="pending")]
    added = await zoom.meetings.registrants.add(meeting.id, ADA)
    people: list[Registrant | RegistrantAdded | RegistrantKey] = [listed, added, RegistrantKey(email=other.email)]

    await zoom.meetings.registrants.approve(meeting.id, people)

    assert last_body(fake)["registrants"] == [
        {"id": listed.id, "email": listed.email},
        {"id": added.registrant_id},
        {"email": other.email},
    ]


async def test_approve_one_occurrence(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(type=8, approval_type=1, settings={"registration_type": 2})
    occurrence_id = meeting.occurrences[0].occurrence_id
    added = await zoom.meetings.registrants.add(meeting.id, ADA, occurrence_ids=[occurrence_id])

    [outcome] = await zoom.meetings.registrants.approve(meeting.id, [added], occurrence_id=occurrence_id)

    assert outcome.error is None
    assert last_request(fake)[1] == {"occurrence_id": occurrence_id}


async def test_approve_nobody(zoom: Zoom, fake: FakeZoom) -> None:
    assert await zoom.meetings.registrants.approve(1, []) == ()
    assert fake.requests == ()


@pytest.mark.parametrize("key", [RegistrantKey(), RegistrantKey(id="", email="")], ids=["missing", "empty"])
async def test_approve_without_key_raises(zoom: Zoom, fake: FakeZoom, key: RegistrantKey) -> None:
    """A key without id and e-mail address raises before the first call, also from a later chunk."""
    keys = [*(RegistrantKey(id=f"r{number}") for number in range(30)), key]

    with pytest.raises(InvalidArgument, match="id or email is needed"):
        await zoom.meetings.registrants.approve(1, keys)

    assert fake.requests == ()


async def test_approve_continues_after_error(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """An error of one call does not affect the people of other calls."""
    meeting = account.add_meeting(registrants=65, approval_type=1)
    keys = [RegistrantKey(id=registrant.id) for registrant in meeting.registrants]
    keys[40] = RegistrantKey(id="unknown")

    outcomes = await zoom.meetings.registrants.approve(meeting.id, keys)

    assert [outcome.person for outcome in outcomes] == keys
    failed = [at for at, outcome in enumerate(outcomes) if isinstance(outcome.error, NotFound)]
    assert failed == [*range(30, 60)]
    assert status_updates(fake) == [30, 30, 5]
    assert [registrant.status for registrant in meeting.registrants[25:35]] == ["approved"] * 5 + ["pending"] * 5


async def test_approve_stops_at_daily_limit(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """After an error that no later call can avoid, the remaining people have that error and no call is sent."""
    meeting = account.add_meeting(registrants=95, approval_type=1)
    keys = [RegistrantKey(id=registrant.id) for registrant in meeting.registrants]
    fake.respond(STATUS_ROUTE, status=429, body={"code": 429, "message": DAILY_LIMIT}, on_request=2)

    outcomes = await zoom.meetings.registrants.approve(meeting.id, keys)

    assert [outcome.error for outcome in outcomes[:30]] == [None] * 30
    assert {type(outcome.error) for outcome in outcomes[30:]} == {DailyLimitReached}
    assert len(outcomes) == 95
    assert status_updates(fake) == [30, 30]


# --- registration form


async def test_questions_round_trip(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    standard = StandardQuestion(field_name="org", required=True)
    custom = CustomQuestion(title="Lunch?", type="single", required=False, answers=("yes", "no"))

    await zoom.meetings.registrants.update_questions(
        meeting.id, RegistrationQuestionsUpdate(questions=(standard,), custom_questions=(custom,))
    )
    assert last_request(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/registrants/questions"

    questions = await zoom.meetings.registrants.questions(meeting.id)
    assert last_request(fake)[0] == f"GET /v2/meetings/{meeting.id}/registrants/questions"
    assert standard in questions.questions
    assert questions.custom_questions == (custom,)

    await zoom.meetings.registrants.update_questions(meeting.id, RegistrationQuestionsUpdate(custom_questions=()))
    assert last_body(fake) == {"custom_questions": []}
    assert (await zoom.meetings.registrants.questions(meeting.id)).custom_questions == ()
