"""Ended meetings, as the past-meetings endpoints show them."""

from __future__ import annotations

from msgspec import Struct, field

from ._common import CountedPage, EndedInstance, InstanceHead, PollAnswer, Timestamp, Visit


class PastMeeting(EndedInstance, frozen=True, kw_only=True):
    """One ended instance of a meeting. *duration* and *total_minutes* (the sum over all attendees) are in minutes.

    *type* is 0 prescheduled, 1 instant, 2 scheduled, 3 recurring without fixed time, 4 personal room, 7 PAC, 8
    recurring with fixed time.
    """

    host_id: str | None = None
    dept: str | None = None
    source: str | None = None
    has_meeting_summary: bool | None = None


class PastInstance(Struct, frozen=True, kw_only=True):
    """One time that a recurring meeting took place; *uuid* is what its reports are asked for with."""

    uuid: str
    start_time: Timestamp | None = None


class PastInstances(Struct, frozen=True, kw_only=True):
    """Every time that a recurring meeting took place."""

    meetings: tuple[PastInstance, ...]


class PastParticipant(Visit, frozen=True, kw_only=True, gc=False):
    """One stay of one person; *internal_user* tells whether the person belongs to the account."""

    internal_user: bool | None = None


class PastParticipantsPage(CountedPage, frozen=True, kw_only=True):
    """One page of the stays in an ended meeting."""

    items: tuple[PastParticipant, ...] = field(name="participants")


class PastPollRespondent(Struct, frozen=True, kw_only=True):
    """What one person answered. An anonymous one is called "Anonymous Attendee" and has no e-mail address."""

    name: str | None = None
    email: str | None = None
    question_details: tuple[PollAnswer, ...] = ()


class PastPolls(InstanceHead, frozen=True, kw_only=True):
    """The answers to an ended meeting's polls, person by person."""

    questions: tuple[PastPollRespondent, ...]


class PastQuestion(Struct, frozen=True, kw_only=True):
    """A question and its answer, which is "live answered" for one that was answered aloud."""

    question: str | None = None
    answer: str | None = None


class PastQuestioner(Struct, frozen=True, kw_only=True):
    """What one person asked."""

    name: str | None = None
    email: str | None = None
    question_details: tuple[PastQuestion, ...] = ()


class PastQA(InstanceHead, frozen=True, kw_only=True):
    """The questions and answers of an ended meeting, person by person."""

    questions: tuple[PastQuestioner, ...]
