"""The token endpoint, and the tokens that it issued."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from .errors import FakeResponse, Refusal, json_response

_SCOPES: Final = (
    "meeting:read:admin meeting:write:admin meeting:write:admin:sip_dialing meeting_summary:read:admin pac:read:admin "
    "report:read:admin"
)
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class App:
    """A server-to-server app of the account, as its administrator would note it down."""

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)


class TokenDesk:
    """Issues bearer tokens to one app and knows which of them are alive; an older one stays alive beside a newer."""

    def __init__(self, app: App, clock: Callable[[], float], *, lifetime: int) -> None:
        self._app = app
        self._clock = clock
        self._lifetime = lifetime
        self._dies_at: dict[str, float] = {}

    def issue(self, query: str, headers: Mapping[str, str], body: bytes, api_url: str) -> FakeResponse:
        """Answer a token request; its parameters count in a form body alone."""
        if query or not headers.get("Content-Type", "").startswith(_FORM):
            return _refused("invalid_request", "Bad Request")
        if not self._knows(headers.get("Authorization", "")):
            return _refused("invalid_client", "Invalid client_id or client_secret")
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if form.get("grant_type") != "account_credentials":
            return _refused("unsupported_grant_type", "unsupported grant type")
        if form.get("account_id") != self._app.account_id:
            return _refused("invalid_request", "Bad Request")
        return json_response(
            {
                "access_token": self._new_token(),
                "token_type": "bearer",
                "expires_in": self._lifetime,
                "scope": _SCOPES,
                "api_url": api_url,
            }
        )

    def check(self, authorization: str) -> None:
        """Refuse a request that carries no living token."""
        scheme, _, token = authorization.partition(" ")
        dies_at = self._dies_at.get(token)
        if scheme.lower() != "bearer" or dies_at is None:
            raise Refusal(401, 124, "Invalid access token.")
        if dies_at <= self._clock():
            raise Refusal(401, 124, "Access token is expired.")

    def expire(self) -> None:
        """Let every token issued so far be expired."""
        now = self._clock()
        self._dies_at = dict.fromkeys(self._dies_at, now)

    def _knows(self, authorization: str) -> bool:
        scheme, _, code = authorization.partition(" ")
        try:
            pair = b64decode(code, validate=True)
        except (Base64Error, ValueError):
            return False
        expected = f"{self._app.client_id}:{self._app.client_secret}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(pair, expected)

    def _new_token(self) -> str:
        token = secrets.token_urlsafe(24)
        self._dies_at[token] = self._clock() + self._lifetime
        return token


def _refused(error: str, reason: str) -> FakeResponse:
    return json_response({"reason": reason, "error": error}, status=400)
