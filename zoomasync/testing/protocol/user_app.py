"""An OAuth app that users of the account authorize: authorization codes, rotating refresh tokens and revocation."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from ..account.account import Account
from ..account.host import Host
from .access_tokens import AccessTokens
from .responses import AuthorizationError, FakeResponse, OAuthError, json_response


@dataclass(frozen=True, kw_only=True)
class _Code:
    """An authorization code; with an empty *challenge* it needs no verifier."""

    user_id: str
    scopes: str
    challenge: str
    method: str
    expires_at: float

    def is_verified_by(self, verifier: str) -> bool:
        derived = verifier if self.method == "plain" else _s256(verifier)
        return not self.challenge or hmac.compare_digest(derived.encode(), self.challenge.encode())


@dataclass(frozen=True, kw_only=True)
class _RefreshToken:
    user_id: str
    scopes: str
    spent_at: float | None = None


@dataclass(kw_only=True)
class UserApp:
    """One app with its *scopes*, and the codes and refresh tokens that it holds.

    A code is valid for *code_lifetime* seconds. A spent refresh token still gives new tokens for *reuse_seconds*.

    Sources: https://developers.zoom.us/docs/integrations/oauth/ (codes, PKCE with "plain" as the default method, an
    `invalid_grant` for a wrong verifier, revocation of an access token) and
    https://developers.zoom.us/docs/integrations/oauth-error-messages/ (a further authorization ends the tokens of the
    earlier ones, 4741). Older refresh tokens had a "tolerance", within which a spent one still worked; "version 8 and
    later" have none (4740). `Invalid Token!` is in raycast/extensions#10896.

    These facts are not known, and here the stricter one was chosen: any attempt to exchange a code spends it, and only
    an access token can be revoked, which may have expired. These are not known either: the tokens of an earlier refresh
    stay valid, and a user without the role for account-wide scopes can grant them.
    """

    account: Account
    redirect_uri: str
    scopes: str
    tokens: AccessTokens
    clock: Callable[[], float]
    code_lifetime: float
    reuse_seconds: float
    client_id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _codes: dict[str, _Code] = field(default_factory=dict[str, _Code], init=False, repr=False)
    _refresh_tokens: dict[str, _RefreshToken] = field(default_factory=dict[str, _RefreshToken], init=False, repr=False)

    def approve(self, query: str, user: Host) -> str:
        """Return the callback URL, with a code, to which Zoom redirects when *user* approves a request.

        The scopes are those of the request, or all of the app. Raises `AuthorizationError` for a malformed request.
        """
        request = self._checked(query)
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            user_id=user.id,
            scopes=request.get("scope") or self.scopes,
            challenge=request.get("code_challenge", ""),
            method=request.get("code_challenge_method", "plain"),
            expires_at=self.clock() + self.code_lifetime,
        )
        return self._callback(request, code=code)

    def deny(self, query: str) -> str:
        """Return the callback URL to which Zoom redirects when the user denies a request.

        The error is that of RFC 6749, since Zoom's pages do not name one.
        """
        return self._callback(self._checked(query), error="access_denied")

    def exchange(self, form: Mapping[str, str], api_url: str) -> FakeResponse:
        """Return the response to a token request with an authorization code."""
        code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            raise OAuthError("invalid_grant", "Invalid authorization code")
        if code.expires_at <= self.clock():
            raise OAuthError("invalid_grant", "Code is expired")
        if form.get("redirect_uri") != self.redirect_uri:
            raise OAuthError("invalid_grant", "Redirect URI mismatch.")
        if not code.is_verified_by(form.get("code_verifier", "")):
            raise OAuthError("invalid_grant", "Invalid code verifier")
        self.end(code.user_id)
        return self._token_response(code.user_id, code.scopes, api_url)

    def refresh(self, form: Mapping[str, str], api_url: str) -> FakeResponse:
        """Return the response to a token request with a refresh token, which is spent then."""
        name, now = form.get("refresh_token", ""), self.clock()
        token = self._refresh_tokens.get(name)
        if token is None or (token.spent_at is not None and now - token.spent_at >= self.reuse_seconds):
            raise OAuthError("invalid_grant", "Invalid Token!")
        if self.account.host(token.user_id) is None:
            raise OAuthError("invalid_grant", "The owner of the token does not exist.")
        if token.spent_at is None:
            self._refresh_tokens[name] = replace(token, spent_at=now)
        return self._token_response(token.user_id, token.scopes, api_url)

    def revoke(self, form: Mapping[str, str]) -> FakeResponse:
        """Return the response to the revocation of an access token; all tokens of its user end."""
        token = self.tokens.find(form.get("token", ""))
        if token is None or not token.user_id:
            raise OAuthError("invalid_request", "Invalid Token!")
        self.end(token.user_id)
        return json_response({"status": "success"})

    def end(self, user_id: str) -> None:
        """Make all tokens of one user unknown, as after the removal of the app."""
        self.tokens.end(user_id)
        self._refresh_tokens = {name: token for name, token in self._refresh_tokens.items() if token.user_id != user_id}

    def _token_response(self, user_id: str, scopes: str, api_url: str) -> FakeResponse:
        refresh_token = secrets.token_urlsafe(32)
        self._refresh_tokens[refresh_token] = _RefreshToken(user_id=user_id, scopes=scopes)
        return json_response(
            {
                "access_token": self.tokens.issue(scopes, user_id),
                "token_type": "bearer",
                "refresh_token": refresh_token,
                "expires_in": self.tokens.lifetime,
                "scope": scopes,
                "api_url": api_url,
            }
        )

    def _checked(self, query: str) -> Mapping[str, str]:
        request = dict(parse_qsl(query, keep_blank_values=True))
        if request.get("client_id") != self.client_id:
            raise AuthorizationError(4702, f"Invalid client_id: {request.get('client_id', '')}")
        if request.get("redirect_uri") != self.redirect_uri:
            raise AuthorizationError(4700, "Invalid redirect url")
        if request.get("response_type") != "code":
            raise AuthorizationError(4700, "Invalid response_type")
        if request.get("code_challenge_method", "plain") not in {"plain", "S256"}:
            raise AuthorizationError(4700, "Invalid code_challenge_method")
        if not set(request.get("scope", "").split()) <= set(self.scopes.split()):
            raise AuthorizationError(4700, "Invalid scope")
        return request

    def _callback(self, request: Mapping[str, str], **answer: str) -> str:
        parameters = {**answer, **({"state": request["state"]} if "state" in request else {})}
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(parameters)}"


def _s256(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
