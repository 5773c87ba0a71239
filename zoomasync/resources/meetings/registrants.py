"""`zoom.meetings.registrants`: the registrants of a meeting, and the registration form."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType
from typing import Literal

from ..._core.endpoint import Endpoint, ResourceQuota
from ..._core.pagination import Paginator
from ..._label import Label
from ...models.registrants import (
    NewRegistrant,
    Registrant,
    RegistrantAdded,
    RegistrantsPage,
    RegistrantStatusUpdate,
    RegistrationQuestions,
    RegistrationQuestionsUpdate,
)
from .._resource import Resource

_READ = ("meeting:read:admin", "meeting:read")
_WRITE = ("meeting:write:admin", "meeting:write")
_ADDS_PER_REGISTRANT = 3
_CHANGES_PER_REGISTRANT = 10


def _quota(meeting_id: int, person: str, per_day: int) -> ResourceQuota:
    return ResourceQuota("registrant", f"{meeting_id}/{person.strip().casefold()}/{per_day}", per_day)


class Registrants(Resource):
    """The registrants of a meeting with registration, at most 4,999. The host must have a licence.

    All methods raise `NotFound` for an unknown meeting, and `BadRequest` without access to it (code 3000 or 3003).
    """

    LIST = Endpoint(
        route="GET /meetings/{meetingId}/registrants",
        label=Label.MEDIUM,
        scopes=_READ,
        granular_scopes=("meeting:read:list_registrants", "meeting:read:list_registrants:admin"),
        response=RegistrantsPage,
        page_size=300,
    )
    ADD = Endpoint(
        route="POST /meetings/{meetingId}/registrants",
        label=Label.LIGHT,
        scopes=_WRITE,
        granular_scopes=("meeting:write:registrant", "meeting:write:registrant:admin"),
        response=RegistrantAdded,
    )
    GET = Endpoint(
        route="GET /meetings/{meetingId}/registrants/{registrantId}",
        label=Label.LIGHT,
        scopes=_READ,
        granular_scopes=("meeting:read:registrant", "meeting:read:registrant:admin"),
        response=Registrant,
    )
    REMOVE = Endpoint(
        route="DELETE /meetings/{meetingId}/registrants/{registrantId}",
        label=Label.LIGHT,
        scopes=_WRITE,
        granular_scopes=("meeting:delete:registrant", "meeting:delete:registrant:admin"),
        response=NoneType,
    )
    UPDATE_STATUS = Endpoint(
        route="PUT /meetings/{meetingId}/registrants/status",
        label=Label.MEDIUM,
        scopes=_WRITE,
        granular_scopes=("meeting:update:registrant_status", "meeting:update:registrant_status:admin"),
        response=NoneType,
    )
    QUESTIONS = Endpoint(
        route="GET /meetings/{meetingId}/registrants/questions",
        label=Label.LIGHT,
        scopes=("meeting:read", "meeting:read:admin"),
        granular_scopes=("meeting:read:list_registration_questions", "meeting:read:list_registration_questions:admin"),
        response=RegistrationQuestions,
    )
    UPDATE_QUESTIONS = Endpoint(
        route="PATCH /meetings/{meetingId}/registrants/questions",
        label=Label.LIGHT,
        scopes=("meeting:write", "meeting:write:admin"),
        granular_scopes=("meeting:update:registration_question", "meeting:update:registration_question:admin"),
        response=NoneType,
        idempotent=True,
    )

    def list(
        self,
        meeting_id: int,
        *,
        status: Literal["pending", "approved", "denied"] | str | None = None,
        occurrence_id: str | None = None,
    ) -> Paginator[RegistrantsPage, Registrant]:
        """Iterate over the registrants with one *status*; Zoom's default is "approved".

        *occurrence_id* limits the listing to one occurrence of a recurring meeting.
        """
        return Paginator(self._session, self.LIST.at(meeting_id, status=status, occurrence_id=occurrence_id))

    async def add(
        self, meeting_id: int, registrant: NewRegistrant, *, occurrence_ids: Sequence[str] | None = None
    ) -> RegistrantAdded:
        """Register a person for a meeting, or for the occurrences *occurrence_ids*, and return the registration.

        For an e-mail address that is already registered, Zoom returns the existing registration. One person may be
        added to one meeting three times per day; the next call raises `ResourceLimitReached`. Raises `BadRequest` if
        the meeting is full (code 3043), and for its host and alternative hosts (code 3027). Raises `OutcomeUnknown` if
        no response arrived: check with `list` before you add the person again.
        """
        # An empty list would not be sent and thus mean all occurrences. As empty text it raises InvalidArgument.
        ids = None if occurrence_ids is None else ",".join(occurrence_ids)
        quota = _quota(meeting_id, registrant.email, _ADDS_PER_REGISTRANT)
        return await self._session.send(self.ADD.at(meeting_id, body=registrant, occurrence_ids=ids).spending(quota))

    async def get(self, meeting_id: int, registrant_id: str) -> Registrant:
        """Return one registrant."""
        return await self._session.send(self.GET.at(meeting_id, registrant_id))

    async def remove(self, meeting_id: int, registrant_id: str, *, occurrence_id: str | None = None) -> None:
        """Remove one registrant. A meeting with registration per occurrence requires *occurrence_id*."""
        await self._session.send(self.REMOVE.at(meeting_id, registrant_id, occurrence_id=occurrence_id))

    async def update_status(
        self, meeting_id: int, status: RegistrantStatusUpdate, *, occurrence_id: str | None = None
    ) -> None:
        """Approve, deny or cancel up to 30 registrations in one call.

        The status of one registrant may change ten times per day; the next call raises `ResourceLimitReached`.
        """
        quotas = [
            _quota(meeting_id, key.id or key.email or "", _CHANGES_PER_REGISTRANT) for key in status.registrants or ()
        ]
        call = self.UPDATE_STATUS.at(meeting_id, body=status, occurrence_id=occurrence_id)
        await self._session.send(call.spending(*quotas))

    async def questions(self, meeting_id: int) -> RegistrationQuestions:
        """Return the questions of the registration form."""
        return await self._session.send(self.QUESTIONS.at(meeting_id))

    async def update_questions(self, meeting_id: int, questions: RegistrationQuestionsUpdate) -> None:
        """Change the questions of the registration form."""
        await self._session.send(self.UPDATE_QUESTIONS.at(meeting_id, body=questions))
