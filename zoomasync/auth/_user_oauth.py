"""An app that acts for users, and the authorization of one user: its URL, and the code in the callback.

Sources: https://developers.zoom.us/docs/integrations/oauth/ and RFC 7636 for PKCE.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from hashlib import sha256
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from .._settings import Settings
from ..errors import AuthorizationDenied, ConfigError, InvalidArgument
from ._cloud import Cloud
from ._credentials import check_texts

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # of RFC 6749
_URL_START = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_OAUTH_ERROR = re.compile(r"[a-z_]{1,40}")
_MAX_PARAMETERS = 50


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The authorization of one user: send the browser to *url*, and keep the whole in the session of that browser.

    Its fields are texts: ``dataclasses.asdict(request)`` is JSON, and ``AuthorizationRequest(**saved)`` the request
    again. Zoom sends *state* back, which shows that the callback belongs to the same browser, and *code_verifier*
    proves that the code is used by the app that requested it (PKCE). The repr hides all three.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UserOAuth:
    """An OAuth app that acts for the users who authorize it, for `zoomasync.UserClients`. The repr hides the secret.

    *redirect_uri* is the address of your service to which Zoom sends the user back, exactly as the app is registered
    with. *cloud* has the addresses of Zoom.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    _: KW_ONLY
    cloud: Cloud = Cloud.GLOBAL

    def __post_init__(self) -> None:
        check_texts(
            "UserOAuth",
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=self.redirect_uri,
        )
        if not _URL_START.match(self.redirect_uri) or "#" in self.redirect_uri:
            raise ConfigError(
                "redirect_uri must be a URL without a fragment, such as https://example.com/zoom/callback"
            )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the app in ``ZOOM_CLIENT_ID``, ``ZOOM_CLIENT_SECRET`` and ``ZOOM_REDIRECT_URI``.

        ``ZOOM_CLOUD`` is global (the default), gov, or a region such as eu; ``ZOOM_BASE_URL`` and ``ZOOM_TOKEN_URL``
        are for any other addresses: ``authorize`` and ``revoke`` are beside the latter. Each value may be in a file
        instead, whose path is in the variable with ``_FILE`` appended to the name. Raises `ConfigError` for a variable
        that is missing or invalid.
        """
        settings = Settings(environ)
        cloud = Cloud.from_env(environ) or Cloud.GLOBAL
        token_url = settings.get("ZOOM_TOKEN_URL") or cloud.token_url
        folder = token_url.rpartition("/")[0]
        return cls(
            settings.require("ZOOM_CLIENT_ID"),
            settings.require("ZOOM_CLIENT_SECRET"),
            settings.require("ZOOM_REDIRECT_URI"),
            cloud=Cloud(
                base_url=settings.get("ZOOM_BASE_URL") or cloud.base_url,
                token_url=token_url,
                authorize_url=f"{folder}/authorize",
                revoke_url=f"{folder}/revoke",
            ),
        )

    def authorization_request(self, scopes: Iterable[str] | None = None) -> AuthorizationRequest:
        """Return a new request for the authorization of one user. Its URL is for one browser, and for one use.

        Zoom asks the user for *scopes*, or for all scopes of the app without them. Raises `InvalidArgument` for a scope
        that cannot be part of a URL.
        """
        state, code_verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(sha256(code_verifier.encode()).digest()).decode().rstrip("=")
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if scopes is not None:
            parameters["scope"] = _scope_text(scopes)
        url = f"{self.cloud.authorize_url}?{urlencode(parameters, quote_via=quote)}"
        return AuthorizationRequest(url, state, code_verifier)


@dataclass(frozen=True, slots=True)
class AuthorizedUser:
    """A user who has authorized the app: Zoom's ids of the user and of the account, and the scopes of the token.

    *account_id* and *scopes* are None if they are unknown.
    """

    user_id: str
    account_id: str | None = None
    scopes: frozenset[str] | None = None


def _scope_text(scopes: Iterable[str]) -> str:
    names = [scopes] if isinstance(scopes, str) else list(scopes)
    if not names or not all(_SCOPE.fullmatch(name) for name in names):
        raise InvalidArgument("scopes must be names such as meeting:read:meeting, each without spaces")
    return " ".join(names)


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A code that the callback brought. The repr hides it."""

    value: str = field(repr=False)


def read_callback(
    callback: str | Mapping[str, str], request: AuthorizationRequest
) -> AuthorizationCode | AuthorizationDenied:
    """Return the code in *callback*, or the error that `code_in` raises.

    The error has no traceback, since the variables in it hold the callback.
    """
    try:
        return AuthorizationCode(code_in(callback, request))
    except AuthorizationDenied as denied:
        return denied.with_traceback(None)


def code_in(callback: str | Mapping[str, str], request: AuthorizationRequest) -> str:
    """Return the authorization code in *callback*: its URL, its query string, or the decoded parameters of its query.

    Raises `AuthorizationDenied` unless the callback belongs to *request* and has a code.
    """
    parameters = _parameters(callback)
    # The state first: without it, anyone may have made the callback.
    if not request.state or not hmac.compare_digest(_bytes(parameters.get("state", "")), _bytes(request.state)):
        raise AuthorizationDenied("the callback belongs to another request, or to another browser")
    if (error := parameters.get("error")) is not None:
        known = error if _OAUTH_ERROR.fullmatch(error) else None
        reason = f"Zoom sent the error {known or 'of another form'}"
        if known == "access_denied":
            reason = "the user declined"
        raise AuthorizationDenied(reason, known)
    code = parameters.get("code", "")
    if not code or not code.isprintable():
        raise AuthorizationDenied("the callback has no code")
    return code


def _parameters(callback: str | Mapping[str, str]) -> dict[str, str]:
    if isinstance(callback, str):
        try:
            query = urlsplit(callback).query if _URL_START.match(callback) else callback.removeprefix("?")
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
        except ValueError:
            pairs = []
    else:
        pairs = list(callback.items())
    names = [name for name, _ in pairs]
    # Two readers may take different ones of a repeated parameter.
    return {name: text for name, text in pairs if names.count(name) == 1}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # `compare_digest` accepts no text that is not ASCII
