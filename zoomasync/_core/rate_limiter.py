"""The interface between the session layer and a rate limiter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from .._label import Label
from ..events import Event
from .endpoint import ResourceQuota


class RateLimitStatus(Struct, frozen=True, kw_only=True):
    """The state of one rate-limit label.

    *rate* is the requests per second that are allowed now; *delay* is the seconds that a new call would wait. *used*
    and *remaining* count the requests of the current UTC day; *used* includes calls that still wait. *remaining* is
    None where the plan has no daily quota. Two labels may share a daily quota. It resets at *resets_at*, by Zoom's
    clock.
    """

    label: Label
    rate: float
    delay: float
    used: int
    remaining: int | None
    resets_at: datetime


@dataclass(eq=False, repr=False)
class DailyQuotaExhausted(Exception):
    """The daily quota is used up until *resumes_at*. The session layer turns this into `DailyLimitReached`."""

    resumes_at: datetime


@dataclass(eq=False, repr=False)
class QueueTooLong(Exception):
    """A caller would wait *delay* seconds for a permit, which is more than its *max_wait*."""

    delay: float


def _unknown() -> None:
    return None


class Permit(Struct, frozen=True):
    """The right to send one request.

    Call *mark_sent* if the request was sent later than the permit was granted, for instance after opening a
    connection: the second that the request counts in starts then. Call *refund* if the request was not sent.
    *remaining* returns the requests that are left of the daily quota, or None if there is none, or it is not known.
    """

    mark_sent: Callable[[], None]
    refund: Callable[[], None]
    remaining: Callable[[], int | None] = _unknown


class RateLimiter(Protocol):
    """Keeps all calls of a client below its plan. An implementation may share the plan with other processes."""

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait until a request of *label* may be sent, and count it. Callers with *priority* are served first.

        A cancelled caller does not consume a permit. Raises `DailyQuotaExhausted` at once if the daily quota is used
        up, and `QueueTooLong` at once if the expected delay exceeds *max_wait* seconds; neither consumes anything.
        """
        ...

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Pause *label* for *seconds* after a 429 of its per-second limit."""
        ...

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Block *label* until the moment that a 429 of its daily limit names. Waiting callers raise too."""
        ...

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock and the remaining daily quota from response *headers*.

        *headers* finds each by its name in lower case. Iterated, it may have the names in any case.
        """
        ...

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return the state of every label."""
        ...

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call *on_event* with every event from now on; return a function that ends this.

        An exception in *on_event* is logged and does not fail any call.
        """
        ...

    async def aclose(self) -> None:
        """Release all resources. Closing twice is safe."""
        ...


class ResourceQuotaCounter(Protocol):
    """Counts the requests that Zoom limits for one host or registrant per UTC day."""

    def observe(self, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock from the headers of a response."""
        ...

    def end_of_block(self, until: datetime) -> datetime:
        """Return *until*, or the end of Zoom's day if that cannot be the end of a daily limit."""
        ...

    def exhausted_until(self, resource_quotas: tuple[ResourceQuota, ...]) -> datetime | None:
        """Return when a request that counts in all *resource_quotas* is allowed again, or None if it is allowed now."""
        ...

    def count(self, resource_quotas: tuple[ResourceQuota, ...]) -> None:
        """Count one accepted request in each of *resource_quotas*."""
        ...
