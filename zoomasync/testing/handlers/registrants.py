"""Handlers of the registrants of meetings and webinars.

For an unknown registrant of a webinar whose status is to change, the reference has no code; the fake takes that of
`details`. It does not check the tracking source of a new registrant, and lists nobody for an unknown one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, cast

from ..account import scheduling
from ..account.meeting import (
    MANUAL_APPROVAL,
    SCHEDULED,
    WEBINAR,
    CustomAnswer,
    Json,
    Registrant,
    RegistrantStatus,
    Registration,
    ScheduledMeeting,
    normalized_email,
)
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, invalid, missing, paid_only
from .instance_rows import Row
from .meeting_rows import batch_registration_row, questions_body, registrant_row, registration_body
from .registration_rules import (
    check_address,
    check_answers,
    check_free_place,
    check_open,
    check_registration_enabled,
)

_ID: Final = re.compile(r"[\w-]{22}", re.ASCII)
_PER_OCCURRENCE: Final = (2, 3)
"""The registration types in which people register for single occurrences."""
_SEVERAL_OCCURRENCES: Final = 3
"""The registration type in which people choose any number of occurrences."""
_STATUS_BY_ACTION: Final = MappingProxyType[str, RegistrantStatus](
    {"approve": "approved", "deny": "denied", "cancel": "cancelled"}
)
_CONVERTED_FIELDS: Final = frozenset({"email", "custom_questions", "auto_approve", "status"})


def listing(request: FakeRequest) -> Row:
    """Return the registrants with one status: all, or those of one occurrence or tracking source.

    A list may lag behind the changes.
    """
    meeting = _meeting(request)
    status, source = request.query.get("status", "approved"), request.query.get("tracking_source_id")
    occurrence = chosen_occurrence(request, meeting)
    registrants = [
        each
        for each in request.registrants.listed(meeting)
        if each.status == status
        and (not occurrence or each.attends(occurrence))
        and (source is None or each.source_id == source)
    ]
    page = request.page(registrants, lambda each: registrant_row(meeting, each))
    return {**page.numbered_envelope(), "registrants": page.rows}


def add(request: FakeRequest) -> Row:
    """Register a person who is not a host of the meeting.

    For a registered address the response contains the existing registration, with the requested occurrences added. A
    cancelled registration is replaced. The reference does not say whether Zoom confirms an existing registration again;
    the fake does, so that a test sees every e-mail that a person may receive.
    """
    meeting, body = _meeting(request, unknown_code=1001), request.body
    check_open(request, meeting)
    check_answers(meeting, body)
    chosen, type_ = _chosen_occurrences(request, meeting), meeting.settings.get("registration_type")
    if (chosen and type_ not in _PER_OCCURRENCE) or (
        request.is_webinar and len(chosen) > 1 and type_ != _SEVERAL_OCCURRENCES
    ):
        raise invalid("occurrence_ids")
    registrant = _registration(request, meeting, body, chosen)
    _announce(request, meeting, registrant)
    request.registrants.save(meeting, registrant)
    request.outbox.confirm(meeting, registrant)
    return registration_body(meeting, registrant)


def add_batch(request: FakeRequest) -> Row:
    """Register several people; an error for one of them registers none.

    The reference does not say what Zoom does then, nor whether it asks for answers to required questions, which a batch
    cannot contain; the fake does not ask. A webinar's setting for confirmations has no effect on a batch.
    """
    meeting, people = _meeting(request), cast("list[Json]", request.body.get("registrants", []))
    if meeting.type not in {SCHEDULED, WEBINAR}:
        code, kind = (300, "webinars (type 5)") if request.is_webinar else (303, "meeting(meeting type: 2)")
        others = (
            f"Batch registration is not supported for other {'webinar' if request.is_webinar else 'meeting'} types."
        )
        raise ErrorResponse(400, code, f"This API can only be used for scheduled {kind}. {others}")
    check_open(request, meeting)
    if not people:
        raise missing("registrants")
    approval = {"auto_approve": request.body.get("auto_approve", False)}
    trial, added = replace(meeting, registrants=list(meeting.registrants)), list[Registrant]()
    for each in people:
        added.append(_registration(request, trial, {**each, **approval}))
        trial.save_registrant(added[-1])
    confirmed = True if request.is_webinar else cast("bool | None", request.body.get("registrants_confirmation_email"))
    for registrant in added:
        _announce(request, meeting, registrant)
        request.registrants.save(meeting, registrant)
        request.outbox.confirm(meeting, registrant, wanted=confirmed)
    return {"registrants": [batch_registration_row(meeting, each) for each in added]}


def details(request: FakeRequest) -> Row:
    """Return one registrant with any status except "cancelled"; of a webinar, also with the language."""
    meeting = _meeting(request)
    registrant, occurrence = _registrant(request, meeting), chosen_occurrence(request, meeting)
    if registrant.status == "cancelled" or (occurrence and not registrant.attends(occurrence)):
        raise no_such_registrant(request, registrant.id)
    language: Row = {"language": registrant.language} if request.is_webinar and registrant.language else {}
    return {**registrant_row(meeting, registrant), **language}


def remove(request: FakeRequest) -> None:
    """Delete a registration, or the part of it for one occurrence, which some registration types require.

    The reference names no e-mail that Zoom would send then.
    """
    meeting = _meeting(request)
    if meeting.host.is_basic:
        raise paid_only(request.account.id)
    registrant, occurrence = _registrant(request, meeting), chosen_occurrence(request, meeting)
    per_occurrence = meeting.has_occurrences and meeting.settings.get("registration_type") in _PER_OCCURRENCE
    if per_occurrence and not occurrence:
        raise missing("occurrence_id")
    remaining = _other_occurrences(meeting, registrant, occurrence)
    if remaining:
        request.registrants.save(meeting, replace(registrant, occurrence_ids=remaining))
    else:
        request.registrants.remove(meeting, registrant)


def update_status(request: FakeRequest) -> None:
    """Approve, deny or cancel the given registrations; an error changes none of them.

    The reference does not say whether Zoom writes to a person whose status stays the same; the fake does not.
    """
    meeting = _meeting(request)
    status, occurrence = _STATUS_BY_ACTION[str(request.body["action"])], chosen_occurrence(request, meeting)
    references = cast("list[Json]", request.body.get("registrants", []))
    if not references:
        raise missing("registrants")
    registrants = [_referenced(request, meeting, each) for each in references]
    for registrant in registrants:
        request.quota.decide(meeting, registrant)
    newcomers = {each.id for each in registrants if not each.takes_place}
    if request.is_webinar and status == "approved" and len(newcomers) > meeting.free_places:
        raise request.error(400, 3035, "Meeting has reached maximum attendee capacity.")
    for registrant in registrants:
        changed = _with_status(meeting, registrant, status, occurrence)
        if changed != registrant:
            request.registrants.save(meeting, changed)
            request.outbox.notify(meeting, changed, status)
            request.announcements.decided(meeting, changed, status, request.operator(meeting.host))


def questions(request: FakeRequest) -> Row:
    """Return the registration questions besides first name and e-mail address."""
    return questions_body(_meeting(request))


def update_questions(request: FakeRequest) -> None:
    """Change the registration questions; a given list replaces the previous one, and null clears it."""
    save_questions(request, _meeting(request))


def save_questions(request: FakeRequest, form: Registration) -> None:
    """Change the questions of *form*; raise an error for a question of choice without answers."""
    body = request.body
    types = ("single_radio", "single_dropdown", "multiple") if request.is_webinar else ("single",)
    for number, each in enumerate(cast("list[Json]", body.get("custom_questions") or [])):
        if each.get("type", "short") not in {"short", *types}:
            raise invalid(f"custom_questions[{number}].type")
        if each.get("type") in types and not each.get("answers"):
            raise invalid(f"custom_questions[{number}].answers", "The parameter is required: answers.")
    if "questions" in body:
        form.questions = cast("list[Json]", body["questions"] or [])
    if "custom_questions" in body:
        form.custom_questions = cast("list[Json]", body["custom_questions"] or [])


def _registration(
    request: FakeRequest, meeting: ScheduledMeeting, body: Json, occurrence_ids: tuple[str, ...] = ()
) -> Registrant:
    """Return the registration of a person: the existing one for a registered address, else a new one."""
    email = normalized_email(str(body["email"]))
    check_address(request, meeting, email)
    request.quota.register(meeting, email)
    existing = meeting.registrant(email)
    if existing and existing.status != "cancelled":
        if existing.occurrence_ids and occurrence_ids:
            return replace(existing, occurrence_ids=tuple(sorted({*existing.occurrence_ids, *occurrence_ids})))
        return existing
    check_free_place(request, meeting)
    registrant_id = existing.id if existing else scheduling.registrant_id(meeting.id, email)
    pending = meeting.approval_type == MANUAL_APPROVAL and not body.get("auto_approve", False)
    return replace(new_registrant(request, body, registrant_id, pending=pending), occurrence_ids=occurrence_ids)


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


def _announce(request: FakeRequest, meeting: ScheduledMeeting, registrant: Registrant) -> None:
    """Announce a registration that *meeting* does not have yet, or has as a cancelled one."""
    before = meeting.registrant(registrant.id)
    if before is None or before.status == "cancelled":
        request.announcements.registered(meeting, registrant)


def _meeting(request: FakeRequest, *, unknown_code: int = 3001) -> ScheduledMeeting:
    meeting = request.managed_meeting(unknown_code=unknown_code)
    check_registration_enabled(request, meeting)
    return meeting


def _registrant(request: FakeRequest, meeting: ScheduledMeeting) -> Registrant:
    """Return the registrant in the path; a malformed id is invalid, and an unknown one is not found."""
    name = request.path_values[1]
    for each in meeting.registrants:
        if each.id == name:
            return each
    if not _ID.fullmatch(name):
        raise invalid("registrantId", "The registrant ID is invalid.")
    raise no_such_registrant(request, name)


def _referenced(request: FakeRequest, meeting: ScheduledMeeting, reference: Json) -> Registrant:
    name = str(reference.get("id") or reference.get("email") or "")
    if not name:
        raise invalid("registrants", "A registrant needs an id or an email.")
    registrant = meeting.registrant(name)
    if registrant is None:
        raise no_such_registrant(request, name)
    return registrant


def no_such_registrant(request: FakeRequest, name: str) -> ErrorResponse:
    """Return the error for an unknown registrant, whose code depends on the kind and, for webinars, the operation."""
    if request.operation.name == "webinars.registrants.remove":
        return ErrorResponse(400, 3000, f"Registrant {name} was not found.")
    if request.is_webinar:
        return ErrorResponse(400, 3079, f"This registrant does not exist: {name}.")
    return ErrorResponse(404, 1001, f"Registrant does not exist: {name}.")


def chosen_occurrence(request: FakeRequest, meeting: ScheduledMeeting) -> str:
    """Return the id of the occurrence in the query, or empty text; raise an error for an unknown or deleted one."""
    name = request.query.get("occurrence_id", "")
    if "occurrence_id" in request.query and name not in _occurrence_ids(meeting):
        raise invalid("occurrence_id")
    return name


def _chosen_occurrences(request: FakeRequest, meeting: ScheduledMeeting) -> tuple[str, ...]:
    """Return the ids of the occurrences to register for; raise an error for an unknown or deleted one."""
    chosen = tuple(each.strip() for each in request.query.get("occurrence_ids", "").split(",") if each.strip())
    if not set(chosen) <= {*_occurrence_ids(meeting)}:
        raise invalid("occurrence_ids")
    return chosen


def _occurrence_ids(meeting: ScheduledMeeting) -> list[str]:
    """Return the ids of the occurrences that are not deleted."""
    return [each.occurrence_id for each in meeting.occurrences if each.status == "available"]


def _other_occurrences(meeting: ScheduledMeeting, registrant: Registrant, occurrence: str) -> tuple[str, ...]:
    """Return the occurrences that *registrant* attends besides this one; none if *occurrence* is empty."""
    if not occurrence:
        return ()
    return tuple(each for each in _occurrence_ids(meeting) if registrant.attends(each) and each != occurrence)


def _with_status(
    meeting: ScheduledMeeting, registrant: Registrant, status: RegistrantStatus, occurrence: str
) -> Registrant:
    """Return *registrant* with *status*, or with one occurrence added or removed."""
    if not occurrence:
        return replace(registrant, status=status)
    remaining = _other_occurrences(meeting, registrant, occurrence)
    if status == "approved":
        attended = tuple(each for each in _occurrence_ids(meeting) if each in {*remaining, occurrence})
        return replace(registrant, status=status, occurrence_ids=attended)
    return replace(registrant, occurrence_ids=remaining) if remaining else replace(registrant, status=status)
