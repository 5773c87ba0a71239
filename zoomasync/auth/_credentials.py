"""Credentials, and the requests that exchange them for an access token.

Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self
from urllib.parse import urlencode

import msgspec

from .._core.access_token import Token
from .._core.endpoint import Endpoint
from .._core.http_messages import HttpRequest
from .._core.responses import interpret
from .._core.transport import Transport
from .._core.urls import secure_url
from .._label import Label
from .._settings import Settings
from ..errors import BadRequest, ConfigError, PermissionDenied, Unauthorized
from ._token_keys import app_token_key

DEFAULT_TOKEN_URL = "https://zoom.us/oauth/token"  # noqa: S105  an address
"""The address of Zoom's token endpoint."""

_DEFAULT_LIFETIME = 3600.0
_LONGEST_LIFETIME = 86_400.0


class Credentials(Protocol):
    """Credentials that can be exchanged for an access token.

    A `TokenStore` shares the tokens of those that also have the attribute ``store_key``, a text that names the app and
    the account as a key of the store.
    """

    async def fetch(self, transport: Transport) -> Token:
        """Return a new access token, requested through *transport*."""
        ...


@dataclass(frozen=True, slots=True)
class StaticToken:
    """An access token that the caller obtains and renews, such as that of a user. The repr hides it."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        check_texts("StaticToken", token=self.token)

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  part of the protocol
        """Return the token unchanged."""
        return Token(self.token)


@dataclass(frozen=True, slots=True)
class ServerToServer:
    """The credentials of a server-to-server OAuth app of one account. The repr hides the secret.

    A token is valid for one hour and has the scopes that the app had when it was issued. A scope that is added later
    needs a new token.
    """

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = DEFAULT_TOKEN_URL

    def __post_init__(self) -> None:
        check_texts(
            "ServerToServer",
            account_id=self.account_id,
            client_id=self.client_id,
            client_secret=self.client_secret,
        )
        secure_url("token_url", self.token_url)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the credentials in ``ZOOM_ACCOUNT_ID``, ``ZOOM_CLIENT_ID`` and ``ZOOM_CLIENT_SECRET``.

        ``ZOOM_TOKEN_URL`` is for other clouds. Each value may be in a file instead, whose path is in the variable with
        ``_FILE`` appended to the name. Raises `ConfigError` for a variable that is missing or invalid.
        """
        settings = Settings(environ)
        return cls(
            settings.require("ZOOM_ACCOUNT_ID"),
            settings.require("ZOOM_CLIENT_ID"),
            settings.require("ZOOM_CLIENT_SECRET"),
            token_url=settings.get("ZOOM_TOKEN_URL") or DEFAULT_TOKEN_URL,
        )

    @property
    def store_key(self) -> str:
        """The key of the token in a `TokenStore`."""
        return app_token_key(self.account_id, self.client_id)

    async def fetch(self, transport: Transport) -> Token:
        """Request a new token from Zoom. Raises `Unauthorized` when Zoom rejects the credentials."""
        call = _TOKEN.at()
        response = await transport.send(self._request())
        try:
            token = interpret(call, response)
        except (BadRequest, PermissionDenied, Unauthorized) as rejected:
            reason = f"{rejected.message}. " if rejected.message else ""
            error = Unauthorized(
                rejected.call,
                rejected.status,
                code=rejected.code,
                message=f"{reason}Check the account id, the client id and the client secret.",
                tracking_id=rejected.tracking_id,
            )
        else:
            return Token(token.access_token, token.lifetime, token.scopes, token.api_address)
        raise error

    def _request(self) -> HttpRequest:
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        # In the body, because Zoom has begun to reject these parameters in the query string.
        form = urlencode({"grant_type": "account_credentials", "account_id": self.account_id})
        return HttpRequest(
            name=_TOKEN.route,
            method=_TOKEN.method,
            url=self.token_url,
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
            body=form.encode(),
        )


class _TokenResponse(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float | str | None = None
    scope: object = None  # any type: an odd value must not make the token useless
    api_url: object = None

    def __repr__(self) -> str:
        return "_TokenResponse(...)"  # hides the token

    @property
    def lifetime(self) -> float:
        """The lifetime in seconds; one hour when the response has no valid one."""
        try:
            seconds = float(self.expires_in or 0)
        except ValueError:
            return _DEFAULT_LIFETIME
        return seconds if 0 < seconds <= _LONGEST_LIFETIME else _DEFAULT_LIFETIME

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the token; None when the response has no text that names them."""
        return frozenset(self.scope.split()) if isinstance(self.scope, str) else None

    @property
    def api_address(self) -> str | None:
        """The address of the API; None when the response has no text that names it."""
        return self.api_url if isinstance(self.api_url, str) else None


# The token endpoint has no rate-limit label, and its requests need no permit.
_TOKEN = Endpoint(route="POST /oauth/token", label=Label.LIGHT, response=_TokenResponse)


def check_texts(class_name: str, **settings: str) -> None:
    """Raise `ConfigError` for a setting that cannot be sent in a header."""
    for name, value in settings.items():
        if not value or value != value.strip() or not value.isprintable():
            raise ConfigError(f"{class_name}: {name} must be non-empty text without surrounding or control characters")
