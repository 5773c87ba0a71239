"""One rate-limit label's pace, kept by this process.

aiolimiter paces, but alone it admits a whole burst on top of its rate: ``AsyncLimiter(40, 1)`` lets 79 through in one
second. So its burst is held to two, and a log of the last releases keeps every window of a second under the rate.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

import anyio
from aiolimiter import AsyncLimiter

from ._wait_queue import WaitQueue

LATENCY_JITTER = 0.005
"""How many seconds later one request may arrive than another that was sent the same way, if nobody says otherwise."""


class TokenBucket:
    """Lets *rate* callers a second through, first come, first served; urgent ones before the others.

    A window is a second and twice the *jitter*.
    """

    def __init__(
        self, rate: float, *, latency_jitter: float = LATENCY_JITTER, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._slots = SlidingWindow(rate, latency_jitter=latency_jitter, clock=clock)
        self._queue = WaitQueue(self._slots)

    def __repr__(self) -> str:
        slots = self._slots
        slowed = f" of {slots.rate:g}/s" if slots.current_rate < slots.rate else ""
        return f"<Bucket {slots.current_rate:g}/s{slowed}, {self.waiting} waiting, paused for {self.paused_for:.1f} s>"

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return self._queue.waiting

    @property
    def paused_for(self) -> float:
        """Seconds until the pause ends, or 0."""
        return self._slots.paused_for

    @property
    def current_rate(self) -> float:
        """Callers a second that are let through now: the rate, or less while others seem to use it."""
        return self._slots.current_rate

    @property
    def expected_wait(self) -> float:
        """Seconds that a caller who came now would wait."""
        return self._slots.until_free + self._queue.waiting / self._slots.current_rate

    async def acquire(self, *, priority: bool = False) -> Callable[[], None]:
        """Wait for this caller's turn. Who is cancelled meanwhile takes nothing along.

        Returns what to call when the request may have arrived as late as now: its second begins only then.
        """
        moment = await self._queue.wait_turn(priority=priority)

        def mark_sent() -> None:
            nonlocal moment
            moment = self._slots.mark_sent(moment)

        return mark_sent

    def dismiss(self) -> None:
        """Let all who wait go away with `Dismissed`."""
        self._queue.dismiss()

    def pause(self, seconds: float) -> None:
        """Let nobody through for *seconds*; a longer pause that is under way stays."""
        self._slots.pause(seconds)

    def set_fraction(self, fraction: float) -> None:
        """Let only a *fraction* of the rate through from now on."""
        self._slots.set_fraction(fraction)


class SlidingWindow:
    """Slots at *rate* a second, never more of them in any window than the rate allows."""

    def __init__(self, rate: float, *, latency_jitter: float, clock: Callable[[], float]) -> None:
        self.rate = rate
        self.current_rate = rate
        self._latency_jitter = latency_jitter
        self._clock = clock
        self._releases: deque[float] = deque(maxlen=math.ceil(rate))
        self._resumes = -math.inf
        self._paid = False  # the limiter has let one through that has not gone
        self._limiter: AsyncLimiter | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def paused_for(self) -> float:
        """Seconds until the pause ends, or 0."""
        return max(0.0, self._resumes - self._clock())

    @property
    def until_free(self) -> float:
        """Seconds until the window has room and no pause is on, or 0."""
        # No window is shorter than a second: 2.5 a second means three in 1.2 seconds, and a third of one means one in
        # three seconds.
        in_window = math.ceil(self.current_rate)
        window = in_window / self.current_rate + 2 * self._latency_jitter
        full = len(self._releases) >= in_window
        free_at = self._releases[-in_window] + window if full else -math.inf
        return max(0.0, max(free_at, self._resumes) - self._clock())

    async def wait(self) -> None:
        """Wait until a slot is there."""
        await self._cleared()
        if not self._paid:
            await self._limiter_here().acquire()
            self._paid = True
            # The limiter waited too, and a pause may have begun meanwhile.
            await self._cleared()

    def take(self) -> float:
        """Use the slot that is there, now."""
        self._paid = False
        now = self._clock()
        self._releases.append(now)
        return now

    def mark_sent(self, moment: float) -> float:
        """Count the slot that was taken at *moment* from now, and return the moment that this is."""
        if moment not in self._releases:
            return moment  # so long ago that it counts no more
        self._releases.remove(moment)
        now = self._clock()
        self._releases.append(now)
        return now

    def pause(self, seconds: float) -> None:
        """Let nobody through for *seconds*; a longer pause that is under way stays."""
        self._resumes = max(self._resumes, self._clock() + seconds)

    def set_fraction(self, fraction: float) -> None:
        """Let only a *fraction* of the rate through from now on."""
        self.current_rate = self.rate * fraction
        self._limiter = None

    async def _cleared(self) -> None:
        while (wait := self.until_free) > 0:  # noqa: ASYNC110  the time is known, and a pause may move it
            await anyio.sleep(wait)

    def _limiter_here(self) -> AsyncLimiter:
        """Return the limiter for the running loop: aiolimiter's belong to one, a client may be opened in one by one."""
        loop = asyncio.get_running_loop()
        if self._limiter is None or self._loop is not loop:
            burst = 2.0 if self.current_rate >= 2 else 1.0  # noqa: PLR2004
            self._limiter, self._loop = AsyncLimiter(burst, burst / self.current_rate), loop
        return self._limiter
