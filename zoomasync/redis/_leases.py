"""Who does what of one job: claims that many processes make, and lose when they die."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, cast

import anyio

from ..errors import ConfigError, InvalidArgument, RedisUnavailable
from ._connection import Link, RedisClient, hash_tag
from ._scripts import CLAIM_TAKE, CLAIMS_DROP, CLAIMS_RENEW

_AT_ONCE: Final = 500  # claims in one round trip; a script keeps everybody else from Redis


class RedisLeases:
    """Lets all processes that give the same *name* share one job: what one has claimed, the others leave alone.

    ::

        claims = RedisLeases("redis://redis.internal", name="my-account/2026-05")
        async with claims.held():
            if await claims.take("meeting_participants/uuid"):
                ...
                await claims.drop("meeting_participants/uuid")
        await claims.aclose()

    *redis* is a URL, or a client of redis-py, which stays yours to close. A claim ends *lease* seconds after it was
    last renewed, by the Redis server's clock: when its holder dies, another can take it then.

    A claim is no lock. Who is away from Redis for longer than the lease, or stalls, loses it without being told, and so
    does everybody when Redis loses its memory. Do with it what does no harm when it is done twice.
    """

    def __init__(self, redis: str | RedisClient, *, name: str, lease: float = 30.0) -> None:
        if not 0 < lease < math.inf:
            raise ConfigError("lease must be seconds, more than 0")
        self._name = name
        self._prefix = f"{hash_tag(name)}:claim:"
        self._lease = lease
        self._milliseconds = max(1, round(lease * 1000))
        self._holder = secrets.token_hex(8)
        self._held = set[str]()
        self._unsure = set[str]()  # Redis may think that they are ours: it was asked, and the answer did not come
        self._link = Link(redis)

    def __repr__(self) -> str:
        return f"<RedisLeases {self._name!r}, {len(self._held)} held>"

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None, None]:
        """Renew what is held while the block runs, and let go of all of it in the end. Enter one block at a time.

        What cannot be renewed because Redis is away is tried again; what another has taken meanwhile is forgotten. What
        cannot be let go of ends by itself.
        """
        renewing = asyncio.create_task(self._renew_again_and_again(), name="zoomasync renews claims")
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                renewing.cancel()
                await asyncio.wait([renewing])
                await self._let_go()

    async def take(self, key: str) -> bool:
        """Claim *key*, which is any printable text; return False if another holds it, True if it is ours now.

        It is ours, too, when this `RedisLeases` holds it already: tasks that share one are not kept apart. Outside of
        `held` nothing renews it. Raises `RedisUnavailable` without Redis.
        """
        claim = self._claim(key)
        self._unsure.add(key)
        try:
            answer = await self._link.run(CLAIM_TAKE, [claim], self._holder, self._milliseconds)
        except RedisUnavailable as lost:
            raise RedisUnavailable(f"no claim can be made: {lost.reason}") from None
        self._unsure.discard(key)
        if answer[0]:
            self._held.add(key)
            return True
        self._held.discard(key)
        return False

    async def drop(self, key: str) -> None:
        """Let go of *key*, if it is still ours. Without Redis it ends by itself."""
        claim = self._claim(key)
        self._held.discard(key)
        self._unsure.add(key)
        with suppress(RedisUnavailable):
            await self._link.run(CLAIMS_DROP, [claim], self._holder)
            self._unsure.discard(key)

    async def aclose(self) -> None:
        """Close the connections to Redis that are ours. Closing twice does no harm."""
        await self._link.aclose()

    async def _renew_again_and_again(self) -> None:
        while True:
            await anyio.sleep(self._lease / 3)
            with suppress(RedisUnavailable):
                await self._renew()

    async def _renew(self) -> None:
        for some in _split(list(self._held)):
            claims = [self._claim(key) for key in some]
            lost = await self._link.run(CLAIMS_RENEW, claims, self._holder, self._milliseconds)
            self._held.difference_update(some[number - 1] for number in cast("Sequence[int]", lost))

    async def _let_go(self) -> None:
        keys = list(self._held | self._unsure)
        self._held.clear()
        self._unsure.clear()
        with suppress(RedisUnavailable):
            for some in _split(keys):
                await self._link.run(CLAIMS_DROP, [self._claim(key) for key in some], self._holder)

    def _claim(self, key: str) -> str:
        """Return what Redis calls it. The hash tag comes first, so that no brace of *key* is taken for it."""
        if not key or not key.isprintable():
            raise InvalidArgument("the key of a claim must be non-empty printable text")
        return self._prefix + key


def _split(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
