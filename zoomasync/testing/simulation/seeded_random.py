"""A random generator that gives the same values on every machine."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from random import Random


class SeededRandom(Random):
    """A `random.Random` with further helpers; `chance` and `below` consume exactly one number per call."""

    def chance(self, probability: float) -> bool:
        """Return True with this *probability*, from 0 to 1."""
        return self.random() < probability

    def below(self, limit: int) -> int:
        """Return an integer from 0 to *limit* - 1; faster than `randrange`, and even enough for test data."""
        return int(self.random() * limit)

    def time_on(self, day: date, hours: range = range(24)) -> datetime:
        """Return a full second of *day* in UTC, within one of the *hours*."""
        return datetime.combine(day, time(self.choice(hours), self.randrange(60), self.randrange(60)), UTC)
