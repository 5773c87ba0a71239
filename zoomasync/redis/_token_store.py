"""The store of an access token that processes share through Redis."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import NoneType
from typing import Final, Self

import anyio
import msgspec

from ..auth import Token
from ..errors import RedisUnavailable
from ._connection import RedisClient, RedisConnection, Script, hash_tag
from ._leases import LEASE_RENEW, Holder

_LEASE_SECONDS: Final = 6  # a slow Redis may need as long for a renewal
_SHARE_SECONDS: Final = 2.0  # that callers wait until Redis has their token. The request continues after that
_RENEW_SECONDS: Final = 1.0
_SHORTEST_POLL, _LONGEST_POLL = 0.02, 0.25


class _GetToken(Holder, frozen=True):
    stale_version: str


class _SharedToken(msgspec.Struct, frozen=True):
    value: str | None = None
    version: str = ""
    expires_in_ms: int | None = None
    scope: str | None = None
    lease_version: str | None = None


class _SetToken(msgspec.Struct, frozen=True, omit_defaults=True):
    holder: str
    version: str
    value: str | None = None
    lifetime_ms: int | None = None
    scope: str | None = None


_GET: Final = Script("token_get", _SharedToken)
_SET: Final = Script("token_set", NoneType)


class RedisTokenStore:
    """One access token for all processes with the same *name*: `Zoom` takes it as ``token_store=``.

    *redis* is a URL, or a client of redis-py, which its owner closes. Redis keeps the token until it expires. Anyone
    who can read it there can call Zoom with it, so protect Redis with a password and TLS. *name* stands for one app of
    one account, as `token_name` returns it.

    One process at a time requests a new token from Zoom. If it dies, another does so within six seconds. Without Redis
    each process gets its own token. It waits for *timeout* seconds while Redis does not answer: by default, the
    ``socket_timeout`` of the URL, or else 30.
    """

    def __init__(self, redis: str | RedisClient, *, name: str, timeout: float | None = None) -> None:
        tag = hash_tag(name)
        self._name = name
        self._token, self._lease = f"{tag}:token", f"{tag}:lease"
        self._connection = RedisConnection(redis, timeout)
        self._versions = dict[str, str]()  # of the last token, by its value

    def __repr__(self) -> str:
        return f"<RedisTokenStore {self._name!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            await self.aclose()

    async def renew(self, stale: Token | None, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Return a token newer than *stale*: one that another process shares, or else the result of *fetch*."""
        try:
            return await self._renew(stale, fetch)
        except RedisUnavailable:
            return await fetch()

    async def aclose(self) -> None:
        """Close the connections that this store opened. Closing twice is safe."""
        await self._connection.aclose()

    async def _renew(self, stale: Token | None, fetch: Callable[[], Awaitable[Token]]) -> Token:
        # The request names the stale token by its version, so that no token travels to Redis more than once.
        stale_version = self._versions.get(stale.value, "") if stale is not None else ""
        request = _GetToken(secrets.token_hex(8), _LEASE_SECONDS * 1000, stale_version)
        pause = _SHORTEST_POLL
        while True:
            sent = time.monotonic()
            shared = await self._connection.run(_GET, [self._token, self._lease], request)
            if shared.value is not None:
                lifetime = None
                if shared.expires_in_ms is not None:
                    lifetime = shared.expires_in_ms / 1000 - (time.monotonic() - sent)
                self._versions = {shared.value: shared.version}
                # A process of an earlier version shares a token without its scopes.
                scopes = None if shared.scope is None else frozenset(shared.scope.split())
                return Token(shared.value, lifetime, scopes)
            if shared.lease_version is not None:
                return await self._fetch(request.holder, shared.lease_version, fetch)
            await anyio.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_POLL)

    async def _fetch(self, holder: str, version: str, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Fetch a token while this process holds the lease, and share it."""
        renewing = asyncio.create_task(self._renew_lease(holder), name="zoomasync token lease")
        token: Token | None = None
        try:
            token = await fetch()
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            await self._share(holder, version, token)
        self._versions = {token.value: version}
        return token

    async def _renew_lease(self, holder: str) -> None:
        """Renew the lease for as long as Zoom takes to answer."""
        while True:
            await anyio.sleep(_RENEW_SECONDS)
            with suppress(RedisUnavailable):
                await self._connection.run(LEASE_RENEW, [self._lease], Holder(holder, _LEASE_SECONDS * 1000))

    async def _share(self, holder: str, version: str, token: Token | None) -> None:
        request = _SetToken(holder, version)
        if token is not None:
            lifetime_ms = None if token.lifetime is None else max(1, round(token.lifetime * 1000))
            scope = None if token.scopes is None else " ".join(sorted(token.scopes))
            request = _SetToken(holder, version, token.value, lifetime_ms, scope)
        # If that fails, the lease expires, and this process can use the token unshared.
        with anyio.move_on_after(_SHARE_SECONDS), suppress(RedisUnavailable):
            await self._connection.run(_SET, [self._token, self._lease], request)
