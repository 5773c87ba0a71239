"""`zoom.meetings`: scheduled meetings, with a namespace for each part of one."""

from __future__ import annotations

from datetime import date
from types import NoneType
from typing import Literal

from ..._core.date_ranges import check_range, time_range
from ..._core.endpoint import Endpoint
from ..._core.pagination import Paginator, paginate
from ..._core.routes import MeetingRef
from ..._core.session import Session
from ..._label import Label
from ...models.field_types import Timestamp
from ...models.invite_links import InviteLinks, NewInviteLinks
from ...models.meetings import (
    CaptionToken,
    ListedMeeting,
    Meeting,
    MeetingInvitation,
    MeetingsPage,
    MeetingStatusUpdate,
    MeetingUpdate,
    NewMeeting,
    NewSipUri,
    RtmsStatusUpdate,
    SipUri,
    UpcomingMeeting,
    UpcomingMeetingsPage,
)
from ...models.recordings import Transcript
from ...models.summaries import ListedSummary, MeetingSummary, SummariesPage
from .._resource import ADMIN_WRITE, READ, WRITE, Resource, endpoint, host_quota, named_host_quota
from .livestream import MeetingLivestream
from .polls import MeetingPolls
from .registrants import MeetingRegistrants
from .survey import MeetingSurvey
from .templates import MeetingTemplates


class Meetings(Resource):
    """Scheduled meetings. A user is given by id or e-mail address; "me" works with a user's own token only.

    All methods raise `NotFound` for an unknown user or meeting, and `BadRequest` for a user who may not host (code
    3161).
    """

    LIST = endpoint(
        "GET /users/{userId}/meetings", Label.MEDIUM, MeetingsPage, READ, "meeting:read:list_meetings", page_size=300
    )
    UPCOMING = endpoint(
        "GET /users/{userId}/upcoming_meetings",
        Label.MEDIUM,
        UpcomingMeetingsPage,
        READ,
        "meeting:read:list_upcoming_meetings",
    )
    CREATE = endpoint("POST /users/{userId}/meetings", Label.MEDIUM, Meeting, WRITE, "meeting:write:meeting")
    GET = endpoint("GET /meetings/{meetingId}", Label.LIGHT, Meeting, READ, "meeting:read:meeting")
    # A second PATCH sets the same values again. It costs the host one more of 100 changes per day, and may send a mail.
    UPDATE = endpoint(
        "PATCH /meetings/{meetingId}", Label.LIGHT, NoneType, WRITE, "meeting:update:meeting", idempotent=True
    )
    DELETE = endpoint("DELETE /meetings/{meetingId}", Label.LIGHT, NoneType, ADMIN_WRITE, "meeting:delete:meeting")
    INVITATION = endpoint(
        "GET /meetings/{meetingId}/invitation", Label.LIGHT, MeetingInvitation, READ, "meeting:read:invitation"
    )
    UPDATE_STATUS = endpoint(
        "PUT /meetings/{meetingId}/status", Label.LIGHT, NoneType, ADMIN_WRITE, "meeting:update:status"
    )
    SUMMARY = endpoint(
        "GET /meetings/{meetingId}/meeting_summary",
        Label.LIGHT,
        MeetingSummary,
        ("meeting_summary:read:admin", "meeting_summary:read"),
        "meeting:read:summary",
    )
    SUMMARIES = Endpoint(
        route="GET /meetings/meeting_summaries",
        label=Label.MEDIUM,
        response=SummariesPage,
        scopes=("meeting_summary:read:admin",),
        granular_scopes=("meeting:read:list_summaries:admin",),
        page_size=300,
    )
    DELETE_SUMMARY = endpoint(
        "DELETE /meetings/{meetingId}/meeting_summary",
        Label.LIGHT,
        NoneType,
        ("meeting_summary:write", "meeting_summary:write:admin"),
        "meeting:delete:summary",
    )
    TRANSCRIPT = endpoint(
        "GET /meetings/{meetingId}/transcript",
        Label.MEDIUM,
        Transcript,
        ("recording:read", "recording:write", "recording:read:admin", "recording:write:admin"),
        "cloud_recording:read:meeting_transcript",
    )
    DELETE_TRANSCRIPT = endpoint(
        "DELETE /meetings/{meetingId}/transcript",
        Label.MEDIUM,
        NoneType,
        ("recording:write", "recording:write:admin"),
        "cloud_recording:delete:meeting_transcript",
    )
    CAPTION_TOKEN = endpoint("GET /meetings/{meetingId}/token", Label.LIGHT, CaptionToken, READ, "meeting:read:token")
    SIP_URI = endpoint(
        "POST /meetings/{meetingId}/sip_dialing",
        Label.MEDIUM,
        SipUri,
        ("meeting:write:sip_dialing", "meeting:write:admin:sip_dialing"),
        "meeting:write:sip_dialing",
        idempotent=True,
    )
    # Not idempotent: Zoom rejects an action that does not fit the state of the stream.
    UPDATE_RTMS_STATUS = endpoint(
        "PATCH /live_meetings/{meetingId}/rtms_app/status",
        Label.MEDIUM,
        NoneType,
        ADMIN_WRITE,
        "meeting:update:participant_rtms_app_status",
    )
    CREATE_INVITE_LINKS = endpoint(
        "POST /meetings/{meetingId}/invite_links",
        Label.LIGHT,
        InviteLinks,
        ADMIN_WRITE,
        "meeting:write:invite_links",
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.livestream: MeetingLivestream = MeetingLivestream(session)
        self.polls: MeetingPolls = MeetingPolls(session)
        self.registrants: MeetingRegistrants = MeetingRegistrants(session)
        self.survey: MeetingSurvey = MeetingSurvey(session)
        self.templates: MeetingTemplates = MeetingTemplates(session)

    def list(
        self,
        user_id: str,
        *,
        type_: Literal["scheduled", "live", "upcoming", "upcoming_meetings", "previous_meetings"] | str | None = None,
        from_: date | None = None,
        to: date | None = None,
        timezone: str | None = None,
    ) -> Paginator[MeetingsPage, ListedMeeting]:
        """Iterate over the meetings of a user that have not expired. Instant meetings are never listed.

        *type_* "scheduled" (Zoom's default) includes past, live and upcoming meetings; the other values are narrower.
        All but "scheduled" and "live" cover six months. *timezone* is the time zone of *from_* and *to*.
        """
        check_range(from_, to, optional=True)
        call = self.LIST.at(user_id, type_=type_, from_=from_, to=to, timezone=timezone)
        return paginate(self._session, call)

    def upcoming(self, user_id: str) -> Paginator[UpcomingMeetingsPage, UpcomingMeeting]:
        """Iterate over a user's meetings of the next 24 hours, including meetings that the user is invited to."""
        return paginate(self._session, self.UPCOMING.at(user_id))

    async def create(self, user_id: str, meeting: NewMeeting) -> Meeting:
        """Create a meeting and return it, with its links.

        Zoom allows 100 created or changed meetings and webinars per host and day; the next one raises
        `ResourceLimitReached`. Raises `OutcomeUnknown` if no response arrived: check whether the meeting exists before
        you create it again.
        """
        call = self.CREATE.at(user_id, body=meeting)
        return await self._session.send(call.with_resource_quotas(host_quota(meeting.schedule_for or user_id)))

    async def get(
        self, meeting_id: int, *, occurrence_id: str | None = None, show_previous_occurrences: bool | None = None
    ) -> Meeting:
        """Return a meeting, with its links and settings, or one occurrence of a recurring meeting.

        The occurrences of a recurring meeting include past ones only with *show_previous_occurrences*.
        """
        call = self.GET.at(meeting_id, occurrence_id=occurrence_id, show_previous_occurrences=show_previous_occurrences)
        return await self._session.send(call)

    async def update(self, meeting_id: int, meeting: MeetingUpdate, *, occurrence_id: str | None = None) -> None:
        """Change a meeting, or one occurrence of a recurring meeting.

        An occurrence can have its own agenda, start and duration, and of the settings *host_video*,
        *participant_video*, *join_before_host*, *mute_upon_entry*, *waiting_room*, *watermark* and *auto_recording*.
        Zoom allows 100 created or changed meetings per host and day; the next one raises
        `ResourceLimitReached`. The client counts a change only if *schedule_for* names the host.
        """
        call = self.UPDATE.at(meeting_id, body=meeting, occurrence_id=occurrence_id)
        await self._session.send(call.with_resource_quotas(*named_host_quota(meeting.schedule_for)))

    async def delete(
        self,
        meeting_id: int,
        *,
        occurrence_id: str | None = None,
        schedule_for_reminder: bool | None = None,
        cancel_meeting_reminder: bool | None = None,
    ) -> None:
        """Delete a meeting with all its occurrences, or only *occurrence_id*.

        Zoom sends a mail to the host and the alternative hosts with *schedule_for_reminder* (the default is not
        documented), and to the registrants with *cancel_meeting_reminder* (by default not). Raises `BadRequest` for a
        personal meeting room (code 3018) or audio conference (code 3037).
        """
        call = self.DELETE.at(
            meeting_id,
            occurrence_id=occurrence_id,
            schedule_for_reminder=schedule_for_reminder,
            cancel_meeting_reminder=cancel_meeting_reminder,
        )
        await self._session.send(call)

    async def invitation(self, meeting_id: int) -> MeetingInvitation:
        """Return the text of a meeting's invitation."""
        return await self._session.send(self.INVITATION.at(meeting_id))

    async def update_status(self, meeting_id: int, status: MeetingStatusUpdate) -> None:
        """End a running meeting, or recover a deleted one. Raises `BadRequest` for one on premises (code 3063)."""
        await self._session.send(self.UPDATE_STATUS.at(meeting_id, body=status))

    async def end(self, meeting_id: int) -> None:
        """End a running meeting. Short for `update_status` with the action "end"."""
        await self.update_status(meeting_id, MeetingStatusUpdate(action="end"))

    async def summary(self, meeting_id: str) -> MeetingSummary:
        """Return the AI Companion's summary of one instance. *meeting_id* is its UUID, which may contain slashes.

        Raises `PermissionDenied` (code 2305) for a summary that is sent by mail only, is in the trash, or is blocked by
        an IP rule.
        """
        return await self._session.send(self.SUMMARY.at(meeting_id))

    def summaries(
        self, *, from_: Timestamp | None = None, to: Timestamp | None = None
    ) -> Paginator[SummariesPage, ListedSummary]:
        """Iterate over the AI Companion's summaries of all meetings and webinars of the account.

        *from_* and *to* are aware times, and limit the listing to summaries created between them. The range that Zoom
        takes without them is not documented. Raises `BadRequest` if summaries are off (code 3000), and
        `PermissionDenied` on a free account (code 200), or if an account setting blocks summaries (code 2305).
        """
        first, last = time_range(from_, to)
        return paginate(self._session, self.SUMMARIES.at(from_=first, to=last))

    async def delete_summary(self, meeting_id: str) -> None:
        """Delete the summary of one instance. *meeting_id* is its UUID, as for `summary`."""
        await self._session.send(self.DELETE_SUMMARY.at(meeting_id))

    async def transcript(self, meeting_id: MeetingRef) -> Transcript:
        """Return the link of the transcript of one instance: of the latest for a number, of that instance for a UUID.

        Raises `NotFound` if there is no transcript (code 3322), and `PermissionDenied` without the permission.
        """
        return await self._session.send(self.TRANSCRIPT.at(meeting_id))

    async def delete_transcript(self, meeting_id: MeetingRef) -> None:
        """Delete the transcript of one instance. Arguments and errors are as in `transcript`.

        The reference does not say whether the transcript can be recovered.
        """
        await self._session.send(self.DELETE_TRANSCRIPT.at(meeting_id))

    async def caption_token(
        self, meeting_id: int, *, type_: Literal["closed_caption_token"] | str | None = None
    ) -> CaptionToken:
        """Return the address for closed captions. The only *type_* is Zoom's default."""
        return await self._session.send(self.CAPTION_TOKEN.at(meeting_id, type_=type_))

    async def sip_uri(self, meeting_id: int, uri: NewSipUri = NewSipUri()) -> SipUri:  # noqa: B008  it is frozen
        """Return a SIP URI that dials a meeting. It expires after two hours."""
        return await self._session.send(self.SIP_URI.at(meeting_id, body=uri))

    async def create_invite_links(self, meeting_id: int, links: NewInviteLinks) -> InviteLinks:
        """Create a personal link for each of at most 500 people."""
        return await self._session.send(self.CREATE_INVITE_LINKS.at(meeting_id, body=links))

    async def update_rtms_status(self, meeting_id: int, status: RtmsStatusUpdate) -> None:
        """Start, stop, pause or resume an app's real-time media stream of one participant of a running meeting.

        Raises `BadRequest` if the meeting or the stream has not started (codes 3000 and 13277), and `PermissionDenied`
        if the app, the user or the account may not stream.
        """
        await self._session.send(self.UPDATE_RTMS_STATUS.at(meeting_id, body=status))
