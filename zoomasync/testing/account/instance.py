"""Ended sessions and the people in them: what Zoom's reports look back on. All moments are in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, Literal

from .host import Host

ANONYMOUS: Final = "Anonymous Attendee"
WEBINAR_TYPES: Final = frozenset({5, 6, 9})

QuestionStatus = Literal["default", "open", "dismissed", "answered", "deleted"]
AnswerType = Literal[
    "default", "host_answered_publicly", "host_answered_privately", "participant_commented", "host_answered"
]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One stretch of one person in one session; somebody who rejoins has several.

    `id` and `user_email` are empty for guests. `leave_time` of None is sent as empty text. `fraction_digits` is how
    many digits of a second Zoom writes, and `absent` names the keys that it leaves out of this row.
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
    absent: frozenset[str] = frozenset()

    @property
    def duration(self) -> int:
        """Whole seconds of the stay; 0 while nobody knows when it ended."""
        return int((self.leave_time - self.join_time).total_seconds()) if self.leave_time else 0

    @property
    def person(self) -> str:
        """What tells this person from the others of the session."""
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
    """All that one person answered in the polls of a session."""

    answers: tuple[PollAnswer, ...]
    name: str = ANONYMOUS
    first_name: str = ANONYMOUS
    last_name: str = ANONYMOUS
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class QuestionAnswer:
    """One answer or comment below a question of the Q&A."""

    content: str
    name: str
    create_time: datetime
    user_id: str = ""
    email: str = ""
    type: AnswerType = "host_answered_publicly"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of the Q&A; a live answer leaves no text behind."""

    question: str
    question_id: str
    create_time: datetime
    question_status: QuestionStatus = "answered"
    answers: tuple[QuestionAnswer, ...] = ()
    live_answered: bool = False


@dataclass(frozen=True, kw_only=True)
class Asker:
    """All that one person asked in the Q&A of a session."""

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
    """All that one person answered in a survey."""

    answers: tuple[SurveyAnswer, ...]
    name: str = ANONYMOUS
    first_name: str = ANONYMOUS
    last_name: str = ANONYMOUS
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The survey shown at the end of a session, with its responses."""

    id: str
    name: str
    responses: tuple[SurveyResponse, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SummarySection:
    """A part of a summary, under its heading."""

    label: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the AI Companion wrote about a meeting.

    *edited* tells that the host changed it, *markdown_only* leaves out the deprecated fields, and *withheld* is why
    Zoom does not show it.
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
    """A key and value that an app hung on a session."""

    key: str
    value: str


@dataclass(frozen=True, kw_only=True)
class TrackingField:
    """A tracking field of the account as filled in for a session."""

    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One ended instance of a meeting or a webinar.

    `id` is the number, shared by all instances of a recurring one; `uuid` is this instance's alone. `fraction_digits`
    is how many digits of a second its poll and survey reports write, and `absent` names the keys that Zoom leaves out
    of its row among a user's meetings.
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
    absent: frozenset[str] = frozenset()

    @property
    def webinar(self) -> bool:
        """Whether it was a webinar, which has report routes of its own."""
        return self.type in WEBINAR_TYPES

    @property
    def day(self) -> date:
        """The UTC day on which it started; date ranges go by it."""
        return self.start_time.date()

    @property
    def duration(self) -> int:
        """Minutes from start to end, a started one counting in full."""
        return -(-int((self.end_time - self.start_time).total_seconds()) // 60)

    @cached_property
    def people(self) -> frozenset[str]:
        """Everyone who got past the waiting room, each once."""
        return frozenset(visit.person for visit in self.participants if visit.status == "in_meeting")

    @property
    def participants_count(self) -> int:
        """How many different people took part."""
        return len(self.people)

    @cached_property
    def total_minutes(self) -> int:
        """Minutes of all stays together, a started one counting in full."""
        return -(-sum(visit.duration for visit in self.participants if visit.status == "in_meeting") // 60)

    def joined_by(self, user: Host) -> bool:
        """Tell whether *user* took part, signed in."""
        return user.id in self.people
