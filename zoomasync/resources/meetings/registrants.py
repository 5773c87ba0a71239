"""`zoom.meetings.registrants`: the registrants of a meeting, and the registration form."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.registrants import Registrant, RegistrantAdded, RegistrantsAdded, RegistrantsPage, RegistrationQuestions
from .._resource import ADMIN_READ, ADMIN_WRITE, READ, WRITE, endpoint
from .._shared.registrants import Registrants


class MeetingRegistrants(Registrants):
    """The registrants of a meeting, at most 4,999. The host must have a licence."""

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
    ADD_BATCH = endpoint(
        "POST /meetings/{meetingId}/batch_registrants",
        Label.HEAVY,
        RegistrantsAdded,
        WRITE,
        "meeting:write:batch_registrants",
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
