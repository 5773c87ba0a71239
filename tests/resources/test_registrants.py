"""`zoom.meetings.registrants` and `zoom.webinars.registrants` against the fake server."""

from __future__ import annotations

from typing import Literal, cast

import pytest
from support.kinds import WEBINARS, Kind
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import (
    BadRequest,
    DailyLimitReached,
    InvalidArgument,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ResourceLimitReached,
)
from zoomasync.models import (
    BatchRegistrant,
    CustomAnswer,
    CustomQuestion,
    NewRegistrant,
    NewRegistrants,
    RegistrantKey,
    RegistrantStatusUpdate,
    RegistrationQuestionsUpdate,
    StandardQuestion,
)
from zoomasync.models.registrants import Registrant, RegistrantAdded
from zoomasync.testing import Account, FakeZoom

ADA = NewRegistrant(email="ada@northpier.example", first_name="Ada")
PAIR = (
    BatchRegistrant(email=ADA.email, first_name="Ada"),
    BatchRegistrant(email="bo@northpier.example", first_name="Bo", last_name="Li"),
)
DAILY_LIMIT = "You have reached the maximum daily rate limit for this API."


def status_updates(fake: FakeZoom) -> list[int]:
    """Return the number of registrants in each status update that the server received."""
    bodies = [cast("dict[str, list[object]]", request.body) for request in fake.requests if request.method == "PUT"]
    return [len(body["registrants"]) for body in bodies]


# --- list, add, get, remove


async def test_list_survives_429(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """A 429 in the middle of a listing loses nothing and repeats nothing."""
    meeting = account.add_meeting(type=kind.scheduled, registrants=650)
    fake.throttle("GET /meetings/{meetingId}/registrants", on_request=2, retry_after="0")

    emails = [registrant.email async for registrant in kind.of(zoom).registrants.list(meeting.id)]

    assert emails == [registrant.email for registrant in meeting.registrants]
    assert {request.query["page_size"] for request in fake.requests if request.label} == {"300"}


async def test_list_all_statuses(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """The listing holds approved, then pending, then denied people, over all pages of each."""
    meeting = account.add_meeting(type=kind.scheduled, registrants=330, approval_type=1)
    people = [person async for person in kind.of(zoom).registrants.list(meeting.id, status="pending")]
    await kind.of(zoom).registrants.approve(meeting.id, people[:2])
    await kind.of(zoom).registrants.deny(meeting.id, people[2:5])

    listing = kind.of(zoom).registrants.list(meeting.id, status="all")
    statuses = [person.status async for person in listing]
    pages = [(len(page.items), page.total_records) async for page in listing.pages()]

    assert statuses == ["approved"] * 2 + ["pending"] * 325 + ["denied"] * 3
    assert pages == [(2, 2), (300, 325), (25, 325), (3, 3)]
    assert {request.query.get("status") for request in fake.requests if request.label} - {None} == {
        "approved",
        "pending",
        "denied",
    }


async def test_add_get_and_remove(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled, approval_type=0)
    registrants = kind.of(zoom).registrants

    added = await registrants.add(
        meeting.id,
        NewRegistrant(email=ADA.email, first_name="Ada", custom_questions=(CustomAnswer(title="Q", value=""),)),
    )
    assert last_request(fake) == (f"POST /v2/{kind}/{meeting.id}/registrants", {})
    assert last_body(fake) == {
        "email": ADA.email,
        "first_name": "Ada",
        "custom_questions": [{"title": "Q", "value": ""}],
    }
    assert (added.id, bool(added.join_url)) == (meeting.id, True)

    registrant = await registrants.get(meeting.id, added.registrant_id)
    assert last_request(fake)[0] == f"GET /v2/{kind}/{meeting.id}/registrants/{added.registrant_id}"
    assert (registrant.email, registrant.first_name, registrant.status) == (ADA.email, "Ada", "approved")

    await registrants.remove(meeting.id, added.registrant_id)
    assert last_request(fake)[0] == f"DELETE /v2/{kind}/{meeting.id}/registrants/{added.registrant_id}"
    assert [each async for each in registrants.list(meeting.id)] == []


async def test_add_twice_returns_registration(zoom: Zoom, account: Account, kind: Kind) -> None:
    """Zoom accepts the same person three times per day, and returns the same registration."""
    meeting = account.add_meeting(type=kind.scheduled)
    first = await kind.of(zoom).registrants.add(meeting.id, ADA)
    again = NewRegistrant(email=ADA.email.upper(), first_name="Ada")
    assert (await kind.of(zoom).registrants.add(meeting.id, again)).registrant_id == first.registrant_id
    await kind.of(zoom).registrants.add(meeting.id, again)

    with pytest.raises(ResourceLimitReached):
        await kind.of(zoom).registrants.add(meeting.id, again)
    await kind.of(zoom).registrants.add(meeting.id, NewRegistrant(email="bo@northpier.example", first_name="Bo"))


async def test_add_to_full_meeting_raises(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled, registrants=2, capacity=2)

    with pytest.raises(BadRequest) as raised:
        await kind.of(zoom).registrants.add(meeting.id, ADA)

    assert raised.value.code == (3000 if kind == WEBINARS else 3043)


async def test_add_host_raises(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled)

    with pytest.raises(BadRequest) as raised:
        await kind.of(zoom).registrants.add(meeting.id, NewRegistrant(email=meeting.host.email, first_name="Host"))

    assert raised.value.code == 3027


async def test_add_to_occurrences(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.recurring, settings={"registration_type": 3})
    first, second, *_ = [occurrence.occurrence_id for occurrence in meeting.occurrences]

    added = await kind.of(zoom).registrants.add(meeting.id, ADA, occurrence_ids=[first, second])

    assert last_request(fake)[1] == {"occurrence_ids": f"{first},{second}"}
    assert added.registrant_id
    assert [each async for each in kind.of(zoom).registrants.list(meeting.id, occurrence_id=second)]


@pytest.mark.parametrize(
    ("where", "code"), [("other account", 1010), ("no permission", 3003)], ids=["other-account", "no-permission"]
)
async def test_add_without_access_raises(where: str, code: int, zoom: Zoom, account: Account, kind: Kind) -> None:
    host = (
        account.add_host(other_account=True)
        if where == "other account"
        else account.add_host(disabled_features=["management"])
    )
    meeting = account.add_meeting(host, type=kind.scheduled)

    with pytest.raises(PermissionDenied if kind == WEBINARS else BadRequest) as raised:
        await kind.of(zoom).registrants.add(meeting.id, ADA)

    assert raised.value.code == (200 if kind == WEBINARS else code)


# --- batches


async def test_add_batch(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """A batch approves people in spite of approval by hand, and returns their registrations in its order."""
    meeting = account.add_meeting(type=kind.scheduled, approval_type=1)

    added = await kind.of(zoom).registrants.add_batch(meeting.id, NewRegistrants(registrants=PAIR, auto_approve=True))

    assert last_request(fake) == (f"POST /v2/{kind}/{meeting.id}/batch_registrants", {})
    assert last_body(fake) == {
        "registrants": [
            {"email": "ada@northpier.example", "first_name": "Ada"},
            {"email": "bo@northpier.example", "first_name": "Bo", "last_name": "Li"},
        ],
        "auto_approve": True,
    }
    assert [(each.email, bool(each.join_url)) for each in added.registrants] == [(each.email, True) for each in PAIR]
    assert [(each.id, each.status) for each in meeting.registrants] == [
        (each.registrant_id, "approved") for each in added.registrants
    ]


async def test_pending_batch_has_no_join_url(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled, approval_type=1)

    added = await kind.of(zoom).registrants.add_batch(meeting.id, NewRegistrants(registrants=PAIR))
    outcomes = await kind.of(zoom).registrants.approve(meeting.id, added.registrants)

    assert [each.join_url for each in added.registrants] == [None, None]
    assert [each.error for each in outcomes] == [None, None]
    assert {each.status for each in meeting.registrants} == {"approved"}


async def test_batch_counts_each_person(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """Batches and single registrations share the limit of a person; a batch over it is not sent."""
    meeting = account.add_meeting(type=kind.scheduled)
    registrants = kind.of(zoom).registrants
    await registrants.add(meeting.id, ADA)
    for _ in range(2):
        await registrants.add_batch(meeting.id, NewRegistrants(registrants=PAIR))
    sent = len(fake.requests)

    with pytest.raises(ResourceLimitReached):
        await registrants.add_batch(meeting.id, NewRegistrants(registrants=PAIR))
    await registrants.add_batch(meeting.id, NewRegistrants(registrants=PAIR[1:]))

    assert len(fake.requests) == sent + 1


async def test_lost_batch_raises(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """A batch whose response is lost is not sent again, since Zoom may have registered the people."""
    meeting = account.add_meeting(type=kind.scheduled)
    fake.drop_connection(f"{kind}.registrants.add_batch", after="headers")

    with pytest.raises(OutcomeUnknown):
        await kind.of(zoom).registrants.add_batch(meeting.id, NewRegistrants(registrants=PAIR))

    assert [each.email async for each in kind.of(zoom).registrants.list(meeting.id)] == [each.email for each in PAIR]
    assert len([request for request in fake.requests if request.method == "POST" and request.label]) == 1


async def test_batch_with_host_registers_nobody(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled, registrants=1)
    host = BatchRegistrant(email=meeting.host.email, first_name="Host")

    with pytest.raises(BadRequest) as raised:
        await kind.of(zoom).registrants.add_batch(meeting.id, NewRegistrants(registrants=(*PAIR, host)))

    assert raised.value.code == 3027
    assert [each.email for each in meeting.registrants] == ["guest1@elsewhere.example"]


async def test_batch_for_recurring_raises(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.recurring)

    with pytest.raises(BadRequest) as raised:
        await kind.of(zoom).registrants.add_batch(meeting.id, NewRegistrants(registrants=PAIR))

    assert raised.value.code == (300 if kind == WEBINARS else 303)


async def test_batch_of_31_raises(zoom: Zoom, fake: FakeZoom, kind: Kind) -> None:
    people = tuple(BatchRegistrant(email=f"guest{each}@elsewhere.example", first_name="Guest") for each in range(31))

    with pytest.raises(InvalidArgument, match="a number of items of at most 30"):
        await kind.of(zoom).registrants.add_batch(1, NewRegistrants(registrants=people))

    assert fake.requests == ()


# --- webinars only


async def test_list_by_tracking_source(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5, registrants=2)
    await zoom.webinars.registrants.add(webinar.id, NewRegistrant(email=ADA.email, first_name="Ada", source_id="48"))

    listed = [each.email async for each in zoom.webinars.registrants.list(webinar.id, tracking_source_id="48")]

    assert last_request(fake)[1]["tracking_source_id"] == "48"
    assert listed == [ADA.email]


async def test_get_with_language(zoom: Zoom, account: Account) -> None:
    """One registrant of a webinar comes with the language, and a listed one without it."""
    webinar = account.add_meeting(type=5)
    registrants = zoom.webinars.registrants
    added = await registrants.add(webinar.id, NewRegistrant(email=ADA.email, first_name="Ada", language="de-DE"))

    [listed] = [each async for each in registrants.list(webinar.id)]

    assert ((await registrants.get(webinar.id, added.registrant_id)).language, listed.language) == ("de-DE", None)


async def test_get_of_occurrence(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=9, settings={"registration_type": 2})
    first, second, *_ = [occurrence.occurrence_id for occurrence in webinar.occurrences]
    registrants = zoom.webinars.registrants
    added = await registrants.add(webinar.id, ADA, occurrence_ids=[first])

    assert (await registrants.get(webinar.id, added.registrant_id, occurrence_id=first)).email == ADA.email
    assert last_request(fake)[1] == {"occurrence_id": first}
    with pytest.raises(BadRequest) as raised:
        await registrants.get(webinar.id, added.registrant_id, occurrence_id=second)

    assert raised.value.code == 3079


async def test_approve_over_capacity_raises(zoom: Zoom, account: Account) -> None:
    webinar = account.add_meeting(type=5, registrants=3, approval_type=1)
    people = [each async for each in zoom.webinars.registrants.list(webinar.id, status="pending")]
    await zoom.webinars.registrants.deny(webinar.id, people[:2])
    webinar.settings["registrants_restrict_number"] = 2

    [first] = await zoom.webinars.registrants.approve(webinar.id, people[:1])
    [second] = await zoom.webinars.registrants.approve(webinar.id, people[1:2])

    assert first.error is None
    assert isinstance(second.error, BadRequest)
    assert second.error.code == 3035


# --- status


async def test_update_status(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """A registrant becomes approved, then denied, then is cancelled, which no listing shows."""
    meeting = account.add_meeting(type=kind.scheduled, approval_type=1)
    registrants = kind.of(zoom).registrants
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
    assert last_request(fake)[0] == f"PUT /v2/{kind}/{meeting.id}/registrants/status"
    assert last_body(fake)["action"] == "approve"
    assert await statuses() == ["approved"]
    await update("deny")
    assert await statuses() == ["denied"]
    await update("cancel")
    assert await statuses() == []


async def test_update_status_of_31_raises(zoom: Zoom, fake: FakeZoom, kind: Kind) -> None:
    """More than 30 registrants in one call are rejected before the request is sent."""
    keys = tuple(RegistrantKey(id=f"r{number}") for number in range(31))

    with pytest.raises(InvalidArgument, match=r"a number of items of at most 30 - at `\$\.registrants`"):
        await kind.of(zoom).registrants.update_status(1, RegistrantStatusUpdate(action="approve", registrants=keys))

    assert fake.requests == ()


@pytest.mark.parametrize("action", ["approve", "deny", "cancel"])
async def test_status_of_many_in_chunks(action: str, zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled, registrants=65, approval_type=1)
    registrants = kind.of(zoom).registrants
    people = [person async for person in registrants.list(meeting.id, status="pending")]
    change = {"approve": registrants.approve, "deny": registrants.deny, "cancel": registrants.cancel}[action]

    outcomes = await change(meeting.id, people)

    assert [(outcome.person, outcome.error) for outcome in outcomes] == [(person, None) for person in people]
    assert status_updates(fake) == [30, 30, 5]
    becomes = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}[action]
    assert {registrant.status for registrant in meeting.registrants} == {becomes}


async def test_approve_sends_id_and_email(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """A listed registrant is sent by both, an added one by the registrant id, and a key as it is."""
    meeting = account.add_meeting(type=kind.scheduled, registrants=2, approval_type=1)
    listed, other = [each async for each in kind.of(zoom).registrants.list(meeting.id, status="pending")]
    added = await kind.of(zoom).registrants.add(meeting.id, ADA)
    people: list[Registrant | RegistrantAdded | RegistrantKey] = [listed, added, RegistrantKey(email=other.email)]

    await kind.of(zoom).registrants.approve(meeting.id, people)

    assert last_body(fake)["registrants"] == [
        {"id": listed.id, "email": listed.email},
        {"id": added.registrant_id},
        {"email": other.email},
    ]


async def test_approve_one_occurrence(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.recurring, approval_type=1, settings={"registration_type": 2})
    occurrence_id = meeting.occurrences[0].occurrence_id
    added = await kind.of(zoom).registrants.add(meeting.id, ADA, occurrence_ids=[occurrence_id])

    [outcome] = await kind.of(zoom).registrants.approve(meeting.id, [added], occurrence_id=occurrence_id)

    assert outcome.error is None
    assert last_request(fake)[1] == {"occurrence_id": occurrence_id}


async def test_approve_nobody(zoom: Zoom, fake: FakeZoom, kind: Kind) -> None:
    assert await kind.of(zoom).registrants.approve(1, []) == ()
    assert fake.requests == ()


@pytest.mark.parametrize("key", [RegistrantKey(), RegistrantKey(id="", email="")], ids=["missing", "empty"])
async def test_approve_without_key_raises(zoom: Zoom, fake: FakeZoom, key: RegistrantKey, kind: Kind) -> None:
    """A key without id and e-mail address raises before the first call, also from a later chunk."""
    keys = [*(RegistrantKey(id=f"r{number}") for number in range(30)), key]

    with pytest.raises(InvalidArgument, match="id or email is needed"):
        await kind.of(zoom).registrants.approve(1, keys)

    assert fake.requests == ()


async def test_approve_continues_after_error(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """An error of one call does not affect the people of other calls."""
    meeting = account.add_meeting(type=kind.scheduled, registrants=65, approval_type=1)
    keys = [RegistrantKey(id=registrant.id) for registrant in meeting.registrants]
    keys[40] = RegistrantKey(id="unknown")

    outcomes = await kind.of(zoom).registrants.approve(meeting.id, keys)

    assert [outcome.person for outcome in outcomes] == keys
    error = BadRequest if kind == WEBINARS else NotFound
    failed = [at for at, outcome in enumerate(outcomes) if isinstance(outcome.error, error)]
    assert failed == [*range(30, 60)]
    assert status_updates(fake) == [30, 30, 5]
    assert [registrant.status for registrant in meeting.registrants[25:35]] == ["approved"] * 5 + ["pending"] * 5


async def test_approve_stops_at_daily_limit(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """After an error that no later call can avoid, the remaining people have that error and no call is sent."""
    meeting = account.add_meeting(type=kind.scheduled, registrants=95, approval_type=1)
    keys = [RegistrantKey(id=registrant.id) for registrant in meeting.registrants]
    fake.respond(
        f"{kind}.registrants.update_status", status=429, body={"code": 429, "message": DAILY_LIMIT}, on_request=2
    )

    outcomes = await kind.of(zoom).registrants.approve(meeting.id, keys)

    assert [outcome.error for outcome in outcomes[:30]] == [None] * 30
    assert {type(outcome.error) for outcome in outcomes[30:]} == {DailyLimitReached}
    assert len(outcomes) == 95
    assert status_updates(fake) == [30, 30]


# --- registration form


async def test_questions_round_trip(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled)
    type_ = "single_radio" if kind == WEBINARS else "single"
    standard = StandardQuestion(field_name="org", required=True)
    custom = CustomQuestion(title="Lunch?", type=type_, required=False, answers=("yes", "no"))

    await kind.of(zoom).registrants.update_questions(
        meeting.id, RegistrationQuestionsUpdate(questions=(standard,), custom_questions=(custom,))
    )
    assert last_request(fake)[0] == f"PATCH /v2/{kind}/{meeting.id}/registrants/questions"

    questions = await kind.of(zoom).registrants.questions(meeting.id)
    assert last_request(fake)[0] == f"GET /v2/{kind}/{meeting.id}/registrants/questions"
    assert standard in questions.questions
    assert questions.custom_questions == (custom,)

    await kind.of(zoom).registrants.update_questions(meeting.id, RegistrationQuestionsUpdate(custom_questions=()))
    assert last_body(fake) == {"custom_questions": []}
    assert (await kind.of(zoom).registrants.questions(meeting.id)).custom_questions == ()
