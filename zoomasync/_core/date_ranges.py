"""Ranges of requests: the whole UTC days of reports, at most one month per call, and the times of other listings."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ..errors import InvalidArgument
from .request_body import time_text


def month_ranges(from_: date, to: date) -> Iterator[tuple[date, date]]:
    """Split the days from *from_* to *to*, both included, at the ends of months.

    Zoom's reports span at most one month per call. Raises `InvalidArgument` when *from_* is after *to*.
    """
    check_range(from_, to)
    first = from_
    while first <= to:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        yield first, min(to, last)
        if to <= last:  # adding a day to date.max would overflow
            return
        first = last + timedelta(days=1)


def check_range(from_: date | None, to: date | None, *, days: int | None = None, optional: bool = False) -> None:
    """Raise `InvalidArgument` when *from_* is after *to*, the range is longer than *days*, or either end is missing.

    Both ends count. With *optional*, a range may be missing or have one end.
    """
    for name, day in (("from_", from_), ("to", to)):
        if isinstance(day, datetime):
            raise InvalidArgument(f"{name} takes a date, not a datetime: Zoom's ranges are whole UTC days")
    if from_ is None or to is None:
        if not optional:
            raise InvalidArgument("from_ and to are required: the first and the last day, both included")
        return
    if from_ > to:
        raise InvalidArgument(f"from_ {from_} is after to {to}")
    if days is not None and (to - from_).days >= days:
        raise InvalidArgument(f"{from_} to {to} is more than {days} days; split it with zoomasync.month_ranges()")


def time_range(from_: datetime | None, to: datetime | None) -> tuple[str | None, str | None]:
    """Return both ends as a query has them: in UTC, to the second; a missing one is None.

    Raises `InvalidArgument` for a time without a zone, or when *from_* is after *to*.
    """
    first, last = _utc_text("from_", from_), _utc_text("to", to)
    if from_ is not None and to is not None and from_ > to:
        raise InvalidArgument(f"from_ {first} is after to {last}")
    return first, last


def _utc_text(name: str, moment: date | None) -> str | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise InvalidArgument(f"{name} must be a datetime with a time zone")
    try:
        return time_text(moment)
    except OverflowError:
        raise InvalidArgument(f"{name} is outside the years 1 to 9999 in UTC") from None
