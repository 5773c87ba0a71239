"""Structs of `zoom.reports`: one ended meeting or webinar."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct, field

from .custom_fields import CustomKey, TrackingField
from .field_types import Timestamp
from .instances import EndedInstance, InstanceHead, PollAnswer, Visit
from .pages import CountedPage

QuestionStatus: TypeAlias = Literal["default", "open", "dismissed", "answered", "deleted"] | str
AnswerType: TypeAlias = (
    Literal["default", "host_answered_publicly", "host_answered_privately", "participant_commented", "host_answered"]
    | str
)


class InstanceReport(EndedInstance, frozen=True, kw_only=True):
    """One ended meeting or webinar. *type* is as in `UserMeeting`, durations as in `EndedInstance`."""

    host_id: str | None = None
    dept: str | None = None
    custom_keys: tuple[CustomKey, ...] = ()
    tracking_fields: tuple[TrackingField, ...] = ()


class ReportParticipant(Visit, frozen=True, kw_only=True, gc=False):
    """One visit of one person. *participant_user_id* is the signed-in user's id; Zoom intends to remove *id*.

    *registrant_id* is present only if the call requested it. *bo_mtg_id* identifies a breakout room: a number as text
    in meetings, a UUID in webinars.
    """

    participant_user_id: str | None = None
    customer_key: str | None = None
    bo_mtg_id: str | None = None


class ReportParticipantsPage(CountedPage, frozen=True, kw_only=True):
    """One page of the visits to a meeting or webinar."""

    items: tuple[ReportParticipant, ...] = field(name="participants")


class Respondent(Struct, frozen=True, kw_only=True):
    """A person who answered. An anonymous one is named "Anonymous Attendee" and has no e-mail address."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class PollRespondent(Respondent, frozen=True, kw_only=True):
    """The poll answers of one person."""

    question_details: tuple[PollAnswer, ...] = ()


class PollReport(InstanceHead, frozen=True, kw_only=True):
    """The poll answers of a meeting or webinar, grouped by person."""

    questions: tuple[PollRespondent, ...]


class QAAnswer(Struct, frozen=True, kw_only=True):
    """One answer or comment. *type* states its author and form; *user_id* is empty for people of other accounts."""

    user_id: str | None = None
    name: str | None = None
    email: str | None = None
    content: str | None = None
    create_time: Timestamp | None = None
    type: AnswerType | None = None


class QAQuestion(Struct, frozen=True, kw_only=True):
    """One question. *answer*, all answers joined with ";", is deprecated: use *answer_details*."""

    question: str | None = None
    question_id: str | None = None
    create_time: Timestamp | None = None
    question_status: QuestionStatus | None = None
    answer: str | None = None
    answer_details: tuple[QAAnswer, ...] = ()


class Questioner(Struct, frozen=True, kw_only=True):
    """The questions of one person. *user_id* is empty for people of other accounts."""

    user_id: str | None = None
    name: str | None = None
    email: str | None = None
    question_details: tuple[QAQuestion, ...] = ()


class QAReport(InstanceHead, frozen=True, kw_only=True):
    """The questions and answers of a meeting or webinar, grouped by the person who asked."""

    questions: tuple[Questioner, ...]


class SurveyAnswer(Struct, frozen=True, kw_only=True):
    """One answer to one survey question."""

    question: str | None = None
    question_id: str | None = None
    answer: str | None = None
    date_time: Timestamp | None = None


class SurveyRespondent(Respondent, frozen=True, kw_only=True):
    """The survey answers of one person."""

    answer_details: tuple[SurveyAnswer, ...] = ()


class SurveyReport(Struct, frozen=True, kw_only=True):
    """The answers to the survey of a meeting or webinar, grouped by person."""

    survey_answers: tuple[SurveyRespondent, ...]
    start_time: Timestamp | None = None
    survey_id: str | None = None
    survey_name: str | None = None


class MeetingSurveyReport(SurveyReport, frozen=True, kw_only=True):
    """The answers to the survey of one instance of a meeting."""

    meeting_id: int | None = None
    meeting_uuid: str | None = None


class WebinarSurveyReport(SurveyReport, frozen=True, kw_only=True):
    """The answers to the survey of one instance of a webinar."""

    webinar_id: int | None = None
    webinar_uuid: str | None = None
