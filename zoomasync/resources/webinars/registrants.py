"""`zoom.webinars.registrants`: the registrants of a webinar, and the registration form."""

from __future__ import annotations

from types import NoneType

from ..._core.pagination import Paginator
from ..._label import Label
from ...models.registrants import Registrant, RegistrantAdded, RegistrantsAdded, RegistrantsPage, RegistrationQuestions
from .._resource import WEBINAR_ADMIN_READ, WEBINAR_ADMIN_WRITE, WEBINAR_WRITE, endpoint
from .._shared.registrants import ListedStatus, Registrants


class WebinarRegistrants(Registrants):
    """The registrants of a webinar.

    All methods raise `PermissionDenied` (code 200) if the host has no webinar licence. `add` takes several occurrences
    only if the *registration_type* of the webinar is 3. An unknown registrant is a `BadRequest` (code 3079, or 3000 for
    `remove`), and so is an approval that exceeds the capacity (code 3035).
    """

    LIST = endpoint(
        "GET /webinars/{webinarId}/registrants",
        Label.MEDIUM,
        RegistrantsPage,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_registrants",
        page_size=300,
    )
    ADD = endpoint(
        "POST /webinars/{webinarId}/registrants",
        Label.LIGHT,
        RegistrantAdded,
        WEBINAR_ADMIN_WRITE,
        "webinar:write:registrant",
    )
    ADD_BATCH = endpoint(
        "POST /webinars/{webinarId}/batch_registrants",
        Label.HEAVY,
        RegistrantsAdded,
        WEBINAR_WRITE,
        "webinar:write:batch_registrants",
    )
    GET = endpoint(
        "GET /webinars/{webinarId}/registrants/{registrantId}",
        Label.LIGHT,
        Registrant,
        WEBINAR_ADMIN_READ,
        "webinar:read:registrant",
    )
    REMOVE = endpoint(
        "DELETE /webinars/{webinarId}/registrants/{registrantId}",
        Label.LIGHT,
        NoneType,
        WEBINAR_ADMIN_WRITE,
        "webinar:delete:registrant",
    )
    UPDATE_STATUS = endpoint(
        "PUT /webinars/{webinarId}/registrants/status",
        Label.MEDIUM,
        NoneType,
        WEBINAR_ADMIN_WRITE,
        "webinar:update:registrant_status",
    )
    QUESTIONS = endpoint(
        "GET /webinars/{webinarId}/registrants/questions",
        Label.LIGHT,
        RegistrationQuestions,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_registration_questions",
    )
    UPDATE_QUESTIONS = endpoint(
        "PATCH /webinars/{webinarId}/registrants/questions",
        Label.LIGHT,
        NoneType,
        WEBINAR_ADMIN_WRITE,
        "webinar:update:registration_question",
        idempotent=True,
    )

    def list(
        self,
        meeting_id: int,
        *,
        status: ListedStatus | None = None,
        occurrence_id: str | None = None,
        tracking_source_id: str | None = None,
    ) -> Paginator[RegistrantsPage, Registrant]:
        """Iterate over the registrants as `meetings.registrants.list` does.

        *tracking_source_id* limits the listing to those who came from one tracking source.
        """
        return self._list(meeting_id, status, occurrence_id, tracking_source_id)

    async def get(self, meeting_id: int, registrant_id: str, *, occurrence_id: str | None = None) -> Registrant:
        """Return one registrant, of one occurrence if *occurrence_id* is given."""
        return await self._session.send(self.GET.at(meeting_id, registrant_id, occurrence_id=occurrence_id))
