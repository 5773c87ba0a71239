"""Registrations that the fake rejects, in Zoom's present words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.fake_http import Caller, Json, Response, calling
from support.kinds import MEETINGS, WEBINARS, Kind

from zoomasync.testing import Account, FakeZoom, MeetingType, ScheduledMeeting

NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
OMAR: Json = {"email": "omar@lakeside.example", "first_name": "Omar"}
KIT: Json = {"email": "kit@lakeside.example", "first_name": "Kit"}
ADDITIONS = pytest.mark.parametrize("batch", [False, True], ids=["add", "add_batch"])


def new_account() -> Account:
    return Account(today=date(2026, 3, 18))


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


def registrants(meeting: ScheduledMeeting) -> str:
    return f"/{'webinars' if meeting.is_webinar else 'meetings'}/{meeting.id}/registrants"


async def add(caller: Caller, meeting: ScheduledMeeting, person: Json = OMAR, *, batch: bool = False) -> Response:
    path = registrants(meeting)
    if batch:
        return await caller.post(path.replace("/registrants", "/batch_registrants"), {"registrants": [person]})
    return await caller.post(path, person)


def rejection(response: Response) -> tuple[int, object, object]:
    return response.status, response.code, response.body["message"]


# --- meetings and webinars that take nobody


@pytest.mark.parametrize(
    ("method", "tail", "of_meeting", "of_webinar"),
    [
        ("GET", "registrants", (404, 404), 3000),
        ("POST", "registrants", (404, 404), 3000),
        ("POST", "batch_registrants", (400, 404), 3000),
        ("GET", "registrants/r", (404, 404), 3000),
        ("DELETE", "registrants/r", (400, 300), 3000),
        ("PUT", "registrants/status", (404, 404), 300),
        ("GET", "registrants/questions", (404, 404), 3000),
        ("PATCH", "registrants/questions", (404, 404), 3000),
    ],
)
async def test_registration_disabled(
    method: str, tail: str, of_meeting: tuple[int, int], of_webinar: int, kind: Kind
) -> None:
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled, approval_type=2)
    bodies: dict[str, Json] = {
        "POST": {"registrants": [OMAR]} if tail == "batch_registrants" else OMAR,
        "PUT": {"action": "deny", "registrants": [{"id": "r"}]},
        "PATCH": {},
    }
    async with calling(fake(account)) as caller:
        response = await caller.send(method, f"/{kind}/{meeting.id}/{tail}", bodies.get(method))

    message = f"Registration has not been enabled for this {kind.noun}: {meeting.id}."
    if kind == WEBINARS and (method, tail) == ("POST", "registrants"):
        message = f"This webinar does not have registration as required: {meeting.id}."
    if method == "PUT":  # Zoom's text has the wrong word for a webinar
        message = message.replace("webinar", "meeting")
    assert rejection(response) == (*(of_meeting if kind == MEETINGS else (400, of_webinar)), message)


@pytest.mark.parametrize(
    ("method", "tail", "code", "message"),
    [
        ("POST", "registrants", 3000, "Cannot access meeting info."),
        ("GET", "registrants", 300, "Cannot access webinar info."),
        ("GET", "registrants/r", 3000, "Cannot access webinar info."),
        ("DELETE", "registrants/r", 3000, "Cannot access webinar info."),
        ("PUT", "registrants/status", 3000, "Cannot access webinar information."),
    ],
)
async def test_meeting_route_for_webinar(method: str, tail: str, code: int, message: str) -> None:
    account = new_account()
    webinar = account.add_meeting(type=5)
    bodies = {"POST": OMAR, "PUT": {"action": "deny", "registrants": [{"id": "r"}]}}
    async with calling(fake(account)) as caller:
        response = await caller.send(method, f"/meetings/{webinar.id}/{tail}", bodies.get(method))

    assert rejection(response) == (400, code, message)


OVER = {
    "meetings": (
        "Meeting is over, you can not register now. If you have any questions, please contact the Meeting host."
    ),
    "webinars": "Webinar is over, you cannot register now. If you have any questions, contact the webinar host.",
    "webinars batch": (
        "The webinar is over. You cannot register now. If you have any questions, contact the webinar's host."
    ),
}


@ADDITIONS
@pytest.mark.parametrize("closes", [False, True], ids=["open", "closes"])
async def test_ended_takes_nobody(closes: bool, batch: bool, kind: Kind) -> None:  # noqa: FBT001 - parameters
    """Of a meeting, the reference says so for batches only; the fake follows `close_registration` for one person."""
    account = new_account()
    settings = {"close_registration": closes}
    ended = account.add_meeting(type=kind.scheduled, start_time=NOW - timedelta(hours=1), settings=settings)
    running = account.add_meeting(type=kind.scheduled, start_time=NOW - timedelta(minutes=59), settings=settings)
    async with calling(fake(account)) as caller:
        response = await add(caller, ended, batch=batch)
        still_open = await add(caller, running, batch=batch)

    assert still_open.status == 201
    if kind == MEETINGS and not batch and not closes:
        assert response.status == 201
    else:
        assert rejection(response) == (400, 3038, OVER.get(f"{kind} batch" if batch else str(kind), OVER[str(kind)]))


@ADDITIONS
async def test_paid_registration(batch: bool) -> None:  # noqa: FBT001 - a parameter
    account = new_account()
    webinar = account.add_meeting(type=5)
    webinar.paid_registration = True
    async with calling(fake(account)) as caller:
        response = await add(caller, webinar, batch=batch)

    assert rejection(response) == (400, 3000, "The Zoom REST API does not support paid registration.")


async def test_full_meeting_words() -> None:
    account = new_account()
    meeting = account.add_meeting(registrants=1, capacity=1)
    async with calling(fake(account)) as caller:
        responses = [await add(caller, meeting, batch=batch) for batch in (False, True)]

    full = (400, 3043, "Meeting has reached maximum attendee capacity.")
    assert [rejection(response) for response in responses] == [full, full]


# --- people who cannot register


@ADDITIONS
async def test_hosts_cannot_register(batch: bool, kind: Kind) -> None:  # noqa: FBT001 - a parameter
    """Alternative hosts are known by their address or their id."""
    account = new_account()
    host, other = account.add_host(), account.add_host()
    meeting = account.add_meeting(
        host, type=kind.scheduled, settings={"alternative_hosts": f"Kit@x.example; {other.id}"}
    )
    async with calling(fake(account)) as caller:
        responses = [
            await add(caller, meeting, {**OMAR, "email": email}, batch=batch)
            for email in (host.email.upper(), "kit@x.example", other.email)
        ]

    assert [rejection(response) for response in responses] == [(400, 3027, "Host cannot register.")] * 3


@ADDITIONS
async def test_panelist_cannot_register(batch: bool) -> None:  # noqa: FBT001 - a parameter
    account = new_account()
    webinar = account.add_meeting(type=5, panelists=1)
    async with calling(fake(account)) as caller:
        response = await add(caller, webinar, {**OMAR, "email": webinar.panelists[0].email.upper()}, batch=batch)

    assert response.error == (400, 3000)
    assert response.body["message"] == (
        "You have been invited as a panelist for the webinar, please check your email to find more information about "
        "this webinar."
    )


@ADDITIONS
async def test_personal_address_is_rejected(batch: bool, kind: Kind) -> None:  # noqa: FBT001 - a parameter
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    meeting.personal_addresses = frozenset({"Omar@lakeside.example"})
    async with calling(fake(account)) as caller:
        response = await add(caller, meeting, batch=batch)
        other = await add(caller, meeting, KIT, batch=batch)

    assert rejection(response) == (400, 3034, "If you have been invited, please input your work email address.")
    assert other.status == 201


# --- approval


@pytest.mark.parametrize(("approval_type", "status"), [(0, "approved"), (1, "pending")])
async def test_approval_types(approval_type: int, status: str, kind: Kind) -> None:
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled, settings={"approval_type": approval_type})
    async with calling(fake(account)) as caller:
        added = await add(caller, meeting)

    assert [each.status for each in meeting.registrants] == [status]
    assert ("join_url" in added.body) is (status == "approved")


async def test_auto_approve_is_for_meetings(kind: Kind) -> None:
    """The reference has the field for a meeting, and not for one person of a webinar."""
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled, approval_type=1)
    async with calling(fake(account)) as caller:
        response = await add(caller, meeting, {**OMAR, "auto_approve": True})

    if kind == MEETINGS:
        assert [each.status for each in meeting.registrants] == ["approved"]
    else:
        assert response.error_field == "auto_approve"


# --- answers


async def test_required_question_needs_answer(kind: Kind) -> None:
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    meeting.questions = [{"field_name": "org", "required": True}, {"field_name": "city", "required": False}]
    meeting.custom_questions = [{"title": "Track", "type": "short", "required": True}]
    async with calling(fake(account)) as caller:
        unanswered = await add(caller, meeting, {**OMAR, "org": ""})
        full: Json = {**OMAR, "org": "L", "custom_questions": [{"title": " Track ", "value": "Dock"}]}
        answered = await add(caller, meeting, full)

    assert unanswered.error == (400, 300)
    assert [error["field"] for error in unanswered.rows("errors")] == ["org", "custom_questions"]
    assert answered.status == 201


@pytest.mark.parametrize(
    ("type_", "value", "valid"),
    [
        ("short", "anything", True),
        ("single", "Dock", True),
        ("single", "dock", False),
        ("single", "Dock, Rail", False),
        ("single", "", True),
        ("single_radio", "Rail", True),
        ("single_radio", "Road", False),
        ("single_dropdown", "Rail", True),
        ("single_dropdown", "Road", False),
        ("multiple", "Rail", True),
        ("multiple", "Dock, Rail", True),
        ("multiple", "Dock;Rail", True),
        ("multiple", "By sea, air", True),
        ("multiple", "Dock, Road", False),
    ],
)
async def test_choice_is_one_of_the_answers(type_: str, value: str, valid: bool, kind: Kind) -> None:  # noqa: FBT001 - a parameter
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    choices = [] if type_ == "short" else ["Dock", "Rail", "By sea, air"]
    meeting.custom_questions = [{"title": "Track", "type": type_, "required": False, "answers": choices}]
    answers = [{"title": "No question", "value": "kept"}, {"title": "Track", "value": value}]
    async with calling(fake(account)) as caller:
        response = await add(caller, meeting, {**OMAR, "custom_questions": answers})

    if valid:
        assert response.status == 201
    else:
        assert (response.error, response.error_field) == ((400, 300), "custom_questions[1].value")
        assert meeting.registrants == []


async def test_answer_has_128_characters_at_most(kind: Kind) -> None:
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    async with calling(fake(account)) as caller:
        responses = [
            await add(caller, meeting, {**OMAR, "custom_questions": [{"title": "Track", "value": "x" * length}]})
            for length in (129, 128)
        ]

    assert (responses[0].error, responses[0].error_field) == ((400, 300), "custom_questions[0].value")
    assert responses[1].status == 201


# --- occurrences


@pytest.mark.parametrize("registration_type", [None, 1, 2, 3])
async def test_occurrences_need_registration_type(registration_type: int | None, kind: Kind) -> None:
    """The types 2 and 3 allow one occurrence; for webinars, the reference wants the type 3 for several."""
    account = new_account()
    settings = {} if registration_type is None else {"registration_type": registration_type}
    meeting = account.add_meeting(type=kind.recurring, settings=settings)
    first, second, *_ = [each.occurrence_id for each in meeting.occurrences]
    async with calling(fake(account)) as caller:
        one = await caller.post(registrants(meeting), OMAR, occurrence_ids=first)
        two = await caller.post(registrants(meeting), KIT, occurrence_ids=f"{first},{second}")
        whole = await caller.post(registrants(meeting), {**OMAR, "email": "lea@lakeside.example"})

    per_occurrence = registration_type in {2, 3}
    several = registration_type == 3 or (per_occurrence and kind == MEETINGS)
    assert [response.status for response in (one, two)] == [201 if per_occurrence else 400, 201 if several else 400]
    assert whole.status == 201


@pytest.mark.parametrize("type_", [2, 3, 5, 6])
async def test_occurrence_of_no_recurring_meeting(type_: MeetingType) -> None:
    account = new_account()
    meeting = account.add_meeting(type=type_, settings={"registration_type": 2})
    async with calling(fake(account)) as caller:
        response = await caller.post(registrants(meeting), OMAR, occurrence_ids="1773997200000")

    assert (response.error, response.error_field) == ((400, 300), "occurrence_ids")
