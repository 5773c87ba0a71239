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


def date_range(query: Query, today: date, *, longest: int = 31, optional: bool = False) -> DateRange:
    """Return `from` and `to`: in order, at most *longest* days, and not before six months ago.

    The default of an *optional* range is the last thirty days.
    """
    if optional:
        last = day(query, "to", today)
        thirty_days_before = date.fromordinal(max(last.toordinal() - 29, 1))
        chosen = DateRange(day(query, "from", thirty_days_before), last)
    else:
        chosen = DateRange(date.fromisoformat(query["from"]), date.fromisoformat(query["to"]))
    _check_length(chosen, longest)
    if chosen.first < months_before(today, LOOK_BACK_MONTHS):
        raise invalid("from", "The date lies more than six months back.")
    return chosen


def recording_range(query: Query, today: date) -> DateRange:
    """Return `from` and `to`: in order, at most 31 days; the defaults are the present day and the next one."""
    chosen = DateRange(day(query, "from", today), day(query, "to", today + timedelta(days=1)))
    _check_length(chosen, 31)
    return chosen


def _check_length(days: DateRange, longest: int) -> None:
    if days.first > days.last:
        raise invalid("from", "The from date is later than the to date.")
    if (days.last - days.first).days + 1 > longest:
        raise invalid("to", "The date range is longer than one month.")
