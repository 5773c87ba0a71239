"""Seeded chance, the same on every machine."""

from __future__ import annotations

from random import Random


class Chance(Random):
    """A source of chance that also answers yes or no."""

    def happens(self, probability: float) -> bool:
        """Say yes with this *probability*, from 0 to 1."""
        return self.random() < probability

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to *limit* - 1; quicker than `randrange`, and near enough to even."""
        return int(self.random() * limit)
