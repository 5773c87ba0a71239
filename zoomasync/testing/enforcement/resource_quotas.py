"""Zoom's daily limits on one host or one registrant, which hold on top of the limits per second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from datetime import date, datetime
from typing import Final

_A_DAY: Final = "You may resume these requests at GMT 00:00:00."


class Exceeded(Exception):
    """A request is one too many for its UTC day; the text is Zoom's."""


class Quota:
    """Counts requests by what they are about, anew every UTC day; *now* tells the time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._day = date.min
        self._counted: Counter[tuple[str, Hashable]] = Counter()

    def schedule(self, host: str) -> None:
        """Count a meeting that is created or updated for *host*: a hundred a day."""
        self._count("Meeting Create/Update", host, 100, "user")

    def register(self, meeting: int, email: str) -> None:
        """Count a registration of one address for one meeting: three a day."""
        self._count("Meeting Registration", (meeting, email), 3, "registrant")

    def decide(self, meeting: int, registrant: str) -> None:
        """Count a change of one registrant's status: ten a day."""
        self._count("Registrant Status Update", (meeting, registrant), 10, "registrant")

    def _count(self, requests: str, key: Hashable, most: int, whose: str) -> None:
        today = self._now().date()
        if today != self._day:
            self._day = today
            self._counted.clear()
        if self._counted[requests, key] >= most:
            raise Exceeded(
                f"You have exceeded the daily rate limit ({most}) of {requests} API requests permitted for this "
                f"particular {whose}. {_A_DAY}"
            )
        self._counted[requests, key] += 1
