"""Times in response headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

_YEARS: Final = range(2000, 3000)  # beyond them, arithmetic with a date could overflow


@lru_cache(maxsize=8)  # all responses of a second have the same
def parse_http_date(text: str) -> datetime | None:
    """Return the time of an HTTP date, in UTC, or None for any other text."""
    return _parse(text, parsedate_to_datetime)


def parse_time(text: str) -> datetime | None:
    """Return the time of an ISO 8601 text or an HTTP date, in UTC, or None for any other text."""
    return _parse(text, datetime.fromisoformat) or parse_http_date(text)


def _parse(text: str, parse: Callable[[str], datetime]) -> datetime | None:
    try:
        moment = parse(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None
