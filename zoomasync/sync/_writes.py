"""One write to Zoom: its limits, and the consequences of its errors."""

from __future__ import annotations

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Final, TypeVar

import anyio

from .. import ZoomError
from ..errors import (
    CircuitOpen,
    ConcurrentRequest,
    ConfigError,
    ConnectError,
    DailyLimitReached,
    EmbeddedError,
    InvalidArgument,
    MissingScope,
    NotFound,
    PermissionDenied,
    RedisUnavailable,
    StatusError,
    StoreError,
    TimedOut,
    TLSError,
    Unauthorized,
)
from .outcomes import Result

T = TypeVar("T")


class WriteTimedOut(TimedOut):
    """A write without a result after `LONGEST_WRITE` seconds of waits and retries."""


CHANGES_PER_CALL: Final = 30
"""The most registrants whose status one call changes."""
LONGEST_WRITE: Final = 60.0
"""The most seconds from the journal's entry of a write to its last request: waits and retries are between them."""
ENDS_SYNC: Final = (Unauthorized, MissingScope, ConfigError, RedisUnavailable, StoreError)
"""Errors that every further call would meet too."""
ENDS_TARGET: Final = (
    Unauthorized,
    PermissionDenied,
    NotFound,
    ConfigError,
    RedisUnavailable,
    CircuitOpen,
    ConcurrentRequest,  # another program changes the registrants, also after the retries
    WriteTimedOut,
    TLSError,
    DailyLimitReached,
    EmbeddedError,
)
"""Errors that the next change of the same target would meet too."""
_NOT_SENT: Final = (ConfigError, InvalidArgument, RedisUnavailable, CircuitOpen, ConnectError, TLSError)


async def in_time(write: Awaitable[T]) -> T:
    """Wait for a write, at most `LONGEST_WRITE` seconds. Raises `WriteTimedOut` after that."""
    try:
        with anyio.fail_after(LONGEST_WRITE):
            result = await write
    except TimeoutError:
        raise WriteTimedOut("a change of a registrant", f"no result within {LONGEST_WRITE:.0f} s") from None
    return result


def may_have_run(error: ZoomError) -> bool:
    """Return whether Zoom may have carried out a write that failed with *error*."""
    if isinstance(error, StatusError):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status == HTTPStatus.REQUEST_TIMEOUT
    return not isinstance(error, _NOT_SENT)


def result_of(error: Exception) -> Result:
    """Return the result of people whose change was not made because of *error*."""
    return Result.DEFERRED if isinstance(error, DailyLimitReached) else Result.FAILED
