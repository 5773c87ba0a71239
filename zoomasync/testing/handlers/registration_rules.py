"""Rules for registrations, with the errors that Zoom has for them.

The reference lists some errors for one operation only; the fake then has them for the similar ones, too. It does not
say how Zoom distinguishes an address of a company from a private one (3034), which a test decides here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, cast

from ..account.meeting import Json, Registration, ScheduledMeeting, normalized_email
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults
from ..protocol.validation import Fault

_OFF: Final = "Registration has not been enabled for this {kind}: {number}."
_OFF_BY_OPERATION: Final = MappingProxyType[str, tuple[int, int, str]](
    {
        "meetings.registrants.add_batch": (400, 404, _OFF),
        "meetings.registrants.remove": (400, 300, _OFF),
        "webinars.registrants.add": (400, 3000, "This webinar does not have registration as required: {number}."),
        "webinars.registrants.update_status": (400, 300, _OFF.format(kind="meeting", number="{number}")),
    }
)
"""The errors of operations that differ from the others of their kind."""
_OVER: Final = "Meeting is over, you can not register now. If you have any questions, please contact the Meeting host."
_OVER_BY_OPERATION: Final = MappingProxyType(
    {
        "webinars.registrants.add": (
            "Webinar is over, you cannot register now. If you have any questions, contact the webinar host."
        ),
        "webinars.registrants.add_batch": (
            "The webinar is over. You cannot register now. If you have any questions, contact the webinar's host."
        ),
    }
)
_ONE_CHOICE: Final = frozenset({"single", "single_radio", "single_dropdown"})
_SEVERAL_CHOICES: Final = "multiple"


def check_registration_enabled(request: FakeRequest, meeting: ScheduledMeeting) -> None:
    """Raise the error for a meeting or webinar without registration; the HTTP status of most is not documented."""
    if not meeting.registration_enabled:
        default = (400, 3000, _OFF) if request.is_webinar else (404, 404, _OFF)
        status, code, message = _OFF_BY_OPERATION.get(request.operation.name, default)
        kind = "webinar" if request.is_webinar else "meeting"
        raise ErrorResponse(status, code, message.format(kind=kind, number=meeting.id))


def check_open(request: FakeRequest, meeting: ScheduledMeeting) -> None:
    """Raise the error for an addition to a meeting or webinar that is over, or whose registrants have to pay.

    The reference has no error for a single addition to a meeting that is over. Zoom has sent one, although it does not
    say when: here, if the setting `close_registration` is on.
    """
    single_to_meeting = request.operation.name == "meetings.registrants.add"
    closes = not single_to_meeting or meeting.settings.get("close_registration", False)
    if closes and meeting.is_over(request.now):
        raise ErrorResponse(400, 3038, _OVER_BY_OPERATION.get(request.operation.name, _OVER))
    if meeting.paid_registration:
        raise ErrorResponse(400, 3000, "The Zoom REST API does not support paid registration.")


def check_address(request: FakeRequest, meeting: ScheduledMeeting, email: str) -> None:
    """Raise the error for the normalized address of a person who cannot register."""
    if email in _host_emails(request, meeting):
        raise ErrorResponse(400, 3027, "Host cannot register.")
    if meeting.panelist(email):
        raise ErrorResponse(
            400,
            3000,
            "You have been invited as a panelist for the webinar, please check your email to find more information "
            "about this webinar.",
        )
    if email in {normalized_email(each) for each in meeting.personal_addresses}:
        raise ErrorResponse(400, 3034, "If you have been invited, please input your work email address.")


def check_free_place(request: FakeRequest, meeting: ScheduledMeeting) -> None:
    """Raise the error for an addition to a meeting or webinar that is full."""
    if meeting.free_places > 0:
        return
    if request.operation.name == "webinars.registrants.add":
        raise ErrorResponse(
            400,
            3000,
            "You have reached the limit for the number of attendees you can add. Contact Zoom Support for more "
            "information.",
        )
    raise request.error(400, 3043, "Meeting has reached maximum attendee capacity.")


def check_answers(form: Registration, body: Json) -> None:
    """Raise the error for a *body* without an answer to each required question of *form*, or with an invalid choice.

    The reference does not say how a person gives several answers to one question: here, with commas or semicolons
    between them. Nor does it say what becomes of an answer to no question, which the fake keeps.
    """
    answers = cast("list[Json]", body.get("custom_questions", []))
    answered = {str(each.get("title", "")).strip() for each in answers if each.get("value")}
    required = [str(each.get("field_name")) for each in form.questions if each.get("required")]
    names = [name for name in required if not body.get(name)]
    if any(each.get("required") and _title(each) not in answered for each in form.custom_questions):
        names.append("custom_questions")
    check_faults([*((name, f"The parameter is required: {name}.") for name in names), *_choice_faults(form, answers)])


def _choice_faults(form: Registration, answers: list[Json]) -> Iterator[Fault]:
    """Yield each answer that is not among the choices of its question."""
    questions = {_title(each): each for each in form.custom_questions}
    for number, answer in enumerate(answers):
        question, value = questions.get(_title(answer), {}), str(answer.get("value", "")).strip()
        choices = {str(each).strip() for each in cast("list[object]", question.get("answers") or [])}
        type_ = question.get("type")
        chosen = {value}
        if type_ == _SEVERAL_CHOICES and value not in choices:
            chosen = {each.strip() for each in re.split("[,;]", value)}
        if value and type_ in {*_ONE_CHOICE, _SEVERAL_CHOICES} and not chosen <= choices:
            yield f"custom_questions[{number}].value", "Invalid field."


def _title(question: Json) -> str:
    return str(question.get("title", "")).strip()


def _host_emails(request: FakeRequest, meeting: ScheduledMeeting) -> set[str]:
    hosts = [request.account.host(name) for name in meeting.alternative_hosts]
    emails = (meeting.host.email, *meeting.alternative_hosts, *(host.email for host in hosts if host))
    return {normalized_email(each) for each in emails}
