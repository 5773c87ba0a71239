"""Defaults for accounts built by hand: numbered ids, guests and answers."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from .host import Host
from .instance import (
    Asker,
    PollAnswer,
    PollResponse,
    Question,
    QuestionAnswer,
    Summary,
    Survey,
    SurveyAnswer,
    SurveyResponse,
    Visit,
)


def user_id(number: int) -> str:
    """Return an id of the shape of Zoom's user ids."""
    return ident("user", number)


def ident(kind: str, number: int) -> str:
    """Return an id of the shape that Zoom gives to users, registrants, polls and templates."""
    return urlsafe_b64encode(_digest(kind, number)).decode().rstrip("=")


def uuid(number: int, kind: str = "session") -> str:
    """Return a UUID that needs no special encoding: it holds no slash."""
    return b64encode(_digest(kind, number)).decode().replace("/", "+")


def visits(participants: int | Iterable[Visit], host: Host, start: datetime, end: datetime) -> tuple[Visit, ...]:
    """Return the given stays, or the host's and so many guests' less one."""
    if not isinstance(participants, int):
        return tuple(participants)
    guests = (
        Visit(user_id=_seat(number), name=f"Guest {number}", join_time=start, leave_time=end)
        for number in range(1, participants)
    )
    own = Visit(
        user_id=_seat(0),
        name=host.name,
        id=host.id,
        user_email=host.email,
        internal_user=True,
        join_time=start,
        leave_time=end,
    )
    return (own, *guests)[:participants]


def polls(responses: int | Iterable[PollResponse], start: datetime) -> tuple[PollResponse, ...]:
    """Return the given responses, or so many one-answer ones."""
    if not isinstance(responses, int):
        return tuple(responses)
    asked = start + timedelta(minutes=5)
    return tuple(
        PollResponse(
            name=f"Guest {number}",
            first_name="Guest",
            last_name=str(number),
            answers=(
                PollAnswer(
                    question="Which slot?", answer="Morning", polling_id="P0lA7bC9dEfGhIjKlMnOpQ", date_time=asked
                ),
            ),
        )
        for number in range(1, responses + 1)
    )


def qa(askers: int | Iterable[Asker], start: datetime) -> tuple[Asker, ...]:
    """Return the given askers, or so many with one answered question each."""
    if not isinstance(askers, int):
        return tuple(askers)
    asked = start + timedelta(minutes=10)
    return tuple(
        Asker(
            name=f"Guest {number}",
            questions=(
                Question(
                    question=f"Question {number}?",
                    question_id=f"q{number}",
                    create_time=asked,
                    answers=(QuestionAnswer(content="Yes", name="Host", create_time=asked + timedelta(minutes=1)),),
                ),
            ),
        )
        for number in range(1, askers + 1)
    )


def survey(responses: int | Survey | None, end: datetime) -> Survey | None:
    """Return the given survey, or one with so many responses."""
    if not isinstance(responses, int):
        return responses
    answered = end + timedelta(minutes=1)
    return Survey(
        id="sV3yQ7wRTkYpZ1",
        name="After the call",
        responses=tuple(
            SurveyResponse(
                name=f"Guest {number}",
                first_name="Guest",
                last_name=str(number),
                answers=(SurveyAnswer(question="Right length?", question_id="sq1", answer="Yes", date_time=answered),),
            )
            for number in range(1, responses + 1)
        ),
    )


def summary(wanted: bool | Summary) -> Summary | None:  # noqa: FBT001 - "one, please"
    """Return the given summary, or a short one."""
    if not isinstance(wanted, bool):
        return wanted
    return Summary(title="Weekly round: summary", overview="All is on course.") if wanted else None


def _seat(number: int) -> str:
    return str(16_778_240 + 1024 * number)


def _digest(kind: str, number: int) -> bytes:
    return sha256(f"{kind} {number}".encode()).digest()[:16]
