"""The way to Redis: scripts in, replies out, and one error for all that can go wrong in between."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import anyio

from ..errors import ConfigError, RedisUnavailable

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import NoScriptError, RedisError
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "zoomasync.redis needs the extra 'redis': pip install 'zoomasync[redis]'", name=missing.name
    ) from None

if TYPE_CHECKING:
    from redis.asyncio.cluster import RedisCluster

RedisClient: TypeAlias = "Redis | RedisCluster"
"""A client of redis-py: for one server, behind a Sentinel, or for a cluster."""

TIMEOUT: Final = 2.0
"""Seconds that one round trip may take."""

_FORBIDDEN_IN_NAMES = "{}"


class Script:
    """A Lua script that a server knows by its digest, or is told anew."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Link:
    """Runs scripts on *redis*, which is a URL, or a client that stays its owner's to close."""

    def __init__(self, redis: str | RedisClient) -> None:
        self._owned = isinstance(redis, str)
        self._client = _connected(redis) if isinstance(redis, str) else redis

    async def run(self, script: Script, keys: Sequence[str], *args: str | int) -> Sequence[object]:
        """Return the list that *script* returns. Raises `RedisUnavailable` after two seconds at the latest."""
        reason: str
        try:
            with anyio.fail_after(TIMEOUT):
                return await self._run(script, keys, args)
        except TimeoutError:
            reason = f"Redis did not answer within {TIMEOUT:g} seconds"
        except (RedisError, OSError) as error:
            reason = f"Redis cannot be used ({type(error).__name__})"
        # Outside, since the text of what was caught may tell of addresses and users.
        raise RedisUnavailable(reason)

    async def aclose(self) -> None:
        """Close the connections that are ours. The link opens them again when it is used again."""
        if self._owned:
            await self._client.aclose()

    async def _run(self, script: Script, keys: Sequence[str], args: Sequence[str | int]) -> Sequence[object]:
        try:
            response = await self._client.evalsha(script.digest, len(keys), *keys, *args)
        except NoScriptError:  # a server that was started since, or is another
            response = await self._client.eval(script.text, len(keys), *keys, *args)
        return cast("Sequence[object]", response)


def hash_tag(name: str) -> str:
    """Return what all keys of *name* begin with, so that a cluster keeps them in one place."""
    if not name or not name.isprintable() or any(sign in name for sign in _FORBIDDEN_IN_NAMES):
        raise ConfigError("name must be non-empty printable text without braces")
    return f"{{{name}}}"


def _connected(url: str) -> Redis:
    try:
        # Once more, and at once: a connection that was idle may have been closed.
        client = Redis.from_url(url, retry=Retry(NoBackoff(), 1))  # pyright: ignore[reportUnknownMemberType]  its options
    except Exception:  # noqa: BLE001, S110  whatever a URL can do to a parser, and the text may hold the password
        pass
    else:
        return client
    raise ConfigError("the Redis URL cannot be read: it is redis://, rediss:// or unix://, with the password quoted")
