"""`zoom.pac`: personal audio conferences."""

from __future__ import annotations

from .._core.endpoint import Endpoint
from .._label import Label
from ..models.pac import PacAccounts
from ._resource import Resource


class Pac(Resource):
    """Personal audio conferences of users."""

    LIST = Endpoint(
        route="GET /users/{userId}/pac",
        label=Label.LIGHT,
        scopes=("pac:read:admin", "pac:read"),
        granular_scopes=("pac:read:list_pac_accounts", "pac:read:list_pac_accounts:admin"),
        response=PacAccounts,
    )

    async def list(self, user_id: str) -> PacAccounts:
        """Return a user's audio-conference accounts. Raises `BadRequest` where PAC is off for the user (code 2024)."""
        return await self._session.send(self.LIST.at(user_id))
