"""Default values for accounts built by hand: numbered ids, participants and answers."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import replace
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


def opaque_id(kind: str, number: int) -> str:
    """Return an id in the format that Zoom gives to users, registrants, polls and templates."""
    return urlsafe_b64encode(_digest(kind, number)).decode().rstrip("=")


def uuid(number: int, kind: str = "session") -> str:
    """Return a UUID without a slash, which needs no special encoding in a path; *kind* and *number* determine it."""
    return b64encode(_digest(kind, number)).decode().replace("/", "+")


def numbers(count: int) -> range:
    """Return the numbers from 1 to *count*; raise ValueError if *count* is negative."""
    if count < 0:
        raise ValueError(f"a count cannot be negative: {count}")
    return range(1, count + 1)


def visits(participants: int | Iterable[Visit], host: Host, start: datetime, end: datetime) -> tuple[Visit, ...]:
    """Return the given visits, or one of each of so many people, of whom the first is *host*."""
    if not isinstance(participants, int):
        return tuple(participants)
    people = [
        Visit(user_id=_participant_id(number), name=f"Guest {number - 1}", join_time=start, leave_time=end)
        for number in numbers(participants)
    ]
    if people:
        people[0] = replace(people[0], name=host.name, id=host.id, user_email=host.email, internal_user=True)
    return tuple(people)


def polls(responses: int | Iterable[PollResponse], start: datetime) -> tuple[PollResponse, ...]:
    """Return the given responses, or so many with one answer each."""
    if not isinstance(responses, int):
        return tuple(responses)
    answer = PollAnswer(
        question="Which slot?",
        answer="Morning",
        polling_id="P0lA7bC9dEfGhIjKlMnOpQ",
        date_time=start + timedelta(minutes=5),
    )
    return tuple(
        PollResponse(name=f"Guest {number}", first_name="Guest", last_name=str(number), answers=(answer,))
        for number in numbers(responses)
    )


def qa(askers: int | Iterable[Asker], start: datetime) -> tuple[Asker, ...]:
    """Return the given askers, or so many with one answered question each."""
    if not isinstance(askers, int):
        return tuple(askers)
    created = start + timedelta(minutes=10)
    answer = QuestionAnswer(content="Yes", name="Host", create_time=created + timedelta(minutes=1))
    return tuple(
        Asker(
            name=f"Guest {number}",
            questions=(
                Question(
                    question=f"Question {number}?", question_id=f"q{number}", create_time=created, answers=(answer,)
                ),
            ),
        )
        for number in numbers(askers)
    )


def survey(responses: int | Survey | None, end: datetime) -> Survey | None:
    """Return the given survey, or one with so many responses."""
    if not isinstance(responses, int):
        return responses
    answer = SurveyAnswer(
        question="Right length?", question_id="sq1", answer="Yes", date_time=end + timedelta(minutes=1)
    )
    return Survey(
        id="sV3yQ7wRTkYpZ1",
        name="After the call",
        responses=tuple(
            SurveyResponse(name=f"Guest {number}", first_name="Guest", last_name=str(number), answers=(answer,))
            for number in numbers(responses)
        ),
    )


def summary(given: bool | Summary) -> Summary | None:  # noqa: FBT001 - True asks for the default summary
    """Return the given summary, or a default one for True."""
    if not isinstance(given, bool):
        return given
    return Summary(title="Weekly round: summary", overview="All is on course.") if given else None


def _participant_id(number: int) -> str:
    return str(16_777_216 + 1024 * number)


def _digest(kind: str, number: int) -> bytes:
    return sha256(f"{kind} {number}".encode()).digest()[:16]
