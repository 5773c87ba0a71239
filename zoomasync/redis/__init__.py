"""One account's budgets, one access token, and claims, for many processes and machines: through Redis or Valkey.

::

    budgets = RedisRateLimiter("redis://redis.internal", Plan.BUSINESS, name="my-account")
    tokens = RedisTokenStore("redis://redis.internal", name="my-account")
    async with Zoom(credentials, budgets=budgets, tokens=tokens) as zoom:
        ...

    claims = RedisLeases("redis://redis.internal", name="my-account/2026-05")  # who does what of one job

All keys of a *name* have one hash tag, so that a cluster works too. Needs the extra ``redis``.
"""

from ..errors import RedisUnavailable
from ._connection import RedisClient
from ._leases import RedisLeases
from ._rate_limiter import RedisRateLimiter
from ._token_store import RedisTokenStore

__all__ = ["RedisClient", "RedisLeases", "RedisRateLimiter", "RedisTokenStore", "RedisUnavailable"]
