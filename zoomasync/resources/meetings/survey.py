"""`zoom.meetings.survey`: the survey after a meeting."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.surveys import Survey
from .._resource import ADMIN_WRITE, READ, WRITE, endpoint
from .._shared.survey import Surveys


class MeetingSurvey(Surveys):
    """The survey after a scheduled meeting."""

    GET = endpoint("GET /meetings/{meetingId}/survey", Label.LIGHT, Survey, READ, "meeting:read:survey")
    UPDATE = endpoint(
        "PATCH /meetings/{meetingId}/survey",
        Label.LIGHT,
        NoneType,
        ADMIN_WRITE,
        "meeting:update:survey",
        idempotent=True,
    )
    DELETE = endpoint("DELETE /meetings/{meetingId}/survey", Label.LIGHT, NoneType, WRITE, "meeting:delete:survey")
