"""The requests to Zoom's OAuth endpoints, which an app sends with its client id and secret, and their responses.

Source of the codes: https://developers.zoom.us/docs/integrations/oauth-error-messages/
"""

from __future__ import annotations

import base64
from urllib.parse import urlencode

import msgspec

from .._core.access_token import Token
from .._core.endpoint import Endpoint
from .._core.http_messages import HttpRequest
from .._label import Label
from ..errors import StatusError, Unauthorized, ZoomError

_DEFAULT_LIFETIME = 3600.0
_LONGEST_LIFETIME = 86_400.0
# A refresh token without the scopes of the app, a code that is late or unknown, a user who is gone or whose
# authorization is, an app that an admin has disabled, a refresh token that was used before, and revoked tokens.
_GRANT_CODES = {4711, 4733, 4734, 4735, 4737, 4738, 4740, 4741}
_APP_CODES = {4702, 4704, 4706, 4717}  # an unknown app, a wrong or missing secret, an app that Zoom has disabled


class TokenResponse(msgspec.Struct, frozen=True):
    """A response with tokens. Only the access token is required: an odd value must not make it useless."""

    access_token: str
    expires_in: float | str | None = None
    refresh_token: object = None
    scope: object = None
    api_url: object = None

    def __repr__(self) -> str:
        return "TokenResponse(...)"  # hides the tokens

    @property
    def token(self) -> Token:
        """The access token."""
        scopes = frozenset(self.scope.split()) if isinstance(self.scope, str) else None
        return Token(self.access_token, self._lifetime, scopes, _text(self.api_url))

    @property
    def next_refresh_token(self) -> str | None:
        """The refresh token; None when the response has no text for one."""
        return _text(self.refresh_token) or None

    @property
    def _lifetime(self) -> float:
        """The lifetime in seconds; one hour when the response has no valid one."""
        try:
            seconds = float(self.expires_in or 0)
        except ValueError:
            return _DEFAULT_LIFETIME
        return seconds if 0 < seconds <= _LONGEST_LIFETIME else _DEFAULT_LIFETIME


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


# The OAuth endpoints have no rate-limit label, and their requests need no permit.
TOKEN = Endpoint(route="POST /oauth/token", label=Label.LIGHT, response=TokenResponse)
REVOKE = Endpoint(route="POST /oauth/revoke", label=Label.LIGHT, response=object)


def form_request(endpoint: Endpoint[object], url: str, client_id: str, client_secret: str, **form: str) -> HttpRequest:
    """Return the request to *endpoint*, at *url*, with the parameters *form*."""
    basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return HttpRequest(
        name=endpoint.route,
        method=endpoint.method,
        url=url,
        headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
        # In the body, because Zoom has begun to reject these parameters in the query string.
        body=urlencode(form).encode(),
    )


def is_grant_rejected(error: ZoomError) -> bool:
    """Return whether *error* rejects a refresh token or a code for good: the user must authorize the app again."""
    if not isinstance(error, StatusError) or error.status // 100 != 4:  # noqa: PLR2004
        return False
    return error.code in _GRANT_CODES or error.message.endswith("(invalid_grant)")


def is_app_rejected(error: StatusError) -> bool:
    """Return whether *error* rejects the client id or secret."""
    return error.code in _APP_CODES or error.message.endswith(("(invalid_client)", "(unauthorized_client)"))


def rejected_app(rejected: StatusError, advice: str) -> Unauthorized:
    """Return the error for a request that Zoom has *rejected* because of the app."""
    reason = f"{rejected.message}. " if rejected.message else ""
    return Unauthorized(
        rejected.call,
        rejected.status,
        code=rejected.code,
        message=f"{reason}{advice}",
        tracking_id=rejected.tracking_id,
    )
