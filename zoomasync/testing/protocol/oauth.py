"""The OAuth endpoints: tokens for a server-to-server app and for the users of another app, and their revocation."""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from ...auth import ServerToServer
from ..reference.operations import Operation
from .access_tokens import AccessTokens
from .responses import FakeResponse, OAuthError, json_response
from .route import Route
from .user_app import UserApp

AUTHORIZE_ROUTE: Final = Route(Operation(name="GET /oauth/authorize", route="GET /oauth/authorize", label="light"))
REVOKE_ROUTE: Final = Route(Operation(name="POST /oauth/revoke", route="POST /oauth/revoke", label="light"))
"""The routes besides `TOKEN_ROUTE`. They lie beside the API and have no label."""
_FORM: Final = "application/x-www-form-urlencoded"


class OAuthEndpoints:
    """The endpoints of two apps of one account.

    The errors are those that were seen: `invalid_client` in JubaerHossain/zoom-laravel#3 and `unsupported_grant_type`,
    also for a grant of the other kind of app, in https://developers.zoom.us/blog/s2s-token-generation-troubleshoot/.
    """

    def __init__(self, app: ServerToServer, scopes: str, user_app: UserApp, tokens: AccessTokens) -> None:
        self._app = app
        self._scopes = scopes
        self._user_app = user_app
        self._tokens = tokens

    def token(self, query: str, headers: Mapping[str, str], body: bytes, api_url: str) -> FakeResponse:
        """Return the response to a token request; parameters outside a form body are an error."""
        form = _form(query, headers, body)
        is_user_app = self._is_user_app(headers)
        match form.get("grant_type"):
            case "account_credentials" if not is_user_app:
                return self._account_token(form, api_url)
            case "authorization_code" if is_user_app:
                return self._user_app.exchange(form, api_url)
            case "refresh_token" if is_user_app:
                return self._user_app.refresh(form, api_url)
            case _:
                raise OAuthError("unsupported_grant_type", "unsupported grant type")

    def revoke(self, query: str, headers: Mapping[str, str], body: bytes) -> FakeResponse:
        """Return the response to the revocation of a user's access token; it ends all tokens of that user."""
        form = _form(query, headers, body)
        if not self._is_user_app(headers):
            raise OAuthError("invalid_request", "Invalid Token!")
        return self._user_app.revoke(form)

    def _is_user_app(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request is of the app that users authorize; raise the error if it is of neither app."""
        if _is_app(self._user_app.client_id, self._user_app.client_secret, headers):
            return True
        if _is_app(self._app.client_id, self._app.client_secret, headers):
            return False
        raise OAuthError("invalid_client", "Invalid client_id or client_secret")

    def _account_token(self, form: Mapping[str, str], api_url: str) -> FakeResponse:
        if form.get("account_id") != self._app.account_id:
            raise OAuthError("invalid_request", "Bad Request")
        return json_response(
            {
                "access_token": self._tokens.issue(self._scopes),
                "token_type": "bearer",
                "expires_in": self._tokens.lifetime,
                "scope": self._scopes,
                "api_url": api_url,
            }
        )


def _form(query: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    """Return the parameters in a form body; raise the error for any others."""
    if query or not headers.get("Content-Type", "").startswith(_FORM):
        raise OAuthError("invalid_request", "Bad Request")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _is_app(client_id: str, client_secret: str, headers: Mapping[str, str]) -> bool:
    scheme, _, code = headers.get("Authorization", "").partition(" ")
    try:
        pair = b64decode(code, validate=True)
    except (Base64Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(pair, f"{client_id}:{client_secret}".encode())
