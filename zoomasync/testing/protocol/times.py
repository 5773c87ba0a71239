"""Times in the formats of Zoom's responses, and calendar months."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime


def iso(moment: datetime | None, digits: int = 0) -> str:
    """Format *moment* as `2026-03-04T09:00:11Z`, with *digits* digits of a second; None becomes empty text."""
    if moment is None:
        return ""
    fraction = f".{moment.microsecond:06d}".ljust(digits + 1, "0")[: digits + 1] if digits else ""
    return f"{moment.isoformat()[:19]}{fraction}Z"


def slashed(moment: datetime | None) -> str:
    """Format *moment* as `03/04/2026 09:00`, without a zone; None becomes empty text."""
    return f"{moment:%m/%d/%Y %H:%M}" if moment else ""


def clock_time(duration: timedelta) -> str:
    """Format *duration* as `01:28`, or as `1:01:28` if it is an hour or more."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def http_date(moment: datetime) -> str:
    """Format *moment* as the `Date` header of HTTP: `Wed, 04 Mar 2026 09:00:11 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def utc_today() -> date:
    """Return the current day in UTC."""
    return datetime.now(UTC).date()


def at(day: date, hour: int, *, days: int = 0) -> datetime:
    """Return the full *hour* in UTC on the day that is *days* days after *day*."""
    return datetime.combine(day + timedelta(days=days), time(hour), UTC)


def days_between(first: date, last: date) -> Iterator[date]:
    """Return the days from *first* to *last*, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def months_before(day: date, months: int) -> date:
    """Return the same day *months* months earlier, or the last day of that month if it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def month_end(day: date) -> date:
    """Return the last day of *day*'s month."""
    return day.replace(day=monthrange(day.year, day.month)[1])
