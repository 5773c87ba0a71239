"""Base structs of past instances: ended meetings and webinars, their visits and their poll answers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from .field_types import Timestamp

AttendeeStatus: TypeAlias = Literal["in_meeting", "in_waiting_room"] | str


class InstanceHead(Struct, frozen=True, kw_only=True):
    """The instance that a report is about: the meeting or webinar number, the UUID and the start."""

    id: int | None = None
    uuid: str | None = None
    start_time: Timestamp | None = None


class EndedInstance(Struct, frozen=True, kw_only=True):
    """One ended meeting or webinar. *duration* and *total_minutes* (the sum over all attendees) are in minutes."""

    uuid: str
    id: int | None = None
    type: int | None = None
    topic: str | None = None
    user_name: str | None = None
    user_email: str | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    duration: int | None = None
    total_minutes: int | None = None
    participants_count: int | None = None


class Visit(Struct, frozen=True, kw_only=True, gc=False):
    """One visit of one person to an instance. A person who leaves and rejoins has several visits.

    *id* is the user's id, and empty for people who were not signed in. *user_id* identifies the person within this
    instance only. *duration* is in seconds, and 0 until Zoom has processed a large meeting. *user_email* and *name* may
    be empty: for people of other accounts, or for everyone if the account has not signed a BAA.
    """

    id: str | None = None
    user_id: str | None = None
    name: str | None = None
    user_email: str | None = None
    join_time: Timestamp | None = None
    leave_time: Timestamp | None = None
    duration: int | None = None
    registrant_id: str | None = None
    failover: bool | None = None
    status: AttendeeStatus | None = None


class PollAnswer(Struct, frozen=True, kw_only=True):
    """One answer to one poll question. *polling_id* is the id of the poll."""

    question: str | None = None
    answer: str | None = None
    polling_id: str | None = None
    date_time: Timestamp | None = None
