"""`zoom.webinars.livestream`: the livestream of a webinar to another service."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.livestream import LivestreamTarget
from .._resource import WEBINAR_ADMIN_READ, WEBINAR_ADMIN_WRITE, endpoint
from .._shared.livestream import Livestream


class WebinarLivestream(Livestream):
    """The livestream of a webinar.

    All methods raise `PermissionDenied` (code 200) if the host has no webinar licence or custom livestreaming is off.
    """

    GET = endpoint(
        "GET /webinars/{webinarId}/livestream",
        Label.LIGHT,
        LivestreamTarget,
        WEBINAR_ADMIN_READ,
        "webinar:read:livestream",
    )
    UPDATE = endpoint(
        "PATCH /webinars/{webinarId}/livestream",
        Label.LIGHT,
        NoneType,
        WEBINAR_ADMIN_WRITE,
        "webinar:update:livestream",
        idempotent=True,
    )
    UPDATE_STATUS = endpoint(
        "PATCH /webinars/{webinarId}/livestream/status",
        Label.LIGHT,
        NoneType,
        WEBINAR_ADMIN_WRITE,
        "webinar:update:livestream_status",
    )
