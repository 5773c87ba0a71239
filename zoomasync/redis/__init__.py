"""One account's budgets, and one access token, for many processes and machines: through Redis or Valkey.

::

    budgets = RedisBudgets("redis://redis.internal", Plan.BUSINESS, name="my-account")
    tokens = RedisTokenStore("redis://redis.internal", name="my-account")
    async with Zoom(credentials, budgets=budgets, tokens=tokens) as zoom:
        ...

All keys of a *name* have one hash tag, so that a cluster works too. Needs the extra ``redis``.
"""

from ._budgets import RedisBudgets
from ._link import BudgetsUnavailable, RedisClient
from ._tokens import RedisTokenStore

__all__ = ["BudgetsUnavailable", "RedisBudgets", "RedisClient", "RedisTokenStore"]
