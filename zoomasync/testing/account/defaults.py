"""Default values for accounts built by hand: numbered ids, participants and answers."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar

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
from .recording import RecordingFile

T = TypeVar("T")


def opaque_id(kind: str, number: int) -> str:
    """Return an id in the format that Zoom gives to users, registrants, polls and templates."""
    return urlsafe_b64encode(_digest(kind, number)).decode().rstrip("=")


def uuid(number: int, kind: str = "session") -> str:
    """Return a UUID without a slash, which needs no special encoding in a path; *kind* and *number* determine it."""
    return b64encode(_digest(kind, number)).decode().replace("/", "+")


def given_or_numbered(given: int | Iterable[T], create: Callable[[int], T]) -> list[T]:
    """Return the *given* values, or so many that *create* makes from the numbers 1, 2, 3 and so on.

    Raises ValueError if the count is negative.
    """
    if not isinstance(given, int):
        return list(given)
    if given < 0:
        raise ValueError(f"a count cannot be negative: {given}")
    return [create(number) for number in range(1, given + 1)]


def visits(participants: int | Iterable[Visit], host: Host, start: datetime, end: datetime) -> tuple[Visit, ...]:
    """Return the given visits, or one of each of so many people, of whom the first is *host*."""

    def visit(number: int) -> Visit:
        user_id = str(16_777_216 + 1024 * number)
        guest = Visit(user_id=user_id, name=f"Guest {number - 1}", join_time=start, leave_time=end)
        if number > 1:
            return guest
        return replace(guest, name=host.name, id=host.id, user_email=host.email, internal_user=True)

    return tuple(given_or_numbered(participants, visit))


def polls(responses: int | Iterable[PollResponse], start: datetime) -> tuple[PollResponse, ...]:
    """Return the given responses, or so many with one answer each."""
    answer = PollAnswer(
        question="Which slot?",
        answer="Morning",
        polling_id="P0lA7bC9dEfGhIjKlMnOpQ",
        date_time=start + timedelta(minutes=5),
    )
    return tuple(given_or_numbered(responses, lambda number: PollResponse(answers=(answer,), **_respondent(number))))


def qa(askers: int | Iterable[Asker], start: datetime) -> tuple[Asker, ...]:
    """Return the given askers, or so many with one answered question each."""
    created = start + timedelta(minutes=10)
    answer = QuestionAnswer(content="Yes", name="Host", create_time=created + timedelta(minutes=1))

    def asker(number: int) -> Asker:
        question = Question(
            question=f"Question {number}?", question_id=f"q{number}", create_time=created, answers=(answer,)
        )
        return Asker(name=f"Guest {number}", questions=(question,))

    return tuple(given_or_numbered(askers, asker))


def recording_files(files: int | Iterable[RecordingFile], uuid: str) -> list[RecordingFile]:
    """Return the given files, or so many of 4 KB each."""

    def file(number: int) -> RecordingFile:
        content = sha256(f"{uuid} {number}".encode()).digest() * 128
        return RecordingFile(id=opaque_id(f"recording {uuid}", number), content=content)

    return given_or_numbered(files, file)


def survey(responses: int | Survey | None, end: datetime) -> Survey | None:
    """Return the given survey, or one with so many responses."""
    if not isinstance(responses, int):
        return responses
    answered_at = end + timedelta(minutes=1)
    answer = SurveyAnswer(question="Right length?", question_id="sq1", answer="Yes", date_time=answered_at)
    numbered = given_or_numbered(responses, lambda number: SurveyResponse(answers=(answer,), **_respondent(number)))
    return Survey(id="sV3yQ7wRTkYpZ1", name="After the call", responses=tuple(numbered))


def summary(given: bool | Summary) -> Summary | None:  # noqa: FBT001 - True asks for the default summary
    """Return the given summary, or a default one for True."""
    if not isinstance(given, bool):
        return given
    return Summary(title="Weekly round: summary", overview="All is on course.") if given else None


def _respondent(number: int) -> dict[str, str]:
    return {"name": f"Guest {number}", "first_name": "Guest", "last_name": str(number)}


def _digest(kind: str, number: int) -> bytes:
    return sha256(f"{kind} {number}".encode()).digest()[:16]
