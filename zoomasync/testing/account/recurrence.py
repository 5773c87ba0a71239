"""The dates of a recurring meeting, by its rule as Zoom writes it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import count, islice, takewhile
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .meeting import Occurrence

_MOST: Final = 50
_DAILY: Final = 1
_WEEKLY: Final = 2
_LAST_YEAR: Final = 2200


def zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name; raises ValueError for an unknown one."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"no such time zone: {name!r}") from None


def occurrences(
    start: datetime, minutes: int, timezone: str, recurrence: Mapping[str, object]
) -> tuple[Occurrence, ...]:
    """Return the dates from *start* on, fifty at most; the hour is kept in *timezone*, whatever summer time does."""
    local = start.astimezone(zone(timezone))
    moments = (datetime.combine(day, local.timetz()).astimezone(UTC) for day in _days(local.date(), recurrence))
    until = str(recurrence.get("end_date_time", ""))
    times = _whole(recurrence, "end_times", 0 if until else 1)
    last = datetime.fromisoformat(until) if until else datetime.max.replace(tzinfo=UTC)
    chosen = islice(takewhile(lambda moment: moment <= last, moments), min(times or _MOST, _MOST))
    return tuple(Occurrence(start_time=moment, duration=minutes) for moment in chosen)


def _days(first: date, recurrence: Mapping[str, object]) -> Iterator[date]:
    every = _whole(recurrence, "repeat_interval", 1)
    kind = _whole(recurrence, "type", _DAILY)
    if kind == _DAILY:
        return (first + timedelta(days=every * number) for number in count())
    days = _weekly(first, every, str(recurrence.get("weekly_days", "1"))) if kind == _WEEKLY else None
    return (day for day in days or _monthly(first, every, recurrence) if day >= first)


def _weekly(first: date, every: int, weekly_days: str) -> Iterator[date]:
    sunday = first - timedelta(days=first.isoweekday() % 7)
    for number in count():
        for day in sorted({int(each) for each in weekly_days.split(",")}):
            yield sunday + timedelta(weeks=every * number, days=day - 1)


def _monthly(first: date, every: int, recurrence: Mapping[str, object]) -> Iterator[date]:
    for number in count(first.year * 12 + first.month - 1, every):
        month = date(number // 12, number % 12 + 1, 1)
        if month.year > _LAST_YEAR:
            return
        length = monthrange(month.year, month.month)[1]
        if "monthly_week" in recurrence:
            week, weekday = _whole(recurrence, "monthly_week", 1), _whole(recurrence, "monthly_week_day", 1)
            days = [day for day in range(1, length + 1) if month.replace(day=day).isoweekday() % 7 == weekday - 1]
            yield month.replace(day=days[week if week < 0 else week - 1])
        elif (day := _whole(recurrence, "monthly_day", 1)) <= length:
            yield month.replace(day=day)


def _whole(recurrence: Mapping[str, object], name: str, default: int) -> int:
    return cast("int", recurrence.get(name, default))
