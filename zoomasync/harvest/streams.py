"""The streams of a harvest: per kind of report its table, the structs of its rows, and the calls that fetch them."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date
from functools import cache
from typing import TypeAlias

import msgspec
from msgspec import Struct

from .. import Label, Zoom
from ..errors import InvalidArgument
from ..models.instance_reports import (
    InstanceReport,
    MeetingSurveyReport,
    PollReport,
    PollRespondent,
    QAReport,
    Questioner,
    ReportParticipant,
    ReportParticipantsPage,
    SurveyRespondent,
)
from ..models.past_meetings import (
    PastMeeting,
    PastParticipant,
    PastParticipantsPage,
    PastQA,
    PastQuestioner,
)
from ..models.reports import (
    Host,
    HostsPage,
    UserMeeting,
    UserMeetingsPage,
)
from ..types import Api, Endpoint

Row: TypeAlias = tuple[Struct, ...]
"""One row of a table: one struct, or the struct of its report's own fields and the struct of the row."""

Days: TypeAlias = tuple[date, date]
"""The first and the last UTC day, both included."""


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of one response, with the *total* number of rows and the range of *days* that Zoom reports."""

    rows: Sequence[Row]
    total: int | None = None
    days: Days | None = None


FetchListing: TypeAlias = Callable[[Api, str, Days], AsyncGenerator[PageRows, None]]
"""A function that yields the rows of one listing of the days: of the account, or of the host with this id.

It yields one `PageRows` per response, in Zoom's order.
"""

FetchReport: TypeAlias = Callable[[Api, str], AsyncGenerator[PageRows, None]]
"""A function that yields the rows of one report of the instance with this UUID, like `FetchListing`."""

_endpoints = cache(Zoom.endpoints)


@dataclass(frozen=True, slots=True)
class Stream:
    """One table: its *name*, the *method* that fetches it (``"reports.users"``), and the structs that make up a row."""

    name: str
    method: str
    shape: tuple[type[Struct], ...]

    @property
    def endpoint(self) -> Endpoint[object]:
        """The endpoint that returns the rows of this table."""
        return _endpoints()[self.method]

    @property
    def route(self) -> str:
        """The route of that endpoint."""
        return self.endpoint.route

    @property
    def label(self) -> Label:
        """The rate-limit label of that endpoint."""
        return self.endpoint.label


@dataclass(frozen=True, slots=True)
class ListingStream(Stream):
    """A table whose partitions are listings of a month.

    *row_key* is the column that identifies a row, and *child_method* a method that takes its value. From the
    *child_columns* of a row follow the partitions of its child streams.
    """

    fetch: FetchListing
    row_key: str
    child_method: str
    child_columns: tuple[str, ...]

    def key_fault(self, row: Row) -> str | None:
        """Return the reason if no request can name *row* by its key, or None."""
        try:
            _endpoints()[self.child_method].at(getattr(row[0], self.row_key))
        except InvalidArgument as fault:
            return str(fault)
        return None

    def parent_row(self, values: Iterable[object]) -> Row:
        """Return a row that has only its *child_columns*, with *values* in that order."""
        return (msgspec.convert(dict(zip(self.child_columns, values, strict=True)), self.shape[0]),)


@dataclass(frozen=True, slots=True)
class InstanceStream(Stream):
    """A table with one partition per instance: of webinars if *webinars* is true, of meetings otherwise."""

    fetch: FetchReport
    webinars: bool = False

    def calls(self, participants: int) -> int:
        """Return the least number of calls for the report of an instance with so many *participants*."""
        return min(_MAX_CALLS, max(1, math.ceil(participants / (self.endpoint.page_size or math.inf))))


async def _users(zoom: Api, _: str, days: Days) -> AsyncGenerator[PageRows, None]:
    async for page in zoom.reports.users(*days, type_="active").pages():
        yield _listing_rows(page)


async def _user_meetings(zoom: Api, user_id: str, days: Days) -> AsyncGenerator[PageRows, None]:
    async for page in zoom.reports.user_meetings(user_id, *days).pages():
        yield _listing_rows(page)


def _listing_rows(page: HostsPage | UserMeetingsPage) -> PageRows:
    days = None if page.from_ is None or page.to is None else (page.from_, page.to)
    return PageRows([(row,) for row in page.items], page.total_records, days)


USERS = ListingStream("users", "reports.users", (Host,), _users, "id", "reports.user_meetings", ("id",))
USER_MEETINGS = ListingStream(
    "user_meetings",
    "reports.user_meetings",
    (UserMeeting,),
    _user_meetings,
    "uuid",
    "reports.meeting",
    ("uuid", "type", "start_time", "participants_count"),
)
LISTINGS = (USERS, USER_MEETINGS)


async def _paged(
    pages: AsyncGenerator[ReportParticipantsPage | PastParticipantsPage, None],
) -> AsyncGenerator[PageRows, None]:
    async for page in pages:
        yield PageRows([(row,) for row in page.items], page.total_records)


def _report_rows(report: Struct, rows: Sequence[Struct]) -> PageRows:
    return PageRows([(report, row) for row in rows])


async def _meeting(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    yield PageRows([(await zoom.reports.meeting(uuid),)])


def _meeting_participants(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    return _paged(zoom.reports.meeting_participants(uuid, include_fields="registrant_id").pages())


async def _meeting_polls(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    report = await zoom.reports.meeting_polls(uuid)
    yield _report_rows(report, report.questions)


async def _meeting_qa(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    report = await zoom.reports.meeting_qa(uuid)
    yield _report_rows(report, report.questions)


async def _meeting_survey(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    report = await zoom.reports.meeting_survey(uuid)
    yield _report_rows(report, report.survey_answers)


async def _webinar(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    yield PageRows([(await zoom.reports.webinar(uuid),)])


def _webinar_participants(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    return _paged(zoom.reports.webinar_participants(uuid, include_fields="registrant_id").pages())


async def _webinar_polls(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    report = await zoom.reports.webinar_polls(uuid)
    yield _report_rows(report, report.questions)


async def _past_meeting(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    yield PageRows([(await zoom.past_meetings.get(uuid),)])


def _past_participants(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    return _paged(zoom.past_meetings.participants(uuid).pages())


async def _past_polls(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    report = await zoom.past_meetings.polls(uuid)
    yield _report_rows(report, report.questions)


async def _past_qa(zoom: Api, uuid: str) -> AsyncGenerator[PageRows, None]:
    report = await zoom.past_meetings.qa(uuid)
    yield _report_rows(report, report.questions)


_VISITS = (ReportParticipant,)
_POLLS = (PollReport, PollRespondent)

REPORT_STREAMS = (
    InstanceStream("meeting", "reports.meeting", (InstanceReport,), _meeting),
    InstanceStream("meeting_participants", "reports.meeting_participants", _VISITS, _meeting_participants),
    InstanceStream("meeting_polls", "reports.meeting_polls", _POLLS, _meeting_polls),
    InstanceStream("meeting_qa", "reports.meeting_qa", (QAReport, Questioner), _meeting_qa),
    InstanceStream(
        "meeting_survey", "reports.meeting_survey", (MeetingSurveyReport, SurveyRespondent), _meeting_survey
    ),
    InstanceStream("webinar", "reports.webinar", (InstanceReport,), _webinar, webinars=True),
    InstanceStream(
        "webinar_participants", "reports.webinar_participants", _VISITS, _webinar_participants, webinars=True
    ),
    InstanceStream("webinar_polls", "reports.webinar_polls", _POLLS, _webinar_polls, webinars=True),
)
PAST_STREAMS = (
    InstanceStream("past_meeting", "past_meetings.get", (PastMeeting,), _past_meeting),
    InstanceStream("past_participants", "past_meetings.participants", (PastParticipant,), _past_participants),
    InstanceStream("past_polls", "past_meetings.polls", (PollReport, PollRespondent), _past_polls),
    InstanceStream("past_qa", "past_meetings.qa", (PastQA, PastQuestioner), _past_qa),
)
INSTANCE_STREAMS = REPORT_STREAMS + PAST_STREAMS
STREAMS: dict[str, Stream] = {stream.name: stream for stream in (*LISTINGS, *INSTANCE_STREAMS)}

REPORTS = tuple(stream.name for stream in REPORT_STREAMS)
"""The reports that a harvest fetches of each instance by default. The two listings are always fetched."""

PAST_REPORTS = tuple(stream.name for stream in PAST_STREAMS)
"""Cheaper replacements for some of `REPORTS`: light and medium calls, without a daily quota on paid plans."""


def select_reports(reports: Iterable[str]) -> tuple[InstanceStream, ...]:
    """Return the streams named by *reports*. Raises `InvalidArgument` for an unknown name, or none."""
    if isinstance(reports, str):
        raise InvalidArgument(f"reports must be a list of names, such as [{reports[:40]!r}]")
    selected = set(reports)
    names = ", ".join(REPORTS + PAST_REPORTS)
    unknown = sorted(map(str, selected.difference(REPORTS, PAST_REPORTS)))
    if unknown:
        raise InvalidArgument(f"unknown report {unknown[0][:40]!r}: choose from {names}")
    if not selected:
        raise InvalidArgument(f"reports is empty: choose from {names}")
    return tuple(stream for stream in INSTANCE_STREAMS if stream.name in selected)


@dataclass(frozen=True, slots=True)
class PartitionTask:
    """A partition to fetch: one listing of a month, or one report of one instance.

    *key* is ``2026-05`` for the hosts of a month, ``<user id>/2026-05`` for the meetings of one host, and the UUID for
    an instance. *days* are those of the listing, or twice the day on which the instance began. *calls* is the least
    number of calls that it takes.
    """

    stream: Stream
    key: str
    days: Days
    calls: int = 1

    def fetch(self, zoom: Api) -> AsyncGenerator[PageRows, None]:
        """Yield the rows of the partition, one `PageRows` per response."""
        if isinstance(self.stream, ListingStream):
            return self.stream.fetch(zoom, self.key.rpartition("/")[0], self.days)
        if isinstance(self.stream, InstanceStream):
            return self.stream.fetch(zoom, self.key)
        raise TypeError(self.stream.name)


def month_of(day: date) -> str:
    """Return the month of *day* as keys have it, such as ``2026-05``."""
    return day.isoformat()[:7]


_MAX_CALLS = 10_000  # a participant count that needs more is wrong


def _day_of(meeting: UserMeeting, days: Days) -> date:
    """Return the day on which *meeting* began, limited to the *days* of the listing that it is in."""
    day = days[0]
    if meeting.start_time is not None:
        with suppress(OverflowError):  # within a day of year 1 or 9999
            day = meeting.start_time.astimezone(UTC).date()
    return min(max(day, days[0]), days[1])


def child_tasks(task: PartitionTask, rows: Iterable[Row], reports: Sequence[InstanceStream]) -> Iterator[PartitionTask]:
    """Yield the child tasks of the *rows* of a listing: of a host its meetings, of a meeting its *reports*."""
    for (row,) in rows:
        if isinstance(row, Host):
            yield PartitionTask(USER_MEETINGS, f"{row.id}/{task.key}", task.days)
        elif isinstance(row, UserMeeting):
            day = _day_of(row, task.days)
            for stream in reports:
                if stream.webinars is row.is_webinar:
                    yield PartitionTask(stream, row.uuid, (day, day), stream.calls(row.participants_count or 0))
