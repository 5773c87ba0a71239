"""The partitions of every table of a harvest, fetched one by one with the methods of the client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Final, TypeAlias

from msgspec import Struct

from zoomasync import Zoom, month_ranges
from zoomasync.errors import BadRequest, EmbeddedError, NotFound
from zoomasync.models import instance_reports, past_meetings, reports
from zoomasync.models.history import HistoryMeeting
from zoomasync.models.recordings import Recording, RecordingFile
from zoomasync.models.registrants import Registrant
from zoomasync.models.users import ListedUser
from zoomasync.testing import Account

TODAY: Final = date(2026, 6, 15)
FIRST: Final = date(2026, 4, 10)
MONTHS: Final = [(f"{first:%Y-%m}", first, last) for first, last in month_ranges(FIRST, TODAY)]
DAYS: Final = [FIRST + timedelta(days=number) for number in range((TODAY - FIRST).days + 1)]
NO_REPORT: Final = (BadRequest, EmbeddedError, NotFound)
"""The errors for reports that are not ready, numbers that are not scheduled, and webinars without registrants."""

Row: TypeAlias = tuple[Struct, ...]
Parts: TypeAlias = AsyncGenerator[tuple[str, Sequence[Row]], None]
"""The keys and rows of the partitions of a table."""
Fetch: TypeAlias = Callable[[Zoom, Account], Parts]
Shape: TypeAlias = tuple[type[Struct], ...]


def single(rows: Iterable[Struct]) -> list[Row]:
    return [(row,) for row in rows]


def with_report(report: Struct, rows: Iterable[Struct]) -> list[Row]:
    return [(report, row) for row in rows]


async def users(zoom: Zoom, _: Account) -> Parts:
    for month, first, last in MONTHS:
        yield month, single(await zoom.reports.users(first, last, type_="active").collect())


async def user_meetings(zoom: Zoom, account: Account) -> Parts:
    for host in account.hosts:
        for month, first, last in MONTHS:
            yield f"{host.id}/{month}", single(await zoom.reports.user_meetings(host.id, first, last).collect())


async def found(zoom: Zoom, account: Account) -> list[tuple[str, reports.UserMeeting]]:
    """Return the instances that the lists of all hosts lead to, each with the key of its list."""
    parts = [part async for part in user_meetings(zoom, account)]
    return [(key, row) for key, rows in parts for (row,) in rows if isinstance(row, reports.UserMeeting)]


def of_instances(read: Callable[[Zoom, str], Awaitable[Sequence[Row]]], *, webinars: bool = False) -> Fetch:
    async def fetch(zoom: Zoom, account: Account) -> Parts:
        for _, each in await found(zoom, account):
            if each.is_webinar is webinars:
                try:
                    yield each.uuid, await read(zoom, each.uuid)
                except NO_REPORT:
                    continue

    return fetch


async def meeting(zoom: Zoom, uuid: str) -> Sequence[Row]:
    return [(await zoom.reports.meeting(uuid),)]


async def meeting_participants(zoom: Zoom, uuid: str) -> Sequence[Row]:
    return single(await zoom.reports.meeting_participants(uuid, include_fields="registrant_id").collect())


async def meeting_polls(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.reports.meeting_polls(uuid)
    return with_report(report, report.questions)


async def meeting_qa(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.reports.meeting_qa(uuid)
    return with_report(report, report.questions)


async def meeting_survey(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.reports.meeting_survey(uuid)
    return with_report(report, report.survey_answers)


async def webinar(zoom: Zoom, uuid: str) -> Sequence[Row]:
    return [(await zoom.reports.webinar(uuid),)]


async def webinar_participants(zoom: Zoom, uuid: str) -> Sequence[Row]:
    return single(await zoom.reports.webinar_participants(uuid, include_fields="registrant_id").collect())


async def webinar_polls(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.reports.webinar_polls(uuid)
    return with_report(report, report.questions)


async def webinar_qa(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.reports.webinar_qa(uuid)
    return with_report(report, report.questions)


async def webinar_survey(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.reports.webinar_survey(uuid)
    return with_report(report, report.survey_answers)


async def absentees(zoom: Zoom, uuid: str) -> Sequence[Row]:
    return single(await zoom.past_webinars.absentees(uuid).collect())


async def past_meeting(zoom: Zoom, uuid: str) -> Sequence[Row]:
    return [(await zoom.past_meetings.get(uuid),)]


async def past_participants(zoom: Zoom, uuid: str) -> Sequence[Row]:
    return single(await zoom.past_meetings.participants(uuid).collect())


async def past_polls(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.past_meetings.polls(uuid)
    return with_report(report, report.questions)


async def past_qa(zoom: Zoom, uuid: str) -> Sequence[Row]:
    report = await zoom.past_meetings.qa(uuid)
    return with_report(report, report.questions)


async def history_meetings(zoom: Zoom, _: Account) -> Parts:
    for day in DAYS:
        yield str(day), single(await zoom.reports.history_meetings(day, day).collect())


async def activities(zoom: Zoom, _: Account) -> Parts:
    for day in DAYS:
        yield str(day), single(await zoom.reports.activities(from_=day, to=day).collect())


async def operation_logs(zoom: Zoom, _: Account) -> Parts:
    for day in DAYS:
        yield str(day), single(await zoom.reports.operation_logs(day, day).collect())


async def telephone(zoom: Zoom, _: Account) -> Parts:
    for type_ in ("1", "2", "3"):
        for month, first, last in MONTHS:
            yield f"{type_}/{month}", single(await zoom.reports.telephone(first, last, type_=type_).collect())


async def daily(zoom: Zoom, _: Account) -> Parts:
    for month, first, _last in MONTHS:
        yield month, single(await zoom.reports.daily(year=first.year, month=first.month).collect())


async def cloud_recording(zoom: Zoom, _: Account) -> Parts:
    for month, first, last in MONTHS:
        middle, end = first + timedelta(days=14), min(last, TODAY - timedelta(days=1))
        ranges = [(first, min(middle, end)), (middle + timedelta(days=1), end)]
        pages = [await zoom.reports.cloud_recording(*days).collect() for days in ranges if days[0] <= days[1]]
        yield month, single(row for page in pages for row in page)


async def billing(zoom: Zoom, _: Account) -> Parts:
    yield "account", single(await zoom.reports.billing().collect())


async def billing_invoices(zoom: Zoom, _: Account) -> Parts:
    for period in await zoom.reports.billing().collect():
        yield period.id, single(await zoom.reports.billing_invoices(period.id).collect())


async def upcoming_events(zoom: Zoom, _: Account) -> Parts:
    yield "account", single(await zoom.reports.upcoming_events(TODAY, TODAY + timedelta(days=30)).collect())


async def all_users(zoom: Zoom, _: Account) -> Parts:
    for status in ("active", "inactive", "pending"):
        yield status, single(await zoom.users.list(status=status).collect())


async def recordings(zoom: Zoom, _: Account) -> Parts:
    listed = [user for status in ("active", "inactive") for user in await zoom.users.list(status=status).collect()]
    for user in listed:
        assert user.id
        for month, first, last in MONTHS:
            rows = await zoom.recordings.list(user.id, from_=first, to=last).collect()
            yield f"{user.id}/{month}", [(row, file) for row in rows for file in row.recording_files]


async def meeting_registrants(zoom: Zoom, account: Account) -> Parts:
    numbers = {each.id for _, each in await found(zoom, account) if not each.is_webinar}
    async for part in registrants(
        lambda number, status: zoom.meetings.registrants.list(number, status=status).collect(), numbers
    ):
        yield part


async def webinar_registrants(zoom: Zoom, account: Account) -> Parts:
    numbers = {each.id for _, each in await found(zoom, account) if each.is_webinar}
    async for part in registrants(
        lambda number, status: zoom.webinars.registrants.list(number, status=status).collect(), numbers
    ):
        yield part


async def registrants(read: Callable[[int, str], Awaitable[list[Registrant]]], numbers: Iterable[int | None]) -> Parts:
    for number in numbers:
        assert number
        for status in ("approved", "pending", "denied"):
            try:
                yield f"{status}/{number}", single(await read(number, status))
            except NO_REPORT:
                continue


POLLS: Final = (instance_reports.PollReport, instance_reports.PollRespondent)
QA: Final = (instance_reports.QAReport, instance_reports.Questioner)
FETCHED: Final[dict[str, tuple[Shape, Fetch]]] = {
    "users": ((reports.Host,), users),
    "user_meetings": ((reports.UserMeeting,), user_meetings),
    "history_meetings": ((HistoryMeeting,), history_meetings),
    "meeting": ((instance_reports.InstanceReport,), of_instances(meeting)),
    "meeting_participants": ((instance_reports.ReportParticipant,), of_instances(meeting_participants)),
    "meeting_polls": (POLLS, of_instances(meeting_polls)),
    "meeting_qa": (QA, of_instances(meeting_qa)),
    "meeting_survey": (
        (instance_reports.MeetingSurveyReport, instance_reports.SurveyRespondent),
        of_instances(meeting_survey),
    ),
    "webinar": ((instance_reports.InstanceReport,), of_instances(webinar, webinars=True)),
    "webinar_participants": (
        (instance_reports.ReportParticipant,),
        of_instances(webinar_participants, webinars=True),
    ),
    "webinar_polls": (POLLS, of_instances(webinar_polls, webinars=True)),
    "webinar_qa": (QA, of_instances(webinar_qa, webinars=True)),
    "webinar_survey": (
        (instance_reports.WebinarSurveyReport, instance_reports.SurveyRespondent),
        of_instances(webinar_survey, webinars=True),
    ),
    "absentees": ((Registrant,), of_instances(absentees, webinars=True)),
    "past_meeting": ((past_meetings.PastMeeting,), of_instances(past_meeting)),
    "past_participants": ((past_meetings.PastParticipant,), of_instances(past_participants)),
    "past_polls": (POLLS, of_instances(past_polls)),
    "past_qa": ((past_meetings.PastQA, past_meetings.PastQuestioner), of_instances(past_qa)),
    "activities": ((reports.SignInActivity,), activities),
    "operation_logs": ((reports.OperationLog,), operation_logs),
    "telephone": ((reports.TelephoneLeg,), telephone),
    "daily": ((reports.DailyUsage,), daily),
    "cloud_recording": ((reports.CloudRecordingStorage,), cloud_recording),
    "billing": ((reports.BillingReport,), billing),
    "billing_invoices": ((reports.BillingInvoice,), billing_invoices),
    "upcoming_events": ((reports.UpcomingEvent,), upcoming_events),
    "all_users": ((ListedUser,), all_users),
    "recordings": ((Recording, RecordingFile), recordings),
    "meeting_registrants": ((Registrant,), meeting_registrants),
    "webinar_registrants": ((Registrant,), webinar_registrants),
}
