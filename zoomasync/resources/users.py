"""`zoom.users`: the users of an account."""

from __future__ import annotations

from typing import Literal

from .._core.pagination import Paginator, paginate
from .._label import Label
from ..models.users import ListedUser, LoginType, User, UsersPage, UserStatus
from ._resource import Resource, endpoint

_SCOPES = ("user:read", "user:write", "user:read:admin", "user:write:admin")


class Users(Resource):
    """The users of an account."""

    LIST = endpoint(
        "GET /users", Label.MEDIUM, UsersPage, _SCOPES, "user:read:list_users", levels=(":admin",), page_size=2000
    )
    GET = endpoint(
        "GET /users/{userId}", Label.LIGHT, User, (*_SCOPES, "user_profile", "user_info:read"), "user:read:user"
    )

    def list(
        self,
        *,
        status: UserStatus | None = None,
        role_id: str | None = None,
        license: Literal["zoom_workforce_management", "zoom_compliance_management"]  # noqa: A002  Zoom's name
        | str
        | None = None,
        include_fields: Literal["custom_attributes", "host_key"] | str | None = None,
    ) -> Paginator[UsersPage, ListedUser]:
        """Iterate over the users with one *status*; Zoom's default is "active".

        *role_id* and *license* limit the listing to one role and to one licence. *include_fields* requests that field.
        """
        call = self.LIST.at(status=status, role_id=role_id, license=license, include_fields=include_fields)
        return paginate(self._session, call)

    async def get(
        self,
        user_id: str,
        *,
        login_type: LoginType | None = None,
        encrypted_email: bool | None = None,
        search_by_unique_id: bool | None = None,
    ) -> User:
        """Return a user, given by id or e-mail address; "me" works with a user's own token only.

        *login_type* is as in `User.login_types`. With *encrypted_email*, *user_id* is an encrypted e-mail address. With
        *search_by_unique_id*, it is the employee's unique id. Zoom sends the time of the call as the *created_at* of a
        pending user. Raises `NotFound` for an unknown user, and `BadRequest` if the invitation expired (code 1120).
        """
        return await self._session.send(
            self.GET.at(
                user_id,
                login_type=login_type,
                encrypted_email=encrypted_email,
                search_by_unique_id=search_by_unique_id,
            )
        )
