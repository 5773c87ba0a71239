"""The daily quota: requests per UTC day by Zoom's clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from .._core.rate_limiter import DailyQuotaExhausted
from ._server_clock import ServerClock

_LOWEST_DAILY_LIMIT: Final = 1000  # no per-second limit is that high


class DailyQuota:
    """A counter of the requests of Zoom's current day, up to *per_day* (None is no limit)."""

    def __init__(self, per_day: int | None, clock: ServerClock) -> None:
        self._per_day = per_day
        self._clock = clock
        self._day = clock.day
        self._used = 0
        self._used_by_others = 0
        self._blocked_until: datetime | None = None  # without the corrections of the clock

    @property
    def used(self) -> int:
        """The requests that were counted today."""
        self._start_new_day()
        return self._used

    @property
    def remaining(self) -> int | None:
        """The requests that are left today, or None where there is no limit."""
        self._start_new_day()
        if self._blocked_until is not None:
            return 0
        return None if self._per_day is None else max(0, self._per_day - self._used - self._used_by_others)

    @property
    def blocked(self) -> bool:
        """Whether Zoom has answered that the daily limit is reached."""
        self._start_new_day()
        return self._blocked_until is not None

    @property
    def resumes_at(self) -> datetime:
        """The moment of the next reset."""
        self._start_new_day()
        return self._clock.midnight() if self._blocked_until is None else self._blocked_until + self._clock.correction

    def count(self) -> int:
        """Count one request and return the `ServerClock.day` that it counts in, or raise `DailyQuotaExhausted`."""
        self._start_new_day()
        is_used_up = self._per_day is not None and self._used + self._used_by_others >= self._per_day
        if is_used_up or self._blocked_until is not None:
            raise DailyQuotaExhausted(self.resumes_at)
        self._used += 1
        return self._day

    def renew(self, day: int) -> int:
        """Return *day* if it is still today; otherwise count the request again, in the new day."""
        self._start_new_day()
        return day if day == self._day else self.count()

    def refund(self, day: int) -> None:
        """Subtract one request that was counted in *day* and not sent."""
        self._start_new_day()
        if day == self._day:
            self._used = max(0, self._used - 1)

    def lower_to(self, remaining: int) -> None:
        """Lower the remaining requests to the number that Zoom reported; never raise them."""
        if self._per_day is not None and self.remaining is not None:
            self._used_by_others = max(self._used_by_others, self._per_day - self._used - max(0, remaining))

    def block(self, until: datetime) -> None:
        """Allow no request before *until*, however the clock is corrected meanwhile."""
        self._start_new_day()
        until = self._clock.end_of_block(until) - self._clock.correction
        self._blocked_until = max(until, self._blocked_until or until)

    def _start_new_day(self) -> None:
        if self._blocked_until is not None and self._clock.now() - self._clock.correction >= self._blocked_until:
            self._blocked_until = None
        if (day := self._clock.day) != self._day:
            self._day = day
            self._used = self._used_by_others = 0


def remaining_in_headers(headers: Mapping[str, str], per_day: int | None) -> int | None:
    """Return the remaining daily quota that response *headers* report, or None if they do not report it.

    Zoom uses the same headers for the per-second limit and for the daily limit, and names the limit in 429s only. So
    they report the daily quota if the type says so, or if the limit is *per_day* or too high for a second.
    """
    remaining, limit = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-limit", "")
    if remaining is None or not _is_count(remaining):
        return None
    is_daily = (
        headers.get("x-ratelimit-type", "").lower() == "daily-limit"
        or limit == str(per_day)
        or (_is_count(limit) and int(limit) >= _LOWEST_DAILY_LIMIT)
    )
    return int(remaining) if is_daily else None


def _is_count(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None
