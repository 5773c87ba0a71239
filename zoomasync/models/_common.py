"""Shapes that several resources share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Timestamp: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""A moment, always aware."""

Day: TypeAlias = date
"""A day. (Under its own name, `date` would be hidden by fields that Zoom calls so.)"""

AttendeeStatus: TypeAlias = Literal["in_meeting", "in_waiting_room"] | str


class TokenPage(Struct, frozen=True, kw_only=True):
    """What every page of a listing tells: the token of the next one, empty on the last, and the rows of a page."""

    next_page_token: str = ""
    page_size: int | None = None


class CountedPage(TokenPage, frozen=True, kw_only=True):
    """A page that also tells how many pages and rows there are; Zoom may leave that out."""

    page_count: int | None = None
    total_records: int | None = None


class NumberedPage(CountedPage, frozen=True, kw_only=True):
    """A page that also has a number, from before there were tokens."""

    page_number: int | None = None


class InstanceHead(Struct, frozen=True, kw_only=True):
    """Which session a report is about: the number, the UUID of the instance, and when it began."""

    id: int | None = None
    uuid: str | None = None
    start_time: Timestamp | None = None


class EndedInstance(Struct, frozen=True, kw_only=True):
    """One ended instance of a meeting or webinar; *duration* and *total_minutes* (of all attendees) are in minutes."""

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


class CustomKey(Struct, frozen=True, kw_only=True):
    """A key and value that an app attached to a session."""

    key: str | None = None
    value: str | None = None


class TrackingField(Struct, frozen=True, kw_only=True):
    """A tracking field of the account and its value for one session."""

    field: str | None = None
    value: str | None = None


class PollAnswer(Struct, frozen=True, kw_only=True):
    """One answer to one poll question; *polling_id* says of which poll."""

    question: str | None = None
    answer: str | None = None
    polling_id: str | None = None
    date_time: Timestamp | None = None


class Visit(Struct, frozen=True, kw_only=True, gc=False):
    """One stay of one person in a session: who leaves and comes back has several.

    *id* is the user's id, empty for people who were not signed in. *user_id* names the person within this session only.
    *duration* is in seconds, and 0 until Zoom has processed a big meeting. *user_email* and *name* may be empty: for
    people of other accounts, or throughout without a signed BAA.
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


class Occurrence(Struct, frozen=True, kw_only=True):
    """One time that a recurring meeting is to take place. *occurrence_id* is milliseconds since 1970, as text."""

    occurrence_id: str
    start_time: Timestamp | None = None
    duration: int | None = None
    status: Literal["available", "deleted"] | str | None = None
