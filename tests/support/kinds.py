"""Meetings and webinars, for tests of what they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoomasync import Zoom
    from zoomasync.resources.meetings import Meetings
    from zoomasync.resources.webinars import Webinars
    from zoomasync.testing import MeetingType


@dataclass(frozen=True)
class Kind:
    """Meetings or webinars: the *name* of their namespace and of their paths, and their types."""

    name: str
    scheduled: MeetingType
    recurring: MeetingType

    def __str__(self) -> str:
        return self.name

    @property
    def noun(self) -> str:
        """One of this kind, as in Zoom's messages."""
        return self.name.removesuffix("s")

    def of(self, zoom: Zoom) -> Meetings | Webinars:
        """Return the namespace of this kind."""
        return zoom.webinars if self is WEBINARS else zoom.meetings


MEETINGS: Final = Kind("meetings", 2, 8)
WEBINARS: Final = Kind("webinars", 5, 9)
