"""Rate limits: the plan of an account, and the rate limiter that keeps a client below it.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from .._core.rate_limiter import DailyQuotaExhausted, Permit, RateLimiter, RateLimitStatus
from .._label import Label
from ._local import LocalRateLimiter
from ._plan import Plan
from ._token_bucket import LATENCY_JITTER

__all__ = [
    "LATENCY_JITTER",
    "DailyQuotaExhausted",
    "Label",
    "LocalRateLimiter",
    "Permit",
    "Plan",
    "RateLimitStatus",
    "RateLimiter",
]
