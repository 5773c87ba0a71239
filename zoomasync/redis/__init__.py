"""Rate limits, an access token and leases that many processes and machines share through Redis or Valkey.

::

    limiter = RedisRateLimiter("redis://redis.internal", Plan.BUSINESS, name="my-account")
    tokens = RedisTokenStore("redis://redis.internal", name="my-account")
    async with Zoom(credentials, rate_limiter=limiter, token_store=tokens) as zoom:
        ...

    leases = RedisLeases("redis://redis.internal", name="my-account/2026-05")  # divide one job

All keys of a *name* have one hash tag, so they work in a cluster too. Needs the extra ``redis``.
"""

from ..errors import RedisUnavailable
from ._connection import RedisClient
from ._leases import RedisLeases
from ._rate_limiter import RedisRateLimiter
from ._token_store import RedisTokenStore

__all__ = ["RedisClient", "RedisLeases", "RedisRateLimiter", "RedisTokenStore", "RedisUnavailable"]
