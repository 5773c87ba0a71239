"""The occurrences of a recurring meeting, computed from the `recurrence` object of Zoom's API."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import count, islice, takewhile
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .meeting import Occurrence

_MAX_OCCURRENCES: Final = 50
_DAILY: Final = 1
_WEEKLY: Final = 2
_LAST_YEAR: Final = 2200


def time_zone(name: str) -> tzinfo:
    """Return the time zone with this IANA name; raise ValueError if there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"no such time zone: {name!r}; use an IANA name such as 'Europe/Lisbon'") from None


def occurrences(
    start: datetime, minutes: int, timezone: str, recurrence: Mapping[str, object]
) -> tuple[Occurrence, ...]:
    """Return the occurrences from *start* on, at most fifty, at the same local time in *timezone*."""
    local_start = start.astimezone(time_zone(timezone))
    days = _days(local_start.date(), recurrence)
    starts: Iterator[datetime] = (datetime.combine(day, local_start.timetz()).astimezone(UTC) for day in days)
    until = str(recurrence.get("end_date_time", ""))
    if until:
        last = datetime.fromisoformat(until)
        starts = takewhile(lambda moment: moment <= last, starts)
    end_times = _integer(recurrence, "end_times", 0 if until else 1)
    chosen = islice(starts, min(end_times or _MAX_OCCURRENCES, _MAX_OCCURRENCES))
    return tuple(Occurrence(start_time=moment, duration=minutes) for moment in chosen)


def _days(first: date, recurrence: Mapping[str, object]) -> Iterator[date]:
    interval = _integer(recurrence, "repeat_interval", 1)
    kind = _integer(recurrence, "type", _DAILY)
    if kind == _DAILY:
        return (first + timedelta(days=interval * number) for number in count())
    days = _weekly(first, interval, str(recurrence.get("weekly_days", "1"))) if kind == _WEEKLY else None
    return (day for day in days or _monthly(first, interval, recurrence) if day >= first)


def _weekly(first: date, interval: int, weekly_days: str) -> Iterator[date]:
    sunday = first - timedelta(days=first.isoweekday() % 7)
    for number in count():
        for day in sorted({int(each) for each in weekly_days.split(",")}):
            yield sunday + timedelta(weeks=interval * number, days=day - 1)


def _monthly(first: date, interval: int, recurrence: Mapping[str, object]) -> Iterator[date]:
    for number in count(first.year * 12 + first.month - 1, interval):
        month = date(number // 12, number % 12 + 1, 1)
        if month.year > _LAST_YEAR:
            return
        length = monthrange(month.year, month.month)[1]
        if "monthly_week" in recurrence:
            week, weekday = _integer(recurrence, "monthly_week", 1), _integer(recurrence, "monthly_week_day", 1)
            days = [day for day in range(1, length + 1) if month.replace(day=day).isoweekday() % 7 == weekday - 1]
            yield month.replace(day=days[week if week < 0 else week - 1])
        elif (day := _integer(recurrence, "monthly_day", 1)) <= length:
            yield month.replace(day=day)


def _integer(recurrence: Mapping[str, object], name: str, default: int) -> int:
    return cast("int", recurrence.get(name, default))
