"""Structs of `zoom.past_meetings` and `zoom.past_webinars`."""

from __future__ import annotations

from msgspec import Struct, field

from .field_types import Id, Timestamp
from .instances import EndedInstance, InstanceHead, Visit
from .pages import CountedPage, SinglePage


class PastMeeting(EndedInstance, frozen=True, kw_only=True):
    """One ended instance of a meeting. *duration* and *total_minutes* (the sum over all attendees) are in minutes.

    *type* is 0 prescheduled, 1 instant, 2 scheduled, 3 recurring without fixed time, 4 personal meeting room, 7
    personal audio conference, 8 recurring with fixed time.
    """

    host_id: str | None = None
    dept: str | None = None
    source: str | None = None
    has_meeting_summary: bool | None = None


class PastInstance(Struct, frozen=True, kw_only=True):
    """One ended instance of a meeting or webinar. *uuid* identifies it in requests for its participants and reports."""

    uuid: Id
    start_time: Timestamp | None = None


class PastInstancesPage(SinglePage, frozen=True, kw_only=True):
    """The ended instances of a recurring meeting."""

    items: tuple[PastInstance, ...] = field(name="meetings")


class PastWebinarInstancesPage(SinglePage, frozen=True, kw_only=True):
    """The ended instances of a recurring webinar."""

    items: tuple[PastInstance, ...] = field(name="webinars")


class PastParticipant(Visit, frozen=True, kw_only=True, gc=False):
    """One visit of one person. *internal_user* is True if the person belongs to the account."""

    internal_user: bool | None = None
    group_id: str | None = field(default=None, name="groupId")


class PastParticipantsPage(CountedPage, frozen=True, kw_only=True):
    """One page of the visits to an ended meeting or webinar."""

    items: tuple[PastParticipant, ...] = field(name="participants")


class PastQuestion(Struct, frozen=True, kw_only=True):
    """A question and its answer. The answer is "live answered" if it was given aloud."""

    question: str | None = None
    answer: str | None = None


class PastQuestioner(Struct, frozen=True, kw_only=True):
    """The questions of one person."""

    name: str | None = None
    email: str | None = None
    question_details: tuple[PastQuestion, ...] = ()


class PastQA(InstanceHead, frozen=True, kw_only=True):
    """The questions and answers of an ended meeting or webinar, grouped by the person who asked."""

    questions: tuple[PastQuestioner, ...]
