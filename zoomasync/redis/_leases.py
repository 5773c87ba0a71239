"""Leases that divide the accounts of one job among processes, and that expire when their holder dies."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from types import NoneType
from typing import Final

import anyio
import msgspec

from ..errors import ConfigError, InvalidArgument, RedisUnavailable
from ._connection import CLOSE_SECONDS, RedisClient, RedisConnection, Script, hash_tag

_LEASES_PER_REQUEST: Final = 500  # Redis serves no other client while a script runs


class Holder(msgspec.Struct, frozen=True):
    """The process that acquires, renews or releases a lease of *lease_ms* milliseconds."""

    holder: str
    lease_ms: int


_ACQUIRE: Final = Script("lease_acquire", bool)
LEASE_RENEW: Final = Script("lease_renew", list[int])
LEASE_RELEASE: Final = Script("lease_release", NoneType)


class RedisLeases:
    """Leases by which all processes with the same *name* divide one job: each key has at most one holder.

    ::

        leases = RedisLeases("redis://redis.internal", name="nightly-harvest")
        async with leases.held():
            if await leases.acquire(account_id):
                ...
                await leases.release(account_id)
        await leases.aclose()

    *redis* is a URL, or a client of redis-py, which its owner closes. A lease expires *lease* seconds after it was last
    renewed, by the Redis server's clock. If its holder dies, another process can acquire it then. A request may take
    *timeout* seconds: by default, the ``socket_timeout`` of the URL, or else 30.

    A lease is not a lock. A process that loses Redis for longer than *lease*, or stalls for as long, loses its leases
    without notice, and so do all processes if Redis loses its data. The work must do no harm if it is done twice.
    """

    def __init__(
        self, redis: str | RedisClient, *, name: str, lease: float = 30.0, timeout: float | None = None
    ) -> None:
        if not 0 < lease < math.inf:
            raise ConfigError("lease must be seconds, more than 0")
        self._name = name
        self._prefix = f"{hash_tag(name)}:lease:"
        self._lease = lease
        self._holder = Holder(secrets.token_hex(8), max(1, round(lease * 1000)))
        self._held = set[str]()
        self._uncertain = set[str]()  # Redis may have them as ours: a request was sent, and no response has arrived
        self._connection = RedisConnection(redis, timeout)

    def __repr__(self) -> str:
        return f"<RedisLeases {self._name!r}, {len(self._held)} held>"

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None, None]:
        """Renew all leases while the block runs, and release them when it ends. Enter one block at a time.

        While Redis is unavailable, renewals are tried again. A lease that another process acquired meanwhile is
        dropped. Leases that cannot be released expire.
        """
        renewing = asyncio.create_task(self._renew_repeatedly(), name="zoomasync leases")
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                renewing.cancel()
                await asyncio.wait([renewing])
                await self._release_all()

    async def acquire(self, key: str) -> bool:
        """Acquire *key*, any printable text; return False if another process holds it.

        Returns True, too, if this `RedisLeases` already holds it: it does not separate tasks of one process. Outside of
        `held` nothing renews it. Raises `RedisUnavailable` without Redis.
        """
        redis_key = self._redis_key(key)
        self._uncertain.add(key)
        try:
            acquired = await self._connection.run(_ACQUIRE, [redis_key], self._holder)
        except RedisUnavailable as error:
            raise RedisUnavailable(f"no lease can be acquired: {error.reason}") from None
        self._uncertain.discard(key)
        if acquired:
            self._held.add(key)
        else:
            self._held.discard(key)
        return acquired

    async def release(self, key: str) -> None:
        """Release *key*, if this process still holds it. Without Redis it expires."""
        redis_key = self._redis_key(key)
        self._held.discard(key)
        self._uncertain.add(key)
        with suppress(RedisUnavailable):
            await self._connection.run(LEASE_RELEASE, [redis_key], self._holder)
            self._uncertain.discard(key)

    async def aclose(self) -> None:
        """Close the connections that this object opened. Closing twice is safe."""
        await self._connection.aclose()

    async def _renew_repeatedly(self) -> None:
        renewed = True
        while True:
            if renewed:
                await anyio.sleep(self._lease / 3)
            # A request that takes longer is sent again, over another connection, before the leases expire.
            with anyio.move_on_after(self._lease / 3) as scope, suppress(RedisUnavailable):
                await self._renew()
            renewed = not scope.cancelled_caught

    async def _renew(self) -> None:
        for keys in _batches(list(self._held)):
            lost = await self._connection.run(LEASE_RENEW, [self._redis_key(key) for key in keys], self._holder)
            self._held.difference_update(keys[position - 1] for position in lost)

    async def _release_all(self) -> None:
        await self._connection.finish()
        held = list(self._held | self._uncertain)
        self._held.clear()
        self._uncertain.clear()
        with anyio.move_on_after(CLOSE_SECONDS), suppress(RedisUnavailable):
            for keys in _batches(held):
                await self._connection.run(LEASE_RELEASE, [self._redis_key(key) for key in keys], self._holder)

    def _redis_key(self, key: str) -> str:
        """Return the key in Redis. The hash tag comes first, so that braces in *key* do not change the node."""
        if not key or not key.isprintable():
            raise InvalidArgument("the key of a lease must be non-empty printable text")
        return self._prefix + key


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _LEASES_PER_REQUEST):
        yield keys[start : start + _LEASES_PER_REQUEST]
