"""`zoom.webinars.polls`: the polls of a webinar."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.polls import Poll, PollsPage
from .._resource import WEBINAR_ADMIN_READ, WEBINAR_ADMIN_WRITE, endpoint
from .._shared.polls import Polls


class WebinarPolls(Polls):
    """The polls of a webinar.

    All methods raise `PermissionDenied` (code 200) if the host has no webinar licence. An unknown poll is a
    `BadRequest` (code 4400).
    """

    LIST = endpoint(
        "GET /webinars/{webinarId}/polls", Label.LIGHT, PollsPage, WEBINAR_ADMIN_READ, "webinar:read:list_polls"
    )
    CREATE = endpoint("POST /webinars/{webinarId}/polls", Label.LIGHT, Poll, WEBINAR_ADMIN_WRITE, "webinar:write:poll")
    GET = endpoint(
        "GET /webinars/{webinarId}/polls/{pollId}", Label.LIGHT, Poll, WEBINAR_ADMIN_READ, "webinar:read:poll"
    )
    REPLACE = endpoint(
        "PUT /webinars/{webinarId}/polls/{pollId}", Label.LIGHT, NoneType, WEBINAR_ADMIN_WRITE, "webinar:update:poll"
    )
    DELETE = endpoint(
        "DELETE /webinars/{webinarId}/polls/{pollId}", Label.LIGHT, NoneType, WEBINAR_ADMIN_WRITE, "webinar:delete:poll"
    )
