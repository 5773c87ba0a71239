"""Retries: whether to send a call again, after how many seconds, and the quota of retries of a client."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from .. import errors
from ..errors import ZoomError
from .endpoint import RetrySafety

__all__ = ["RetryPolicy"]

_TEMPORARY_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.TOO_EARLY}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """The number of attempts of a call, and the waits between them.

    *attempts* is the largest number of times that one call is sent; ``RetryPolicy(attempts=1)`` never retries. The wait
    after attempt n is a random part of *base* x 2^n seconds, at most *cap*. After a 429 without Retry-After it is
    2^(n-1) seconds, at most *cap*, and up to one second more. When Zoom asks for a longer wait than *max_retry_after*
    seconds, the error is raised at once. *random* returns numbers from 0 to 1.
    """

    attempts: int = 8
    base: float = 0.5
    cap: float = 20.0
    max_retry_after: float = 60.0
    random: Callable[[], float] = field(default=random.random, repr=False)

    def __post_init__(self) -> None:
        if not self.attempts >= 1 or not all(wait >= 0 for wait in (self.base, self.cap, self.max_retry_after)):
            raise errors.ConfigError("RetryPolicy: attempts must be at least 1, and all waits at least 0 seconds")

    def delay(self, error: ZoomError, *, attempt: int, retry_safety: RetrySafety) -> float | None:
        """Return the number of seconds to wait after failed *attempt* (from 1), or None to give up."""
        if attempt >= self.attempts or not _may_retry(error, retry_safety):
            return None
        if (limit := _max_retries(error)) is not None and attempt > limit:
            return None
        if not isinstance(error, errors.RateLimited | errors.ServerError):
            return self._backoff(attempt)
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.max_retry_after else None
        if isinstance(error, errors.RateLimited):
            return min(self.cap, _doubled(1.0, attempt - 1)) + self.random()
        return self._backoff(attempt)

    def _backoff(self, attempt: int) -> float:
        return self.random() * min(self.cap, _doubled(self.base, attempt))


class RetryQuota:
    """The retries that all calls of a client share: 50, and one more for every ten calls that succeed.

    While it is used up, a call that fails raises its error at once. Retries after a 429 are not counted: the pause of
    the label limits them.
    """

    def __init__(self) -> None:
        self._available = _QUOTA

    def take(self) -> bool:
        """Use one retry; return False if none is left."""
        if self._available < 1:
            return False
        self._available -= 1
        return True

    def on_success(self) -> None:
        """Add a tenth of a retry."""
        self._available = min(_QUOTA, self._available + _REFILL)


_QUOTA, _REFILL = 50.0, 0.1


def _doubled(seconds: float, times: int) -> float:
    return seconds * 2.0 ** min(times, 64)  # the limit keeps the result a finite float


def _max_retries(error: ZoomError) -> int | None:
    if isinstance(error, errors.DecodeError):
        return 1
    return error.max_retries if isinstance(error, errors.TransportError) else None


def outcome_is_unknown(error: ZoomError, retry_safety: RetrySafety) -> bool:
    """Return whether it is unknown if Zoom carried out a write that failed with *error*."""
    return retry_safety is RetrySafety.NOT_IDEMPOTENT and may_have_run(error)


def may_have_run(error: ZoomError) -> bool:
    """Return whether Zoom may have carried out a request that failed with *error*."""
    if isinstance(error, errors.TransportError):
        return not isinstance(error, errors.ConnectError | errors.TLSError)
    if isinstance(error, errors.GatewayError):
        return error.status == HTTPStatus.REQUEST_TIMEOUT  # some gateways send it when Zoom is too slow
    if isinstance(error, errors.ServerError):
        # With Retry-After, Zoom has not carried out the request, and says when to send it again.
        return error.status != HTTPStatus.SERVICE_UNAVAILABLE or error.retry_after is None
    return isinstance(error, errors.DecodeError)


def _may_retry(error: ZoomError, retry_safety: RetrySafety) -> bool:
    if isinstance(error, errors.DailyLimitReached | errors.ResourceLimitReached | errors.TLSError):
        return False
    if isinstance(error, errors.RateLimited):
        return True
    if isinstance(error, errors.GatewayError):
        is_temporary = error.status in _TEMPORARY_STATUSES
    else:
        is_temporary = isinstance(error, errors.TransportError | errors.ServerError | errors.DecodeError)
    return is_temporary and not outcome_is_unknown(error, retry_safety)
