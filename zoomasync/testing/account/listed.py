"""Records that Zoom lists late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class ListedRecord:
    """A record of which lists know nothing until *listed_at*, by the fake's clock. None is no delay."""

    listed_at: datetime | None = None

    def is_listed(self, now: datetime) -> bool:
        """Return whether lists contain the record at *now*."""
        return has_come(self.listed_at, now)


def has_come(moment: datetime | None, now: datetime) -> bool:
    """Return whether *moment* is not after *now*; None stands for a moment long ago."""
    return moment is None or moment <= now
