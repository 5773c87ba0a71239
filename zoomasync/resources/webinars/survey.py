"""`zoom.webinars.survey`: the survey after a webinar."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.surveys import Survey
from .._resource import WEBINAR_ADMIN_READ, WEBINAR_WRITE, endpoint
from .._shared.survey import Surveys


class WebinarSurvey(Surveys):
    """The survey after a webinar.

    All methods raise `PermissionDenied` (code 200) if the host has no webinar licence.
    """

    GET = endpoint("GET /webinars/{webinarId}/survey", Label.LIGHT, Survey, WEBINAR_ADMIN_READ, "webinar:read:survey")
    UPDATE = endpoint(
        "PATCH /webinars/{webinarId}/survey",
        Label.LIGHT,
        NoneType,
        WEBINAR_WRITE,
        "webinar:update:survey",
        idempotent=True,
    )
    DELETE = endpoint(
        "DELETE /webinars/{webinarId}/survey", Label.LIGHT, NoneType, WEBINAR_WRITE, "webinar:delete:survey"
    )
