"""Changes of registrants, and lists that show them late."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from .meeting import Registrant, ScheduledMeeting

_Key: TypeAlias = tuple[bool, int]


@dataclass(frozen=True, kw_only=True)
class _Change:
    at: datetime
    registrant_id: str
    before: Registrant | None


class RegistrantChanges:
    """The changes that requests make to registrants, kept while lists do not show them.

    Lists show the state of *delay* seconds ago, by the clock *now*. What a test changes in the account itself is
    visible at once.
    """

    def __init__(self, delay: float, now: Callable[[], datetime]) -> None:
        self._delay = timedelta(seconds=delay)
        self._now = now
        self._recent: defaultdict[_Key, deque[_Change]] = defaultdict(deque)

    def save(self, meeting: ScheduledMeeting, registrant: Registrant) -> None:
        """Replace the registrant of *meeting* with the same id, or append a new one."""
        self._note(meeting, registrant.id)
        meeting.save_registrant(registrant)

    def remove(self, meeting: ScheduledMeeting, registrant: Registrant) -> None:
        """Remove a registrant of *meeting*."""
        self._note(meeting, registrant.id)
        meeting.registrants.remove(registrant)

    def listed(self, meeting: ScheduledMeeting) -> list[Registrant]:
        """Return the registrants of *meeting* as lists show them."""
        recent = self._recent_of(meeting)
        if not recent:
            return meeting.registrants
        shown = {each.id: each for each in meeting.registrants}
        for change in reversed(recent):
            if change.before is None:
                shown.pop(change.registrant_id, None)
            else:
                shown[change.registrant_id] = change.before
        return list(shown.values())

    def _note(self, meeting: ScheduledMeeting, registrant_id: str) -> None:
        if self._delay:
            before = next((each for each in meeting.registrants if each.id == registrant_id), None)
            change = _Change(at=self._now(), registrant_id=registrant_id, before=before)
            self._recent_of(meeting).append(change)

    def _recent_of(self, meeting: ScheduledMeeting) -> deque[_Change]:
        """Return the changes that lists do not show yet, the oldest first, and forget the others."""
        recent = self._recent[meeting.is_webinar, meeting.id]
        while recent and recent[0].at + self._delay <= self._now():
            recent.popleft()
        return recent
