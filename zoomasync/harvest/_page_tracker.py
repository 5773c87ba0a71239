"""What one listing gives, reply by reply: which row has which place, and what is odd about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec

from .. import ExtraFields, InvalidRow
from ..errors import UnexpectedDateRange
from .stores.base import WriteBatch
from .streams import Days, ListingStream, PageRows, PartitionTask, Row


@dataclass(slots=True)
class PageTracker:
    """Makes the pieces of one partition, of what came and of the *drifts* and *unknowns* that were told of it.

    A listing that changes while it is read shifts: a row comes again on a later page, and another one is missed. It
    shows by rows that came before, and by a total that changes.
    """

    task: PartitionTask
    invalid_rows: list[InvalidRow] = field(default_factory=list[InvalidRow])
    extra_fields: list[ExtraFields] = field(default_factory=list[ExtraFields])
    shifted: bool = False
    _rows: int = 0
    _pages: int = 0
    _total: int | None = None
    _seen: set[object] = field(default_factory=set[object])
    _repeated: int = 0
    _answered: Days | None = None

    def take(self, batch: PageRows) -> WriteBatch:
        """Return the piece that *batch* makes. Raises `UnexpectedDateRange`."""
        self._check_days(batch)
        self._check_total(batch)
        invalid_rows = [(self._rows + drift.row, drift) for drift in self.invalid_rows]
        bad = {drift.row for drift in self.invalid_rows}
        places = [place for place in range(len(batch.rows) + len(bad)) if place not in bad]
        beside = self._beside()
        rows = [
            (self._rows + place, row, beside.get(place, beside.get(None)))
            for place, row in self._new(list(zip(places, batch.rows, strict=True)))
        ]
        piece = WriteBatch(rows, invalid_rows, first=self._pages == 0)
        self._rows += len(batch.rows) + len(bad)
        self._pages += 1
        self.invalid_rows.clear()
        self.extra_fields.clear()
        return piece

    @property
    def warning(self) -> str | None:
        """What is odd about what came, or None."""
        warnings: list[str] = []
        if self._answered is not None:
            warnings.append(f"Zoom answered for {_range(self._answered)} only")
        if self.shifted:
            warnings.append(f"rows shifted between pages, {self._repeated} came twice")
        if self._total is not None and self._total != self._rows - self._repeated:
            warnings.append(f"Zoom counted {self._total} rows and gave {self._rows - self._repeated}")
        return "; ".join(warnings) or None

    def _check_days(self, batch: PageRows) -> None:
        asked, answered = self.task.days, batch.days
        if answered is None or answered == asked:
            return
        if answered[0] < asked[0] or answered[1] > asked[1]:
            raise UnexpectedDateRange(asked, answered)
        self._answered = answered

    def _check_total(self, batch: PageRows) -> None:
        if batch.total is None:  # Zoom may leave it out
            return
        self.shifted = self.shifted or self._total not in {None, batch.total}
        self._total = batch.total

    def _new(self, rows: Sequence[tuple[int, Row]]) -> list[tuple[int, Row]]:
        """Return *rows* without those that came on an earlier page, as far as a key that Zoom documents tells so."""
        stream = self.task.stream
        if stream.endpoint.page_size is None:
            return list(rows)
        if not isinstance(stream, ListingStream):
            # Two stays that look the same may be two: they stay, and are told of.
            found = {hash(row) for _, row in rows}
            again = len(found & self._seen)
            self._seen |= cast("set[object]", found)
            self._repeated += again
            self.shifted = self.shifted or again > 0
            return list(rows)
        new: list[tuple[int, Row]] = []
        for place, row in rows:
            key = getattr(row[0], stream.row_key)
            if key in self._seen:
                self._repeated += 1
                self.shifted = True
            else:
                self._seen.add(key)
                new.append((place, row))
        return new

    def _beside(self) -> dict[int | None, str]:
        """Return, by the row's place, the JSON of what is not in the reference; what is by the head is by every row."""
        if not self.extra_fields:
            return {}
        paged = self.task.stream.endpoint.page_size is not None
        head = b"{}" if paged else next((each.raw for each in self.extra_fields if each.row is None), b"{}")
        beside: dict[int | None, str] = {
            each.row: _merged(head, each.raw) for each in self.extra_fields if each.row is not None
        }
        return beside if head == b"{}" else {None: head.decode(), **beside}


def _merged(head: bytes, row: bytes) -> str:
    if head == b"{}":
        return row.decode()
    return msgspec.json.encode(_KEYS.decode(head) | _KEYS.decode(row)).decode()


_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])  # values as they came


def _range(days: Days) -> str:
    return f"{days[0]} to {days[1]}"
