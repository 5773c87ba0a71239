"""A random generator that gives the same values on every machine."""

from __future__ import annotations

from random import Random


class SeededRandom(Random):
    """A `random.Random` with two helpers; each call consumes exactly one number."""

    def chance(self, probability: float) -> bool:
        """Return True with this *probability*, from 0 to 1."""
        return self.random() < probability

    def below(self, limit: int) -> int:
        """Return an integer from 0 to *limit* - 1; faster than `randrange`, and even enough for test data."""
        return int(self.random() * limit)
