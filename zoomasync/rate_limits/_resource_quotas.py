"""RateLimiter of single things: so many changes of one host, or of one registrant, in a UTC day.

Only what Zoom has accepted counts, so that nothing is refused here that it would have taken.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from .._core.endpoint import ResourceQuota
from ._server_clock import ServerClock


class ResourceQuotas:
    """Counts what was spent on each entity of Zoom's day."""

    def __init__(self, clock: ServerClock | None = None) -> None:
        self._clock = clock = clock or ServerClock()
        self._day: date = clock.now().date()
        self._used: Counter[ResourceQuota] = Counter()

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn Zoom's clock from the headers of a response."""
        self._clock.observe(headers)

    def exhausted_until(self, resource_quotas: tuple[ResourceQuota, ...]) -> datetime | None:
        """Return when there is more for all of *entities*, or None if there is some left of each."""
        self._turn_page()
        if any(self._used[quota] >= quota.per_day for quota in resource_quotas):
            return self._clock.midnight()
        return None

    def count(self, resource_quotas: tuple[ResourceQuota, ...]) -> None:
        """Count one change of each of *entities*."""
        self._turn_page()
        self._used.update(resource_quotas)

    def _turn_page(self) -> None:
        today = self._clock.now().date()
        if today != self._day:
            self._day = today
            self._used.clear()
