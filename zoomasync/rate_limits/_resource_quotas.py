"""Counters of Zoom's limits for one host or one registrant per UTC day.

Only requests that Zoom has accepted count, so the client never rejects a request that Zoom would accept. Zoom may have
counted more: requests of other clients, requests under another name of the same host, such as the e-mail address, and
updates of a meeting or webinar, which do not contain the host. Its 429 then raises `ResourceLimitReached` too.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from .._core.endpoint import ResourceQuota
from ._server_clock import ServerClock


class ResourceQuotas:
    """A counter of accepted requests of the current day by *clock* for every `ResourceQuota`."""

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock
        self._day = clock.day
        self._used: Counter[ResourceQuota] = Counter()

    def observe(self, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock from the headers of a response."""
        self._clock.observe(headers)

    def end_of_block(self, until: datetime) -> datetime:
        """Return *until*, or the end of Zoom's day if that cannot be the end of a daily limit."""
        return self._clock.end_of_block(until)

    def exhausted_until(self, resource_quotas: tuple[ResourceQuota, ...]) -> datetime | None:
        """Return when a request that counts in all *resource_quotas* is allowed again, or None if it is allowed now."""
        self._start_new_day()
        if any(self._used[quota] >= quota.per_day for quota in resource_quotas):
            return self._clock.midnight()
        return None

    def count(self, resource_quotas: tuple[ResourceQuota, ...]) -> None:
        """Count one accepted request in each of *resource_quotas*."""
        self._start_new_day()
        self._used.update(resource_quotas)

    def _start_new_day(self) -> None:
        if self._clock.day != self._day:
            self._day = self._clock.day
            self._used.clear()


class OwnResourceQuotas:
    """The counters of *shared*, for calls with the token of one user: "me" is *user_id*."""

    def __init__(self, shared: ResourceQuotas, user_id: str) -> None:
        self._shared = shared
        self._user_id = user_id

    def observe(self, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock from the headers of a response."""
        self._shared.observe(headers)

    def end_of_block(self, until: datetime) -> datetime:
        """Return *until*, or the end of Zoom's day if that cannot be the end of a daily limit."""
        return self._shared.end_of_block(until)

    def exhausted_until(self, resource_quotas: tuple[ResourceQuota, ...]) -> datetime | None:
        """Return when a request that counts in all *resource_quotas* is allowed again, or None if it is allowed now."""
        return self._shared.exhausted_until(self._named(resource_quotas))

    def count(self, resource_quotas: tuple[ResourceQuota, ...]) -> None:
        """Count one accepted request in each of *resource_quotas*."""
        self._shared.count(self._named(resource_quotas))

    def _named(self, resource_quotas: tuple[ResourceQuota, ...]) -> tuple[ResourceQuota, ...]:
        return tuple(replace(quota, key=self._user_id) if quota.key == "me" else quota for quota in resource_quotas)
