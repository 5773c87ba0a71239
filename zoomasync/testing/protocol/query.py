"""Query parameters, validated as strictly as by Zoom: an error names the first parameter that is invalid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from ..reference.operations import Operation
from .responses import invalid, missing
from .times import months_before
from .validation import query_fault

_INTEGER: Final = re.compile(r"-?\d{1,9}", re.ASCII)
LOOK_BACK_MONTHS: Final = 6

Query = Mapping[str, str]


@dataclass(frozen=True)
class DateRange:
    """A range of UTC days that includes both ends."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    def holds(self, day: date) -> bool:
        """Return whether *day* is in the range."""
        return self.first <= day <= self.last

    def echo(self) -> dict[str, object]:
        """Return the range as the report responses repeat it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def parse(text: str, operation: Operation) -> Query:
    """Return the parameters of a raw query string; raise an error for one that is invalid, repeated or missing."""
    pairs = parse_qsl(text, keep_blank_values=True)
    query = dict(pairs)
    if len(query) < len(pairs):
        given = [name for name, _ in pairs]
        raise invalid(next(name for name in given if given.count(name) > 1), "Given more than once.")
    for name, value in query.items():
        if name not in operation.parameters:
            raise invalid(name, f"Invalid parameter: {name}.")
        if name in operation.query and query_fault(value, operation.query[name]):
            raise invalid(name)
    for name, spec in operation.query.items():
        if spec.required and name not in query:
            raise missing(name)
    return query


def integer(query: Query, name: str, *, default: int, minimum: int, maximum: int) -> int:
    """Return an integer from *minimum* to *maximum*."""
    text = query.get(name)
    if text is None:
        return default
    if not _INTEGER.fullmatch(text) or not minimum <= int(text) <= maximum:
        raise invalid(name)
    return int(text)


def day(query: Query, name: str, default: date) -> date:
    """Return a day, which `parse` has found valid, or *default* if the parameter is not given."""
    return date.fromisoformat(query[name]) if name in query else default


def moment(query: Query, name: str) -> datetime | None:
    """Return an optional time with a zone."""
    return datetime.fromisoformat(query[name]) if name in query else None


def date_range(
    query: Query,
    today: date,
    *,
    longest: int = 31,
    optional: bool = False,
    latest: date = date.max,
    clamp: bool = False,
) -> DateRange:
    """Return `from` and `to`: in order, at most *longest* days, not before six months ago, and not after *latest*.

    The default of an *optional* range is the last thirty days. With *clamp*, the days beyond a limit are left out
    without an error. Of a range that is too long, `to` and the *longest* days before it are left, as was observed.
    """
    if optional:
        last = day(query, "to", today)
        chosen = DateRange(day(query, "from", _days_before(last, 29)), last)
    else:
        chosen = DateRange(date.fromisoformat(query["from"]), date.fromisoformat(query["to"]))
    _check_order(chosen)
    oldest = months_before(today, LOOK_BACK_MONTHS)
    if clamp:
        last = min(chosen.last, latest)
        return DateRange(max(chosen.first, oldest, _days_before(last, longest)), last)
    _check_length(chosen, longest)
    if chosen.first < oldest:
        raise invalid("from", "The date lies more than six months back.")
    if chosen.last > latest:
        raise invalid("to", f"The date is later than {latest}.")
    return chosen


def recording_range(query: Query, today: date, *, longest: int = 31, clamp: bool = False) -> DateRange:
    """Return `from` and `to`: in order, at most *longest* days; the defaults are the present day and the next one.

    *clamp* is that of `date_range`.
    """
    chosen = DateRange(day(query, "from", today), day(query, "to", today + timedelta(days=1)))
    _check_order(chosen)
    if clamp:
        return DateRange(max(chosen.first, _days_before(chosen.last, longest)), chosen.last)
    _check_length(chosen, longest)
    return chosen


def _days_before(day: date, count: int) -> date:
    return date.fromordinal(max(day.toordinal() - count, 1))


def _check_length(days: DateRange, longest: int) -> None:
    if days.length > longest:
        raise invalid("to", "The date range is longer than one month.")


def _check_order(days: DateRange) -> None:
    if days.first > days.last:
        raise invalid("from", "The from date is later than the to date.")
