"""The limiter of one rate-limit label in this process.

An `aiolimiter.AsyncLimiter` alone allows a burst on top of its rate: ``AsyncLimiter(40, 1)`` lets 79 requests through
in one second. Here its burst is two, and a log of the last sends keeps every window of one second below the rate.
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
"""The default safety margin for differences in network delay, in seconds."""


class TokenBucket:
    """A limiter of *rate* requests per second that serves callers in order of arrival, those with priority first.

    The window is one second plus twice *latency_jitter*.
    """

    def __init__(
        self, rate: float, *, latency_jitter: float = LATENCY_JITTER, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.current_rate: float = rate
        """The requests per second that are allowed now: the rate, or less while the adaptive rate is lowered."""
        self._rate = rate
        self._latency_jitter = latency_jitter
        self._clock = clock
        self._queue = WaitQueue(self)
        self._sends: deque[float] = deque(maxlen=math.ceil(rate))
        self._resumes_at = -math.inf
        self._holds_token = False  # acquired from the aiolimiter for a permit that was not taken yet
        self._freely_sent_at = -math.inf  # the latest send that the aiolimiter does not know
        self._empty_at = -math.inf  # when the sends that it knows will have leaked from it
        self._limiter: AsyncLimiter | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.set_fraction(1.0)

    def __repr__(self) -> str:
        of_plan = f" of {self._rate:g}/s" if self.current_rate < self._rate else ""
        return (
            f"<TokenBucket {self.current_rate:g}/s{of_plan}, {self._queue.waiting} waiting, "
            f"paused for {self.paused_for:.1f} s>"
        )

    @property
    def paused_for(self) -> float:
        """The seconds until the pause ends, or 0."""
        return max(0.0, self._resumes_at - self._clock())

    def expected_delay(self, *, priority: bool = False) -> float:
        """Return the seconds that a new caller would wait."""
        interval = self._interval
        # The log of the last sends and aiolimiter become free at the same time, not one after the other.
        has_token = self._holds_token or self._limiter_of_loop().has_capacity(1 + self._uncounted)
        first = max(self._until_free, 0.0 if has_token else interval)
        return first + self._queue.ahead(priority=priority) * interval

    def take_free(self) -> Callable[[], None] | None:
        """Take a permit if nobody waits and all earlier sends have leaked; return its `Permit.mark_sent`.

        Calls at such a distance need neither the queue nor aiolimiter, which counts the latest one when others queue.
        """
        if self._queue.waiting:
            return None
        now, sends = self._clock(), self._sends
        if now < self._resumes_at or now < self._empty_at or (sends and now < sends[-1] + self._interval):
            return None
        if len(sends) >= self._capacity and now < sends[-self._capacity] + self._window:
            return None
        sends.append(now)
        self._freely_sent_at = now
        return self._mark_sent(now)

    async def acquire(self, *, priority: bool = False) -> Callable[[], None]:
        """Wait for a permit, and return its `Permit.mark_sent`. A cancelled caller does not consume a permit."""
        return self._mark_sent(await self._queue.wait_turn(priority=priority))

    def _mark_sent(self, moment: float) -> Callable[[], None]:
        """Return the `Permit.mark_sent` of the permit that was taken at *moment*."""

        def mark_sent() -> None:
            nonlocal moment
            if moment in self._sends:  # otherwise it has left the log and cannot limit anything
                self._sends.remove(moment)
                moment = self._clock()
                self._sends.append(moment)

        return mark_sent

    def dismiss(self) -> None:
        """Make waiting callers raise `Dismissed`."""
        self._queue.dismiss()

    def pause(self, seconds: float) -> None:
        """Grant no permit for *seconds*. A longer pause that has started remains."""
        self._resumes_at = max(self._resumes_at, self._clock() + seconds)

    def set_fraction(self, fraction: float) -> None:
        """Use only a *fraction* of the rate from now on."""
        self.current_rate = self._rate * fraction
        # No window is shorter than a second: 2.5 per second means three in 1.2 seconds, and a third per second means
        # one in three seconds.
        self._interval = 1 / self.current_rate
        self._capacity = math.ceil(self.current_rate)
        self._window = self._capacity / self.current_rate + 2 * self._latency_jitter
        self._limiter = None

    async def wait(self) -> None:
        """Wait until a permit is available."""
        await self._wait_until_free()
        if not self._holds_token:
            await self._acquire_token()
            self._holds_token = True
            await self._wait_until_free()  # a pause may have started meanwhile

    def take(self) -> float:
        """Use the available permit, and return the current time."""
        self._holds_token = False
        now = self._clock()
        self._sends.append(now)
        return now

    @property
    def _until_free(self) -> float:
        """The seconds until the window has room and no pause is active, or 0."""
        free_at = self._resumes_at
        if len(self._sends) >= self._capacity:
            free_at = max(free_at, self._sends[-self._capacity] + self._window)
        return max(0.0, free_at - self._clock())

    async def _wait_until_free(self) -> None:
        while (delay := self._until_free) > 0:  # noqa: ASYNC110  the time is known, and a pause may move it
            await anyio.sleep(delay)

    @property
    def _uncounted(self) -> float:
        """The part of the latest free send that would not have leaked from the aiolimiter yet."""
        return max(0.0, 1 - (self._clock() - self._freely_sent_at) / self._interval)

    async def _acquire_token(self) -> None:
        limiter = self._limiter_of_loop()
        if uncounted := self._uncounted:
            self._freely_sent_at = -math.inf
            await limiter.acquire(uncounted)
        await limiter.acquire()
        self._empty_at = max(self._empty_at, self._clock()) + (1 + uncounted) * self._interval

    def _limiter_of_loop(self) -> AsyncLimiter:
        # An aiolimiter belongs to one event loop, while a client may be used in one loop after another.
        loop = asyncio.get_running_loop()
        if self._limiter is None or self._loop is not loop:
            burst = 2.0 if self.current_rate >= 2 else 1.0  # noqa: PLR2004
            self._limiter, self._loop = AsyncLimiter(burst, burst / self.current_rate), loop
        return self._limiter
