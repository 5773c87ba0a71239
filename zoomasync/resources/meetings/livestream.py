"""`zoom.meetings.livestream`: the livestream of a meeting to another service."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.livestream import LivestreamTarget
from .._resource import ADMIN_READ, ADMIN_WRITE, endpoint
from .._shared.livestream import Livestream


class MeetingLivestream(Livestream):
    """The livestream of a meeting."""

    GET = endpoint(
        "GET /meetings/{meetingId}/livestream", Label.LIGHT, LivestreamTarget, ADMIN_READ, "meeting:read:livestream"
    )
    UPDATE = endpoint(
        "PATCH /meetings/{meetingId}/livestream",
        Label.LIGHT,
        NoneType,
        ADMIN_WRITE,
        "meeting:update:livestream",
        idempotent=True,
    )
    UPDATE_STATUS = endpoint(
        "PATCH /meetings/{meetingId}/livestream/status",
        Label.LIGHT,
        NoneType,
        ADMIN_WRITE,
        "meeting:update:livestream_status",
    )
