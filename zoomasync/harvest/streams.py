"""What a harvest collects: one stream a report, each with the shape of its rows and the way to fetch them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

from msgspec import Struct

from .. import Drift, Zoom
from ..errors import InvalidArgument
from ..models import (
    Host,
    PollReport,
    PollRespondent,
    QAReport,
    Questioner,
    ReportParticipant,
    SessionReport,
    SurveyReport,
    SurveyRespondent,
    UserMeeting,
)

Row: TypeAlias = tuple[Struct, ...]
"""One row of a table: the struct it is, or the head of its report and the struct."""


OnDrift: TypeAlias = Callable[[Drift], None]


class Fetch(Protocol):
    """Fetches the rows of one report of the session *uuid*; what cannot be decoded goes to *on_drift*."""

    async def __call__(self, zoom: Zoom, on_drift: OnDrift, /, *, uuid: str) -> list[Row]:
        """Return the rows in Zoom's order."""
        ...


@dataclass(frozen=True, slots=True)
class Stream:
    """One table: its *name* (also that of the ``zoom.reports`` method) and the structs that make up a row."""

    name: str
    shape: tuple[type[Struct], ...]

    @property
    def route(self) -> str:
        """The route of the operation that fills this table."""
        return Zoom.endpoints()[f"reports.{self.name}"].route


@dataclass(frozen=True, slots=True)
class SessionStream(Stream):
    """A table that is fetched session by session, by UUID: *webinars* tells of which kind of session."""

    fetch: Fetch
    webinars: bool = False


USERS = Stream("users", (Host,))
USER_MEETINGS = Stream("user_meetings", (UserMeeting,))


async def fetch_users(zoom: Zoom, on_drift: OnDrift, *, from_: date, to: date) -> list[Row]:
    """Return the hosts who were active in a month."""
    pages = zoom.reports.users(from_, to, type_="active").pages(on_drift=on_drift)
    return [(host,) async for page in pages for host in page.items]


async def fetch_user_meetings(zoom: Zoom, on_drift: OnDrift, *, user_id: str, from_: date, to: date) -> list[Row]:
    """Return the ended meetings and webinars of one host in a month."""
    pages = zoom.reports.user_meetings(user_id, from_, to).pages(on_drift=on_drift)
    return [(meeting,) async for page in pages for meeting in page.items]


def _under(head: Struct, rows: Sequence[Struct]) -> list[Row]:
    return [(head, row) for row in rows]


async def _meeting(zoom: Zoom, _: OnDrift, *, uuid: str) -> list[Row]:
    return [(await zoom.reports.meeting(uuid),)]


async def _meeting_participants(zoom: Zoom, on_drift: OnDrift, *, uuid: str) -> list[Row]:
    pages = zoom.reports.meeting_participants(uuid, include_fields="registrant_id").pages(on_drift=on_drift)
    return [(stay,) async for page in pages for stay in page.items]


async def _meeting_polls(zoom: Zoom, _: OnDrift, *, uuid: str) -> list[Row]:
    report = await zoom.reports.meeting_polls(uuid)
    return _under(report, report.questions)


async def _meeting_qa(zoom: Zoom, _: OnDrift, *, uuid: str) -> list[Row]:
    report = await zoom.reports.meeting_qa(uuid)
    return _under(report, report.questions)


async def _meeting_survey(zoom: Zoom, _: OnDrift, *, uuid: str) -> list[Row]:
    report = await zoom.reports.meeting_survey(uuid)
    return _under(report, report.survey_answers)


async def _webinar(zoom: Zoom, _: OnDrift, *, uuid: str) -> list[Row]:
    return [(await zoom.reports.webinar(uuid),)]


async def _webinar_participants(zoom: Zoom, on_drift: OnDrift, *, uuid: str) -> list[Row]:
    pages = zoom.reports.webinar_participants(uuid, include_fields="registrant_id").pages(on_drift=on_drift)
    return [(stay,) async for page in pages for stay in page.items]


async def _webinar_polls(zoom: Zoom, _: OnDrift, *, uuid: str) -> list[Row]:
    report = await zoom.reports.webinar_polls(uuid)
    return _under(report, report.questions)


SESSION_STREAMS = (
    SessionStream("meeting", (SessionReport,), _meeting),
    SessionStream("meeting_participants", (ReportParticipant,), _meeting_participants),
    SessionStream("meeting_polls", (PollReport, PollRespondent), _meeting_polls),
    SessionStream("meeting_qa", (QAReport, Questioner), _meeting_qa),
    SessionStream("meeting_survey", (SurveyReport, SurveyRespondent), _meeting_survey),
    SessionStream("webinar", (SessionReport,), _webinar, webinars=True),
    SessionStream("webinar_participants", (ReportParticipant,), _webinar_participants, webinars=True),
    SessionStream("webinar_polls", (PollReport, PollRespondent), _webinar_polls, webinars=True),
)

REPORTS = tuple(stream.name for stream in SESSION_STREAMS)
"""The reports that a harvest can fetch for each session; the hosts and their meetings always come."""


def chosen(reports: Iterable[str]) -> tuple[SessionStream, ...]:
    """Return the streams of *reports*, or raise `InvalidArgument` for a name that is none."""
    wanted = set(reports)
    unknown = sorted(wanted - set(REPORTS))
    if unknown:
        raise InvalidArgument(f"unknown report {unknown[0][:40]!r}: choose among {', '.join(REPORTS)}")
    if not wanted:
        raise InvalidArgument(f"no report chosen: choose among {', '.join(REPORTS)}")
    return tuple(stream for stream in SESSION_STREAMS if stream.name in wanted)
