"""`zoom.past_meetings`: ended meetings, from endpoints with the labels Light and Medium."""

from __future__ import annotations

from datetime import date

from .._core.date_ranges import check_range
from .._core.pagination import Paginator, paginate
from .._core.routes import MeetingRef
from .._label import Label
from ..models.instance_reports import PollReport
from ..models.past_meetings import (
    PastInstance,
    PastInstancesPage,
    PastMeeting,
    PastParticipant,
    PastParticipantsPage,
    PastQA,
)
from ._resource import ADMIN_READ, Resource, endpoint


class PastMeetings(Resource):
    """Ended meetings and their participants, up to a year back. On paid plans no daily quota applies.

    A meeting number means the latest ended instance. A UUID from `instances` means that instance, and may
    contain slashes. All methods raise `NotFound` for a meeting that is unknown, running or expired, and `BadRequest`
    (code 12702) for a meeting older than a year.
    """

    GET = endpoint("GET /past_meetings/{meetingId}", Label.LIGHT, PastMeeting, ADMIN_READ, "meeting:read:past_meeting")
    INSTANCES = endpoint(
        "GET /past_meetings/{meetingId}/instances",
        Label.MEDIUM,
        PastInstancesPage,
        ADMIN_READ,
        "meeting:read:list_past_instances",
    )
    PARTICIPANTS = endpoint(
        "GET /past_meetings/{meetingId}/participants",
        Label.MEDIUM,
        PastParticipantsPage,
        ADMIN_READ,
        "meeting:read:list_past_participants",
        page_size=300,
    )
    POLLS = endpoint(
        "GET /past_meetings/{meetingId}/polls", Label.MEDIUM, PollReport, ADMIN_READ, "meeting:read:list_poll_results"
    )
    QA = endpoint("GET /past_meetings/{meetingId}/qa", Label.MEDIUM, PastQA, ADMIN_READ, "meeting:read:past_qa")

    async def get(self, meeting_id: MeetingRef) -> PastMeeting:
        """Return the times, duration and participant count of one ended meeting. Requires a paid account."""
        return await self._session.send(self.GET.at(meeting_id))

    def instances(
        self, meeting_id: int, *, from_: date | None = None, to: date | None = None
    ) -> Paginator[PastInstancesPage, PastInstance]:
        """Iterate over the ended instances of a recurring meeting, at most 15 months back.

        Each instance has its own UUID. Pass that UUID, not *meeting_id*, to fetch its participants. Only the newest
        reference has *from_* and *to*, and it does not document their format: they are sent as days.
        """
        check_range(from_, to, optional=True)
        return paginate(self._session, self.INSTANCES.at(meeting_id, from_=from_, to=to))

    def participants(self, meeting_id: MeetingRef) -> Paginator[PastParticipantsPage, PastParticipant]:
        """Iterate over the visits of all participants. A person who rejoined has several visits.

        The listing is empty for a meeting with one person. After a large meeting, durations are 0 until Zoom has
        processed it. Requires a paid account.
        """
        return paginate(self._session, self.PARTICIPANTS.at(meeting_id))

    async def polls(self, meeting_id: MeetingRef) -> PollReport:
        """Return the poll answers of a scheduled meeting, grouped by person. The host must have a Pro licence."""
        return await self._session.send(self.POLLS.at(meeting_id))

    async def qa(self, meeting_id: MeetingRef) -> PastQA:
        """Return the questions and answers of a meeting, grouped by person, at most 15 months back."""
        return await self._session.send(self.QA.at(meeting_id))
