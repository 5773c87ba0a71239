"""Rate limits, tokens, a circuit and leases that processes and machines share through Redis or Valkey.

::

    url = "redis://redis.internal"
    async with (
        RedisRateLimiter(url, Plan.BUSINESS, name=limits_name(account_id)) as limiter,
        RedisTokenStore(url) as tokens,
        RedisCircuitState(url, name=limits_name(account_id)) as circuit,
        Zoom(credentials, rate_limiter=limiter, token_store=tokens, circuit_state=circuit) as zoom,
    ):
        ...

    leases = RedisLeases(url, name="nightly-harvest")  # divide the accounts of one job

A request to Redis may take 30 seconds; ``?socket_timeout=60`` in the URL, or ``timeout=60``, sets another time. It
fails at once if the connection is rejected or lost. All keys of a *name*, and those of a token, have one hash tag, so
they work in a cluster too. Needs the extra ``redis``.
"""

from ..errors import RedisUnavailable
from ._circuit import RedisCircuitState
from ._connection import RedisClient
from ._leases import RedisLeases
from ._names import limits_name
from ._rate_limiter import RedisRateLimiter
from ._token_store import RedisTokenStore

__all__ = [
    "RedisCircuitState",
    "RedisClient",
    "RedisLeases",
    "RedisRateLimiter",
    "RedisTokenStore",
    "RedisUnavailable",
    "limits_name",
]
