"""`zoom.meetings.registrants`: the registrants of a meeting, and the registration form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Generic, Literal, TypeVar

from ..._core.endpoint import Call, ResourceQuota
from ..._core.pagination import Paginator, chain, paginate
from ..._label import Label
from ...errors import ConfigError, DailyLimitReached, Unauthorized, ZoomError
from ...models.registrants import (
    NewRegistrant,
    Registrant,
    RegistrantAdded,
    RegistrantKey,
    RegistrantsPage,
    RegistrantStatusUpdate,
    RegistrationQuestions,
    RegistrationQuestionsUpdate,
)
from .._resource import ADMIN_READ, ADMIN_WRITE, READ, WRITE, Resource, endpoint

_ADDS_PER_REGISTRANT = 3
_CHANGES_PER_REGISTRANT = 10
_CHANGES_PER_CALL = 30
_FATAL = (Unauthorized, DailyLimitReached, ConfigError)

PersonT = TypeVar("PersonT", bound=Registrant | RegistrantAdded | RegistrantKey)


@dataclass(frozen=True, slots=True)
class RegistrantOutcome(Generic[PersonT]):
    """The outcome of a status change for one person. *error* is None if the call succeeded."""

    person: PersonT
    error: ZoomError | None = None


def _quota(meeting_id: int, person: str, per_day: int) -> ResourceQuota:
    return ResourceQuota("registrant", f"{meeting_id}/{person.strip().casefold()}/{per_day}", per_day)


def _key(person: Registrant | RegistrantAdded | RegistrantKey) -> RegistrantKey:
    if isinstance(person, RegistrantKey):
        return RegistrantKey(id=person.id or None, email=person.email or None)
    if isinstance(person, RegistrantAdded):
        return RegistrantKey(id=person.registrant_id or None)
    return RegistrantKey(id=person.id or None, email=person.email or None)


class Registrants(Resource):
    """The registrants of a meeting with registration, at most 4,999. The host must have a licence.

    All methods raise `NotFound` for an unknown meeting, and `BadRequest` without access to it (code 3000 or 3003).
    """

    LIST = endpoint(
        "GET /meetings/{meetingId}/registrants",
        Label.MEDIUM,
        RegistrantsPage,
        ADMIN_READ,
        "meeting:read:list_registrants",
        page_size=300,
    )
    ADD = endpoint(
        "POST /meetings/{meetingId}/registrants", Label.LIGHT, RegistrantAdded, ADMIN_WRITE, "meeting:write:registrant"
    )
    GET = endpoint(
        "GET /meetings/{meetingId}/registrants/{registrantId}",
        Label.LIGHT,
        Registrant,
        ADMIN_READ,
        "meeting:read:registrant",
    )
    REMOVE = endpoint(
        "DELETE /meetings/{meetingId}/registrants/{registrantId}",
        Label.LIGHT,
        NoneType,
        ADMIN_WRITE,
        "meeting:delete:registrant",
    )
    UPDATE_STATUS = endpoint(
        "PUT /meetings/{meetingId}/registrants/status",
        Label.MEDIUM,
        NoneType,
        ADMIN_WRITE,
        "meeting:update:registrant_status",
    )
    QUESTIONS = endpoint(
        "GET /meetings/{meetingId}/registrants/questions",
        Label.LIGHT,
        RegistrationQuestions,
        READ,
        "meeting:read:list_registration_questions",
    )
    UPDATE_QUESTIONS = endpoint(
        "PATCH /meetings/{meetingId}/registrants/questions",
        Label.LIGHT,
        NoneType,
        WRITE,
        "meeting:update:registration_question",
        idempotent=True,
    )

    def list(
        self,
        meeting_id: int,
        *,
        status: Literal["pending", "approved", "denied", "all"] | str | None = None,
        occurrence_id: str | None = None,
    ) -> Paginator[RegistrantsPage, Registrant]:
        """Iterate over the registrants with one *status*; Zoom's default is "approved".

        With "all", one listing per status is fetched: approved, then pending, then denied. A person whose status
        changes meanwhile may come twice or not at all, and the totals of a page are those of its status.
        *occurrence_id* limits the listing to one occurrence of a recurring meeting.
        """
        statuses = ("approved", "pending", "denied") if status == "all" else (status,)
        calls = [self.LIST.at(meeting_id, status=each, occurrence_id=occurrence_id) for each in statuses]
        return chain([paginate(self._session, call) for call in calls])

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
        return await self._session.send(
            self.ADD.at(meeting_id, body=registrant, occurrence_ids=ids).with_resource_quotas(quota)
        )

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

        `approve`, `deny` and `cancel` do the same for any number of people. The status of one registrant may change ten
        times per day; the next call raises `ResourceLimitReached`.
        """
        await self._session.send(self._status_call(meeting_id, status, occurrence_id))

    async def approve(
        self, meeting_id: int, people: Iterable[PersonT], *, occurrence_id: str | None = None
    ) -> tuple[RegistrantOutcome[PersonT], ...]:
        """Approve the registrations of any number of people, and return the outcome of each, in the same order.

        Zoom identifies a person by registrant id or e-mail address: a `Registrant` is sent with both, a
        `RegistrantAdded` with the id, a `RegistrantKey` as it is. One call covers 30 people, and the calls are sent one
        after the other.

        An error of a call is the outcome of each of its 30 people, and the next call is sent nevertheless. After
        `Unauthorized`, `DailyLimitReached` or `ConfigError` no call is sent, and the remaining people have that error.
        A cancellation discards the outcomes. Raises `InvalidArgument`, before the first call, for a key with neither id
        nor e-mail address.
        """
        return await self._change_status("approve", meeting_id, people, occurrence_id)

    async def deny(
        self, meeting_id: int, people: Iterable[PersonT], *, occurrence_id: str | None = None
    ) -> tuple[RegistrantOutcome[PersonT], ...]:
        """Deny the registrations of any number of people. Arguments, result and errors are as in `approve`."""
        return await self._change_status("deny", meeting_id, people, occurrence_id)

    async def cancel(
        self, meeting_id: int, people: Iterable[PersonT], *, occurrence_id: str | None = None
    ) -> tuple[RegistrantOutcome[PersonT], ...]:
        """Cancel the registrations of any number of people. Arguments, result and errors are as in `approve`."""
        return await self._change_status("cancel", meeting_id, people, occurrence_id)

    async def questions(self, meeting_id: int) -> RegistrationQuestions:
        """Return the questions of the registration form."""
        return await self._session.send(self.QUESTIONS.at(meeting_id))

    async def update_questions(self, meeting_id: int, questions: RegistrationQuestionsUpdate) -> None:
        """Change the questions of the registration form."""
        await self._session.send(self.UPDATE_QUESTIONS.at(meeting_id, body=questions))

    def _status_call(self, meeting_id: int, status: RegistrantStatusUpdate, occurrence_id: str | None) -> Call[None]:
        quotas = [
            _quota(meeting_id, key.id or key.email or "", _CHANGES_PER_REGISTRANT) for key in status.registrants or ()
        ]
        return self.UPDATE_STATUS.at(meeting_id, body=status, occurrence_id=occurrence_id).with_resource_quotas(*quotas)

    async def _change_status(
        self, action: str, meeting_id: int, people: Iterable[PersonT], occurrence_id: str | None
    ) -> tuple[RegistrantOutcome[PersonT], ...]:
        everyone = tuple(people)
        chunks = [everyone[at : at + _CHANGES_PER_CALL] for at in range(0, len(everyone), _CHANGES_PER_CALL)]
        bodies = [RegistrantStatusUpdate(action=action, registrants=tuple(map(_key, chunk))) for chunk in chunks]
        calls = [self._status_call(meeting_id, body, occurrence_id) for body in bodies]
        outcomes: list[RegistrantOutcome[PersonT]] = []
        error: ZoomError | None = None
        for chunk, call in zip(chunks, calls, strict=True):
            if not isinstance(error, _FATAL):
                error = await self._error_of(call)
            outcomes += [RegistrantOutcome(person, error) for person in chunk]
        return tuple(outcomes)

    async def _error_of(self, call: Call[None]) -> ZoomError | None:
        try:
            await self._session.send(call)
        except ZoomError as error:
            return error
        return None
