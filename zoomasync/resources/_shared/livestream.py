"""The livestream of a meeting or webinar to another service."""

from __future__ import annotations

from typing import ClassVar

from ..._core.endpoint import Endpoint
from ...models.livestream import LivestreamStatusUpdate, LivestreamTarget, LivestreamUpdate
from .._resource import Resource


class Livestream(Resource):
    """The livestream of a meeting or webinar. *meeting_id* is the number of either.

    The host must have a Pro licence, and custom livestreaming must be on.
    """

    GET: ClassVar[Endpoint[LivestreamTarget]]
    UPDATE: ClassVar[Endpoint[None]]
    UPDATE_STATUS: ClassVar[Endpoint[None]]

    async def get(self, meeting_id: int) -> LivestreamTarget:
        """Return the target of the livestream."""
        return await self._session.send(self.GET.at(meeting_id))

    async def update(self, meeting_id: int, livestream: LivestreamUpdate) -> None:
        """Set the target of the livestream."""
        await self._session.send(self.UPDATE.at(meeting_id, body=livestream))

    async def update_status(self, meeting_id: int, status: LivestreamStatusUpdate) -> None:
        """Start or stop the livestream of a running meeting or webinar, or change its appearance.

        Raises `BadRequest` if the meeting is not running (code 4927) or is encrypted end to end (code 4400), or if the
        webinar has no target (code 3000), and `PermissionDenied` (code 200) if the webinar is not running.
        """
        await self._session.send(self.UPDATE_STATUS.at(meeting_id, body=status))
