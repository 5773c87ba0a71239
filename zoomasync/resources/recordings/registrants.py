"""`zoom.recordings.registrants`: the registrants of an on-demand recording, and the registration form."""

from __future__ import annotations

from types import NoneType

from ..._core.pagination import Paginator, paginate
from ..._core.routes import MeetingRef
from ..._label import Label
from ...models.recordings import NewRecordingRegistrant, RecordingRegistrantAdded, RecordingRegistrantStatusUpdate
from ...models.registrants import (
    Registrant,
    RegistrantsPage,
    RegistrantStatus,
    RegistrationQuestions,
    RegistrationQuestionsUpdate,
)
from .._resource import RECORDING_LEVELS, RECORDING_READ, RECORDING_WRITE, Resource, endpoint


class RecordingRegistrants(Resource):
    """The registrants of an on-demand recording: people register to watch it.

    All methods raise `NotFound` for an unknown meeting.
    """

    LIST = endpoint(
        "GET /meetings/{meetingId}/recordings/registrants",
        Label.MEDIUM,
        RegistrantsPage,
        RECORDING_READ,
        "cloud_recording:read:list_recording_registrants",
        levels=RECORDING_LEVELS,
        page_size=300,
    )
    ADD = endpoint(
        "POST /meetings/{meetingId}/recordings/registrants",
        Label.LIGHT,
        RecordingRegistrantAdded,
        RECORDING_WRITE,
        "cloud_recording:write:recording_registrant",
        levels=RECORDING_LEVELS,
    )
    UPDATE_STATUS = endpoint(
        "PUT /meetings/{meetingId}/recordings/registrants/status",
        Label.MEDIUM,
        NoneType,
        RECORDING_WRITE,
        "cloud_recording:update:registrant_status",
        levels=RECORDING_LEVELS,
    )
    QUESTIONS = endpoint(
        "GET /meetings/{meetingId}/recordings/registrants/questions",
        Label.LIGHT,
        RegistrationQuestions,
        RECORDING_READ,
        "cloud_recording:read:registration_questions",
        levels=RECORDING_LEVELS,
    )
    UPDATE_QUESTIONS = endpoint(
        "PATCH /meetings/{meetingId}/recordings/registrants/questions",
        Label.LIGHT,
        NoneType,
        RECORDING_WRITE,
        "cloud_recording:update:registration_questions",
        levels=RECORDING_LEVELS,
        idempotent=True,
    )

    def list(
        self, meeting_id: int, *, status: RegistrantStatus | None = None
    ) -> Paginator[RegistrantsPage, Registrant]:
        """Iterate over the registrants with one *status*; Zoom's default is "approved"."""
        return paginate(self._session, self.LIST.at(meeting_id, status=status))

    async def add(self, meeting_id: int, registrant: NewRecordingRegistrant) -> RecordingRegistrantAdded:
        """Register a person for the recording of a meeting, and return the registration.

        Raises `OutcomeUnknown` if no response arrived: check with `list` before you add the person again.
        """
        return await self._session.send(self.ADD.at(meeting_id, body=registrant))

    async def update_status(self, meeting_id: int, status: RecordingRegistrantStatusUpdate) -> None:
        """Approve or deny up to 30 registrations in one call."""
        await self._session.send(self.UPDATE_STATUS.at(meeting_id, body=status))

    async def questions(self, meeting_id: MeetingRef) -> RegistrationQuestions:
        """Return the questions of the registration form."""
        return await self._session.send(self.QUESTIONS.at(meeting_id))

    async def update_questions(self, meeting_id: MeetingRef, questions: RegistrationQuestionsUpdate) -> None:
        """Change the questions of the registration form."""
        await self._session.send(self.UPDATE_QUESTIONS.at(meeting_id, body=questions))
