"""`zoom.meetings.livestream`: the livestream of a meeting to another service."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.livestream import LivestreamStatusUpdate, LivestreamUpdate
from .._resource import ADMIN_WRITE, Resource, endpoint


class Livestream(Resource):
    """The livestream of a meeting. The host must have a Pro licence, and custom livestreaming must be on."""

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

    async def update(self, meeting_id: int, livestream: LivestreamUpdate) -> None:
        """Set the target of a meeting's livestream."""
        await self._session.send(self.UPDATE.at(meeting_id, body=livestream))

    async def update_status(self, meeting_id: int, status: LivestreamStatusUpdate) -> None:
        """Start or stop the livestream of a running meeting, or change its appearance.

        Raises `BadRequest` if the meeting is not running (code 4927) or is encrypted end to end (code 4400).
        """
        await self._session.send(self.UPDATE_STATUS.at(meeting_id, body=status))
