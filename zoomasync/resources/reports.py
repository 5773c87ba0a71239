"""`zoom.reports`: attendance, polls, usage and audit reports of an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, TypeVar

from .._core.date_ranges import check_range
from .._core.endpoint import Endpoint
from .._core.pagination import Paginator, paginate
from .._core.routes import MeetingRef
from .._label import Label
from ..errors import InvalidArgument
from ..models.history import HistoryMeeting, HistoryMeetingsPage, MeetingFeature
from ..models.instance_reports import (
    InstanceReport,
    MeetingSurveyReport,
    PollReport,
    QAReport,
    ReportParticipant,
    ReportParticipantsPage,
    WebinarSurveyReport,
)
from ..models.reports import (
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
from ._resource import Resource

T = TypeVar("T")

_MONTH = 31


def _report(route: str, response: type[T], granular_scope: str, *, page_size: int | None = None) -> Endpoint[T]:
    return Endpoint(
        route=route,
        label=Label.HEAVY,
        response=response,
        scopes=("report:read:admin",),
        granular_scopes=(granular_scope,),
        page_size=page_size,
    )


class Reports(Resource):
    """Attendance, polls, usage and audit reports. All calls are heavy and count against the account's daily quota.

    Reports require a Pro plan or better. Date ranges are whole UTC days with both ends included. One call covers a
    month at most, up to six months back: split a longer range with `zoomasync.month_ranges`. A meeting or webinar
    number means its latest ended instance, a UUID means that instance; a UUID may contain slashes. Zoom keeps
    instances for a year.

    All methods raise `PermissionDenied` without the scope or the permission, and `EmbeddedError` without the plan. The
    reports on one instance raise `NotFound` if it is unknown or expired, and `BadRequest` (code 12702) if it is older
    than a year.
    """

    # ACTIVITIES and REMOTE_SUPPORT have no page size: the reference has neither a default nor a maximum for it.
    ACTIVITIES = _report("GET /report/activities", SignInActivitiesPage, "report:read:user_activities:admin")
    BILLING = _report("GET /report/billing", BillingReportsPage, "report:read:billing:admin")
    BILLING_INVOICES = _report("GET /report/billing/invoices", BillingInvoicesPage, "report:read:billing_invoice:admin")
    # The scopes of these two are not in the official reference, but in third-party guides.
    CLOUD_RECORDING = _report(
        "GET /report/cloud_recording", CloudRecordingStoragePage, "report:read:cloud_recording:admin"
    )
    DAILY = _report("GET /report/daily", DailyUsagePage, "report:read:daily_usage:admin")
    HISTORY_MEETINGS = _report(
        "GET /report/history_meetings", HistoryMeetingsPage, "report:read:list_history_meetings:admin", page_size=300
    )
    MEETING = _report("GET /report/meetings/{meetingId}", InstanceReport, "report:read:meeting:admin")
    MEETING_ACTIVITIES = _report(
        "GET /report/meeting_activities",
        MeetingActivitiesPage,
        "report:read:meeting_activity_log:admin",
        page_size=300,
    )
    MEETING_PARTICIPANTS = _report(
        "GET /report/meetings/{meetingId}/participants",
        ReportParticipantsPage,
        "report:read:list_meeting_participants:admin",
        page_size=300,
    )
    MEETING_POLLS = _report(
        "GET /report/meetings/{meetingId}/polls", PollReport, "report:read:list_meeting_polls:admin"
    )
    MEETING_QA = _report("GET /report/meetings/{meetingId}/qa", QAReport, "report:read:meeting_qna:admin")
    MEETING_SURVEY = _report(
        "GET /report/meetings/{meetingId}/survey", MeetingSurveyReport, "report:read:meeting_survey:admin"
    )
    OPERATION_LOGS = _report(
        "GET /report/operationlogs", OperationLogsPage, "report:read:operation_logs:admin", page_size=300
    )
    REMOTE_SUPPORT = _report("GET /report/remote_support", RemoteSupportLogsPage, "report:read:remote_support:admin")
    TELEPHONE = _report("GET /report/telephone", TelephonePage, "report:read:telephone:admin", page_size=300)
    UPCOMING_EVENTS = _report(
        "GET /report/upcoming_events", UpcomingEventsPage, "report:read:upcoming_meetings_webinars:admin", page_size=300
    )
    USERS = _report("GET /report/users", HostsPage, "report:read:list_users:admin", page_size=300)
    USER_MEETINGS = _report(
        "GET /report/users/{userId}/meetings", UserMeetingsPage, "report:read:user:admin", page_size=300
    )
    WEBINAR = _report("GET /report/webinars/{webinarId}", InstanceReport, "report:read:webinar:admin")
    WEBINAR_PARTICIPANTS = _report(
        "GET /report/webinars/{webinarId}/participants",
        ReportParticipantsPage,
        "report:read:list_webinar_participants:admin",
        page_size=300,
    )
    WEBINAR_POLLS = _report(
        "GET /report/webinars/{webinarId}/polls", PollReport, "report:read:list_webinar_polls:admin"
    )
    WEBINAR_QA = _report("GET /report/webinars/{webinarId}/qa", QAReport, "report:read:webinar_qna:admin")
    WEBINAR_SURVEY = _report(
        "GET /report/webinars/{webinarId}/survey", WebinarSurveyReport, "report:read:webinar_survey:admin"
    )

    def activities(
        self, *, from_: date | None = None, to: date | None = None, page_size: int | None = None
    ) -> Paginator[SignInActivitiesPage, SignInActivity]:
        """Iterate over sign-ins and sign-outs. Zoom chooses *page_size* by default; its limit is not documented."""
        check_range(from_, to, days=_MONTH, optional=True)
        return paginate(self._session, self.ACTIVITIES.at(from_=from_, to=to, page_size=page_size))

    def billing(self) -> Paginator[BillingReportsPage, BillingReport]:
        """Iterate over the billing periods of departments. Zoom's support must have enabled department billing."""
        return paginate(self._session, self.BILLING.at())

    def billing_invoices(self, billing_id: str) -> Paginator[BillingInvoicesPage, BillingInvoice]:
        """Iterate over the invoices of one billing period from `billing`. Raises `NotFound` for another id."""
        if not billing_id:
            raise InvalidArgument("billing_id must not be empty")
        return paginate(self._session, self.BILLING_INVOICES.at(billing_id=billing_id))

    def cloud_recording(
        self, from_: date, to: date, *, group_id: str | None = None
    ) -> Paginator[CloudRecordingStoragePage, CloudRecordingStorage]:
        """Iterate over the days of a range with the storage that cloud recordings used on each.

        The range is at most 30 days and ends yesterday at the latest. *group_id* limits the report to the members of
        one group.
        """
        check_range(from_, to, days=30)
        return paginate(self._session, self.CLOUD_RECORDING.at(from_=from_, to=to, group_id=group_id))

    def daily(
        self, *, year: int | None = None, month: int | None = None, group_id: str | None = None
    ) -> Paginator[DailyUsagePage, DailyUsage]:
        """Iterate over the days of one month, of the last six, with the usage of the account on each.

        *group_id* limits the report to the members of one group. Set *year* and *month*: their defaults are not
        documented.
        """
        if month is not None and not 1 <= month <= 12:  # noqa: PLR2004
            raise InvalidArgument("month must be from 1 to 12")
        return paginate(self._session, self.DAILY.at(year=year, month=month, group_id=group_id))

    def history_meetings(
        self,
        from_: date,
        to: date,
        *,
        date_type: Literal["start_time", "end_time"] | str | None = None,
        meeting_type: Literal["meeting", "webinar", "all"] | str | None = None,
        report_type: Literal["all", "poll", "survey", "qa", "resource", "reaction"] | str | None = None,
        search_key: str | None = None,
        group_id: str | None = None,
        meeting_feature: Sequence[MeetingFeature] | None = None,
    ) -> Paginator[HistoryMeetingsPage, HistoryMeeting]:
        """Iterate over the ended meetings and webinars of the account, with the features that each used.

        The range applies to the start, or with *date_type* "end_time" to the end. The other arguments limit the
        listing: to meetings or webinars, to those with data for a report, to those with words of *search_key* in the
        topic or the number, to hosts in one group, and to those that used one or more of the features. The reference
        does not say whether it includes those with one person, which have no reports and which `user_meetings` omits.
        """
        check_range(from_, to, days=_MONTH)
        call = self.HISTORY_MEETINGS.at(
            from_=from_,
            to=to,
            date_type=date_type,
            meeting_type=meeting_type,
            report_type=report_type,
            search_key=search_key,
            group_id=group_id,
            # An empty list would not be sent and thus mean all. As empty text it raises InvalidArgument.
            meeting_feature=None if meeting_feature is None else ",".join(meeting_feature),
        )
        return paginate(self._session, call)

    async def meeting(self, meeting_id: MeetingRef) -> InstanceReport:
        """Return the times, duration and participant count of one ended meeting."""
        return await self._session.send(self.MEETING.at(meeting_id))

    def meeting_activities(
        self,
        from_: date,
        to: date,
        activity_type: Literal[
            "All Activities",
            "Meeting Created",
            "Meeting Started",
            "User Join",
            "User Left",
            "Remote Control",
            "In-Meeting Chat",
            "Meeting Ended",
        ]
        | str,
        *,
        meeting_number: int | None = None,
        search_key: str | None = None,
    ) -> Paginator[MeetingActivitiesPage, MeetingActivity]:
        """Iterate over actions in meetings: of all meetings or of one, of all people or of *search_key*.

        *search_key* is a person's name or e-mail address. Zoom's support must have enabled the log.
        """
        check_range(from_, to, days=_MONTH)
        call = self.MEETING_ACTIVITIES.at(
            from_=from_, to=to, activity_type=activity_type, meeting_number=meeting_number, search_key=search_key
        )
        return paginate(self._session, call)

    def meeting_participants(
        self, meeting_id: MeetingRef, *, include_fields: Literal["registrant_id"] | str | None = None
    ) -> Paginator[ReportParticipantsPage, ReportParticipant]:
        """Iterate over the visits of all participants of a meeting. A person who rejoined has several visits.

        Meetings with one person are not reported. *include_fields* "registrant_id" requests that field.
        """
        return paginate(self._session, self.MEETING_PARTICIPANTS.at(meeting_id, include_fields=include_fields))

    async def meeting_polls(self, meeting_id: MeetingRef) -> PollReport:
        """Return the poll answers of a meeting, grouped by person."""
        return await self._session.send(self.MEETING_POLLS.at(meeting_id))

    async def meeting_qa(self, meeting_id: MeetingRef) -> QAReport:
        """Return the questions and answers of a meeting, grouped by person."""
        return await self._session.send(self.MEETING_QA.at(meeting_id))

    async def meeting_survey(self, meeting_id: MeetingRef) -> MeetingSurveyReport:
        """Return the survey answers of a meeting, grouped by person."""
        return await self._session.send(self.MEETING_SURVEY.at(meeting_id))

    def operation_logs(
        self,
        from_: date,
        to: date,
        *,
        category_type: Literal[
            "all",
            "user",
            "user_settings",
            "account",
            "billing",
            "im",
            "recording",
            "phone_contacts",
            "webinar",
            "sub_account",
            "role",
            "zoom_rooms",
        ]
        | str
        | None = None,
    ) -> Paginator[OperationLogsPage, OperationLog]:
        """Iterate over the actions of administrators and users on the account, of all categories or of one."""
        check_range(from_, to, days=_MONTH)
        return paginate(self._session, self.OPERATION_LOGS.at(from_=from_, to=to, category_type=category_type))

    def remote_support(
        self, from_: date, to: date, *, page_size: int | None = None
    ) -> Paginator[RemoteSupportLogsPage, RemoteSupportLog]:
        """Iterate over remote supports that started in the range. *page_size* is as in `activities`."""
        check_range(from_, to, days=_MONTH)
        return paginate(self._session, self.REMOTE_SUPPORT.at(from_=from_, to=to, page_size=page_size))

    def telephone(
        self,
        from_: date,
        to: date,
        *,
        type_: Literal["1", "2", "3"] | str | None = None,
        query_date_type: Literal["start_time", "end_time", "meeting_start_time", "meeting_end_time"]
        | str
        | None = None,
    ) -> Paginator[TelephonePage, TelephoneLeg]:
        """Iterate over the call legs of people who joined by telephone. Requires an audio plan and the toll report.

        *type_* is "1" for toll-free and call-out (Zoom's default), "2" for toll, "3" for SIP connected audio.
        *query_date_type* is the time that the range applies to; the default is the start of the leg.
        """
        check_range(from_, to, days=_MONTH)
        call = self.TELEPHONE.at(from_=from_, to=to, type_=type_, query_date_type=query_date_type)
        return paginate(self._session, call)

    def upcoming_events(
        self,
        from_: date,
        to: date,
        *,
        type_: Literal["meeting", "webinar", "all"] | str | None = None,
        group_id: str | None = None,
    ) -> Paginator[UpcomingEventsPage, UpcomingEvent]:
        """Iterate over upcoming meetings and webinars: all, or those with a host in one group."""
        check_range(from_, to, days=_MONTH)
        return paginate(self._session, self.UPCOMING_EVENTS.at(from_=from_, to=to, type_=type_, group_id=group_id))

    def users(
        self,
        from_: date,
        to: date,
        *,
        type_: Literal["active", "inactive"] | str | None = None,
        group_id: str | None = None,
    ) -> Paginator[HostsPage, Host]:
        """Iterate over the hosts who were active, or inactive, in the range: all, or those of one group."""
        check_range(from_, to, days=_MONTH)
        return paginate(self._session, self.USERS.at(from_=from_, to=to, type_=type_, group_id=group_id))

    def user_meetings(
        self,
        user_id: str,
        from_: date,
        to: date,
        *,
        type_: Literal["past", "pastOne", "pastJoined"] | str | None = None,
    ) -> Paginator[UserMeetingsPage, UserMeeting]:
        """Iterate over the ended meetings and webinars of one user, given by id or e-mail address.

        *type_* is "past" for those with two or more people (Zoom's default), "pastOne" for those with one person,
        "pastJoined" for those that the user hosted or joined. Raises `NotFound` for a user of another account.
        """
        check_range(from_, to, days=_MONTH)
        return paginate(self._session, self.USER_MEETINGS.at(user_id, from_=from_, to=to, type_=type_))

    async def webinar(self, webinar_id: MeetingRef) -> InstanceReport:
        """Return the times, duration and participant count of one ended webinar. Requires the webinar add-on."""
        return await self._session.send(self.WEBINAR.at(webinar_id))

    def webinar_participants(
        self, webinar_id: MeetingRef, *, include_fields: Literal["registrant_id"] | str | None = None
    ) -> Paginator[ReportParticipantsPage, ReportParticipant]:
        """Iterate over the visits of all participants of a webinar. A person who rejoined has several visits.

        Requires the webinar add-on, and covers six months. *include_fields* "registrant_id" requests that field.
        """
        return paginate(self._session, self.WEBINAR_PARTICIPANTS.at(webinar_id, include_fields=include_fields))

    async def webinar_polls(self, webinar_id: MeetingRef) -> PollReport:
        """Return the poll answers of a webinar, grouped by person. Requires the webinar add-on."""
        return await self._session.send(self.WEBINAR_POLLS.at(webinar_id))

    async def webinar_qa(self, webinar_id: MeetingRef) -> QAReport:
        """Return the questions and answers of a webinar, grouped by person. Requires the webinar add-on."""
        return await self._session.send(self.WEBINAR_QA.at(webinar_id))

    async def webinar_survey(self, webinar_id: MeetingRef) -> WebinarSurveyReport:
        """Return the survey answers of a webinar, grouped by person. Requires the webinar add-on."""
        return await self._session.send(self.WEBINAR_SURVEY.at(webinar_id))
