"""`zoom.webinars.templates`: the webinar templates of a user."""

from __future__ import annotations

from ..._core.pagination import Paginator, paginate
from ..._label import Label
from ...models.templates import NewWebinarTemplate, Template, TemplateCreated, TemplatesPage
from .._resource import WEBINAR_ADMIN_WRITE, WEBINAR_READ, Resource, endpoint


class WebinarTemplates(Resource):
    """The webinar templates of a user, at most 40.

    All methods raise `NotFound` for an unknown user or webinar, and `PermissionDenied` (code 200) without a webinar
    plan. The reference names no label for `list`: the label of the listing of meeting templates is assumed.
    """

    LIST = endpoint(
        "GET /users/{userId}/webinar_templates",
        Label.MEDIUM,
        TemplatesPage,
        WEBINAR_READ,
        "webinar:read:list_templates",
    )
    CREATE = endpoint(
        "POST /users/{userId}/webinar_templates",
        Label.MEDIUM,
        TemplateCreated,
        WEBINAR_ADMIN_WRITE,
        "webinar:write:template",
    )

    def list(self, user_id: str) -> Paginator[TemplatesPage, Template]:
        """Iterate over the templates that are available to a user."""
        return paginate(self._session, self.LIST.at(user_id))

    async def create(self, user_id: str, template: NewWebinarTemplate) -> TemplateCreated:
        """Create a template from a webinar, and return its id and name.

        Raises `BadRequest` if the user has 40 templates (code 300) or one with that name (code 3000).
        """
        return await self._session.send(self.CREATE.at(user_id, body=template))
