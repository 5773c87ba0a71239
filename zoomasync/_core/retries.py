"""Whether to send again, and when: a failure in, seconds or None out."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .. import errors
from ..errors import ZoomError
from .endpoint import RetrySafety

__all__ = ["RetryPolicy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a call is sent, and how long it waits in between.

    *attempts* is the most sends of one call. Waits double from *base* seconds to *cap*, with full jitter. A longer
    ``Retry-After`` than *max_retry_after* seconds is not slept through: the error is raised at once.
    ``RetryPolicy(attempts=1)`` never sends again.
    """

    attempts: int = 8
    base: float = 0.5
    cap: float = 20.0
    max_retry_after: float = 60.0
    random: Callable[[], float] = field(default=random.random, repr=False)

    def __post_init__(self) -> None:
        if self.attempts < 1 or min(self.base, self.cap, self.max_retry_after) < 0:
            raise errors.ConfigError("a RetryPolicy needs attempts >= 1 and waits >= 0")

    def delay(self, failure: ZoomError, *, attempt: int, retry_safety: RetrySafety) -> float | None:
        """Return how many seconds to wait before send number *attempt* + 1, or None to give up."""
        if attempt >= self.attempts or not _may_repeat(failure, retry_safety):
            return None
        if isinstance(failure, errors.DecodeError):
            return self._backoff(attempt) if attempt == 1 else None
        if not isinstance(failure, errors.RateLimited | errors.ServerError):
            return self._backoff(attempt)
        if failure.retry_after is not None:
            return failure.retry_after if failure.retry_after <= self.max_retry_after else None
        if isinstance(failure, errors.RateLimited):
            return min(self.cap, _doubled(1.0, attempt - 1)) + self.random()
        return self._backoff(attempt)

    def _backoff(self, attempt: int) -> float:
        return self.random() * min(self.cap, _doubled(self.base, attempt))


def _doubled(seconds: float, times: int) -> float:
    return seconds * 2.0 ** min(times, 64)  # beyond any cap, and still a float


def outcome_is_unknown(failure: ZoomError, retry_safety: RetrySafety) -> bool:
    """Tell whether a write that failed so may have happened all the same."""
    if retry_safety is not RetrySafety.NOT_IDEMPOTENT:
        return False
    if isinstance(failure, errors.TransportError):
        return not isinstance(failure, errors.ConnectError | errors.TLSError)
    return isinstance(failure, errors.ServerError | errors.DecodeError)


def _may_repeat(failure: ZoomError, retry_safety: RetrySafety) -> bool:
    if isinstance(failure, errors.DailyLimitReached | errors.ResourceLimitReached | errors.TLSError):
        return False
    if isinstance(failure, errors.ConnectError | errors.RateLimited):
        return True  # nothing was sent, or it was refused before it ran
    if isinstance(failure, errors.ServerError) and failure.status == _UNAVAILABLE and failure.retry_after is not None:
        return True  # Zoom says that it did not run, and when to come again
    if isinstance(failure, errors.PayloadError) and not failure.transient:
        return False
    return retry_safety is not RetrySafety.NOT_IDEMPOTENT and isinstance(
        failure, errors.TransportError | errors.ServerError | errors.DecodeError
    )


_UNAVAILABLE = 503
