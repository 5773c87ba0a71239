"""Credentials, and the requests that exchange them for an access token.

Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from .._core.access_token import Token
from .._core.endpoint import Endpoint
from .._core.responses import HttpRequest, interpret
from .._core.transport import Transport
from .._core.urls import https_address
from .._label import Label
from ..errors import BadRequest, ConfigError, PermissionDenied, Unauthorized

DEFAULT_TOKEN_URL = "https://zoom.us/oauth/token"  # noqa: S105  an address

_DEFAULT_LIFETIME = 3600.0
_LONGEST_LIFETIME = 86_400.0


class Credentials(Protocol):
    """Something that an access token can be got with."""

    async def fetch(self, transport: Transport) -> Token:
        """Return a new access token."""
        ...


@dataclass(frozen=True, slots=True)
class StaticToken:
    """An access token that somebody else got and renews, such as a user's. Its repr does not show it."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        _require("StaticToken", token=self.token)

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        """Return the token as it is."""
        return Token(self.token)


@dataclass(frozen=True, slots=True)
class ServerToServer:
    """A server-to-server OAuth app of one account. Its repr does not show the secret.

    Tokens live an hour and carry the scopes that the app has when they are got; a scope added later needs a new token.
    """

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = DEFAULT_TOKEN_URL

    def __post_init__(self) -> None:
        _require(
            "ServerToServer",
            account_id=self.account_id,
            client_id=self.client_id,
            client_secret=self.client_secret,
        )
        https_address("token_url", self.token_url)

    async def fetch(self, transport: Transport) -> Token:
        """Ask Zoom for a new token. Raises `Unauthorized` when it does not know these credentials."""
        call = _TOKEN.at()
        response = await transport.send(self._request())
        try:
            granted = interpret(call, response)
        except (BadRequest, PermissionDenied) as refused:
            failure = Unauthorized(
                refused.call,
                refused.status,
                code=refused.code,
                message=f"{refused.message}. Check the account id, the client id and the client secret.",
                tracking_id=refused.tracking_id,
            )
        else:
            return Token(granted.access_token, granted.lifetime)
        raise failure

    def _request(self) -> HttpRequest:
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        # In the body: Zoom began to refuse the same parameters in the query string.
        form = urlencode({"grant_type": "account_credentials", "account_id": self.account_id})
        return HttpRequest(
            name=_TOKEN.route,
            method=_TOKEN.method,
            url=self.token_url,
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
            body=form.encode(),
        )


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float | str | None = None

    def __repr__(self) -> str:
        return "_Granted(...)"  # not the token

    @property
    def lifetime(self) -> float:
        """Seconds to trust the token for; what cannot be a lifetime is taken as an hour."""
        try:
            seconds = float(self.expires_in or 0)
        except ValueError:
            return _DEFAULT_LIFETIME
        return seconds if 0 < seconds <= _LONGEST_LIFETIME else _DEFAULT_LIFETIME


# The token endpoint has no rate-limit label and is not paced.
_TOKEN = Endpoint(route="POST /oauth/token", label=Label.LIGHT, response=_Granted)


def _require(owner: str, **settings: str) -> None:
    for name, value in settings.items():
        if not value or value != value.strip() or not value.isprintable():
            raise ConfigError(f"{owner}: {name} must be non-empty text without surrounding or control characters")
