"""An access token, and the interface from which the session layer gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. *lifetime* is the number of seconds that it is valid from now; None means without end.

    *scopes* are the scopes that Zoom names with the token; None means unknown. *api_url* is the address that Zoom names
    for the API, such as that of a region. The repr hides the token.
    """

    value: str = field(repr=False)
    lifetime: float | None = field(default=None, compare=False)
    scopes: frozenset[str] | None = field(default=None, repr=False, compare=False)
    api_url: str | None = field(default=None, repr=False, compare=False)


class TokenSource(Protocol):
    """A source of the access token that requests are sent with."""

    async def get(self) -> Token:
        """Return a valid token. Waits only when there is none."""
        ...

    async def renew(self, rejected: Token) -> Token:
        """Return a token other than *rejected*, or *rejected* itself when the credentials have no other."""
        ...
