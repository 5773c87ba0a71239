"""The cells of a harvest's tables, and the part of an account that a harvest of some days covers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeAlias, TypeVar

from zoomasync import month_ranges
from zoomasync.testing import Account, Host, Instance
from zoomasync.testing.account.listed import ListedRecord
from zoomasync.testing.protocol.times import days_between, months_before

R = TypeVar("R", bound=ListedRecord)

Cells: TypeAlias = dict[str, object]
Part: TypeAlias = tuple[str, list[Cells]]
"""The key of a partition, and its rows."""


@dataclass(frozen=True)
class Harvested:
    """The days of *account* that a harvest covers. All of its calls happen at the time *now*."""

    account: Account
    first: date
    last: date
    now: datetime

    @property
    def hosts(self) -> list[Host]:
        """The active users."""
        return [host for host in self.account.hosts if not host.other_account]

    @property
    def oldest(self) -> date:
        """The first day that reports reach back to."""
        return months_before(self.now.date(), 6)

    def months(self) -> Iterator[tuple[str, date, date]]:
        """Yield each month as keys have it, with its days, unless a report of them begins too early."""
        for first, last in month_ranges(self.first, self.last):
            if first >= self.oldest:
                yield f"{first:%Y-%m}", first, last

    def days(self) -> Iterator[date]:
        """Yield the days that are not too early for a report."""
        return days_between(max(self.first, self.oldest), self.last)

    def listed(self, records: Iterable[R]) -> list[R]:
        """Return the records that Zoom lists."""
        return [each for each in records if each.is_listed(self.now)]

    def instances(self, first: date, last: date, host: Host | None = None) -> list[Instance]:
        """Return the instances of some days that Zoom lists, of all hosts or of one."""
        instances = self.listed(self.account.instances_between(first, last))
        return [each for each in instances if not each.host.other_account and (host is None or each.host.id == host.id)]

    def found(self) -> list[Instance]:
        """Return the instances that the listings of all hosts lead to: those with two people or more."""
        hosts = {host.id for host in self.hosts}
        instances = (each for _, first, last in self.months() for each in self.instances(first, last))
        return [each for each in instances if each.host.id in hosts and each.participants_count > 1]

    def reported(self, *, webinars: bool) -> list[Instance]:
        """Return those of the found meetings, or webinars, that have a report; Zoom keeps it longer than listings."""
        return [each for each in self.found() if each.webinar is webinars and each.has_reports(self.now)]


def harvested(account: Account, first: date, last: date, now: datetime | None = None) -> Harvested:
    """Return the days of a harvest at *now*, which is the start of the account's day unless given."""
    return Harvested(account, first, last, now or datetime.combine(account.today, time(), UTC))


def keyed(parts: Iterable[Part]) -> list[Cells]:
    """Return the rows of partitions with their keys and positions, in the order of the keys."""
    ordered = sorted(parts, key=lambda part: part[0])
    return [{"_part": key, "_seq": seq, **cells} for key, rows in ordered for seq, cells in enumerate(rows)]


def utc(moment: datetime | None, digits: int = 0) -> str | None:
    """Return a time as the store has it, if the response has *digits* digits of a second."""
    if moment is None:
        return None
    unit = 10 ** max(0, 6 - digits)
    return moment.replace(microsecond=moment.microsecond // unit * unit).isoformat().replace("+00:00", "Z")


def to_the_minute(moment: datetime | None) -> str | None:
    return utc(moment.replace(second=0, microsecond=0)) if moment else None


def json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
