"""Rate limits: the plan of an account, and the rate limiters that keep clients below it.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from .._core.rate_limiter import DailyQuotaExhausted, Permit, QueueTooLong, RateLimiter, RateLimitStatus
from .._label import Label
from ._fallback import FallbackRateLimiter, SharedRateLimiter
from ._local import LocalRateLimiter
from ._plan import Plan

__all__ = [
    "DailyQuotaExhausted",
    "FallbackRateLimiter",
    "Label",
    "LocalRateLimiter",
    "Permit",
    "Plan",
    "QueueTooLong",
    "RateLimitStatus",
    "RateLimiter",
    "SharedRateLimiter",
]
