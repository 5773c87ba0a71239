"""Zoom's daily limits for one host or one registrant, which apply in addition to the rate limits."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime

from ..account.meeting import Registrant, ScheduledMeeting
from .daily_counter import DailyCounter
from .limit_messages import MEETINGS, REGISTRATIONS, STATUS_CHANGES, LimitKind, ResourceQuota, limit_message


class ResourceQuotaExceeded(Exception):
    """A request over the daily limit of its host or registrant; the message is Zoom's."""

    def __init__(self, kind: LimitKind, message: str) -> None:
        super().__init__(message)
        self.kind: LimitKind = kind


class ResourceQuotas:
    """The requests of the current UTC day, counted per host and per registrant; *now* returns the time in UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._used = DailyCounter(now)

    def schedule(self, host: str) -> None:
        """Count a meeting or webinar that is created or updated, by the id of its *host*: at most 100 per day."""
        self._count(MEETINGS, host)

    def register(self, meeting: ScheduledMeeting, email: str) -> None:
        """Count a registration of one address for one meeting or webinar: at most 3 per day."""
        self._count(REGISTRATIONS.worded_for(webinar=meeting.is_webinar), (meeting.id, email), email)

    def decide(self, meeting: ScheduledMeeting, registrant: Registrant) -> None:
        """Count a change of the status of one registrant: at most 10 per day."""
        quota = STATUS_CHANGES.worded_for(webinar=meeting.is_webinar)
        self._count(quota, (meeting.id, registrant.id), registrant.email)

    def _count(self, quota: ResourceQuota, key: Hashable, email: str = "") -> None:
        if not self._used.admit((quota, key), quota.per_day):
            raise ResourceQuotaExceeded(quota.kind, limit_message(quota.kind, quota=quota, address=email))
