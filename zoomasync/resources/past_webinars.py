"""`zoom.past_webinars`: ended webinars."""

from __future__ import annotations

from .._core.pagination import Paginator, paginate
from .._core.routes import MeetingRef
from .._label import Label
from ..models.instance_reports import PollReport
from ..models.past_meetings import (
    PastInstance,
    PastParticipant,
    PastParticipantsPage,
    PastQA,
    PastWebinarInstancesPage,
)
from ..models.registrants import Registrant, RegistrantsPage
from ._resource import WEBINAR_ADMIN_READ, Resource, endpoint


class PastWebinars(Resource):
    """Ended webinars and their participants. The host must have a webinar plan.

    A webinar number means the latest ended instance. A UUID from `instances` means that instance, and may
    contain slashes. All methods raise `NotFound` for a webinar that is unknown, running or expired, and
    `PermissionDenied` (code 200) without a plan or permission.
    """

    INSTANCES = endpoint(
        "GET /past_webinars/{webinarId}/instances",
        Label.LIGHT,
        PastWebinarInstancesPage,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_past_instances",
    )
    PARTICIPANTS = endpoint(
        "GET /past_webinars/{webinarId}/participants",
        Label.MEDIUM,
        PastParticipantsPage,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_past_participants",
        page_size=300,
    )
    ABSENTEES = endpoint(
        "GET /past_webinars/{webinarId}/absentees",
        Label.HEAVY,
        RegistrantsPage,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_absentees",
        page_size=300,
    )
    POLLS = endpoint(
        "GET /past_webinars/{webinarId}/polls",
        Label.MEDIUM,
        PollReport,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_past_polls",
    )
    QA = endpoint("GET /past_webinars/{webinarId}/qa", Label.MEDIUM, PastQA, WEBINAR_ADMIN_READ, "webinar:read:past_qa")

    def instances(self, webinar_id: int) -> Paginator[PastWebinarInstancesPage, PastInstance]:
        """Iterate over the ended instances of a webinar. Pass the UUID of one to the other methods."""
        return paginate(self._session, self.INSTANCES.at(webinar_id))

    def participants(self, webinar_id: MeetingRef) -> Paginator[PastParticipantsPage, PastParticipant]:
        """Iterate over the visits of all participants. A person who rejoined has several visits.

        After a large webinar, durations are 0 until Zoom has processed it.
        """
        return paginate(self._session, self.PARTICIPANTS.at(webinar_id))

    def absentees(
        self, webinar_id: MeetingRef, *, occurrence_id: str | None = None
    ) -> Paginator[RegistrantsPage, Registrant]:
        """Iterate over the registrants who did not attend. Raises `BadRequest` without registration (code 3000)."""
        return paginate(self._session, self.ABSENTEES.at(webinar_id, occurrence_id=occurrence_id))

    async def polls(self, webinar_id: MeetingRef) -> PollReport:
        """Return the poll answers of a webinar, grouped by person."""
        return await self._session.send(self.POLLS.at(webinar_id))

    async def qa(self, webinar_id: MeetingRef) -> PastQA:
        """Return the questions and answers of a webinar, grouped by person."""
        return await self._session.send(self.QA.at(webinar_id))
