"""The declaration of a stream: one table, its partitions, and the calls that fetch them."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final, TypeAlias, cast

from msgspec import Struct

from ... import Label, Zoom
from ...errors import InvalidArgument
from ...models.pages import TokenPage
from ...types import Api, Endpoint

Row: TypeAlias = tuple[Struct, ...]
"""One row of a table: one struct, or the struct of its report's own fields and the struct of the row."""

Days: TypeAlias = tuple[date, date]
"""The first and the last UTC day, both included."""

DELAY_DAYS: Final = 3
"""The days for which Zoom may be late with reports and listings: usually hours, and after incidents days."""

INSTANCES: Final = "instances"
"""The table of all instances, whichever stream found them."""


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of one response, with the *total* number of rows and the range of *days* that Zoom reports.

    *requested* is the range that the call asked for, if it is not that of the partition. If an item of the response may
    have several rows or none, *items* has the index of each row's item.
    """

    rows: Sequence[Row]
    total: int | None = None
    days: Days | None = None
    requested: Days | None = None
    items: Sequence[int] | None = None


Fetch: TypeAlias = "Callable[[Api, PartitionTask], AsyncGenerator[PageRows, None]]"
"""A function that yields the rows of a partition: one `PageRows` per response, in Zoom's order."""


class PartitionBy(StrEnum):
    """The part of a stream that is fetched, and replaced, as a whole."""

    ACCOUNT = "account"
    """The whole stream. The key is ``account``."""
    MONTH = "month"
    """One month. The key is ``2026-05``."""
    DAY = "day"
    """One UTC day. The key is ``2026-05-04``."""
    PARENT = "parent"
    """One row of the parent. The key is that row's."""
    PARENT_MONTH = "parent month"
    """One row of the parent in one month. The key is ``<key of the row>/2026-05``."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """The time for which a partition that has been fetched is fetched again.

    A partition is fetched once, or by every run until it was fetched *days* days after its end, or with *snapshot* by
    every run. A snapshot keeps the rows that Zoom no longer lists, and marks them.
    """

    days: int | None = None
    snapshot: bool = False

    def __str__(self) -> str:
        if self.snapshot:
            return "snapshot"
        return "once" if self.days is None else f"until {self.days} days after its end"


ONCE: Final = Refresh()
"""A final partition is not fetched again."""

LATE: Final = Refresh(days=DELAY_DAYS)
SNAPSHOT: Final = Refresh(snapshot=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The *table* whose rows lead to the partitions of a stream.

    *key* is the column that names a partition. Rows without it, or with an empty text, have none. *day* is the column
    with the day of a partition; of several rows with the same key, the latest day counts. Without *day*, a partition
    covers the month of the parent's partition, or every month of the harvest if the parent is not listed by month.
    *webinar* selects the instances of webinars or of meetings. *size* is the column with the number of rows to expect.
    """

    table: str
    key: str
    day: str | None = None
    webinar: bool | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One table: its *name*, the *method* that fetches it (``"reports.users"``), and the structs that make up a row.

    *partition* is the part that is fetched as a whole, and *parent* the table whose rows lead to those parts, if any.
    With *variants*, such as the statuses of users, each part is fetched once per variant, and the keys begin with it:
    ``active/account``.

    *row_key* names the columns that identify a row within its partition; without it, rows may repeat. *fallback_key*
    names those of a row that has no value in the last of them. A row of which *key_method* does not accept the key is
    an invalid row.

    *refresh* is the time for which a partition is fetched again. With *may_be_late*, Zoom's 404 for a partition of the
    last days means "not yet". Zoom keeps the data of *retention* months; None is for ever. *days_ahead* is the number
    of days after today that a partition of the whole account covers. A column of the last struct whose name another
    struct has already gets the prefix *prefix*.
    """

    name: str
    method: str
    shape: tuple[type[Struct], ...]
    fetch: Fetch
    partition: PartitionBy
    parent: Parent | None = None
    variants: tuple[str, ...] = ()
    row_key: tuple[str, ...] = ()
    fallback_key: tuple[str, ...] = ()
    key_method: str | None = None
    refresh: Refresh = ONCE
    may_be_late: bool = False
    retention: int | None = 6
    days_ahead: int = 0
    prefix: str = ""

    @property
    def endpoint(self) -> Endpoint[object]:
        """The endpoint that returns the rows of this table."""
        return _endpoints()[self.method]

    @property
    def route(self) -> str:
        """The route of that endpoint."""
        return self.endpoint.route

    @property
    def label(self) -> Label:
        """The rate-limit label of that endpoint."""
        return self.endpoint.label

    @property
    def paged(self) -> bool:
        """Whether the rows of a partition may be on several pages."""
        return issubclass(cast("type[Struct]", self.endpoint.response), TokenPage)

    def calls(self, rows: int) -> int:
        """Return the least number of calls for a partition with so many *rows*."""
        return min(MAX_CALLS, max(1, math.ceil(rows / (self.endpoint.page_size or math.inf))))

    def key_fault(self, row: Row) -> str | None:
        """Return the reason if no request can name *row* by its key, or None."""
        if self.key_method is None:
            return None
        try:
            _endpoints()[self.key_method].at(getattr(row[0], self.row_key[0]))
        except InvalidArgument as fault:
            return str(fault)
        return None


@dataclass(frozen=True, slots=True)
class PartitionTask:
    """A partition to fetch: a day or month of a listing, one report of one instance, or a whole list.

    `PartitionBy` describes the *key*. *days* are those of the listing, or twice the day on which the instance began.
    *calls* is the least number of calls that it takes. *is_refetch* is true if an earlier fetch was whole.
    *not_found_runs* counts the earlier runs in which Zoom did not find it.
    """

    stream: Stream
    key: str
    days: Days
    calls: int = 1
    is_refetch: bool = False
    not_found_runs: int = 0

    @property
    def variant(self) -> str:
        """The variant of the stream that the partition belongs to; empty if the stream has none."""
        return self.key.partition("/")[0] if self.stream.variants else ""

    @property
    def parent_key(self) -> str:
        """The key of the parent's row, such as a UUID, a user id or a meeting number."""
        key = self.key.partition("/")[2] if self.stream.variants else self.key
        return key.rpartition("/")[0] if self.stream.partition is PartitionBy.PARENT_MONTH else key


MAX_CALLS: Final = 10_000
"""The most calls that an estimate expects for one partition: a participant count that needs more is wrong."""

_endpoints = cache(Zoom.endpoints)
