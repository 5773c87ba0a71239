"""The access tokens that the fake has issued, their scopes, and the users whom they act for."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from ..reference.operations import OPERATIONS, Operation
from .responses import ErrorResponse, invalid_access_token, missing_scopes

_ACCOUNT_WIDE: Final = frozenset({"admin", "master"})


def is_account_wide(scope: str) -> bool:
    """Return whether *scope* reaches more than the resources of the user who granted it.

    Source: https://github.com/anthropics/knowledge-work-plugins, partner-built/zoom-plugin/skills/oauth/concepts/
    scopes-architecture.md.
    """
    return not _ACCOUNT_WIDE.isdisjoint(scope.split(":"))


DEFAULT_SCOPES: Final = " ".join(
    sorted({scope for each in OPERATIONS.values() for scope in each.scopes or each.granular_scopes})
)
"""The scopes that allow every operation."""
DEFAULT_USER_SCOPES: Final = " ".join(scope for scope in DEFAULT_SCOPES.split() if not is_account_wide(scope))
"""The scopes that allow every operation on the resources of the user who granted them."""


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """The facts about one access token; *user_id* is empty for the token of a server-to-server app."""

    scopes: frozenset[str]
    expires_at: float
    user_id: str = ""

    def check_scopes(self, operation: Operation) -> None:
        """Raise the error for an *operation* of which the token has no scope; like Zoom, it names the granular ones."""
        if not self._granted(operation):
            raise missing_scopes(operation.granular_scopes)

    def is_limited_to_user(self, operation: Operation) -> bool:
        """Return whether the token allows *operation* for the resources of its user only."""
        return bool(self.user_id) and not any(map(is_account_wide, self._granted(operation)))

    def _granted(self, operation: Operation) -> Iterable[str]:
        return self.scopes & {*operation.scopes, *operation.granular_scopes}


class AccessTokens:
    """The tokens of all apps of an account, each valid for *lifetime* seconds; several can be valid at a time."""

    def __init__(self, clock: Callable[[], float], lifetime: int) -> None:
        self._clock = clock
        self.lifetime: int = lifetime
        self._tokens: dict[str, AccessToken] = {}
        self._downloads_until: dict[str, float] = {}

    def issue(self, scopes: str, user_id: str = "") -> str:
        """Return a new token with *scopes*, as a token response lists them."""
        token = secrets.token_urlsafe(24)
        expires_at = self._clock() + self.lifetime
        self._tokens[token] = AccessToken(scopes=frozenset(scopes.split()), expires_at=expires_at, user_id=user_id)
        return token

    def issue_for_downloads(self, lifetime: int) -> str:
        """Return a new token that is valid for downloads only, for *lifetime* seconds."""
        token = secrets.token_urlsafe(32)
        self._downloads_until[token] = self._clock() + lifetime
        return token

    def check(self, authorization: str) -> AccessToken:
        """Return the token in an `Authorization` header; raise the error for a header without a valid one."""
        token = self._tokens.get(_bearer(authorization))
        if token is None:
            raise invalid_access_token()
        self._check_time(token.expires_at)
        return token

    def check_download(self, authorization: str) -> AccessToken | None:
        """Return the token of a download, or None for one that is valid for downloads only; raise the error else."""
        expires_at = self._downloads_until.get(_bearer(authorization))
        if expires_at is None:
            return self.check(authorization)
        self._check_time(expires_at)
        return None

    def find(self, token: str) -> AccessToken | None:
        """Return the facts about *token*, which may have expired, or None if it is unknown or was ended."""
        return self._tokens.get(token)

    def expire(self) -> None:
        """Expire every token issued so far."""
        now = self._clock()
        self._tokens = {name: replace(token, expires_at=now) for name, token in self._tokens.items()}

    def end(self, user_id: str) -> None:
        """Make every token of one user unknown."""
        self._tokens = {name: token for name, token in self._tokens.items() if token.user_id != user_id}

    def _check_time(self, expires_at: float) -> None:
        if expires_at <= self._clock():
            raise ErrorResponse(401, 124, "Access token is expired.")


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token if scheme.lower() == "bearer" else ""
