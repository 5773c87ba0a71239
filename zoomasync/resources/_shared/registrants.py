"""The registrants of a meeting or webinar, and the registration form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

from ..._core.endpoint import Call, Endpoint, ResourceQuota
from ..._core.pagination import Paginator, chain, paginate
from ...errors import ConfigError, DailyLimitReached, Unauthorized, ZoomError
from ...models.registrants import (
    NewRegistrant,
    NewRegistrants,
    Registrant,
    RegistrantAdded,
    RegistrantKey,
    RegistrantsAdded,
    RegistrantsPage,
    RegistrantStatusUpdate,
    Registration,
    RegistrationQuestions,
    RegistrationQuestionsUpdate,
)
from .._resource import Resource

_ADDS_PER_REGISTRANT = 3
_CHANGES_PER_REGISTRANT = 10
_CHANGES_PER_CALL = 30
_FATAL = (Unauthorized, DailyLimitReached, ConfigError)

T = TypeVar("T")
PersonT = TypeVar("PersonT", bound=Registrant | Registration | RegistrantKey)
ListedStatus: TypeAlias = Literal["pending", "approved", "denied", "all"] | str


@dataclass(frozen=True, slots=True)
class RegistrantOutcome(Generic[PersonT]):
    """The outcome of a status change for one person. *error* is None if the call succeeded."""

    person: PersonT
    error: ZoomError | None = None


def _counted(call: Call[T], people: Iterable[str], per_day: int) -> Call[T]:
    """Return *call*, counted for each of *people*: ids or e-mail addresses."""
    keys = [f"{call.resource}/{person.strip().casefold()}/{per_day}" for person in people]
    return call.with_resource_quotas(*(ResourceQuota("registrant", key, per_day) for key in keys))


def _key(person: Registrant | Registration | RegistrantKey) -> RegistrantKey:
    if isinstance(person, RegistrantKey):
        return RegistrantKey(id=person.id or None, email=person.email or None)
    if isinstance(person, Registration):
        return RegistrantKey(id=person.registrant_id or None)
    return RegistrantKey(id=person.id or None, email=person.email or None)


class Registrants(Resource):
    """The registrants of a meeting or webinar with registration. *meeting_id* is the number of either.

    All methods raise `NotFound` for an unknown meeting or webinar, and `BadRequest` without registration or without
    access (code 3000 or 3003).
    """

    LIST: ClassVar[Endpoint[RegistrantsPage]]
    ADD: ClassVar[Endpoint[RegistrantAdded]]
    ADD_BATCH: ClassVar[Endpoint[RegistrantsAdded]]
    GET: ClassVar[Endpoint[Registrant]]
    REMOVE: ClassVar[Endpoint[None]]
    UPDATE_STATUS: ClassVar[Endpoint[None]]
    QUESTIONS: ClassVar[Endpoint[RegistrationQuestions]]
    UPDATE_QUESTIONS: ClassVar[Endpoint[None]]

    def list(
        self, meeting_id: int, *, status: ListedStatus | None = None, occurrence_id: str | None = None
    ) -> Paginator[RegistrantsPage, Registrant]:
        """Iterate over the registrants with one *status*; Zoom's default is "approved".

        With "all", one listing per status is fetched: approved, then pending, then denied. A person whose status
        changes meanwhile may come twice or not at all, and the totals of a page are those of its status.
        *occurrence_id* limits the listing to one occurrence.
        """
        return self._list(meeting_id, status, occurrence_id)

    def _list(
        self, meeting_id: int, status: str | None, occurrence_id: str | None, tracking_source_id: str | None = None
    ) -> Paginator[RegistrantsPage, Registrant]:
        calls = [
            self.LIST.at(meeting_id, status=each, occurrence_id=occurrence_id, tracking_source_id=tracking_source_id)
            for each in (("approved", "pending", "denied") if status == "all" else (status,))
        ]
        return chain([paginate(self._session, call) for call in calls])

    async def add(
        self, meeting_id: int, registrant: NewRegistrant, *, occurrence_ids: Sequence[str] | None = None
    ) -> RegistrantAdded:
        """Register a person, for the occurrences *occurrence_ids* or for all, and return the registration.

        For an e-mail address that is already registered, Zoom returns the existing registration. One person may be
        added to one meeting or webinar three times per day; the next call raises `ResourceLimitReached`. Raises
        `BadRequest` if it is full (code 3043, or 3000 for a webinar), and for its host and alternative hosts (code
        3027). Raises `OutcomeUnknown` if no response arrived: check with `list` before you add the person again.
        """
        # An empty list would not be sent and thus mean all occurrences. As empty text it raises InvalidArgument.
        ids = None if occurrence_ids is None else ",".join(occurrence_ids)
        call = self.ADD.at(meeting_id, body=registrant, occurrence_ids=ids)
        return await self._session.send(_counted(call, [registrant.email], _ADDS_PER_REGISTRANT))

    async def add_batch(self, meeting_id: int, registrants: NewRegistrants) -> RegistrantsAdded:
        """Register up to 30 people in one call, which is heavy, and return their registrations.

        Recurring meetings and webinars have no batches: `BadRequest`, code 303 or 300. The limit per person and day and
        the other errors are those of `add`, for the whole batch. The reference does not say whether Zoom registers the
        others if it rejects one person.
        """
        people = [person.email for person in registrants.registrants or ()]
        call = self.ADD_BATCH.at(meeting_id, body=registrants)
        return await self._session.send(_counted(call, people, _ADDS_PER_REGISTRANT))

    async def get(self, meeting_id: int, registrant_id: str) -> Registrant:
        """Return one registrant."""
        return await self._session.send(self.GET.at(meeting_id, registrant_id))

    async def remove(self, meeting_id: int, registrant_id: str, *, occurrence_id: str | None = None) -> None:
        """Remove one registrant. With registration per occurrence, *occurrence_id* is required."""
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

        ::

            outcomes = await zoom.meetings.registrants.approve(meeting_id, people)
            failed = [(outcome.person, outcome.error) for outcome in outcomes if outcome.error]

        Zoom identifies a person by registrant id or e-mail address: a `Registrant` is sent with both, a `Registration`
        (of `add` or `add_batch`) with the id, a `RegistrantKey` as it is. One call covers 30 people, and the calls are
        sent one after the other.

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
        people = [key.id or key.email or "" for key in status.registrants or ()]
        call = self.UPDATE_STATUS.at(meeting_id, body=status, occurrence_id=occurrence_id)
        return _counted(call, people, _CHANGES_PER_REGISTRANT)

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
