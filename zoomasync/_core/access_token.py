"""An access token, and the interface through which the session layer gets one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the seconds that it lives from now; None is for ever. Its repr does not show it."""

    value: str = field(repr=False)
    lifetime: float | None = field(default=None, compare=False)


class TokenSource(Protocol):
    """Gives the access token that a request is sent with."""

    async def get(self) -> Token:
        """Return a valid token, waiting only when there is none."""
        ...

    async def renew(self, rejected: Token) -> Token:
        """Return a token other than *rejected*, or *rejected* where the credentials have no other."""
        ...
