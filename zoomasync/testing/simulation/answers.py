"""Poll responses, Q&A, survey responses and summaries of a simulated account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ..account.instance import (
    Asker,
    PollAnswer,
    PollResponse,
    Question,
    QuestionAnswer,
    QuestionStatus,
    Summary,
    SummarySection,
    Survey,
    SurveyAnswer,
    SurveyResponse,
    Visit,
)
from .seeded_random import SeededRandom

_POLL_QUESTIONS: Final = ("Which slot suits you?", "Rate the room", "Quelle région ?")
_CHOICES: Final = ("Morning", "4", "Île-de-France;Bretagne", 'Neither, "as is"')
_QUESTIONS: Final = ("When does the crane land?", "Is parking free?", "いつ始まりますか", "Was kostet's?")
_STATUSES: Final[tuple[QuestionStatus, ...]] = ("default", "open", "dismissed", "answered", "deleted")


def polls(rng: SeededRandom, start: datetime, people: Sequence[Visit]) -> tuple[PollResponse, ...]:
    """Return a response of each of *people* to one to three questions, and an anonymous one."""
    polling_id = f"P0l{rng.getrandbits(64):016x}"

    def answer(question: str) -> PollAnswer:
        choice, date_time = rng.choice(_CHOICES), _later(rng, start, 600)
        return PollAnswer(question=question, answer=choice, polling_id=polling_id, date_time=date_time)

    def answers(count: int) -> tuple[PollAnswer, ...]:
        return tuple(answer(question) for question in _POLL_QUESTIONS[:count])

    named = [PollResponse(answers=answers(rng.randrange(1, 4)), **_respondent(visit)) for visit in people]
    return (*named, PollResponse(answers=answers(2)))


def qa(rng: SeededRandom, start: datetime, people: Sequence[Visit]) -> tuple[Asker, ...]:
    """Return one or two questions of each of *people*, and an anonymous one that was answered live."""
    host = people[0]

    def question(number: int) -> Question:
        created = _later(rng, start, 900)
        answers = (
            QuestionAnswer(
                content="Friday",
                name=host.name,
                user_id=host.id,
                email=host.user_email,
                create_time=created + timedelta(seconds=70),
            ),
            QuestionAnswer(
                content="Maybe Saturday",
                name="Guest from depot",
                create_time=created + timedelta(seconds=122),
                type="participant_commented",
            ),
        )
        status = rng.choice(_STATUSES)
        return Question(
            question=rng.choice(_QUESTIONS),
            question_id=f"qA{rng.getrandbits(32):08x}",
            create_time=created,
            question_status=status,
            answers=answers[: number % 3] if status == "answered" else (),
        )

    named = [
        Asker(
            name=visit.name,
            user_id=visit.id,
            email=visit.user_email.strip(),
            questions=tuple(question(n) for n in range(1, rng.randrange(2, 4))),
        )
        for visit in people
    ]
    live = Question(
        question="Is parking free?", question_id="qA1bC2dE4g", create_time=_later(rng, start, 900), live_answered=True
    )
    return (*named, Asker(questions=(live,)))


def survey(rng: SeededRandom, end: datetime, people: Sequence[Visit]) -> Survey:
    """Return a survey with a response of each of *people* within five minutes of *end*, and an anonymous one."""

    def answer(question_id: str, question: str, text: str) -> SurveyAnswer:
        date_time = _later(rng, end, 300)
        return SurveyAnswer(question=question, question_id=question_id, answer=text, date_time=date_time)

    def answers() -> tuple[SurveyAnswer, ...]:
        return (answer("sq1", "Was the length right?", "Right"), answer("sq2", "Anything else?", ""))

    named = [SurveyResponse(answers=answers(), **_respondent(visit)) for visit in people]
    survey_id = f"sV{rng.getrandbits(48):012x}"
    return Survey(id=survey_id, name="After the call", responses=(*named, SurveyResponse(answers=answers())))


def summary(topic: str, number: int) -> Summary:
    """Return the summary of a meeting; *number* decides whether it is Markdown only, edited or withheld."""
    return Summary(
        title=f"{topic}: summary",
        overview="Crane delivery slipped; budget unchanged.",
        sections=(SummarySection(label="Crane delivery", summary="The supplier moved the date by nine days."),),
        next_steps=("Confirm the new date",),
        edited=number % 3 == 0,
        markdown_only=number % 4 == 0,
        withheld="trash" if number % 11 == 0 else "",
    )


def _respondent(visit: Visit) -> dict[str, str]:
    first, _, last = visit.name.partition(" ")
    return {"name": visit.name, "first_name": first, "last_name": last, "email": visit.user_email.strip()}


def _later(rng: SeededRandom, moment: datetime, seconds: int) -> datetime:
    return moment + timedelta(milliseconds=rng.randrange(seconds * 1000))
