"""The bookkeeping of one partition while its pages arrive: the position of each row, and signs of lost rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from typing import cast

import msgspec

from .. import ExtraFields, InvalidRow
from ..errors import UnexpectedDateRange
from .columns import row_key_getter
from .streams import Days, PageRows, Row
from .tasks import PartitionTask

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """The rows of one response: the content of one transaction.

    Each of *rows* has its position in the partition and its extra fields as JSON; each of *invalid_rows* has its
    position. The *first* batch of a partition replaces all batches of an earlier attempt. *fetched_at* is the time of
    the first response by Zoom's clock, for all batches.
    """

    rows: Sequence[tuple[int, Row, str | None]] = field(repr=False)
    invalid_rows: Sequence[tuple[int, InvalidRow]] = field(repr=False)
    first: bool
    fetched_at: datetime


@dataclass(slots=True)
class PageTracker:
    """Builds the write batches of one partition.

    The decoder appends to *invalid_rows* and *extra_fields* while it decodes a page; `next_batch` consumes both. Zoom's
    lists may change while they are read: rows shift, so that one appears on two pages and another is missed. *shifted*
    becomes true when a row repeats on pages, or the total changes from one page to the next. *pages*, *stored_rows* and
    *stored_invalid_rows* count the content of the batches. *fetched_at* is the time of the first response.
    *shows_days* is true if Zoom named the range of days that it answered for.
    """

    task: PartitionTask
    invalid_rows: list[InvalidRow] = field(default_factory=list[InvalidRow])
    extra_fields: list[ExtraFields] = field(default_factory=list[ExtraFields])
    shifted: bool = False
    pages: int = 0
    stored_rows: int = 0
    stored_invalid_rows: int = 0
    fetched_at: datetime | None = None
    shows_days: bool = False
    _rows: int = 0
    _total: int | None = None
    _seen: set[object] = field(default_factory=set[object])
    _repeated: int = 0
    _returned_days: Days | None = None

    def next_batch(self, page: PageRows, now: datetime) -> WriteBatch:
        """Return the write batch for *page*, fetched *now*. Raises `UnexpectedDateRange`."""
        self._check_days(page, now)
        self._check_total(page)
        self.fetched_at = self.fetched_at or now
        total = len(page.rows) + len(self.invalid_rows)
        extras = self._extras()
        of_page = extras.get(None)
        rows = self._without_repeated(self._with_valid_keys(self._indexed(page)))
        first = self._rows
        if page.items is None:
            numbered = [(first + index, row, extras.get(index, of_page)) for index, row in rows]
            invalid = [(first + each.row, each) for each in self.invalid_rows]
        else:  # an index belongs to several rows, or to none
            numbered = [(first + n, row, extras.get(index, of_page)) for n, (index, row) in enumerate(rows)]
            invalid = list(enumerate(self.invalid_rows, start=first + len(page.rows)))
        batch = WriteBatch(numbered, invalid, first=self.pages == 0, fetched_at=self.fetched_at)
        self._rows += total
        self.pages += 1
        self.stored_rows += len(batch.rows)
        self.stored_invalid_rows += len(batch.invalid_rows)
        self.invalid_rows.clear()
        self.extra_fields.clear()
        return batch

    @property
    def clamped(self) -> bool:
        """Whether Zoom returned fewer days than requested."""
        return self._returned_days is not None

    @property
    def warning(self) -> str | None:
        """A description of all doubts about the rows, or None."""
        warnings: list[str] = []
        if self._returned_days is not None:
            first, last = self._returned_days
            warnings.append(f"Zoom returned {first} to {last} only")
        if self.shifted:
            warnings.append(f"rows shifted between pages, {self._repeated} repeated")
        elif self._repeated:
            warnings.append(f"{self._repeated} rows repeated")
        if self._total is not None and self._total != self._rows - self._repeated:
            warnings.append(f"Zoom counted {self._total} rows and returned {self._rows - self._repeated}")
        return "; ".join(warnings) or None

    def _check_days(self, page: PageRows, now: datetime) -> None:
        requested, returned = page.requested or self.task.days, page.days
        self.shows_days = returned is not None
        if returned is None or returned == requested:
            return
        if returned[0] < requested[0] or returned[1] > requested[1]:
            raise UnexpectedDateRange(requested, returned)
        # Nothing is lost if Zoom leaves out days to come. Where its own day ends earlier, today is one of them.
        if returned[0] > requested[0] or returned[1] < min(requested[1], now.date() - _DAY):
            self._returned_days = returned

    def _check_total(self, page: PageRows) -> None:
        if page.total is None:  # Zoom may omit it
            return
        self.shifted = self.shifted or self._total not in {None, page.total}
        self._total = page.total

    def _indexed(self, page: PageRows) -> Sequence[tuple[int, Row]]:
        """Return the rows of *page*, each with the index of its item on the page, where invalid rows count too."""
        if page.items is None and not self.invalid_rows:
            return list(enumerate(page.rows))
        invalid = {each.row for each in self.invalid_rows}
        items = range(len(page.rows)) if page.items is None else page.items
        valid = (index for index in count() if index not in invalid)
        indexes = list(islice(valid, 1 + max(items, default=-1)))
        return [(indexes[item], row) for item, row in zip(items, page.rows, strict=True)]

    def _with_valid_keys(self, rows: Sequence[tuple[int, Row]]) -> Sequence[tuple[int, Row]]:
        """Return *rows* without those of a parent that no request could name: these are invalid rows."""
        stream = self.task.stream
        if stream.key_method is None:
            return rows
        valid: list[tuple[int, Row]] = []
        for position, row in rows:
            if (reason := stream.key_fault(row)) is None:
                valid.append((position, row))
            else:
                path, raw = f"$[{position}].{stream.row_key[0]}", msgspec.json.encode(row[0])
                self.invalid_rows.append(InvalidRow(row=position, path=path, reason=reason, raw=raw))
        return valid

    def _without_repeated(self, rows: Sequence[tuple[int, Row]]) -> Sequence[tuple[int, Row]]:
        """Return *rows* without those whose key was there before, and count the repeated ones."""
        stream = self.task.stream
        if not stream.row_key and not stream.paged:
            return rows
        if not stream.row_key:
            # Without a key, two equal rows may be two visits. Both are stored, with a warning.
            hashes = {hash(row) for _, row in rows}
            self._count_repeated(len(hashes & self._seen))
            self._seen |= cast("set[object]", hashes)
            return rows
        new: list[tuple[int, Row]] = []
        key_of = row_key_getter(stream)
        for position, row in rows:
            key = key_of(row)
            if key in self._seen and any(key):  # a row without any value of its key may be another one
                self._count_repeated(1)
            else:
                self._seen.add(key)
                new.append((position, row))
        return new

    def _count_repeated(self, count: int) -> None:
        self._repeated += count
        self.shifted = self.shifted or (count > 0 and self.task.stream.paged)

    def _extras(self) -> dict[int | None, str]:
        """Return the extra fields as JSON by the row's position on the page; those under None apply to all other rows.

        A report has fields of its own, which each of its rows repeats. Those of a page say nothing of its rows, and are
        dropped.
        """
        if not self.extra_fields:
            return {}
        stream = self.task.stream
        own = (each.raw for each in self.extra_fields if each.row is None)
        report = next(own, b"{}") if stream.endpoint.response in stream.shape else b"{}"
        extras: dict[int | None, str] = {
            each.row: _merged(report, each.raw) for each in self.extra_fields if each.row is not None
        }
        return extras if report == b"{}" else {None: report.decode(), **extras}


def _merged(report: bytes, row: bytes) -> str:
    if report == b"{}":
        return row.decode()
    return msgspec.json.encode(_KEYS.decode(report) | _KEYS.decode(row)).decode()


_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])  # values keep their bytes
