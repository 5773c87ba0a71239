"""The content of one value of a token store."""

from __future__ import annotations

import math

import msgspec

from .._core.access_token import Token
from ..errors import StoreError

_STALE_FRACTION = 0.1  # a token in the last tenth of its lifetime is about to expire


class StoredToken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tokens of one app or user, as a store keeps them: JSON, in which unknown keys are ignored.

    *expires_at* is a Unix time by the clock of the process that fetched the access token, and None for a token without
    end. *lifetime* is the number of seconds that it had then. *refresh_started* means that a request with
    *refresh_token* may have been sent. *reauthorize* is the reason for which the user must authorize the app again.
    """

    access_token: str = ""
    expires_at: float | None = None
    lifetime: float | None = None
    refresh_token: str | None = None
    scopes: frozenset[str] | None = None
    api_url: str | None = None
    account_id: str | None = None
    user_id: str | None = None
    refresh_started: bool = False
    reauthorize: str | None = None

    def __repr__(self) -> str:
        return "StoredToken(...)"  # hides the tokens

    @classmethod
    def of(cls, token: Token, *, now: float) -> StoredToken:
        """Return *token*, fetched at the Unix time *now*, in the form in which a store keeps it."""
        lifetime = None if token.lifetime is None or not math.isfinite(token.lifetime) else token.lifetime
        return cls(
            access_token=token.value,
            expires_at=None if lifetime is None else now + lifetime,
            lifetime=lifetime,
            scopes=token.scopes,
            api_url=token.api_url,
        )

    @classmethod
    def decode(cls, value: bytes) -> StoredToken:
        """Return the token in *value*. Raises `StoreError` if there is none."""
        try:
            return _DECODER.decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        raise StoreError("a stored token cannot be read: give the store decrypt= if it is encrypted, or delete it")

    def encode(self) -> bytes:
        """Return the value for a store."""
        return msgspec.json.encode(self, order="deterministic")

    def token(self, *, now: float) -> Token:
        """Return the access token, with the lifetime that is left at the Unix time *now*."""
        lifetime = None if self.expires_at is None else self.expires_at - now
        if lifetime is not None and self.lifetime is not None:
            lifetime = min(lifetime, self.lifetime)  # more would be left by a clock that is slow
        return Token(self.access_token, lifetime, self.scopes, self.api_url)

    def token_after(self, stale: Token | None, *, now: float) -> Token | None:
        """Return the access token if it is another than *stale*, and not about to expire at the Unix time *now*."""
        is_new = stale is None or self.access_token != stale.value
        return self.token(now=now) if is_new and self.is_fresh(now=now) else None

    def is_fresh(self, *, now: float) -> bool:
        """Return whether the access token can be used at the Unix time *now*, and is not about to expire."""
        if self.expires_at is None:
            return bool(self.access_token)
        return bool(self.access_token) and self.expires_at - now > _STALE_FRACTION * (self.lifetime or 0.0)


_DECODER = msgspec.json.Decoder(StoredToken)
