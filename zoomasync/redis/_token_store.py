"""One access token for many processes."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final, cast

import anyio

from ..auth import Token
from ..errors import RedisUnavailable
from ._connection import Link, RedisClient, hash_tag
from ._scripts import TOKEN_HOLD, TOKEN_KEEP, TOKEN_LOOK

_LEASE_SECONDS: Final = 3
_HOLD_EVERY_SECONDS: Final = 1.0
_SOONEST_LOOK, _LATEST_LOOK = 0.02, 0.25


class RedisTokenStore:
    """One access token for all processes that give the same *name*: `Zoom` takes it as ``tokens=``.

    *redis* is a URL, or a client of redis-py, which stays yours to close. The token itself is kept in Redis, for as
    long as it lives: whoever may read there may call Zoom as you, so ask for a password and TLS. Use one *name* for
    one app of one account.

    One process at a time asks Zoom for a new token. When it dies, another does so within three seconds. Without Redis
    each process gets a token of its own.
    """

    def __init__(self, redis: str | RedisClient, *, name: str = "zoomasync") -> None:
        tag = hash_tag(name)
        self._name = name
        self._token, self._lease = f"{tag}:token", f"{tag}:lease"
        self._link = Link(redis)
        self._version = dict[str, str]()  # of the last token given out, by its value

    def __repr__(self) -> str:
        return f"<RedisTokenStore {self._name!r}>"

    async def renew(self, stale: Token | None, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Return a token newer than *stale*: one that another process has got, or else what *fetch* gets."""
        try:
            return await self._renew(stale, fetch)
        except RedisUnavailable:
            return await fetch()

    async def aclose(self) -> None:
        """Close the connections to Redis that are ours. Closing twice does no harm."""
        await self._link.aclose()

    async def _renew(self, stale: Token | None, fetch: Callable[[], Awaitable[Token]]) -> Token:
        # By version, so that a token travels to Redis once and from there only to who needs it.
        version = self._version.get(stale.value, "") if stale is not None else ""
        holder, pause = secrets.token_hex(8), _SOONEST_LOOK
        while True:
            asked = time.monotonic()
            match await self._link.run(TOKEN_LOOK, [self._token, self._lease], version, holder, _LEASE_SECONDS):
                case [found, value, milliseconds]:
                    lifetime = cast("int", milliseconds) / 1000 - (time.monotonic() - asked)
                    token = Token(_text(value), None if cast("int", milliseconds) < 0 else lifetime)
                    self._version = {token.value: _text(found)}
                    return token
                case [mine]:
                    return await self._fetch(holder, _text(mine), fetch)
                case _:
                    await anyio.sleep(pause)
                    pause = min(1.5 * pause, _LATEST_LOOK)

    async def _fetch(self, holder: str, version: str, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Get a token while the lease is ours, and let the others have it."""
        holding = asyncio.create_task(self._hold(holder), name="zoomasync token lease")
        token: Token | None = None
        try:
            token = await fetch()
        finally:
            holding.cancel()
            await asyncio.wait([holding])
            await self._keep(holder, version, token)
        self._version = {token.value: version}
        return token

    async def _hold(self, holder: str) -> None:
        """Hold the lease for as long as Zoom takes to answer."""
        while True:
            await anyio.sleep(_HOLD_EVERY_SECONDS)
            try:
                await self._link.run(TOKEN_HOLD, [self._lease], holder, _LEASE_SECONDS)
            except RedisUnavailable:
                continue

    async def _keep(self, holder: str, version: str, token: Token | None) -> None:
        value, milliseconds = "", 0
        if token is not None:
            value, milliseconds = token.value, 0 if token.lifetime is None else max(1, round(token.lifetime * 1000))
        try:
            await self._link.run(TOKEN_KEEP, [self._token, self._lease], holder, version, milliseconds, value)
        except RedisUnavailable:
            return  # the lease ends by itself, and the token is as good for us


def _text(content: object) -> str:
    return content.decode() if isinstance(content, bytes) else str(content)
