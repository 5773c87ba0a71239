"""Zoom's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from typing import Final

from .._core.http_dates import parse_http_date

_TOLERANCE: Final = timedelta(minutes=5)
_LATEST_RESPONSE: Final = timedelta(minutes=1)
_FIRST_TOLERANCE: Final = timedelta(days=2)  # a local clock may have the wrong day
_AGREEMENT: Final = timedelta(seconds=5)
_CONFIRMED_AFTER: Final = 10.0  # seconds; above the agreement, so that a cache that repeats a response confirms nothing
_LONGEST_BLOCK: Final = timedelta(days=2)
_ROUNDING: Final = 0.001  # seconds; far above that of the numbers and of `now`

# On Linux, the monotonic clock stands still while the computer is suspended, and this one does not.
running_seconds: Final[Callable[[], float]] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)


def _local_time() -> datetime:
    return datetime.now(UTC)


class ServerClock:
    """The time at Zoom: the ``Date`` header of a response plus the time since, which *seconds* counts.

    Until the first response, it is *local_time*. A gateway may send a wrong ``Date``. A ``Date`` is accepted at once if
    it is at most one minute behind or five minutes ahead of this clock, or within five minutes of *local_time*. That of
    the first response may differ by two days. Any other needs a second response in a row with the same difference, at
    least ten seconds later; before the first accepted response, it may come at any time.
    """

    def __init__(
        self, seconds: Callable[[], float] = running_seconds, *, local_time: Callable[[], datetime] = _local_time
    ) -> None:
        self.observed: bool = False
        """Whether a response has set the clock."""
        self.correction: timedelta = timedelta()
        """The sum of all corrections by more than five minutes.

        Add it to a time of the uncorrected clock to get that of this clock.
        """
        self._seconds = seconds
        self._local_time = local_time
        self._latest: tuple[datetime, float] = (local_time(), seconds())
        self._day = 0
        self._day_ends = self.midnight()
        self._day_ends_at = self._seconds_at(self._day_ends)
        self._unconfirmed: tuple[timedelta, float] | None = None
        self._headers: Mapping[str, str] | None = None
        self._latest_text: str | None = None  # the header that set the clock, if it was not corrected since

    def observe(self, headers: Mapping[str, str]) -> None:
        """Set the clock from response headers, if their time is acceptable."""
        if headers is self._headers:  # the limiter and the resource quotas of one client report each response
            return
        self._headers = headers
        text = headers.get("date", "")
        if text == self._latest_text and self._seconds() - self._latest[1] <= _LATEST_RESPONSE.total_seconds():
            self._unconfirmed = None  # the second is still the one that set the clock
            return
        moment = parse_http_date(text)
        if moment is None:
            return
        ahead = moment - self.now()
        if -_LATEST_RESPONSE <= ahead <= _TOLERANCE:
            self._unconfirmed = None
            # An older response may arrive later, so it does not set the clock back.
            if ahead > timedelta() or not self.observed:
                self._set(moment)
                self._latest_text = text
        elif self._is_acceptable(moment, ahead) or self._is_confirmed(ahead):
            self._unconfirmed = None
            self._correct(moment, ahead)

    def now(self) -> datetime:
        """Return Zoom's time. It is exact to one second."""
        moment, observed_at = self._latest
        return moment + timedelta(seconds=self._seconds() - observed_at)

    def midnight(self) -> datetime:
        """Return the end of Zoom's current day."""
        return datetime.combine(self.now().date() + timedelta(days=1), time_of_day(), UTC)

    def end_of_block(self, until: datetime) -> datetime:
        """Return *until*, or the end of the day if that is too far from now to be the end of a daily limit."""
        return until if -_TOLERANCE <= until - self.now() <= _LONGEST_BLOCK else self.midnight()

    @property
    def day(self) -> int:
        """The number of midnights that have passed. A correction of the clock does not change it."""
        self._count_midnight()
        return self._day

    def _is_acceptable(self, moment: datetime, ahead: timedelta) -> bool:
        """Return whether *moment*, which is *ahead* of this clock, needs no second response to confirm it."""
        is_local = abs(ahead) > _TOLERANCE and abs(moment - self._local_time()) <= _TOLERANCE
        return is_local or (not self.observed and abs(ahead) <= _FIRST_TOLERANCE)

    def _is_confirmed(self, ahead: timedelta) -> bool:
        """Return whether an earlier response was *ahead* of this clock by the same time; otherwise keep it."""
        seconds = self._seconds()
        if self._unconfirmed is None or abs(ahead - self._unconfirmed[0]) > _AGREEMENT:
            self._unconfirmed = (ahead, seconds)
            return False
        return not self.observed or seconds - self._unconfirmed[1] >= _CONFIRMED_AFTER

    def _correct(self, moment: datetime, ahead: timedelta) -> None:
        self._count_midnight()  # before the correction
        self._set(moment)
        if abs(ahead) > _TOLERANCE:
            self.correction += ahead
            self._end_day_at(self.midnight())

    def _set(self, moment: datetime) -> None:
        self._latest, self._latest_text, self.observed = (moment, self._seconds()), None, True
        self._end_day_at(self._day_ends)

    def _count_midnight(self) -> None:
        # Compared as numbers first, since each request asks several times. They are rounded in another way.
        if self._seconds() >= self._day_ends_at - _ROUNDING and self.now() >= self._day_ends:
            self._day += 1
            self._end_day_at(self.midnight())

    def _end_day_at(self, moment: datetime) -> None:
        self._day_ends, self._day_ends_at = moment, self._seconds_at(moment)

    def _seconds_at(self, moment: datetime) -> float:
        """Return what *seconds* counts at *moment* of this clock."""
        latest, observed_at = self._latest
        return observed_at + (moment - latest).total_seconds()
