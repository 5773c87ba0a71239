"""The interface of a store for access tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from .._core.access_token import Token


class TokenStore(Protocol):
    """A store in which several clients share one access token, such as `zoomasync.redis.RedisTokenStore`."""

    async def renew(self, stale: Token | None, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Return a token newer than *stale*: one that another client has stored, or else the result of *fetch*.

        *stale* is None when this client has had no token yet. Only one client fetches at a time.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections of the store. Closing twice is allowed."""
        ...
