"""Past meetings and webinars with their participants, polls, questions, surveys and summaries. All times are in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, Literal

from .host import Host
from .listed import ListedRecord, has_come

ANONYMOUS: Final = "Anonymous Attendee"
WEBINAR_TYPES: Final = frozenset({5, 6, 9})
"""5 is a single webinar, 6 recurs without a fixed time, 9 recurs at a fixed time."""
_TWO_PEOPLE: Final = 2

QuestionStatus = Literal["default", "open", "dismissed", "answered", "deleted"]
AnswerType = Literal[
    "default", "host_answered_publicly", "host_answered_privately", "participant_commented", "host_answered"
]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One visit of one person to one instance; a person who rejoins has several.

    *id* and *user_email* are empty for guests, *user_id* is new for each visit. A *leave_time* of None is sent as empty
    text. Times of the row have *fraction_digits* digits of a second, and the row lacks the *omitted_keys*.
    """

    user_id: str
    name: str
    join_time: datetime
    leave_time: datetime | None
    id: str = ""
    user_email: str = ""
    registrant_id: str = ""
    customer_key: str = ""
    bo_mtg_id: str | None = None
    status: Literal["in_meeting", "in_waiting_room"] = "in_meeting"
    failover: bool = False
    internal_user: bool = False
    attentiveness_score: str | None = None
    fraction_digits: int = 0
    omitted_keys: frozenset[str] = frozenset()

    @property
    def duration(self) -> int:
        """The length in whole seconds; 0 if the end is unknown."""
        return int((self.leave_time - self.join_time).total_seconds()) if self.leave_time else 0

    @property
    def person_key(self) -> str:
        """The key that all visits of one person to an instance share."""
        return self.id or self.user_email.strip() or self.name or self.user_id


@dataclass(frozen=True, kw_only=True)
class PollAnswer:
    """One answer to one question of a poll."""

    question: str
    answer: str
    polling_id: str
    date_time: datetime


@dataclass(frozen=True, kw_only=True)
class PollResponse:
    """All answers of one person to the polls of an instance."""

    answers: tuple[PollAnswer, ...]
    name: str = ANONYMOUS
    first_name: str = ANONYMOUS
    last_name: str = ANONYMOUS
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class QuestionAnswer:
    """One answer or comment below a question of the Q&A."""

    user_id: str = ""
    name: str
    email: str = ""
    content: str
    create_time: datetime
    type: AnswerType = "host_answered_publicly"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of the Q&A; one with *live_answered* was answered aloud and has no written answers."""

    question: str
    question_id: str
    create_time: datetime
    question_status: QuestionStatus = "answered"
    answers: tuple[QuestionAnswer, ...] = ()
    live_answered: bool = False


@dataclass(frozen=True, kw_only=True)
class Asker:
    """All questions of one person in the Q&A of an instance."""

    questions: tuple[Question, ...]
    name: str = ANONYMOUS
    email: str = ""
    user_id: str = ""


@dataclass(frozen=True, kw_only=True)
class SurveyAnswer:
    """One answer to one question of a survey."""

    question: str
    question_id: str
    answer: str
    date_time: datetime


@dataclass(frozen=True, kw_only=True)
class SurveyResponse:
    """All answers of one person to a survey."""

    answers: tuple[SurveyAnswer, ...]
    name: str = ANONYMOUS
    first_name: str = ANONYMOUS
    last_name: str = ANONYMOUS
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The survey shown at the end of an instance, with its responses."""

    id: str
    name: str
    responses: tuple[SurveyResponse, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SummarySection:
    """One section of a summary; *label* is its heading."""

    label: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The AI Companion's summary of a meeting.

    *edited* marks a summary that the host changed. One with *markdown_only* lacks the deprecated fields. *withheld* is
    the reason for which Zoom does not return the summary, and empty if it does.
    """

    title: str
    overview: str
    sections: tuple[SummarySection, ...] = ()
    next_steps: tuple[str, ...] = ()
    edited: bool = False
    markdown_only: bool = False
    withheld: Literal["", "email_only", "ip_rule", "trash"] = ""


@dataclass(frozen=True, kw_only=True)
class CustomKey:
    """A key and value that an app attached to an instance."""

    key: str
    value: str


@dataclass(frozen=True, kw_only=True)
class TrackingField:
    """A tracking field of the account and its value for one instance."""

    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Instance(ListedRecord):
    """One past meeting or webinar.

    *id* is the meeting number, which all instances of a recurring meeting share; *uuid* names this instance only.
    Start times in the poll and survey reports have *fraction_digits* digits of a second. The instance's row in the
    list of a user's meetings lacks the *omitted_keys*.

    Lists leave the instance out until *listed_at*, and every route for one instance responds with 404 until
    *reports_ready_at*. None is no delay.
    """

    uuid: str
    id: int
    topic: str
    type: int
    host: Host
    start_time: datetime
    end_time: datetime
    participants: tuple[Visit, ...] = ()
    polls: tuple[PollResponse, ...] = ()
    qa: tuple[Asker, ...] = ()
    survey: Survey | None = None
    summary: Summary | None = None
    source: str = "Zoom"
    custom_keys: tuple[CustomKey, ...] = ()
    tracking_fields: tuple[TrackingField, ...] = ()
    schedule_time: datetime | None = None
    session_key: str = ""
    has_chat: bool = False
    has_recording: bool = False
    has_screen_share: bool = False
    has_meeting_summary: bool = False
    meeting_encryption_status: Literal[1, 2] = 2
    fraction_digits: int = 0
    omitted_keys: frozenset[str] = frozenset()
    reports_ready_at: datetime | None = None

    @property
    def webinar(self) -> bool:
        """Whether this is a webinar; webinars have their own report routes."""
        return self.type in WEBINAR_TYPES

    @property
    def day(self) -> date:
        """The UTC day of the start, by which date ranges select instances."""
        return self.start_time.date()

    @property
    def duration(self) -> int:
        """The length in minutes, rounded up."""
        return minutes_rounded_up(int((self.end_time - self.start_time).total_seconds()))

    @cached_property
    def people(self) -> frozenset[str]:
        """The keys of all persons who were admitted from the waiting room."""
        return frozenset(visit.person_key for visit in self.participants if visit.status == "in_meeting")

    @property
    def participants_count(self) -> int:
        """The number of different people who took part."""
        return len(self.people)

    @property
    def one_person(self) -> bool:
        """Whether fewer than two people took part; several reports leave such meetings out."""
        return self.participants_count < _TWO_PEOPLE

    @cached_property
    def total_minutes(self) -> int:
        """The summed length of all visits in minutes, rounded up once."""
        return minutes_rounded_up(sum(visit.duration for visit in self.participants if visit.status == "in_meeting"))

    def has_reports(self, now: datetime) -> bool:
        """Return whether the reports on the instance are ready at *now*."""
        return has_come(self.reports_ready_at, now)

    def joined_by(self, user: Host) -> bool:
        """Return whether *user* took part while signed in."""
        return user.id in self.people


def minutes_rounded_up(seconds: int) -> int:
    """Return *seconds* in minutes; Zoom counts a minute that has begun as a full one."""
    return -(-seconds // 60)
