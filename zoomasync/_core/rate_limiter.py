"""The interface between the session layer and a rate limiter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .._label import Label
from ..events import Event
from .endpoint import ResourceQuota


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitStatus:
    """How one label stands.

    *rate* is the requests a second that are let through now, *wait* the seconds that a call would wait. *used* (sent,
    or waiting to be) and *left* count the UTC day's budget, which it may share with another label; *left* is None where
    the plan has no limit. The day ends at *resets_at*, by Zoom's clock.
    """

    label: Label
    rate: float
    delay: float
    used: int
    remaining: int | None
    resets_at: datetime


class DailyQuotaExhausted(Exception):
    """The day's budget is spent until *resumes_at*: what `RateLimiter.acquire` raises, and calls turn into an error."""

    def __init__(self, resumes_at: datetime) -> None:
        super().__init__(resumes_at)
        self.resumes_at = resumes_at


class QueueTooLong(Exception):
    """A caller would wait *delay* seconds for a permit, longer than it is ready to wait."""

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay = delay


@dataclass(frozen=True, slots=True)
class Permit:
    """One call that was let through.

    *went_late* is called when it may have arrived as late as now, because it had to wait for a connection or a token:
    its second begins only then. *unsent* is called when nothing was sent: it costs nothing of the day.
    """

    mark_sent: Callable[[], None]
    refund: Callable[[], None]


class RateLimiter(Protocol):
    """Holds all calls of a client to its plan. An implementation may share the plan with other processes."""

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Wait until a request of *label* may be sent, and count it; an urgent one goes before the others.

        Raises `DailyQuotaExhausted` at once when the day has none left, and `QueueTooLong` at once when the wait would
        be longer than *max_wait* seconds.
        """
        ...

    async def on_rate_limited(self, label: Label, seconds: float) -> None:
        """Take note of a 429 of the label's second: nobody sends for *seconds*."""
        ...

    async def on_daily_limit(self, label: Label, until: datetime) -> None:
        """Take note of a 429 of the label's day: nobody sends before *until*."""
        ...

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Learn from the headers of a reply (names in lower case): Zoom's clock, and what it says is left."""
        ...

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Send events to *on_event* too. Returns a function that ends the subscription."""
        ...

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        """Return how every label stands."""
        ...

    async def aclose(self) -> None:
        """Let go of what the budgets hold. Closing twice does no harm."""
        ...


class ResourceQuotaCounter(Protocol):
    """Counts what Zoom limits for one host or registrant per UTC day."""

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn Zoom's clock from the headers of a response."""
        ...

    def exhausted_until(self, resource_quotas: tuple[ResourceQuota, ...]) -> datetime | None:
        """Return when the next request is allowed for all of *entities*, or None if it is allowed now."""
        ...

    def count(self, resource_quotas: tuple[ResourceQuota, ...]) -> None:
        """Count one accepted request for each of *entities*."""
        ...
