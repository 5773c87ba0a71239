"""What `/meetings/{meetingId}/registrants` answers."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, cast

from ..account import scheduling as _schedule
from ..account.meeting import (
    FIXED_TIME,
    CustomAnswer,
    Json,
    Registrant,
    RegistrantStatus,
    ScheduledMeeting,
    same_address,
)
from ..protocol import query as _query
from ..protocol.errors import Refusal, invalid, not_valid, paid_only
from ..protocol.request import FakeRequest
from . import meeting_rows as _meeting_rows
from .instance_rows import Row

_ID: Final = re.compile(r"[\w-]{22}", re.ASCII)
_BASIC: Final = 1
_BY_HAND: Final = 1
_BY_OCCURRENCE: Final = (2, 3)
_BECOMES: Final = MappingProxyType[str, RegistrantStatus](
    {"approve": "approved", "deny": "denied", "cancel": "cancelled"}
)
_HANDLED: Final = frozenset({"email", "custom_questions", "auto_approve"})


def listing(request: FakeRequest) -> Row:
    """Answer with the registrants of one status, of all occurrences or of one."""
    meeting = _registered(request)
    status = _query.choice(request.query, "status", ("pending", "approved", "denied"), default="approved")
    occurrence = _occurrence(request, meeting)
    found = [
        each for each in meeting.registrants if each.status == status and (not occurrence or each.attends(occurrence))
    ]
    page = request.page(found, lambda each: _meeting_rows.registrant(meeting, each))
    return {**page.envelope(), **page.totals(), "page_number": page.number, "registrants": page.rows}


def add(request: FakeRequest) -> Row:
    """Register somebody; an address that is registered already gets its registration back, perhaps for more dates.

    Hosts cannot be registered. A registration that was cancelled is made anew.
    """
    meeting, body = _registered(request, unknown_code=1001), request.body
    email = str(body["email"]).strip()
    if same_address(email) in _hosts(request, meeting):
        raise Refusal(400, 3027, "Host cannot register.")
    if missing := _missing_answers(meeting, body):
        raise not_valid((name, f"The parameter is required: {name}.") for name in missing)
    chosen = tuple(each.strip() for each in request.query.get("occurrence_ids", "").split(",") if each.strip())
    if not set(chosen) <= {each.occurrence_id for each in meeting.occurrences}:
        raise invalid("occurrence_ids")
    request.quota.register(meeting.id, same_address(email))
    known = meeting.registrant(email)
    if known and known.status != "cancelled":
        if known.occurrence_ids and chosen:
            known = replace(known, occurrence_ids=tuple(sorted({*known.occurrence_ids, *chosen})))
            meeting.put_registrant(known)
        return _meeting_rows.receipt(meeting, known)
    if meeting.registered >= meeting.capacity:
        raise Refusal(400, 3043, "Meeting has reached maximum attendee capacity.")
    person = _of_body(request, meeting, known.id if known else _schedule.registrant_id(meeting.id, same_address(email)))
    person = replace(person, occurrence_ids=chosen)
    meeting.put_registrant(person)
    return _meeting_rows.receipt(meeting, person)


def details(request: FakeRequest) -> Row:
    """Answer with one registrant, whatever the status, unless cancelled."""
    meeting = _registered(request)
    person = _named(request)
    if person.status == "cancelled":
        raise _stranger(person.id)
    return _meeting_rows.registrant(meeting, person)


def remove(request: FakeRequest) -> None:
    """Delete a registration, or its part for one occurrence; where people choose occurrences one has to be named."""
    meeting = _registered(request)
    if meeting.host.type == _BASIC:
        raise paid_only(request.account.id)
    person, occurrence = _named(request), _occurrence(request, meeting)
    choosable = meeting.type == FIXED_TIME and meeting.settings.get("registration_type") in _BY_OCCURRENCE
    if choosable and not occurrence:
        raise invalid("occurrence_id", "The parameter is required: occurrence_id.")
    left = _others(meeting, person, occurrence)
    if left:
        meeting.put_registrant(replace(person, occurrence_ids=left))
    else:
        meeting.registrants.remove(person)


def update_status(request: FakeRequest) -> None:
    """Approve, deny or cancel registrations: all of those that are named, or none."""
    meeting = _registered(request)
    status, occurrence = _BECOMES[str(request.body["action"])], _occurrence(request, meeting)
    named = cast("list[Json]", request.body.get("registrants", []))
    if not named:
        raise invalid("registrants", "The parameter is required: registrants.")
    people = [_one_of(meeting, each) for each in named]
    for person in people:
        request.quota.decide(meeting.id, person.id)
    for person in people:
        meeting.put_registrant(_decided(meeting, person, status, occurrence))


def questions(request: FakeRequest) -> Row:
    """Answer with what people are asked besides first name and e-mail address."""
    meeting = _registered(request)
    return {"questions": meeting.questions, "custom_questions": meeting.custom_questions}


def update_questions(request: FakeRequest) -> None:
    """Change what people are asked; a list that is sent replaces the one before, and null clears it."""
    meeting, body = _registered(request), request.body
    for number, each in enumerate(cast("list[Json]", body.get("custom_questions") or [])):
        if each.get("type") == "single" and not each.get("answers"):
            raise invalid(f"custom_questions[{number}].answers", "The parameter is required: answers.")
    if "questions" in body:
        meeting.questions = cast("list[Json]", body["questions"] or [])
    if "custom_questions" in body:
        meeting.custom_questions = cast("list[Json]", body["custom_questions"] or [])


def _of_body(request: FakeRequest, meeting: ScheduledMeeting, registrant_id: str) -> Registrant:
    body = request.body
    waits = meeting.approval_type == _BY_HAND and not body.get("auto_approve", False)
    return Registrant(
        id=registrant_id,
        email=str(body["email"]).strip(),
        create_time=request.now,
        status="pending" if waits else "approved",
        custom_questions=tuple(
            CustomAnswer(title=str(each.get("title", "")), value=str(each.get("value", "")))
            for each in cast("list[Json]", body.get("custom_questions", []))
        ),
        **cast("dict[str, Any]", {name: value for name, value in body.items() if name not in _HANDLED}),
    )


def _registered(request: FakeRequest, *, unknown_code: int = 3001) -> ScheduledMeeting:
    meeting = request.managed_meeting(unknown_code=unknown_code)
    if not meeting.takes_registrations:
        raise Refusal(400, 300, f"Registration has not been enabled for this meeting: {meeting.id}.")
    return meeting


def _named(request: FakeRequest) -> Registrant:
    """Return the registrant of the path: a malformed id is invalid, and one that nobody has is not found."""
    name = request.path_values[1]
    for each in request.managed_meeting().registrants:
        if each.id == name:
            return each
    raise _stranger(name) if _ID.fullmatch(name) else invalid("registrantId", "The registrant ID is invalid.")


def _one_of(meeting: ScheduledMeeting, named: Json) -> Registrant:
    name = str(named.get("id") or named.get("email") or "")
    if not name:
        raise invalid("registrants", "A registrant needs an id or an email.")
    found = meeting.registrant(name)
    if found is None:
        raise _stranger(name)
    return found


def _stranger(name: str) -> Refusal:
    return Refusal(404, 1001, f"Registrant does not exist: {name}.")


def _hosts(request: FakeRequest, meeting: ScheduledMeeting) -> set[str]:
    hosts = [request.account.host(name) for name in meeting.alternative_hosts]
    names = (meeting.host.email, *meeting.alternative_hosts, *(host.email for host in hosts if host))
    return {same_address(name) for name in names}


def _missing_answers(meeting: ScheduledMeeting, body: Json) -> list[str]:
    answered = {each.get("title") for each in cast("list[Json]", body.get("custom_questions", [])) if each.get("value")}
    required = [str(each.get("field_name")) for each in meeting.questions if each.get("required")]
    missing = [name for name in required if not body.get(name)]
    if any(each.get("required") and each.get("title") not in answered for each in meeting.custom_questions):
        missing.append("custom_questions")
    return missing


def _occurrence(request: FakeRequest, meeting: ScheduledMeeting) -> str:
    name = request.query.get("occurrence_id", "")
    if "occurrence_id" in request.query and name not in {each.occurrence_id for each in meeting.occurrences}:
        raise invalid("occurrence_id")
    return name


def _others(meeting: ScheduledMeeting, person: Registrant, occurrence: str) -> tuple[str, ...]:
    """Return the occurrences that *person* still attends without this one; none without one."""
    if not occurrence:
        return ()
    held = (each.occurrence_id for each in meeting.occurrences)
    return tuple(each for each in held if person.attends(each) and each != occurrence)


def _decided(meeting: ScheduledMeeting, person: Registrant, status: RegistrantStatus, occurrence: str) -> Registrant:
    """Return *person* with another status; for one occurrence that is as good as coming to it or not."""
    if not occurrence:
        return replace(person, status=status)
    others = _others(meeting, person, occurrence)
    if status == "approved":
        every = tuple(each.occurrence_id for each in meeting.occurrences)
        return replace(
            person, status=status, occurrence_ids=tuple(each for each in every if each in {*others, occurrence})
        )
    return replace(person, occurrence_ids=others) if others else replace(person, status=status)
