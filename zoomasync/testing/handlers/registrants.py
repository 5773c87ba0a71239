"""Handlers of `/meetings/{meetingId}/registrants`."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, cast

from ..account import scheduling
from ..account.meeting import (
    MANUAL_APPROVAL,
    CustomAnswer,
    Json,
    Registrant,
    RegistrantStatus,
    Registration,
    ScheduledMeeting,
    normalized_email,
)
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults, invalid, missing, paid_only
from .instance_rows import Row
from .meeting_rows import questions_body, registrant_row, registration_body

_ID: Final = re.compile(r"[\w-]{22}", re.ASCII)
_PER_OCCURRENCE: Final = (2, 3)
"""The registration types in which people register for single occurrences."""
_STATUS_BY_ACTION: Final = MappingProxyType[str, RegistrantStatus](
    {"approve": "approved", "deny": "denied", "cancel": "cancelled"}
)
_CONVERTED_FIELDS: Final = frozenset({"email", "custom_questions", "auto_approve", "status"})


def listing(request: FakeRequest) -> Row:
    """Return the registrants with one status, of all occurrences or of one."""
    meeting = _meeting(request)
    status = request.query.get("status", "approved")
    occurrence = _occurrence(request, meeting)
    registrants = [
        each for each in meeting.registrants if each.status == status and (not occurrence or each.attends(occurrence))
    ]
    page = request.page(registrants, lambda each: registrant_row(meeting, each))
    return {**page.numbered_envelope(), "registrants": page.rows}


def add(request: FakeRequest) -> Row:
    """Register a person who is not a host of the meeting.

    For a registered address the response contains the existing registration, with the requested occurrences added. A
    cancelled registration is replaced.
    """
    meeting, body = _meeting(request, unknown_code=1001), request.body
    email = str(body["email"]).strip()
    if normalized_email(email) in _host_emails(request, meeting):
        raise ErrorResponse(400, 3027, "Host cannot register.")
    check_answers(meeting, body)
    chosen = tuple(each.strip() for each in request.query.get("occurrence_ids", "").split(",") if each.strip())
    if not set(chosen) <= {each.occurrence_id for each in meeting.occurrences}:
        raise invalid("occurrence_ids")
    request.quota.register(meeting.id, normalized_email(email))
    existing = meeting.registrant(email)
    if existing and existing.status != "cancelled":
        if existing.occurrence_ids and chosen:
            existing = replace(existing, occurrence_ids=tuple(sorted({*existing.occurrence_ids, *chosen})))
            meeting.save_registrant(existing)
        return registration_body(meeting, existing)
    if meeting.registered_count >= meeting.capacity:
        raise ErrorResponse(400, 3043, "Meeting has reached maximum attendee capacity.")
    registrant_id = existing.id if existing else scheduling.registrant_id(meeting.id, normalized_email(email))
    pending = meeting.approval_type == MANUAL_APPROVAL and not body.get("auto_approve", False)
    registrant = replace(new_registrant(request, body, registrant_id, pending=pending), occurrence_ids=chosen)
    meeting.save_registrant(registrant)
    return registration_body(meeting, registrant)


def details(request: FakeRequest) -> Row:
    """Return one registrant with any status except "cancelled"."""
    meeting = _meeting(request)
    registrant = _registrant(request, meeting)
    if registrant.status == "cancelled":
        raise _no_such_registrant(registrant.id)
    return registrant_row(meeting, registrant)


def remove(request: FakeRequest) -> None:
    """Delete a registration, or the part of it for one occurrence, which some registration types require."""
    meeting = _meeting(request)
    if meeting.host.is_basic:
        raise paid_only(request.account.id)
    registrant, occurrence = _registrant(request, meeting), _occurrence(request, meeting)
    per_occurrence = meeting.has_occurrences and meeting.settings.get("registration_type") in _PER_OCCURRENCE
    if per_occurrence and not occurrence:
        raise missing("occurrence_id")
    remaining = _other_occurrences(meeting, registrant, occurrence)
    if remaining:
        meeting.save_registrant(replace(registrant, occurrence_ids=remaining))
    else:
        meeting.registrants.remove(registrant)


def update_status(request: FakeRequest) -> None:
    """Approve, deny or cancel the given registrations; an error changes none of them."""
    meeting = _meeting(request)
    status, occurrence = _STATUS_BY_ACTION[str(request.body["action"])], _occurrence(request, meeting)
    references = cast("list[Json]", request.body.get("registrants", []))
    if not references:
        raise missing("registrants")
    registrants = [_referenced(meeting, each) for each in references]
    for registrant in registrants:
        request.quota.decide(meeting.id, registrant.id, registrant.email)
    for registrant in registrants:
        meeting.save_registrant(_with_status(meeting, registrant, status, occurrence))


def questions(request: FakeRequest) -> Row:
    """Return the registration questions besides first name and e-mail address."""
    return questions_body(_meeting(request))


def update_questions(request: FakeRequest) -> None:
    """Change the registration questions; a given list replaces the previous one, and null clears it."""
    save_questions(request, _meeting(request))


def save_questions(request: FakeRequest, form: Registration) -> None:
    """Change the questions of *form*; raise an error for a question of choice without answers."""
    body = request.body
    for number, each in enumerate(cast("list[Json]", body.get("custom_questions") or [])):
        if each.get("type") == "single" and not each.get("answers"):
            raise invalid(f"custom_questions[{number}].answers", "The parameter is required: answers.")
    if "questions" in body:
        form.questions = cast("list[Json]", body["questions"] or [])
    if "custom_questions" in body:
        form.custom_questions = cast("list[Json]", body["custom_questions"] or [])


def new_registrant(request: FakeRequest, body: Json, registrant_id: str, *, pending: bool) -> Registrant:
    """Return the person in *body* as a registrant."""
    return Registrant(
        id=registrant_id,
        email=str(body["email"]).strip(),
        create_time=request.now,
        status="pending" if pending else "approved",
        custom_questions=tuple(
            CustomAnswer(title=str(each.get("title", "")), value=str(each.get("value", "")))
            for each in cast("list[Json]", body.get("custom_questions", []))
        ),
        **cast("dict[str, Any]", {name: value for name, value in body.items() if name not in _CONVERTED_FIELDS}),
    )


def _meeting(request: FakeRequest, *, unknown_code: int = 3001) -> ScheduledMeeting:
    meeting = request.managed_meeting(unknown_code=unknown_code)
    if not meeting.registration_enabled:
        raise ErrorResponse(400, 300, f"Registration has not been enabled for this meeting: {meeting.id}.")
    return meeting


def _registrant(request: FakeRequest, meeting: ScheduledMeeting) -> Registrant:
    """Return the registrant in the path; a malformed id is invalid, and an unknown one is not found."""
    name = request.path_values[1]
    for each in meeting.registrants:
        if each.id == name:
            return each
    raise _no_such_registrant(name) if _ID.fullmatch(name) else invalid("registrantId", "The registrant ID is invalid.")


def _referenced(meeting: ScheduledMeeting, reference: Json) -> Registrant:
    name = str(reference.get("id") or reference.get("email") or "")
    if not name:
        raise invalid("registrants", "A registrant needs an id or an email.")
    registrant = meeting.registrant(name)
    if registrant is None:
        raise _no_such_registrant(name)
    return registrant


def _no_such_registrant(name: str) -> ErrorResponse:
    return ErrorResponse(404, 1001, f"Registrant does not exist: {name}.")


def _host_emails(request: FakeRequest, meeting: ScheduledMeeting) -> set[str]:
    hosts = [request.account.host(name) for name in meeting.alternative_hosts]
    emails = (meeting.host.email, *meeting.alternative_hosts, *(host.email for host in hosts if host))
    return {normalized_email(each) for each in emails}


def check_answers(form: Registration, body: Json) -> None:
    """Raise the error for a *body* without an answer to each required question of *form*."""
    answered = {each.get("title") for each in cast("list[Json]", body.get("custom_questions", [])) if each.get("value")}
    required = [str(each.get("field_name")) for each in form.questions if each.get("required")]
    names = [name for name in required if not body.get(name)]
    if any(each.get("required") and each.get("title") not in answered for each in form.custom_questions):
        names.append("custom_questions")
    check_faults((name, f"The parameter is required: {name}.") for name in names)


def _occurrence(request: FakeRequest, meeting: ScheduledMeeting) -> str:
    name = request.query.get("occurrence_id", "")
    if "occurrence_id" in request.query and name not in {each.occurrence_id for each in meeting.occurrences}:
        raise invalid("occurrence_id")
    return name


def _other_occurrences(meeting: ScheduledMeeting, registrant: Registrant, occurrence: str) -> tuple[str, ...]:
    """Return the occurrences that *registrant* attends besides this one; none if *occurrence* is empty."""
    if not occurrence:
        return ()
    ids = (each.occurrence_id for each in meeting.occurrences)
    return tuple(each for each in ids if registrant.attends(each) and each != occurrence)


def _with_status(
    meeting: ScheduledMeeting, registrant: Registrant, status: RegistrantStatus, occurrence: str
) -> Registrant:
    """Return *registrant* with *status*, or with one occurrence added or removed."""
    if not occurrence:
        return replace(registrant, status=status)
    remaining = _other_occurrences(meeting, registrant, occurrence)
    if status == "approved":
        ids = (each.occurrence_id for each in meeting.occurrences)
        attended = tuple(each for each in ids if each in {*remaining, occurrence})
        return replace(registrant, status=status, occurrence_ids=attended)
    return replace(registrant, occurrence_ids=remaining) if remaining else replace(registrant, status=status)
