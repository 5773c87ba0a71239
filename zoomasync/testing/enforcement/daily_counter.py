"""Counts of the current UTC day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day


class DailyCounter:
    """Requests of the current UTC day, counted by a key; *now* returns the time in UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._day = date.min
        self._used: Counter[Hashable] = Counter()

    def admit(self, key: Hashable, per_day: int) -> bool:
        """Count a request and return True if it is within *per_day* requests with this *key*."""
        if self.remaining(key, per_day) <= 0:
            return False
        self._used[key] += 1
        return True

    def remaining(self, key: Hashable, per_day: int) -> int:
        """Return how many more requests with this *key* are within *per_day* requests."""
        today = self._now().date()
        if today != self._day:
            self._day = today
            self._used.clear()
        return per_day - self._used[key]

    def midnight(self) -> datetime:
        """Return the end of the day."""
        return datetime.combine(self._now().date() + timedelta(days=1), time_of_day(), UTC)
