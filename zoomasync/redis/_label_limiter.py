"""One rate-limit label's pace, kept by Redis for all processes: slots are leased, a few at a time, and used on time."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import anyio

from .._label import Label
from ..errors import RedisUnavailable
from ..rate_limits import DailyQuotaExhausted, RateLimitStatus
from ..rate_limits._wait_queue import WaitQueue
from ._limits_client import Answer, Desk, Note, Slot, Wish

_LEASE_SECONDS: Final = 0.1  # of slots that one process has in hand; more would keep the others waiting
_BELIEVE_SECONDS: Final = 1.0  # how long what Redis said is not asked again
_LEAD_SECONDS: Final = 0.02
_LATEST_SECONDS: Final = 0.1  # a slot is used so much later at most: what comes a second after it is not given out yet


@dataclass(frozen=True, slots=True)
class _Spent:
    """The day has no more *until* then; Redis is asked again from *ask_from* on. *parked* is that Zoom has said so."""

    until: datetime
    ask_from: float
    deferred: bool


class RedisLabelLimiter:
    """Lets callers through at moments that no other process has, first come, first served; urgent ones first.

    *rate* is all processes' together. Redis is told how late each slot was used, so that it moves what comes a second
    later: at once, where that was more than *jitter* seconds. One that is missed by more than a tenth of a second is
    given back.
    """

    def __init__(
        self, desk: Desk, label: Label, rate: float, *, latency_jitter: float, on_pace: Callable[[Label, float], None]
    ) -> None:
        self.owed = 0  # calls that went out without Redis
        self._desk = desk
        self._label = label
        self._rate = rate
        self._latency_jitter = latency_jitter
        self._on_pace = on_pace
        self._queue = WaitQueue(self)
        self._slots = deque[Slot]()
        self._paid = 0  # counts of the day in hand: one for each slot, and for each that was missed
        self._lease = max(1, int(rate * _LEASE_SECONDS))
        self._notes = list[Note]()  # what Redis is to know of slots now
        self._remarks = list[Note]()  # and when it is asked anyway
        self._pace = 1.0
        self._ask_from = -math.inf
        self._taken: Slot | None = None
        self._spent: _Spent | None = None
        self._asking: asyncio.Task[None] | None = None
        self._refused: tuple[RedisUnavailable, float] | None = None
        self._stirred: anyio.Event | None = None

    def __repr__(self) -> str:
        slowed = "" if self._pace == 1 else f" of {self._rate:g}/s"
        return f"<RedisLabelLimiter {self._rate * self._pace:g}/s{slowed}, {self._queue.waiting} waiting>"

    async def acquire(self, *, priority: bool = False) -> Callable[[], None]:
        """Wait for this caller's turn, and count it. Raises `DailyQuotaExhausted`, and `RedisUnavailable` without Redis.

        Returns what is called when it went later than that.
        """
        try:
            while True:
                await self._queue.wait_turn(priority=priority)
                taken = self._taken
                if taken is not None:
                    break
                priority = True  # the loop was stalled when its turn came: it does not queue again
        finally:
            self._tidy()

        def mark_sent() -> None:
            self._notes.append(Note(taken, time.monotonic() - taken.at))
            self._tidy()

        return mark_sent

    async def wait(self) -> None:
        """Wait until a slot is there."""
        while True:
            self._raise_if_known()
            now = time.monotonic()
            while self._slots and now - self._slots[0].at > _LATEST_SECONDS:
                self._notes.append(Note(self._slots.popleft(), None))
            ask_at = self._ask_at()
            if now >= ask_at and self._asking is None:
                self._ask()
            if self._slots and now >= self._slots[0].at:
                return
            if self._slots:
                await self._sleep(min(self._slots[0].at, ask_at if ask_at > now else math.inf) - now)
            elif self._asking is not None:
                await self._answered(self._asking)
            else:
                await self._sleep(ask_at - now)

    def take(self) -> float:
        """Use the slot that is there, unless it is too late for it, or a pause took it away; return this moment."""
        now = time.monotonic()
        slot = self._slots.popleft() if self._slots else None
        self._taken = slot
        if slot is None:
            return now
        late = now - slot.at
        if late > _LATEST_SECONDS:
            self._taken = None
            self._notes.append(Note(slot, None))
            return now
        self._paid -= 1
        (self._notes if late > self._latency_jitter else self._remarks).append(Note(slot, max(0.0, late)))
        return now

    def ask_again(self, *, after: float = 0.0) -> None:
        """Use no slot that is in hand, and ask for others in *after* seconds."""
        self._clear()
        self._ask_from = max(self._ask_from, time.monotonic() + after)
        self._stir()

    def defer(self, until: datetime) -> None:
        """Let nobody through before *until*, those in the queue included."""
        self._clear()
        seconds = (until - self._desk.now()).total_seconds()
        self._spent = _Spent(until, time.monotonic() + max(_BELIEVE_SECONDS, seconds), deferred=True)
        self._stir()

    async def status(self) -> RateLimitStatus:
        """Ask Redis how the label stands."""
        answer = await self._desk.take(self._label, Wish())
        current_rate = self._rate * answer.current_rate
        delay = answer.free_in + self._queue.waiting / current_rate
        if answer.remaining == 0:
            delay = max(delay, (answer.resumes_at - self._desk.now()).total_seconds())
        return RateLimitStatus(
            label=self._label,
            rate=current_rate,
            delay=delay,
            used=answer.used,
            remaining=answer.remaining,
            resets_at=answer.resumes_at,
        )

    async def probe(self) -> None:
        """See whether Redis is there, and settle what is open with it. Raises `RedisUnavailable`."""
        self._refused = None
        if self._asking is None:
            self._ask()
        await self._settled()
        if self._refused is not None:
            raise self._refused[0]

    async def aclose(self) -> None:
        """Give back what is in hand, if Redis is there."""
        await self._settled()
        self._tidy()
        await self._settled()

    async def _settled(self) -> None:
        while self._asking is not None:
            await self._answered(self._asking)

    @staticmethod
    async def _answered(asking: asyncio.Task[None]) -> None:
        await asyncio.wait([asking])  # unlike awaiting it, this does not cancel it with a caller that gives up
        asking.result()

    def _raise_if_known(self) -> None:
        now = time.monotonic()
        # What is paid is used, unless Zoom said that it will not take it.
        if self._spent is not None and now < self._spent.ask_from and (self._spent.deferred or not self._paid):
            raise DailyQuotaExhausted(self._spent.until)
        if self._refused is not None and now < self._refused[1]:
            raise RedisUnavailable(self._refused[0].reason)

    def _ask_at(self) -> float:
        """Return when to ask: before the last slot in hand is used, if more are needed; at once if one was late."""
        if self._notes:
            return -math.inf
        if len(self._slots) >= self._queue.waiting or (self._spent is not None and len(self._slots) >= self._paid > 0):
            return math.inf
        if not self._slots:
            return self._ask_from
        return max(self._ask_from, self._slots[-1].at - max(_LEAD_SECONDS, 2 * self._desk.travel))

    def _ask(self) -> None:
        self._asking = asyncio.create_task(self._exchange(), name=f"zoomasync {self._label} slots")

    def _tidy(self) -> None:
        """Give back what is in hand and not needed, if Redis is there."""
        if self._asking is None and self._desk.lost is None and (self._notes or self._paid > self._queue.waiting):
            self._ask()

    async def _exchange(self) -> None:
        """Ask for what is needed, and give back what is not."""
        try:
            wish, owed = self._wish(), self.owed
            answer = await self._desk.take(self._label, wish)
            self.owed -= owed
        except RedisUnavailable as lost:
            self._refused = (lost, time.monotonic() + _BELIEVE_SECONDS)
        else:
            self._refused = None
            self._receive(answer)
        finally:
            self._asking = None
        self._tidy()

    def _wish(self) -> Wish:
        waiting = self._queue.waiting
        while len(self._slots) > waiting:
            self._notes.append(Note(self._slots.pop(), None))
        back = max(0, self._paid - waiting)
        self._paid -= back
        notes = (*self._remarks, *self._notes)
        self._remarks, self._notes = [], []
        missing = waiting - len(self._slots) if time.monotonic() >= self._ask_at() else 0
        return Wish(
            slots=min(self._lease, missing),
            counts=self._paid - len(self._slots),
            back=back - self.owed,
            notes=notes,
        )

    def _clear(self) -> None:
        self._notes.extend(Note(slot, None) for slot in self._slots)
        self._slots.clear()

    def _receive(self, answer: Answer) -> None:
        now = time.monotonic()
        self._slots.extend(answer.slots)
        self._paid += answer.counts
        self._ask_from = max(self._ask_from, now + answer.wait) if answer.wait else self._ask_from
        self._spent = None
        if answer.spent:
            self._spent = _Spent(answer.resumes_at, now + _BELIEVE_SECONDS, deferred=answer.deferred)
        if answer.deferred:
            self._clear()
        if answer.current_rate != self._pace:
            self._pace = answer.current_rate
            self._on_pace(self._label, answer.current_rate)

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not through a pause that begins."""
        self._stirred = anyio.Event()
        with anyio.move_on_after(seconds):
            await self._stirred.wait()

    def _stir(self) -> None:
        if self._stirred is not None:
            self._stirred.set()
