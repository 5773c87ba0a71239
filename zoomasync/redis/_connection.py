"""The connection to Redis: it runs Lua scripts and reports every failure as `RedisUnavailable`."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Sequence
from importlib import resources
from typing import Final, Generic, TypeAlias, TypeVar, cast

import anyio
import msgspec

from ..errors import ConfigError, RedisUnavailable

try:
    from redis.asyncio import Redis, RedisCluster
    from redis.exceptions import NoScriptError, RedisError
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "zoomasync.redis needs the extra 'redis': pip install 'zoomasync[redis]'", name=missing.name
    ) from None

from ._url import connection_pool

T = TypeVar("T")

RedisClient: TypeAlias = Redis | RedisCluster
"""A client of redis-py: for one server, behind a Sentinel, or for a cluster."""

TIMEOUT: Final = 30.0
"""The seconds that one request to Redis may take, unless the caller or the URL sets others."""

CLOSE_SECONDS: Final = 1.0
"""The seconds that a closing object waits for a slow Redis."""


class Script(Generic[T]):
    """A script of the folder ``lua``, which takes one JSON document and returns one of type *response*."""

    def __init__(self, name: str, response: type[T]) -> None:
        self.text = resources.files("zoomasync.redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
        self.digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        self.response = response


class RedisConnection:
    """A connection that runs scripts. *redis* is a URL, or a client that its owner closes.

    A request may take *timeout* seconds. By default these are the ``socket_timeout`` of the URL, or else 30.
    """

    def __init__(self, redis: str | RedisClient, timeout: float | None = None) -> None:
        if timeout is not None and not 0 < timeout < math.inf:
            raise ConfigError("timeout must be seconds, more than 0")
        self._owned = isinstance(redis, str)
        if isinstance(redis, str):
            pool = connection_pool(redis)
            of_url: float | None = pool.connection_kwargs.get("socket_timeout")
            # Of redis-py this would limit each read, with one repetition, instead of the request.
            pool.connection_kwargs["socket_timeout"] = None
            self._client: RedisClient = Redis.from_pool(pool)
            timeout = timeout or of_url
        else:
            self._client = redis
        self._timeout = timeout or TIMEOUT
        self._known = set[str]()  # digests of the scripts that Redis has
        self._requests = set[asyncio.Task[bytes | str | RedisUnavailable]]()

    async def run(self, script: Script[T], keys: Sequence[str], request: msgspec.Struct) -> T:
        """Return the response of *script*. Raises `RedisUnavailable`.

        A request ends even if its caller is cancelled: redis-py closes a connection whose response was not read.
        """
        task = asyncio.create_task(
            self._send(script, keys, msgspec.json.encode(request)), name="zoomasync redis request"
        )
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        await asyncio.wait([task])  # unlike `await task`, this does not cancel the task with a cancelled caller
        response = RedisUnavailable("the connection to Redis was closed") if task.cancelled() else task.result()
        if isinstance(response, RedisUnavailable):
            raise response
        return msgspec.json.decode(response, type=script.response, strict=False)  # it has large integers as text

    async def finish(self) -> None:
        """Wait for requests whose callers were cancelled, and cancel those that Redis does not answer soon."""
        if self._requests:
            _, slow = await asyncio.wait(self._requests, timeout=CLOSE_SECONDS)
            for request in slow:
                request.cancel()
            if slow:
                await asyncio.wait(slow)

    async def aclose(self) -> None:
        """Close the connections, unless the caller owns the client. They are opened again on the next use."""
        await self.finish()
        if self._owned:
            with anyio.move_on_after(CLOSE_SECONDS):
                await self._client.aclose()

    async def _send(self, script: Script[T], keys: Sequence[str], request: bytes) -> bytes | str | RedisUnavailable:
        # The error is returned, without the exception as its context: that may contain addresses and user names.
        try:
            return await self._evaluate(script, keys, request)
        except TimeoutError:
            return RedisUnavailable(f"Redis did not answer within {self._timeout:g} seconds")
        except (RedisError, OSError) as error:
            return RedisUnavailable(f"Redis cannot be used ({type(error).__name__})")

    async def _evaluate(self, script: Script[T], keys: Sequence[str], request: bytes) -> bytes | str:
        if script.digest in self._known:
            try:
                async with asyncio.timeout(self._timeout):
                    response = await self._client.evalsha(script.digest, len(keys), *keys, request)
                return cast("bytes | str", response)
            except NoScriptError:  # a server that was started meanwhile, or another server
                pass
        async with asyncio.timeout(self._timeout):
            response = await self._client.eval(script.text, len(keys), *keys, request)
        self._known.add(script.digest)
        return cast("bytes | str", response)


def hash_tag(name: str) -> str:
    """Return the prefix of all keys of *name*. It makes a cluster keep them on one node."""
    if not name or not name.isprintable() or set("{}").intersection(name):
        raise ConfigError("name must be non-empty printable text without braces")
    return f"{{{name}}}"
