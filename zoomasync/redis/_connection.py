"""The connection to Redis: it runs Lua scripts and reports every failure as `RedisUnavailable`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Final, Generic, TypeAlias, TypeVar, cast

import anyio
import msgspec

from ..errors import ConfigError, RedisUnavailable

try:
    from redis.asyncio import Redis, RedisCluster
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import NoScriptError, RedisError
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "zoomasync.redis needs the extra 'redis': pip install 'zoomasync[redis]'", name=missing.name
    ) from None

T = TypeVar("T")

RedisClient: TypeAlias = Redis | RedisCluster
"""A client of redis-py: for one server, behind a Sentinel, or for a cluster."""

TIMEOUT: Final = 2.0
"""The seconds that one request to Redis may take."""


class Script(Generic[T]):
    """A script of the folder ``lua``, which takes one JSON document and returns one of type *response*."""

    def __init__(self, name: str, response: type[T]) -> None:
        self.text = resources.files("zoomasync.redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
        self.digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        self.response = response


class RedisConnection:
    """A connection that runs scripts. *redis* is a URL, or a client that its owner closes."""

    def __init__(self, redis: str | RedisClient) -> None:
        self._owned = isinstance(redis, str)
        self._client = _client_for(redis) if isinstance(redis, str) else redis

    async def run(self, script: Script[T], keys: Sequence[str], request: msgspec.Struct) -> T:
        """Return the response of *script*. Raises `RedisUnavailable`, after two seconds at the latest."""
        reason: str
        try:
            with anyio.fail_after(TIMEOUT):
                response = await self._run(script, keys, msgspec.json.encode(request))
        except TimeoutError:
            reason = f"Redis did not answer within {TIMEOUT:g} seconds"
        except (RedisError, OSError) as error:
            reason = f"Redis cannot be used ({type(error).__name__})"
        else:
            return msgspec.json.decode(response, type=script.response, strict=False)  # it has large integers as text
        # Raised here, without the exception as its context: that may contain addresses and user names.
        raise RedisUnavailable(reason)

    async def aclose(self) -> None:
        """Close the connections, unless the caller owns the client. They are opened again on the next use."""
        if self._owned:
            await self._client.aclose()

    async def _run(self, script: Script[T], keys: Sequence[str], request: bytes) -> bytes | str:
        try:
            response = await self._client.evalsha(script.digest, len(keys), *keys, request)
        except NoScriptError:  # a server that was started meanwhile, or another server
            response = await self._client.eval(script.text, len(keys), *keys, request)
        return cast("bytes | str", response)


def hash_tag(name: str) -> str:
    """Return the prefix of all keys of *name*. It makes a cluster keep them on one node."""
    if not name or not name.isprintable() or set("{}").intersection(name):
        raise ConfigError("name must be non-empty printable text without braces")
    return f"{{{name}}}"


def _client_for(url: str) -> Redis:
    try:
        # One retry, without a delay: the server may have closed an idle connection.
        client = Redis.from_url(url, retry=Retry(NoBackoff(), 1))  # pyright: ignore[reportUnknownMemberType]  its options
        client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # checks the URL's options, offline
    except Exception:  # noqa: BLE001, S110  the parser may raise anything, and the text may contain the password
        pass
    else:
        return client
    raise ConfigError("cannot read the Redis URL: use redis://, rediss:// or unix://, with the password quoted")
