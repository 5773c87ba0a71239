"""The types of every public call, for mypy and pyright. This file is never run.

A line that the checkers must reject has an ignore for each of endpoints. Both report an ignore that is not needed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import assert_type

from zoomasync import (
    Done,
    ExtraFields,
    Failed,
    InvalidRow,
    Label,
    Paginator,
    Plan,
    StaticToken,
    Zoom,
    ZoomError,
    fan_out,
    month_ranges,
)
from zoomasync.harvest import (
    PAST_REPORTS,
    Attendance,
    Harvest,
    HarvestEstimate,
    InstanceAttendance,
    Privacy,
    SQLiteStore,
    Summary,
    TableSchema,
    harvest_schema,
    merge_visits,
)
from zoomasync.harvest.streams import STREAMS
from zoomasync.models import (
    UNSET,
    BatchRegistrant,
    LivestreamStatusUpdate,
    LivestreamUpdate,
    MeetingSettings,
    MeetingStatusUpdate,
    MeetingUpdate,
    NewInviteLink,
    NewInviteLinks,
    NewMeeting,
    NewMeetingTemplate,
    NewPanelist,
    NewPanelists,
    NewPoll,
    NewPolls,
    NewRecordingRegistrant,
    NewRegistrant,
    NewRegistrants,
    NewSipUri,
    NewWebinar,
    NewWebinarTemplate,
    PollQuestion,
    RecordingRegistrantKey,
    RecordingRegistrantStatusUpdate,
    RecordingSettingsUpdate,
    RecordingStatusUpdate,
    RegistrantKey,
    RegistrantStatusUpdate,
    RegistrationQuestionsUpdate,
    RtmsAppSettings,
    RtmsStatusUpdate,
    SurveyUpdate,
    WebinarSettings,
    WebinarStatusUpdate,
    WebinarUpdate,
)
from zoomasync.models.history import HistoryMeeting, HistoryMeetingsPage
from zoomasync.models.instance_reports import (
    InstanceReport,
    MeetingSurveyReport,
    PollReport,
    QAReport,
    ReportParticipant,
    ReportParticipantsPage,
    WebinarSurveyReport,
)
from zoomasync.models.instances import Visit
from zoomasync.models.invite_links import InviteLinks
from zoomasync.models.livestream import LivestreamTarget
from zoomasync.models.meetings import (
    CaptionToken,
    ListedMeeting,
    Meeting,
    MeetingInvitation,
    MeetingsPage,
    SipUri,
    UpcomingMeeting,
    UpcomingMeetingsPage,
)
from zoomasync.models.pac import PacAccount, PacAccountsPage
from zoomasync.models.past_meetings import (
    PastInstance,
    PastInstancesPage,
    PastMeeting,
    PastParticipant,
    PastParticipantsPage,
    PastQA,
    PastWebinarInstancesPage,
)
from zoomasync.models.polls import Poll, PollsCreated, PollsPage
from zoomasync.models.recordings import (
    AnalyticsDay,
    AnalyticsDaysPage,
    AnalyticsDetail,
    AnalyticsDetailsPage,
    ParticipantAudioFile,
    Recording,
    RecordingFile,
    RecordingRegistrantAdded,
    RecordingSettings,
    RecordingsPage,
    Transcript,
)
from zoomasync.models.registrants import (
    Registrant,
    RegistrantAdded,
    RegistrantsAdded,
    RegistrantsPage,
    RegistrationQuestions,
)
from zoomasync.models.reports import (
    BillingInvoice,
    BillingInvoicesPage,
    BillingReport,
    BillingReportsPage,
    CloudRecordingStorage,
    CloudRecordingStoragePage,
    DailyUsage,
    DailyUsagePage,
    Host,
    HostsPage,
    MeetingActivitiesPage,
    MeetingActivity,
    OperationLog,
    OperationLogsPage,
    RemoteSupportLog,
    RemoteSupportLogsPage,
    SignInActivitiesPage,
    SignInActivity,
    TelephoneLeg,
    TelephonePage,
    UpcomingEvent,
    UpcomingEventsPage,
    UserMeeting,
    UserMeetingsPage,
)
from zoomasync.models.summaries import ListedSummary, MeetingSummary, SummariesPage
from zoomasync.models.surveys import Survey
from zoomasync.models.templates import Template, TemplateCreated, TemplatesPage
from zoomasync.models.users import ListedUser, User, UsersPage
from zoomasync.models.webinars import (
    ListedWebinar,
    Panelist,
    PanelistsAdded,
    PanelistsPage,
    TrackingSource,
    TrackingSourcesPage,
    Webinar,
    WebinarsPage,
)
from zoomasync.redis import RedisLeases
from zoomasync.types import Api, CallStats, Endpoint, RegistrantOutcome

DAY = date(2026, 5, 1)
TIME = datetime(2026, 5, 1, tzinfo=UTC)


async def meetings(zoom: Zoom) -> None:
    assert_type(zoom.meetings.list("u", type_="live", from_=DAY, to=DAY), Paginator[MeetingsPage, ListedMeeting])
    assert_type(zoom.meetings.upcoming("u"), Paginator[UpcomingMeetingsPage, UpcomingMeeting])
    assert_type(await zoom.meetings.create("u", NewMeeting(topic="x")), Meeting)
    assert_type(await zoom.meetings.get(1, occurrence_id="1", show_previous_occurrences=True), Meeting)
    change = MeetingUpdate(topic="x", recurrence=None, settings=MeetingSettings(waiting_room=True))
    assert_type(await zoom.meetings.update(1, change, occurrence_id="1"), None)
    assert_type(await zoom.meetings.delete(1, schedule_for_reminder=True, cancel_meeting_reminder=False), None)
    assert_type(await zoom.meetings.invitation(1), MeetingInvitation)
    assert_type(await zoom.meetings.update_status(1, MeetingStatusUpdate(action="end")), None)
    assert_type(await zoom.meetings.end(1), None)
    assert_type(await zoom.meetings.summary("uuid"), MeetingSummary)
    assert_type(zoom.meetings.summaries(from_=TIME, to=TIME), Paginator[SummariesPage, ListedSummary])
    assert_type(await zoom.meetings.delete_summary("uuid"), None)
    stream = RtmsStatusUpdate(action="start", settings=RtmsAppSettings(client_id="c"))
    assert_type(await zoom.meetings.update_rtms_status(1, stream), None)
    assert_type(await zoom.meetings.transcript("uuid"), Transcript)
    assert_type(await zoom.meetings.delete_transcript(1), None)
    assert_type(await zoom.meetings.caption_token(1), CaptionToken)
    assert_type(await zoom.meetings.sip_uri(1), SipUri)
    assert_type(await zoom.meetings.sip_uri(1, NewSipUri(passcode="1")), SipUri)
    links = NewInviteLinks(attendees=(NewInviteLink(name="A", disable_audio=True),), ttl=0)
    assert_type(await zoom.meetings.create_invite_links(1, links), InviteLinks)


async def webinars(zoom: Zoom) -> None:
    endpoints = zoom.webinars
    assert_type(endpoints.list("u", type_="upcoming"), Paginator[WebinarsPage, ListedWebinar])
    assert_type(await endpoints.create("u", NewWebinar(topic="x", settings=WebinarSettings(hd_video=True))), Webinar)
    assert_type(await endpoints.get("uuid", occurrence_id="1", show_previous_occurrences=True), Webinar)
    assert_type(await endpoints.update(1, WebinarUpdate(topic="x", agenda=None), occurrence_id="1"), None)
    assert_type(await endpoints.delete(1, occurrence_id="1", cancel_webinar_reminder=True), None)
    assert_type(await endpoints.update_status(1, WebinarStatusUpdate(action="end")), None)
    assert_type(await endpoints.end(1), None)
    assert_type(await endpoints.caption_token(1), CaptionToken)
    assert_type(await endpoints.sip_uri(1), SipUri)
    assert_type(endpoints.tracking_sources(1), Paginator[TrackingSourcesPage, TrackingSource])
    assert_type(await endpoints.create_invite_links(1, NewInviteLinks()), InviteLinks)
    assert_type(endpoints.panelists.list(1), Paginator[PanelistsPage, Panelist])
    people = NewPanelists(panelists=(NewPanelist(name="A", email="a@b.example"),))
    assert_type(await endpoints.panelists.add(1, people), PanelistsAdded)
    assert_type(await endpoints.panelists.remove(1, "a@b.example"), None)
    assert_type(await endpoints.panelists.remove_all(1), None)
    assert_type(endpoints.templates.list("u"), Paginator[TemplatesPage, Template])
    assert_type(await endpoints.templates.create("u", NewWebinarTemplate(webinar_id=1)), TemplateCreated)


async def livestream(zoom: Zoom) -> None:
    update = LivestreamUpdate(stream_url="u", stream_key="k", page_url="p", resolution=None)
    for endpoints in (zoom.meetings.livestream, zoom.webinars.livestream):
        assert_type(await endpoints.get(1), LivestreamTarget)
        assert_type(await endpoints.update(1, update), None)
        assert_type(await endpoints.update_status(1, LivestreamStatusUpdate(action="stop")), None)


async def polls(zoom: Zoom) -> None:
    poll = NewPoll(title="t", questions=(PollQuestion(name="q", type="single", answers=("a", "b")),))
    assert_type(await zoom.meetings.polls.create_batch(1, NewPolls(polls=(poll,))), PollsCreated)
    for endpoints in (zoom.meetings.polls, zoom.webinars.polls):
        assert_type(endpoints.list(1, anonymous=True), Paginator[PollsPage, Poll])
        assert_type(await endpoints.create(1, poll), Poll)
        assert_type(await endpoints.get(1, "p"), Poll)
        assert_type(await endpoints.replace(1, "p", poll), None)
        assert_type(await endpoints.delete(1, "p"), None)


async def registrants(zoom: Zoom) -> None:
    person = NewRegistrant(email="a@b.example", first_name="A")
    batch = NewRegistrants(registrants=(BatchRegistrant(email="a@b.example", first_name="A"),), auto_approve=True)
    status = RegistrantStatusUpdate(action="approve", registrants=(RegistrantKey(id="r"),))
    keys = [RegistrantKey(email="a@b.example")]
    for endpoints in (zoom.meetings.registrants, zoom.webinars.registrants):
        assert_type(endpoints.list(1, status="pending"), Paginator[RegistrantsPage, Registrant])
        assert_type(endpoints.list(1, status="all"), Paginator[RegistrantsPage, Registrant])
        assert_type(await endpoints.add(1, person, occurrence_ids=["1"]), RegistrantAdded)
        assert_type(await endpoints.add_batch(1, batch), RegistrantsAdded)
        assert_type(await endpoints.get(1, "r"), Registrant)
        assert_type(await endpoints.remove(1, "r", occurrence_id="1"), None)
        assert_type(await endpoints.update_status(1, status), None)
        assert_type(await endpoints.approve(1, keys, occurrence_id="1"), tuple[RegistrantOutcome[RegistrantKey], ...])
        pending = [person async for person in endpoints.list(1, status="pending")]
        assert_type(await endpoints.deny(1, pending), tuple[RegistrantOutcome[Registrant], ...])
        assert_type((await endpoints.cancel(1, pending))[0].error, ZoomError | None)
        assert_type(await endpoints.questions(1), RegistrationQuestions)
        assert_type(await endpoints.update_questions(1, RegistrationQuestionsUpdate(questions=())), None)
    webinar = zoom.webinars.registrants
    assert_type(webinar.list(1, status="all", tracking_source_id="t"), Paginator[RegistrantsPage, Registrant])
    assert_type(await webinar.get(1, "r", occurrence_id="1"), Registrant)
    added = (await webinar.add_batch(1, batch)).registrants
    assert_type((await webinar.approve(1, added))[0].person.email, str | None)


async def surveys_templates_and_pac(zoom: Zoom) -> None:
    for endpoints in (zoom.meetings.survey, zoom.webinars.survey):
        assert_type(await endpoints.get(1), Survey)
        assert_type(await endpoints.update(1, SurveyUpdate(custom_survey=UNSET, third_party_survey=None)), None)
        assert_type(await endpoints.delete(1), None)
    assert_type(zoom.meetings.templates.list("u"), Paginator[TemplatesPage, Template])
    assert_type(await zoom.meetings.templates.create("u", NewMeetingTemplate(meeting_id=1)), TemplateCreated)
    assert_type(zoom.pac.list("u"), Paginator[PacAccountsPage, PacAccount])


async def past_meetings(zoom: Zoom) -> None:
    assert_type(await zoom.past_meetings.get("uuid"), PastMeeting)
    assert_type(zoom.past_meetings.instances(1, from_=DAY, to=DAY), Paginator[PastInstancesPage, PastInstance])
    assert_type(zoom.past_meetings.participants(1), Paginator[PastParticipantsPage, PastParticipant])
    assert_type(await zoom.past_meetings.polls(1), PollReport)
    assert_type(await zoom.past_meetings.qa(1), PastQA)


async def users(zoom: Zoom) -> None:
    assert_type(zoom.users.list(status="pending", include_fields="host_key"), Paginator[UsersPage, ListedUser])
    assert_type(await zoom.users.get("u", login_type=101, search_by_unique_id=False), User)


async def recordings(zoom: Zoom) -> None:
    endpoints = zoom.recordings
    assert_type(endpoints.list("u", from_=DAY, to=DAY, meeting_id=1), Paginator[RecordingsPage, Recording])
    assert_type(endpoints.list("u", trash=True, trash_type="recording_file"), Paginator[RecordingsPage, Recording])
    assert_type(await endpoints.get(1, include_fields="download_access_token", ttl=60), Recording)
    assert_type(await endpoints.delete("uuid", "f", action="delete"), None)
    assert_type(await endpoints.delete_all(1), None)
    assert_type(await endpoints.recover("uuid", "f"), None)
    assert_type(await endpoints.recover_all("uuid", RecordingStatusUpdate(action="recover")), None)
    assert_type(await endpoints.settings(1), RecordingSettings)
    assert_type(await endpoints.update_settings(1, RecordingSettingsUpdate(password=None, on_demand=True)), None)
    details = endpoints.analytics_details(1, from_=DAY, type_="by_view")
    assert_type(details, Paginator[AnalyticsDetailsPage, AnalyticsDetail])
    assert_type(endpoints.analytics_summary(1, to=DAY), Paginator[AnalyticsDaysPage, AnalyticsDay])
    assert_type(endpoints.registrants.list(1, status="pending"), Paginator[RegistrantsPage, Registrant])
    person = NewRecordingRegistrant(email="a@b.example", first_name="A", status="approved")
    assert_type(await endpoints.registrants.add(1, person), RecordingRegistrantAdded)
    status = RecordingRegistrantStatusUpdate(action="deny", registrants=(RecordingRegistrantKey(id="r"),))
    assert_type(await endpoints.registrants.update_status(1, status), None)
    assert_type(await endpoints.registrants.questions("uuid"), RegistrationQuestions)
    assert_type(await endpoints.registrants.update_questions(1, RegistrationQuestionsUpdate(questions=())), None)


async def past_webinars(zoom: Zoom) -> None:
    assert_type(zoom.past_webinars.instances(1), Paginator[PastWebinarInstancesPage, PastInstance])
    assert_type(zoom.past_webinars.participants(1), Paginator[PastParticipantsPage, PastParticipant])
    assert_type(zoom.past_webinars.absentees("uuid", occurrence_id="1"), Paginator[RegistrantsPage, Registrant])
    assert_type(await zoom.past_webinars.polls(1), PollReport)
    assert_type(await zoom.past_webinars.qa("uuid"), PastQA)


async def downloads(zoom: Zoom) -> None:
    assert_type(await zoom.recordings.download(RecordingFile(), to="folder", on_progress=print), Path)
    assert_type(await zoom.recordings.download("https://zoom.us/rec/download/x", Path("a.mp4"), token="t"), Path)
    async with zoom.recordings.stream(ParticipantAudioFile()) as chunks:
        assert_type(chunks, AsyncIterator[bytes])


async def reports(zoom: Zoom) -> None:
    endpoints = zoom.reports
    assert_type(endpoints.activities(from_=DAY), Paginator[SignInActivitiesPage, SignInActivity])
    assert_type(endpoints.billing(), Paginator[BillingReportsPage, BillingReport])
    assert_type(endpoints.billing_invoices("b"), Paginator[BillingInvoicesPage, BillingInvoice])
    assert_type(endpoints.cloud_recording(DAY, DAY), Paginator[CloudRecordingStoragePage, CloudRecordingStorage])
    assert_type(endpoints.daily(year=2026, month=5), Paginator[DailyUsagePage, DailyUsage])
    history = endpoints.history_meetings(DAY, DAY, meeting_type="webinar", meeting_feature=["poll", "reaction"])
    assert_type(history, Paginator[HistoryMeetingsPage, HistoryMeeting])
    assert_type(await endpoints.meeting(1), InstanceReport)
    activities = endpoints.meeting_activities(DAY, DAY, "User Join", meeting_number=1)
    assert_type(activities, Paginator[MeetingActivitiesPage, MeetingActivity])
    assert_type(endpoints.meeting_participants("uuid"), Paginator[ReportParticipantsPage, ReportParticipant])
    assert_type(await endpoints.meeting_polls(1), PollReport)
    assert_type(await endpoints.meeting_qa(1), QAReport)
    assert_type(await endpoints.meeting_survey(1), MeetingSurveyReport)
    assert_type(endpoints.operation_logs(DAY, DAY, category_type="user"), Paginator[OperationLogsPage, OperationLog])
    assert_type(endpoints.remote_support(DAY, DAY), Paginator[RemoteSupportLogsPage, RemoteSupportLog])
    assert_type(endpoints.telephone(DAY, DAY, type_="2"), Paginator[TelephonePage, TelephoneLeg])
    assert_type(endpoints.upcoming_events(DAY, DAY), Paginator[UpcomingEventsPage, UpcomingEvent])
    assert_type(endpoints.users(DAY, DAY, type_="active"), Paginator[HostsPage, Host])
    assert_type(endpoints.user_meetings("u", DAY, DAY), Paginator[UserMeetingsPage, UserMeeting])
    assert_type(await endpoints.webinar(1), InstanceReport)
    assert_type(endpoints.webinar_participants(1), Paginator[ReportParticipantsPage, ReportParticipant])
    assert_type(await endpoints.webinar_polls(1), PollReport)
    assert_type(await endpoints.webinar_qa(1), QAReport)
    assert_type(await endpoints.webinar_survey(1), WebinarSurveyReport)


async def listings(zoom: Zoom) -> None:
    async for row in zoom.reports.users(DAY, DAY):
        assert_type(row, Host)
    async for page in zoom.reports.users(DAY, DAY).pages():
        assert_type(page, HostsPage)


async def views(zoom: Zoom) -> None:
    invalid_rows: list[InvalidRow] = []
    extra_fields: list[ExtraFields] = []
    assert_type(zoom.with_options(priority=True), Api)
    assert_type(zoom.with_options(on_invalid_row=invalid_rows.append, on_extra_fields=extra_fields.append), Api)
    assert_type(zoom.with_options(priority=True, on_invalid_row=None), Api)
    assert_type(await zoom.with_options(on_invalid_row=invalid_rows.append).reports.meeting_polls("uuid"), PollReport)
    assert_type((extra_fields[0].row, extra_fields[0].raw), tuple[int | None, bytes])


async def client(zoom: Zoom) -> None:
    assert_type(await zoom.request("GET", "/users/{userId}", "u", label=Label.LIGHT), object)
    assert_type(await zoom.request("GET", "/x", label=Label.LIGHT, response=dict[str, int]), dict[str, int])
    assert_type(zoom.stats, Mapping[str, CallStats])
    assert_type(await zoom.scopes(), frozenset[str] | None)
    assert_type(Zoom.endpoints(), dict[str, Endpoint[object]])
    assert_type(month_ranges(DAY, DAY), Iterator[tuple[date, date]])
    assert_type(Plan.PRO.share(0.5), Plan)

    async def length(meeting_id: int) -> float:
        return float((await zoom.reports.meeting(meeting_id)).duration or 0)

    async with fan_out(length, [1, 2]) as outcomes:
        assert_type(outcomes, AsyncIterator[Done[int, float] | Failed[int]])

    async with Harvest(zoom, store="h.sqlite", from_=DAY, to=DAY) as harvest:
        assert_type(await harvest.estimate(), HarvestEstimate)
        assert_type(await harvest.run(wait=True), Summary)
        assert_type(await harvest.attendance(1), list[InstanceAttendance])
        assert_type(await harvest.missing_scopes(), Mapping[str, tuple[str, ...]])
    privacy = Privacy.from_env(drop=["topic"], hash_=["email"])
    assert_type(privacy.hash_of("a@b.example"), str)
    Harvest(zoom, store="h.sqlite", from_=DAY, to=DAY, privacy=privacy, refetch={"meeting": 3}, discover="history")
    assert_type(harvest_schema().tables, tuple[TableSchema, ...])
    store = SQLiteStore("h.sqlite", STREAMS.values())
    Harvest(zoom, store=store, from_=DAY, to=DAY, reports=PAST_REPORTS, recheck_days=3)
    assert_type(await RedisLeases("redis://h", name="job").acquire("account"), bool)
    assert_type(merge_visits([Visit()]), list[Attendance])


async def rejected_calls(zoom: Zoom) -> None:
    Zoom("token")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  credentials are an object
    Zoom(StaticToken("t"), Plan.PRO)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  keyword only
    Plan(30, 20, 10)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  keyword only
    await zoom.reports.meeting()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  an id is needed
    await zoom.reports.meeting(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  an id is needed
    zoom.reports.users("2026-05-01", DAY)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a date
    zoom.reports.users(DAY, DAY, "active")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  keyword only
    zoom.past_webinars.instances("uuid")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a number
    await zoom.webinars.panelists.add(1, ["a@b.example"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a struct
    zoom.past_meetings.instances("uuid")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a number
    await zoom.meetings.registrants.get(1, "r", occurrence_id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  webinars only
    await zoom.meetings.registrants.approve(1, ["r"])  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]  a registrant or a key
    await zoom.meetings.create("u", {"topic": "x"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a struct
    NewRegistrant(email="a@b.example")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  a name is needed
    NewMeeting(topc="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  no such field
    NewMeeting(topic="x").topic = "y"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  frozen
    await zoom.meetings.polls.replace(1, "p", Poll(id="p"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a new poll
    Harvest(zoom, store=1, from_=DAY, to=DAY)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a path
    zoom.with_options(print)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]  keyword only
    zoom.with_options(on_invalid_row=len)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  its argument is an InvalidRow
    await zoom.request("GET", "/x")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]  a label is needed
