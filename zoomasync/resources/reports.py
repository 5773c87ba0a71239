"""`zoom.reports`: what already happened on the account."""

from __future__ import annotations

from datetime import date
from typing import Literal

from .._core.date_ranges import check_range
from .._core.endpoint import Endpoint, MeetingRef
from .._core.pagination import Paginator
from .._label import Label
from ..errors import InvalidArgument
from ..models.reports import (
    BillingInvoices,
    BillingReports,
    CloudRecordingReport,
    DailyReport,
    Host,
    HostsPage,
    InstanceReport,
    OperationLog,
    OperationLogsPage,
    PollReport,
    QAReport,
    ReportParticipant,
    ReportParticipantsPage,
    SignInActivitiesPage,
    SignInActivity,
    SurveyReport,
    TelephoneLeg,
    TelephonePage,
    UpcomingEvent,
    UpcomingEventsPage,
    UserMeeting,
    UserMeetingsPage,
)
from ._resource import Resource

_SCOPES = ("report:read:admin",)
_MONTH = 31
_STORAGE_DAYS = 30


class Reports(Resource):
    """Attendance, polls, usage and audit reports. Every call is heavy and spends the account's budget of the day.

    They need a Pro plan or better. Ranges are whole UTC days, both ends included, a month at most in one call and six
    months back: split a longer one with `zoomasync.month_ranges`. A meeting or webinar number means its latest ended
    instance, a UUID that one instance (slashes are fine); sessions are kept for a year.

    All raise `PermissionDenied` without the scope or the permission, and `EmbeddedError` without the plan. The reports on one
    session raise `NotFound` when it is unknown or expired, and `BadRequest` (code 12702) past a year.
    """

    ACTIVITIES = Endpoint(
        route="GET /report/activities",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:user_activities:admin",),
        response=SignInActivitiesPage,
        # No page size: the reference gives this operation neither a default nor a maximum.
    )
    BILLING = Endpoint(
        route="GET /report/billing",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:billing:admin",),
        response=BillingReports,
    )
    BILLING_INVOICES = Endpoint(
        route="GET /report/billing/invoices",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:billing_invoice:admin",),
        response=BillingInvoices,
    )
    CLOUD_RECORDING = Endpoint(
        route="GET /report/cloud_recording",
        label=Label.HEAVY,
        scopes=_SCOPES,
        # Not in the official reference: guides of other parties name it.
        granular_scopes=("report:read:cloud_recording:admin",),
        response=CloudRecordingReport,
    )
    DAILY = Endpoint(
        route="GET /report/daily",
        label=Label.HEAVY,
        scopes=_SCOPES,
        # Not in the official reference: guides of other parties name it.
        granular_scopes=("report:read:daily_usage:admin",),
        response=DailyReport,
    )
    MEETING = Endpoint(
        route="GET /report/meetings/{meetingId}",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:meeting:admin",),
        response=InstanceReport,
    )
    MEETING_PARTICIPANTS = Endpoint(
        route="GET /report/meetings/{meetingId}/participants",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:list_meeting_participants:admin",),
        response=ReportParticipantsPage,
        page_size=300,
    )
    MEETING_POLLS = Endpoint(
        route="GET /report/meetings/{meetingId}/polls",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:list_meeting_polls:admin",),
        response=PollReport,
    )
    MEETING_QA = Endpoint(
        route="GET /report/meetings/{meetingId}/qa",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:meeting_qna:admin",),
        response=QAReport,
    )
    MEETING_SURVEY = Endpoint(
        route="GET /report/meetings/{meetingId}/survey",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:meeting_survey:admin",),
        response=SurveyReport,
    )
    OPERATION_LOGS = Endpoint(
        route="GET /report/operationlogs",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:operation_logs:admin",),
        response=OperationLogsPage,
        page_size=300,
    )
    TELEPHONE = Endpoint(
        route="GET /report/telephone",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:telephone:admin",),
        response=TelephonePage,
        page_size=300,
    )
    UPCOMING_EVENTS = Endpoint(
        route="GET /report/upcoming_events",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:upcoming_meetings_webinars:admin",),
        response=UpcomingEventsPage,
        page_size=300,
    )
    USERS = Endpoint(
        route="GET /report/users",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:list_users:admin",),
        response=HostsPage,
        page_size=300,
    )
    USER_MEETINGS = Endpoint(
        route="GET /report/users/{userId}/meetings",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:user:admin",),
        response=UserMeetingsPage,
        page_size=300,
    )
    WEBINAR = Endpoint(
        route="GET /report/webinars/{webinarId}",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:webinar:admin",),
        response=InstanceReport,
    )
    WEBINAR_PARTICIPANTS = Endpoint(
        route="GET /report/webinars/{webinarId}/participants",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:list_webinar_participants:admin",),
        response=ReportParticipantsPage,
        page_size=300,
    )
    WEBINAR_POLLS = Endpoint(
        route="GET /report/webinars/{webinarId}/polls",
        label=Label.HEAVY,
        scopes=_SCOPES,
        granular_scopes=("report:read:list_webinar_polls:admin",),
        response=PollReport,
    )

    def activities(
        self, *, from_: date | None = None, to: date | None = None, page_size: int | None = None
    ) -> Paginator[SignInActivitiesPage, SignInActivity]:
        """Iterate over who signed in and out. Zoom documents no limit for *page_size*, so it chooses without one."""
        check_range(from_, to, days=_MONTH, optional=True)
        return Paginator(self._session, self.ACTIVITIES.at(from_=from_, to=to, page_size=page_size))

    async def billing(self) -> BillingReports:
        """Return the billing periods of departments. Zoom's support must have enabled department billing."""
        return await self._session.send(self.BILLING.at())

    async def billing_invoices(self, billing_id: str) -> BillingInvoices:
        """Return the invoices of one billing period, whose id `billing` gives. Raises `NotFound` for another id."""
        if not billing_id:
            raise InvalidArgument("billing_id must not be empty")
        return await self._session.send(self.BILLING_INVOICES.at(billing_id=billing_id))

    async def cloud_recording(self, from_: date, to: date, *, group_id: str | None = None) -> CloudRecordingReport:
        """Return the storage that cloud recordings took, day by day: at most 30 days, and up to yesterday.

        *group_id* counts the members of one group only.
        """
        check_range(from_, to, days=_STORAGE_DAYS)
        return await self._session.send(self.CLOUD_RECORDING.at(from_=from_, to=to, group_id=group_id))

    async def daily(
        self, *, year: int | None = None, month: int | None = None, group_id: str | None = None
    ) -> DailyReport:
        """Return the account's use on every day of one month of the last six.

        *group_id* counts the members of one group only. Give *year* and *month*: what Zoom takes without them is not
        documented.
        """
        if month is not None and not 1 <= month <= 12:  # noqa: PLR2004
            raise InvalidArgument("month must be from 1 to 12")
        return await self._session.send(self.DAILY.at(year=year, month=month, group_id=group_id))

    async def meeting(self, meeting_id: MeetingRef) -> InstanceReport:
        """Return one ended meeting: when it was, how long, how many came."""
        return await self._session.send(self.MEETING.at(meeting_id))

    def meeting_participants(
        self, meeting_id: MeetingRef, *, include_fields: Literal["registrant_id"] | str | None = None
    ) -> Paginator[ReportParticipantsPage, ReportParticipant]:
        """Iterate over the stays of everyone who joined a meeting: who rejoins comes again.

        Meetings of one person are not reported. *include_fields* of "registrant_id" asks for that field.
        """
        return Paginator(self._session, self.MEETING_PARTICIPANTS.at(meeting_id, include_fields=include_fields))

    async def meeting_polls(self, meeting_id: MeetingRef) -> PollReport:
        """Return the answers to a meeting's polls, person by person."""
        return await self._session.send(self.MEETING_POLLS.at(meeting_id))

    async def meeting_qa(self, meeting_id: MeetingRef) -> QAReport:
        """Return the questions and answers of a meeting, person by person."""
        return await self._session.send(self.MEETING_QA.at(meeting_id))

    async def meeting_survey(self, meeting_id: MeetingRef) -> SurveyReport:
        """Return the answers to a meeting's survey, person by person."""
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
        """Iterate over what administrators and users did in the account, of every category or of one."""
        check_range(from_, to, days=_MONTH)
        return Paginator(self._session, self.OPERATION_LOGS.at(from_=from_, to=to, category_type=category_type))

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
        """Iterate over the call legs of people who joined by telephone. Needs an audio plan and the toll report.

        *type_* is "1" for toll-free and call-out (what Zoom takes without one), "2" for toll, "3" for SIP connected
        audio. *query_date_type* is the time that the range applies to: without one, the start of the leg.
        """
        check_range(from_, to, days=_MONTH)
        call = self.TELEPHONE.at(from_=from_, to=to, type_=type_, query_date_type=query_date_type)
        return Paginator(self._session, call)

    def upcoming_events(
        self,
        from_: date,
        to: date,
        *,
        type_: Literal["meeting", "webinar", "all"] | str | None = None,
        group_id: str | None = None,
    ) -> Paginator[UpcomingEventsPage, UpcomingEvent]:
        """Iterate over the meetings and webinars to come, all or those that members of one group host."""
        check_range(from_, to, days=_MONTH)
        return Paginator(self._session, self.UPCOMING_EVENTS.at(from_=from_, to=to, type_=type_, group_id=group_id))

    def users(
        self,
        from_: date,
        to: date,
        *,
        type_: Literal["active", "inactive"] | str | None = None,
        group_id: str | None = None,
    ) -> Paginator[HostsPage, Host]:
        """Iterate over the hosts who were active in the range, or over those who were not; all or of one group."""
        check_range(from_, to, days=_MONTH)
        return Paginator(self._session, self.USERS.at(from_=from_, to=to, type_=type_, group_id=group_id))

    def user_meetings(
        self,
        user_id: str,
        from_: date,
        to: date,
        *,
        type_: Literal["past", "pastOne", "pastJoined"] | str | None = None,
    ) -> Paginator[UserMeetingsPage, UserMeeting]:
        """Iterate over the ended meetings and webinars of one user, by user id or e-mail address.

        *type_* is "past" for those with two or more people (what Zoom takes without one), "pastOne" for those with one,
        "pastJoined" for those that the user hosted or joined. Raises `NotFound` for a user of another account.
        """
        check_range(from_, to, days=_MONTH)
        return Paginator(self._session, self.USER_MEETINGS.at(user_id, from_=from_, to=to, type_=type_))

    async def webinar(self, webinar_id: MeetingRef) -> InstanceReport:
        """Return one ended webinar: when it was, how long, how many came. Needs the webinar add-on."""
        return await self._session.send(self.WEBINAR.at(webinar_id))

    def webinar_participants(
        self, webinar_id: MeetingRef, *, include_fields: Literal["registrant_id"] | str | None = None
    ) -> Paginator[ReportParticipantsPage, ReportParticipant]:
        """Iterate over the stays of everyone who joined a webinar: who rejoins comes again.

        Needs the webinar add-on, and goes six months back. *include_fields* of "registrant_id" asks for that field.
        """
        return Paginator(self._session, self.WEBINAR_PARTICIPANTS.at(webinar_id, include_fields=include_fields))

    async def webinar_polls(self, webinar_id: MeetingRef) -> PollReport:
        """Return the answers to a webinar's polls, person by person. Needs the webinar add-on."""
        return await self._session.send(self.WEBINAR_POLLS.at(webinar_id))
