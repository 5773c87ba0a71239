"""`zoom.meetings.templates`: the meeting templates of a user."""

from __future__ import annotations

from ..._core.pagination import Paginator, paginate
from ..._label import Label
from ...models.templates import NewMeetingTemplate, Template, TemplateCreated, TemplatesPage
from .._resource import ADMIN_WRITE, READ, Resource, endpoint


class MeetingTemplates(Resource):
    """The meeting templates of a user, at most 40. All methods raise `NotFound` for an unknown user or meeting."""

    LIST = endpoint(
        "GET /users/{userId}/meeting_templates", Label.MEDIUM, TemplatesPage, READ, "meeting:read:list_templates"
    )
    CREATE = endpoint(
        "POST /users/{userId}/meeting_templates",
        Label.MEDIUM,
        TemplateCreated,
        ADMIN_WRITE,
        "meeting:write:template",
    )

    def list(self, user_id: str) -> Paginator[TemplatesPage, Template]:
        """Iterate over the templates that are available to a user."""
        return paginate(self._session, self.LIST.at(user_id))

    async def create(self, user_id: str, template: NewMeetingTemplate) -> TemplateCreated:
        """Create a template from a meeting, and return its id and name.

        Raises `BadRequest` if the user has 40 templates (code 300) or one with that name (code 3000).
        """
        return await self._session.send(self.CREATE.at(user_id, body=template))
