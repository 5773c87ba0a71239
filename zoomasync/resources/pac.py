"""`zoom.pac`: personal audio conferences."""

from __future__ import annotations

from .._core.pagination import Paginator, paginate
from .._label import Label
from ..models.pac import PacAccount, PacAccountsPage
from ._resource import Resource, endpoint


class Pac(Resource):
    """The personal audio conferences (PAC) of users."""

    LIST = endpoint(
        "GET /users/{userId}/pac",
        Label.LIGHT,
        PacAccountsPage,
        ("pac:read:admin", "pac:read"),
        "pac:read:list_pac_accounts",
    )

    def list(self, user_id: str) -> Paginator[PacAccountsPage, PacAccount]:
        """Iterate over the audio-conference accounts of a user.

        Raises `BadRequest` if personal audio conferences are off for the user (code 2024).
        """
        return paginate(self._session, self.LIST.at(user_id))
