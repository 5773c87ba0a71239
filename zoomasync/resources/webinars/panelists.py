"""`zoom.webinars.panelists`: the people who present a webinar."""

from __future__ import annotations

from types import NoneType

from ..._core.pagination import Paginator, paginate
from ..._label import Label
from ...models.webinars import NewPanelists, Panelist, PanelistsAdded, PanelistsPage
from .._resource import WEBINAR_ADMIN_READ, WEBINAR_ADMIN_WRITE, Resource, endpoint


class Panelists(Resource):
    """The panelists of a webinar, who can be seen and heard and share their screen.

    All methods raise `NotFound` for an unknown webinar, and `PermissionDenied` (code 200) without a webinar plan.
    """

    LIST = endpoint(
        "GET /webinars/{webinarId}/panelists",
        Label.MEDIUM,
        PanelistsPage,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_panelists",
    )
    ADD = endpoint(
        "POST /webinars/{webinarId}/panelists",
        Label.MEDIUM,
        PanelistsAdded,
        WEBINAR_ADMIN_WRITE,
        "webinar:write:panelist",
    )
    REMOVE = endpoint(
        "DELETE /webinars/{webinarId}/panelists/{panelistId}",
        Label.LIGHT,
        NoneType,
        WEBINAR_ADMIN_WRITE,
        "webinar:delete:panelist",
    )
    REMOVE_ALL = endpoint(
        "DELETE /webinars/{webinarId}/panelists", Label.LIGHT, NoneType, WEBINAR_ADMIN_WRITE, "webinar:delete:panelist"
    )

    def list(self, webinar_id: int) -> Paginator[PanelistsPage, Panelist]:
        """Iterate over the panelists of a webinar."""
        return paginate(self._session, self.LIST.at(webinar_id))

    async def add(self, webinar_id: int, panelists: NewPanelists) -> PanelistsAdded:
        """Add at most 30 panelists to a webinar. The response names none of them: `list` returns their ids and links.

        The reference does not say that earlier panelists stay; its wording suggests it. Raises `BadRequest` (code 3000)
        if the webinar would have more panelists than the plan allows.
        """
        return await self._session.send(self.ADD.at(webinar_id, body=panelists))

    async def remove(self, webinar_id: int, panelist_id: str) -> None:
        """Remove one panelist, by id or e-mail address."""
        await self._session.send(self.REMOVE.at(webinar_id, panelist_id))

    async def remove_all(self, webinar_id: int) -> None:
        """Remove every panelist of a webinar. `remove` removes one."""
        await self._session.send(self.REMOVE_ALL.at(webinar_id))
