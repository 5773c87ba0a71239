"""The interface of a store for access tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from .._core.access_token import Token


class TokenStore(Protocol):
    """A place where several clients find one access token, such as `zoomasync.redis.RedisTokenStore`."""

    async def renew(self, stale: Token | None, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Return a token newer than *stale*: one that another client has got, or else what *fetch* gets.

        None is stale where this client never had one. One client fetches at a time.
        """
        ...

    async def aclose(self) -> None:
        """Let go of what the store holds. Closing twice does no harm."""
        ...
