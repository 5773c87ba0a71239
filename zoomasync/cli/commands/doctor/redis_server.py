"""Checks of the Redis or Valkey server that processes share."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from .... import Plan
from ....errors import RedisUnavailable
from ...extras import extra
from .findings import Finding, Level

_SLOW_SECONDS: Final = 0.05
_PINGS: Final = 5


async def check_redis(url: str, plan: Plan) -> AsyncIterator[Finding]:
    """Check that the server at *url* answers, soon, and keeps its data. Raises `ConfigError` for an invalid URL."""
    with extra():
        from redis.asyncio import Redis  # noqa: PLC0415  needs the extra
        from redis.exceptions import RedisError  # noqa: PLC0415  needs the extra

        from ....redis import RedisRateLimiter  # noqa: PLC0415  needs the extra
    # A name of its own: the check changes no limit that is in use.
    async with RedisRateLimiter(url, plan, name="zoomasync-doctor") as limiter:
        seconds: list[float] = []
        try:
            for _ in range(_PINGS):
                start = time.perf_counter()
                await limiter.status()
                seconds.append(time.perf_counter() - start)
        except RedisUnavailable as error:
            yield Finding("redis", Level.PROBLEM, f"{error.reason}.", "Check the URL, the server and the network.")
            return
    fastest = min(seconds)
    if fastest > _SLOW_SECONDS:
        yield Finding(
            "redis",
            Level.WARNING,
            f"A request to Redis takes {fastest * 1000:.0f} ms.",
            "Use a server in the same network as this machine.",
        )
    else:
        yield Finding("redis", Level.OK, f"Redis answers in {fastest * 1000:.1f} ms.")
    client = Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType]  its options
    memory: dict[str, object] = {}
    async with client:
        with suppress(RedisError):  # the user may lack the right to ask
            memory = await client.info("memory")  # pyright: ignore[reportUnknownMemberType]  its options
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction" and memory.get("maxmemory"):
        yield Finding(
            "redis",
            Level.WARNING,
            f"Redis may drop keys when its memory is full: its maxmemory-policy is {policy}.",
            "Use a server with noeviction: a dropped key forgets the requests of the last second, or the daily quota.",
        )
