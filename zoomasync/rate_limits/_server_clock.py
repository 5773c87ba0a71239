"""The time at Zoom."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from email.utils import parsedate_to_datetime


class ServerClock:
    """What time it is at Zoom: the ``Date`` of the last reply, and the monotonic clock since.

    The local clock may be wrong, and may jump; it counts only until the first reply.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: tuple[datetime, float] = (datetime.now(UTC), clock())
        self._heard = False

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn the time from a reply. Replies may overtake each other, so the clock never goes back to one."""
        try:
            moment = parsedate_to_datetime(headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, OverflowError):
            return
        if not self._heard or moment > self.now():
            self._seen, self._heard = (moment, self._clock()), True

    def now(self) -> datetime:
        """Return Zoom's time, to the second."""
        moment, at = self._seen
        return moment + timedelta(seconds=self._clock() - at)

    def midnight(self) -> datetime:
        """Return when Zoom's day ends."""
        return datetime.combine(self.now().date() + timedelta(days=1), time_of_day(), UTC)
