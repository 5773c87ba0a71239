"""`zoom.past_meetings`: meetings that have ended, from the endpoints that spend no heavy budget."""

from __future__ import annotations

from datetime import date

from .._core.date_ranges import check_range
from .._core.endpoint import Endpoint, MeetingRef
from .._core.pagination import Paginator
from .._label import Label
from ..models.past_meetings import PastInstances, PastMeeting, PastParticipant, PastParticipantsPage, PastPolls, PastQA
from ._resource import Resource

_SCOPES = ("meeting:read:admin", "meeting:read")


class PastMeetings(Resource):
    """Ended meetings and who was there, up to a year back; no day budget on paid plans.

    A meeting number means its latest ended instance; a UUID from `instances` means that one (slashes are fine). All
    raise `NotFound` for a meeting that is unknown, running or expired, and `BadRequest` (code 12702) for one that is
    older than a year.
    """

    GET = Endpoint(
        route="GET /past_meetings/{meetingId}",
        label=Label.LIGHT,
        scopes=_SCOPES,
        granular_scopes=("meeting:read:past_meeting", "meeting:read:past_meeting:admin"),
        response=PastMeeting,
    )
    INSTANCES = Endpoint(
        route="GET /past_meetings/{meetingId}/instances",
        label=Label.MEDIUM,
        scopes=_SCOPES,
        granular_scopes=("meeting:read:list_past_instances", "meeting:read:list_past_instances:admin"),
        response=PastInstances,
    )
    PARTICIPANTS = Endpoint(
        route="GET /past_meetings/{meetingId}/participants",
        label=Label.MEDIUM,
        scopes=_SCOPES,
        granular_scopes=("meeting:read:list_past_participants", "meeting:read:list_past_participants:admin"),
        response=PastParticipantsPage,
        page_size=300,
    )
    POLLS = Endpoint(
        route="GET /past_meetings/{meetingId}/polls",
        label=Label.MEDIUM,
        scopes=_SCOPES,
        granular_scopes=("meeting:read:list_poll_results", "meeting:read:list_poll_results:admin"),
        response=PastPolls,
    )
    QA = Endpoint(
        route="GET /past_meetings/{meetingId}/qa",
        label=Label.MEDIUM,
        scopes=_SCOPES,
        granular_scopes=("meeting:read:past_qa", "meeting:read:past_qa:admin"),
        response=PastQA,
    )

    async def get(self, meeting_id: MeetingRef) -> PastMeeting:
        """Return one ended meeting: when it was, how long, how many came. Needs a paid account."""
        return await self._session.send(self.GET.at(meeting_id))

    async def instances(self, meeting_id: int, *, from_: date | None = None, to: date | None = None) -> PastInstances:
        """Return every time that a recurring meeting took place, at most 15 months back.

        Each instance has its own UUID; pass that UUID, not *meeting_id*, to ask for its participants. *from_* and *to*
        stand only in the newest reference, which does not say how they are spelled: days are assumed.
        """
        check_range(from_, to, optional=True)
        return await self._session.send(self.INSTANCES.at(meeting_id, from_=from_, to=to))

    def participants(self, meeting_id: MeetingRef) -> Paginator[PastParticipantsPage, PastParticipant]:
        """Iterate over the stays of everyone who was there: who rejoins comes again.

        Empty for a meeting of one person. Zoom needs some time after a large meeting; until then durations are 0. Needs
        a paid account.
        """
        return Paginator(self._session, self.PARTICIPANTS.at(meeting_id))

    async def polls(self, meeting_id: MeetingRef) -> PastPolls:
        """Return the answers to the polls of a scheduled meeting, person by person. The host needs a Pro licence."""
        return await self._session.send(self.POLLS.at(meeting_id))

    async def qa(self, meeting_id: MeetingRef) -> PastQA:
        """Return the questions and answers of a meeting, person by person, at most 15 months back."""
        return await self._session.send(self.QA.at(meeting_id))
