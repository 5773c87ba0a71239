"""The OAuth token endpoint and the access tokens that it issued."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from ...auth import ServerToServer
from ..reference.operations import OPERATIONS
from .responses import ErrorResponse, FakeResponse, json_response, missing_scopes

DEFAULT_SCOPES: Final = " ".join(
    sorted({scope for each in OPERATIONS.values() for scope in each.scopes or each.granular_scopes})
)
"""The scopes that allow every operation."""
_FORM: Final = "application/x-www-form-urlencoded"


class TokenIssuer:
    """The issuer of one app's bearer tokens with its *scopes*; several can be valid at the same time."""

    def __init__(self, app: ServerToServer, clock: Callable[[], float], *, lifetime: int, scopes: str) -> None:
        self._app = app
        self._clock = clock
        self._lifetime = lifetime
        self._scopes = scopes
        self._downloads_until: dict[str, float] = {}
        self._expires_at: dict[str, float] = {}

    def issue(self, query: str, headers: Mapping[str, str], body: bytes, api_url: str) -> FakeResponse:
        """Return the response to a token request; parameters outside a form body are an error."""
        if query or not headers.get("Content-Type", "").startswith(_FORM):
            return _error_response("invalid_request", "Bad Request")
        if not self._is_app(headers.get("Authorization", "")):
            return _error_response("invalid_client", "Invalid client_id or client_secret")
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if form.get("grant_type") != "account_credentials":
            return _error_response("unsupported_grant_type", "unsupported grant type")
        if form.get("account_id") != self._app.account_id:
            return _error_response("invalid_request", "Bad Request")
        return json_response(
            {
                "access_token": self._new_token(),
                "token_type": "bearer",
                "expires_in": self._lifetime,
                "scope": self._scopes,
                "api_url": api_url,
            }
        )

    def check(self, authorization: str, *, download: bool = False) -> None:
        """Raise the error for an `Authorization` header without a valid token. A *download* may have its own token."""
        scheme, _, token = authorization.partition(" ")
        expires_at = self._expires_at.get(token, self._downloads_until.get(token) if download else None)
        if scheme.lower() != "bearer" or expires_at is None:
            raise ErrorResponse(401, 124, "Invalid access token.")
        if expires_at <= self._clock():
            raise ErrorResponse(401, 124, "Access token is expired.")

    def check_scopes(self, classic: Sequence[str], granular: Sequence[str]) -> None:
        """Raise the error for an operation of which the tokens have no scope; like Zoom, it names the granular ones."""
        if not {*classic, *granular} & {*self._scopes.split()}:
            raise missing_scopes(granular)

    def download_token(self, lifetime: int) -> str:
        """Return a new token that is valid for downloads only, for *lifetime* seconds."""
        token = secrets.token_urlsafe(32)
        self._downloads_until[token] = self._clock() + lifetime
        return token

    def expire(self) -> None:
        """Expire every token issued so far."""
        now = self._clock()
        self._expires_at = dict.fromkeys(self._expires_at, now)

    def _is_app(self, authorization: str) -> bool:
        scheme, _, code = authorization.partition(" ")
        try:
            pair = b64decode(code, validate=True)
        except (Base64Error, ValueError):
            return False
        expected = f"{self._app.client_id}:{self._app.client_secret}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(pair, expected)

    def _new_token(self) -> str:
        token = secrets.token_urlsafe(24)
        self._expires_at[token] = self._clock() + self._lifetime
        return token


def _error_response(error: str, reason: str) -> FakeResponse:
    return json_response({"reason": reason, "error": error}, status=400)
