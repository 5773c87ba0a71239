"""The date ranges of reports: whole UTC days, a month at most in one call."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ..errors import InvalidArgument


def month_ranges(from_: date, to: date) -> Iterator[tuple[date, date]]:
    """Split *from_* to *to*, both included, at the borders of months: no day is lost and none comes twice.

    Reports span a month at most in one call, so this is what to call them with for a longer time.
    """
    check_range(from_, to)
    start = from_
    while start <= to:
        last = start.replace(day=monthrange(start.year, start.month)[1])
        yield start, min(to, last)
        if to <= last:  # which may be the last day that there is
            return
        start = last + timedelta(days=1)


def check_range(from_: date | None, to: date | None, *, days: int | None = None, optional: bool = False) -> None:
    """Raise `InvalidArgument` for a range that is upside down, longer than *days* (both ends included), or missing."""
    for name, day in (("from_", from_), ("to", to)):
        if isinstance(day, datetime):
            raise InvalidArgument(f"{name} takes a date, not a datetime: Zoom counts whole UTC days")
    if from_ is None or to is None:
        if not optional:
            raise InvalidArgument("from_ and to are needed: the first and the last day, both included")
        return
    if from_ > to:
        raise InvalidArgument(f"the range is upside down: from_ {from_} is after to {to}")
    if days is not None and (to - from_).days >= days:
        raise InvalidArgument(f"{from_} to {to} is more than {days} days; split it with zoomasync.month_ranges()")
