"""`zoom.pac`: personal audio conferences."""

from __future__ import annotations

from .._core.endpoint import Endpoint
from .._core.pagination import Paginator, paginate
from .._label import Label
from ..models.pac import PacAccount, PacAccountsPage
from ._resource import Resource


class Pac(Resource):
    """The personal audio conferences (PAC) of users."""

    LIST = Endpoint(
        route="GET /users/{userId}/pac",
        label=Label.LIGHT,
        scopes=("pac:read:admin", "pac:read"),
        granular_scopes=("pac:read:list_pac_accounts", "pac:read:list_pac_accounts:admin"),
        response=PacAccountsPage,
    )

    def list(self, user_id: str) -> Paginator[PacAccountsPage, PacAccount]:
        """Iterate over the audio-conference accounts of a user.

        Raises `BadRequest` if personal audio conferences are off for the user (code 2024).
        """
        return paginate(self._session, self.LIST.at(user_id))
