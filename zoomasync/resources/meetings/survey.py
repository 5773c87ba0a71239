"""`zoom.meetings.survey`: the survey after a meeting."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.surveys import Survey, SurveyUpdate
from .._resource import ADMIN_WRITE, READ, WRITE, Resource, endpoint


class Surveys(Resource):
    """The survey of a scheduled meeting.

    The host must have a Pro licence and surveys switched on; all methods raise `BadRequest` (code 3000) otherwise.
    """

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

    async def get(self, meeting_id: int) -> Survey:
        """Return the survey of a meeting."""
        return await self._session.send(self.GET.at(meeting_id))

    async def update(self, meeting_id: int, survey: SurveyUpdate) -> None:
        """Change the survey of a meeting, or create one."""
        await self._session.send(self.UPDATE.at(meeting_id, body=survey))

    async def delete(self, meeting_id: int) -> None:
        """Delete the survey of a meeting."""
        await self._session.send(self.DELETE.at(meeting_id))
