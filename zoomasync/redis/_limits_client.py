"""Where slots and the day are asked for: one round trip to Redis an answer, for all labels of one process."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from .._label import Label
from ..errors import RedisUnavailable
from ..rate_limits import Plan
from ..rate_limits._server_clock import ServerClock
from ._connection import Link, hash_tag
from ._scripts import BUDGETS

_MICRO: Final = 1_000_000
_LONGEST_TRAVEL: Final = 0.05
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """One request may go at *at* of this process's monotonic clock; Redis calls that moment *number*."""

    at: float
    number: int


@dataclass(frozen=True, slots=True)
class Note:
    """A *slot* that was used *late*, by so many seconds, or (None) not at all."""

    slot: Slot
    late: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a bucket asks for: *slots* for which it has *counts* of the day already; the counts that it gives *back*."""

    slots: int = 0
    counts: int = 0
    back: int = 0
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a label stands, and what was given: *slots*, *counts* of the day, or the seconds to *wait* before asking.

    *spent* is whether the day had no more to give, *parked* whether Zoom has said so.
    """

    slots: tuple[Slot, ...]
    counts: int
    wait: float
    spent: bool
    deferred: bool
    resumes_at: datetime
    used: int
    remaining: int | None
    current_rate: float
    free_in: float


class ServerTime:
    """What the monotonic clock here shows at a moment of Redis's clock: never earlier than it is."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self.travel = 0.0

    def learn(self, server: float, *, sent: float, received: float) -> None:
        """Take note that it was *server* between *sent* and *received*."""
        earliest, latest = sent - server, received - server
        # The quickest reply knows best; clocks drift, and may be set, so that the last one is always right.
        self._offset = latest if self._offset is None else min(max(self._offset, earliest), latest)
        self.travel = max(received - sent, 0.8 * self.travel)

    def here(self, server: float) -> float:
        """Return the moment *server* by the clock here."""
        return server + (self._offset or 0.0)


class Desk:
    """Asks Redis on behalf of all labels, and remembers whether it was there."""

    def __init__(self, link: Link, plan: Plan, *, name: str, latency_jitter: float) -> None:
        self.lost: RedisUnavailable | None = None
        self._link = link
        self._plan = plan
        self._key = f"{hash_tag(name)}:budgets"
        self._latency_jitter = latency_jitter
        self._time = ServerTime()
        self._zoom = ServerClock()
        self._zoom_was_seen = False
        self._zoom_left = dict[Label, int]()  # what it has said is left, by purse
        self._known = dict[Label, int]()  # the state of Redis that a label has slots of
        self._used = dict[Label, tuple[int, int]]()  # the day and what was used of it, by purse
        self._remaining = dict[Label, int]()

    @property
    def travel(self) -> float:
        """Seconds that a round trip takes."""
        return self._time.travel

    def now(self) -> datetime:
        """Return the time at Zoom, as far as it is known here."""
        return self._zoom.now()

    def remaining(self) -> Mapping[Label, int]:
        """Return what was left of the day when Redis was last asked, where there is a limit."""
        return self._remaining

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Learn Zoom's clock, and how much of the day it says is left."""
        self._zoom.observe(headers)
        self._zoom_was_seen = self._zoom_was_seen or "date" in headers
        remaining = headers.get("x-ratelimit-remaining", "")
        if re.fullmatch(r"\d{1,9}", remaining) and self._tells_of_the_day(label, headers):
            quota_label = self._plan.quota_label(label)
            self._zoom_left[quota_label] = min(int(remaining), self._zoom_left.get(quota_label, int(remaining)))

    def was_away(self) -> None:
        """Take note that this process paced itself without Redis for a while."""
        self._known = dict.fromkeys(Label, -1)

    async def take(self, label: Label, wish: Wish) -> Answer:
        """Take slots, give back, or just look."""
        quota_label = self._plan.quota_label(label)
        remaining, (day, used) = self._zoom_left.pop(quota_label, -1), self._used.get(quota_label, (0, 0))
        notes = [number for note in wish.notes for number in _as_numbers(note)]
        return await self._ask("take", label, wish.slots, wish.counts, wish.back, remaining, day, used, *notes)

    async def throttle(self, label: Label, seconds: float) -> None:
        """Let nobody of *label* through for *seconds*."""
        await self._ask("throttle", label, round(seconds * _MICRO))

    async def defer(self, label: Label, until: datetime) -> None:
        """Let nobody of *label* through before *until*."""
        await self._ask("park", label, round((until - _EPOCH).total_seconds()) * _MICRO)

    async def _ask(self, verb: str, label: Label, *args: int) -> Answer:
        quota_label, per_day = self._plan.quota_label(label), self._plan.per_day(label)
        sent = time.monotonic()
        try:
            response = await self._link.run(
                BUDGETS,
                [self._key, f"{self._key}:{label}"],
                verb,
                label.value,
                quota_label.value,
                self._known.get(label, 0),
                self._skew(sent),
                -1 if per_day is None else per_day,
                repr(self._plan.rate(label)),
                round(self._latency_jitter * _MICRO),
                round(min(self.travel, _LONGEST_TRAVEL) * _MICRO),
                *args,
            )
        except RedisUnavailable as lost:
            self.lost = lost
            raise
        self.lost = None
        now, born, counts, wait, spent, resumes, used, remaining, current_rate, free_in, day = cast(
            "list[int]", response[:-1]
        )
        self._time.learn(now / _MICRO, sent=sent, received=time.monotonic())
        if verb == "take":
            self._known[label] = born
            self._used[quota_label] = (day, used)
        if remaining >= 0:
            self._remaining[label] = remaining
        return Answer(
            slots=tuple(Slot(self._time.here(at / _MICRO), at) for at in cast("list[int]", response[-1])),
            counts=counts,
            wait=wait / _MICRO,
            spent=spent > 0,
            deferred=spent > 1,
            resumes_at=_EPOCH + timedelta(microseconds=resumes),
            used=used,
            remaining=None if remaining < 0 else remaining,
            current_rate=current_rate / 1000,
            free_in=free_in / _MICRO,
        )

    def _skew(self, now: float) -> str | int:
        """Return how far Zoom's clock is ahead of Redis's in microseconds, or nothing."""
        here = self._time.here(0.0)
        if not (self._zoom_was_seen and here):
            return ""
        zoom = (self._zoom.now() - _EPOCH).total_seconds() + 0.5  # Zoom tells the time in whole seconds
        return round((zoom - (now - here)) * _MICRO)

    def _tells_of_the_day(self, label: Label, headers: Mapping[str, str]) -> bool:
        # The same headers tell of the second or of the day, and only the 429s say which.
        limit = headers.get("x-ratelimit-limit", "")
        return headers.get("x-ratelimit-type", "").lower() == "daily-limit" or limit == str(self._plan.per_day(label))


def _as_numbers(note: Note) -> tuple[int, int]:
    return note.slot.number, 0 if note.late is None else note.slot.number + round(note.late * _MICRO)
