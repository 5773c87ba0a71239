"""The survey after a meeting or webinar."""

from __future__ import annotations

from typing import ClassVar

from ..._core.endpoint import Endpoint
from ...models.surveys import Survey, SurveyUpdate
from .._resource import Resource


class Surveys(Resource):
    """The survey of a scheduled meeting or webinar. *meeting_id* is the number of either.

    The host must have a Pro licence and surveys switched on; all methods raise `BadRequest` (code 3000) otherwise.
    """

    GET: ClassVar[Endpoint[Survey]]
    UPDATE: ClassVar[Endpoint[None]]
    DELETE: ClassVar[Endpoint[None]]

    async def get(self, meeting_id: int) -> Survey:
        """Return the survey."""
        return await self._session.send(self.GET.at(meeting_id))

    async def update(self, meeting_id: int, survey: SurveyUpdate) -> None:
        """Change the survey, or create one."""
        await self._session.send(self.UPDATE.at(meeting_id, body=survey))

    async def delete(self, meeting_id: int) -> None:
        """Delete the survey."""
        await self._session.send(self.DELETE.at(meeting_id))
