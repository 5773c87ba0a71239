"""RateLimiter of a day: UTC days by Zoom's clock, and what is left of one."""

from __future__ import annotations

from datetime import date, datetime

from .._core.rate_limiter import DailyQuotaExhausted
from ._server_clock import ServerClock


class DailyQuota:
    """Counts the requests of Zoom's day, up to *per_day* of them (None counts without end)."""

    def __init__(self, per_day: int | None, clock: ServerClock) -> None:
        self._per_day = per_day
        self._clock = clock
        self._day: date = clock.now().date()
        self._used = 0
        self._lost = 0  # what others of the account have used, as far as Zoom has said
        self._spent_until: datetime | None = None

    @property
    def used(self) -> int:
        """What was used of this day's budget."""
        self._turn_page()
        return self._used

    @property
    def remaining(self) -> int | None:
        """What is left of it, or None where there is no limit."""
        self._turn_page()
        if self._spent_until is not None:
            return 0
        return None if self._per_day is None else max(0, self._per_day - self._used - self._lost)

    @property
    def deferred(self) -> bool:
        """Whether Zoom has said that the day is spent."""
        self._turn_page()
        return self._spent_until is not None

    @property
    def resumes_at(self) -> datetime:
        """When the next budget begins."""
        self._turn_page()
        return self._spent_until or self._clock.midnight()

    def take(self) -> date:
        """Use one and return the day that it is of, or raise `DailyQuotaExhausted`."""
        if self.remaining == 0:
            raise DailyQuotaExhausted(self.resumes_at)
        self._used += 1
        return self._day

    def still(self, day: date) -> date:
        """Return *day* if one that was taken of it is still good; else take one of the day that has begun since."""
        self._turn_page()
        return day if day == self._day else self.take()

    def refund(self, day: date) -> None:
        """Return one that was taken of *day* and not used."""
        self._turn_page()
        if day == self._day:
            self._used = max(0, self._used - 1)

    def lower_to(self, remaining: int) -> None:
        """Believe Zoom that no more than *left* are left."""
        if self._per_day is not None and self.remaining is not None:
            self._lost = max(self._lost, self._per_day - self._used - max(0, remaining))

    def spend(self, until: datetime) -> None:
        """Believe Zoom that nothing is left until then."""
        self._turn_page()
        self._spent_until = max(until, self._spent_until or until)

    def _turn_page(self) -> None:
        now = self._clock.now()
        if self._spent_until is not None and now >= self._spent_until:
            self._spent_until = None
        if now.date() > self._day:
            self._used = self._lost = 0
        self._day = now.date()  # which was wrong when the local clock was ahead
