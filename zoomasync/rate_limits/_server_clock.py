"""Zoom's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from email.utils import parsedate_to_datetime


class ServerClock:
    """The time at Zoom: the ``Date`` header of the latest response plus the monotonic time since.

    The local wall clock may be wrong and may jump, so it is used only until the first response.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._latest: tuple[datetime, float] = (datetime.now(UTC), clock())
        self.observed = False
        """Whether a response has set the clock."""

    def observe(self, headers: Mapping[str, str]) -> None:
        """Set the clock from response headers. It never goes back, since an older response may arrive later."""
        try:
            moment = parsedate_to_datetime(headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, OverflowError):
            return
        if not self.observed or moment > self.now():
            self._latest, self.observed = (moment, self._clock()), True

    def now(self) -> datetime:
        """Return Zoom's time. It is exact to one second."""
        moment, observed_at = self._latest
        return moment + timedelta(seconds=self._clock() - observed_at)

    def midnight(self) -> datetime:
        """Return the end of Zoom's current day."""
        return datetime.combine(self.now().date() + timedelta(days=1), time_of_day(), UTC)
