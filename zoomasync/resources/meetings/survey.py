"""`zoom.meetings.survey`: the survey after a meeting."""

from __future__ import annotations

from types import NoneType

from ..._core.endpoint import Endpoint
from ..._label import Label
from ...models.surveys import Survey, SurveyUpdate
from .._resource import Resource


class Surveys(Resource):
    """The survey of a scheduled meeting.

    The host must have a Pro licence and surveys switched on; all methods raise `BadRequest` (code 3000) otherwise.
    """

    GET = Endpoint(
        route="GET /meetings/{meetingId}/survey",
        label=Label.LIGHT,
        scopes=("meeting:read", "meeting:read:admin"),
        granular_scopes=("meeting:read:survey", "meeting:read:survey:admin"),
        response=Survey,
    )
    UPDATE = Endpoint(
        route="PATCH /meetings/{meetingId}/survey",
        label=Label.LIGHT,
        scopes=("meeting:write:admin", "meeting:write"),
        granular_scopes=("meeting:update:survey", "meeting:update:survey:admin"),
        response=NoneType,
        idempotent=True,
    )
    DELETE = Endpoint(
        route="DELETE /meetings/{meetingId}/survey",
        label=Label.LIGHT,
        scopes=("meeting:write", "meeting:write:admin"),
        granular_scopes=("meeting:delete:survey", "meeting:delete:survey:admin"),
        response=NoneType,
    )

    async def get(self, meeting_id: int) -> Survey:
        """Return the survey of a meeting."""
        return await self._session.send(self.GET.at(meeting_id))

    async def update(self, meeting_id: int, survey: SurveyUpdate) -> None:
        """Change the survey of a meeting, or create one."""
        await self._session.send(self.UPDATE.at(meeting_id, body=survey))

    async def delete(self, meeting_id: int) -> None:
        """Delete the survey of a meeting."""
        await self._session.send(self.DELETE.at(meeting_id))
