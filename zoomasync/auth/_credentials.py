"""Credentials, and the requests that exchange them for an access token.

Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, Self, TypeAlias

from .._core.access_token import Token
from .._core.responses import interpret
from .._core.transport import Transport
from .._core.urls import secure_url
from .._settings import Settings
from ..errors import BadRequest, ConfigError, PermissionDenied, Unauthorized
from ._cloud import Cloud
from ._token_endpoint import TOKEN, form_request, rejected_app
from ._token_keys import app_token_key

DEFAULT_TOKEN_URL: Final = Cloud.GLOBAL.token_url
"""The address of Zoom's token endpoint."""


class Credentials(Protocol):
    """Credentials that can be exchanged for an access token.

    A `TokenStore` shares the tokens of those that also have the attribute ``store_key``, a text that names the app and
    the account as a key of the store.
    """

    async def fetch(self, transport: Transport) -> Token:
        """Return a new access token, requested through *transport*."""
        ...


CredentialsSource: TypeAlias = Callable[[], Awaitable[Credentials]]
"""An async function that returns credentials, such as those in a vault. It is called before each token is fetched."""


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

    *cloud* is the cloud of the account, unless it is the global one. It replaces *token_url*, and `Zoom` takes the
    address of the API from it.
    """

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = DEFAULT_TOKEN_URL
    cloud: Cloud | None = None

    def __post_init__(self) -> None:
        check_texts(
            "ServerToServer",
            account_id=self.account_id,
            client_id=self.client_id,
            client_secret=self.client_secret,
        )
        if self.cloud is not None:
            if self.token_url not in {DEFAULT_TOKEN_URL, self.cloud.token_url}:
                raise ConfigError("ServerToServer: give token_url or cloud, which has a token_url of its own")
            object.__setattr__(self, "token_url", self.cloud.token_url)
        secure_url("token_url", self.token_url)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the credentials in ``ZOOM_ACCOUNT_ID``, ``ZOOM_CLIENT_ID`` and ``ZOOM_CLIENT_SECRET``.

        ``ZOOM_CLOUD`` is global (the default), gov, or a region; ``ZOOM_TOKEN_URL`` is for any other address. Each
        value may be in a file instead, whose path is in the variable with ``_FILE`` appended to the name. Raises
        `ConfigError` for a variable that is missing or invalid.
        """
        settings = Settings(environ)
        return cls(
            settings.require("ZOOM_ACCOUNT_ID"),
            settings.require("ZOOM_CLIENT_ID"),
            settings.require("ZOOM_CLIENT_SECRET"),
            token_url=settings.get("ZOOM_TOKEN_URL") or DEFAULT_TOKEN_URL,
            cloud=Cloud.from_env(environ),
        )

    @property
    def store_key(self) -> str:
        """The key of the token in a `TokenStore`."""
        return app_token_key(self.account_id, self.client_id)

    async def fetch(self, transport: Transport) -> Token:
        """Request a new token from Zoom. Raises `Unauthorized` when Zoom rejects the credentials."""
        request = form_request(
            *(TOKEN, self.token_url, self.client_id, self.client_secret),
            grant_type="account_credentials",
            account_id=self.account_id,
        )
        response = await transport.send(request)
        try:
            return interpret(TOKEN.at(), response).token
        except (BadRequest, PermissionDenied, Unauthorized) as rejected:
            error = rejected_app(rejected, "Check the account id, the client id and the client secret.")
        raise error


def check_texts(class_name: str, **settings: str) -> None:
    """Raise `ConfigError` for a setting that cannot be sent in a header."""
    for name, value in settings.items():
        if not value or value != value.strip() or not value.isprintable():
            raise ConfigError(f"{class_name}: {name} must be non-empty text without surrounding or control characters")
