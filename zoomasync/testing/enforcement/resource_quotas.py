"""Zoom's daily limits for one host or one registrant, which apply in addition to the rate limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from datetime import date, datetime


class ResourceQuotaExceeded(Exception):
    """A request over the daily limit of its host or registrant; the message is Zoom's."""


class ResourceQuotas:
    """The requests of the current UTC day, counted per host and per registrant; *now* returns the time in UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._day = date.min
        self._used: Counter[tuple[str, Hashable]] = Counter()

    def schedule(self, host: str) -> None:
        """Count a meeting that is created or updated for *host*: at most 100 per day."""
        self._count("Meeting Create/Update", host, 100, "user")

    def register(self, meeting: int, email: str) -> None:
        """Count a registration of one address for one meeting: at most 3 per day."""
        self._count("Meeting Registration", (meeting, email), 3, "registrant")

    def decide(self, meeting: int, registrant: str) -> None:
        """Count a change of one registrant's status: at most 10 per day."""
        self._count("Registrant Status Update", (meeting, registrant), 10, "registrant")

    def _count(self, requests: str, key: Hashable, per_day: int, resource: str) -> None:
        today = self._now().date()
        if today != self._day:
            self._day = today
            self._used.clear()
        if self._used[requests, key] >= per_day:
            raise ResourceQuotaExceeded(
                f"You have exceeded the daily rate limit ({per_day}) of {requests} API requests permitted for this "
                f"particular {resource}. You may resume these requests at GMT 00:00:00."
            )
        self._used[requests, key] += 1
