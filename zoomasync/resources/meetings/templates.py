"""`zoom.meetings.templates`: a user's meeting templates."""

from __future__ import annotations

from ..._core.endpoint import Endpoint
from ..._label import Label
from ...models.templates import MeetingTemplateCreated, MeetingTemplates, NewMeetingTemplate
from .._resource import Resource


class Templates(Resource):
    """The meeting templates of a user, at most 40."""

    LIST = Endpoint(
        route="GET /users/{userId}/meeting_templates",
        label=Label.MEDIUM,
        scopes=("meeting:read", "meeting:read:admin"),
        granular_scopes=("meeting:read:list_templates", "meeting:read:list_templates:admin"),
        response=MeetingTemplates,
    )
    CREATE = Endpoint(
        route="POST /users/{userId}/meeting_templates",
        label=Label.MEDIUM,
        scopes=("meeting:write:admin", "meeting:write"),
        granular_scopes=("meeting:write:template", "meeting:write:template:admin"),
        response=MeetingTemplateCreated,
    )

    async def list(self, user_id: str) -> MeetingTemplates:
        """Return the templates that a user may take."""
        return await self._session.send(self.LIST.at(user_id))

    async def create(self, user_id: str, template: NewMeetingTemplate) -> MeetingTemplateCreated:
        """Make a template of a meeting and return its id.

        Raises `BadRequest` when the user has 40 (code 300) or one of that name (code 3000).
        """
        return await self._session.send(self.CREATE.at(user_id, body=template))
