"""How fast to send: an account's plan, and the bucket of each rate-limit label.

Zoom counts requests a second by label, for the whole account. A `Plan` says how many of them this client may use. Its
buckets never let more than that through in *any* second, the first one included, whatever the callers do.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import anyio
from aiolimiter import AsyncLimiter

from ._endpoint import Label
from .errors import ConfigError

__all__ = ["Label", "Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Requests a second that a client may send, by label.

    Take ``Plan.FREE``, ``Plan.PRO`` or ``Plan.BUSINESS`` (which is also Education, Enterprise and Partner), or give the
    three numbers of another agreement. No API tells an app its account's plan.

    The limits are the account's: all its apps share them. Leave the others their part with ``Plan.PRO.share(0.5)``.

    Source: https://developers.zoom.us/docs/api/rate-limits/
    """

    light: float
    medium: float
    heavy: float

    FREE: ClassVar[Plan]
    PRO: ClassVar[Plan]
    BUSINESS: ClassVar[Plan]

    def __post_init__(self) -> None:
        for label in Label:
            if not (math.isfinite(self.rate(label)) and self.rate(label) > 0):
                raise ConfigError(f"Plan: {label.value} must be a number of requests a second above 0")

    @classmethod
    def named(cls, name: str) -> Plan:
        """Return the plan called *name*: free, pro or business, in any case."""
        plans = {"free": cls.FREE, "pro": cls.PRO, "business": cls.BUSINESS}
        try:
            return plans[name.strip().lower()]
        except KeyError:
            raise ConfigError(f"unknown plan {name[:40]!r}: choose one of {', '.join(plans)}") from None

    def share(self, fraction: float) -> Plan:
        """Return the plan for a *fraction* of the account's limits, above 0 and up to 1; nothing is rounded up."""
        if not 0 < fraction <= 1:
            raise ConfigError("the share of a plan must be above 0 and at most 1")
        return Plan(light=self.light * fraction, medium=self.medium * fraction, heavy=self.heavy * fraction)

    def rate(self, label: Label) -> float:
        """Return the requests a second for *label*."""
        return {Label.LIGHT: self.light, Label.MEDIUM: self.medium, Label.HEAVY: self.heavy}[label]


Plan.FREE = Plan(light=4, medium=2, heavy=1)
Plan.PRO = Plan(light=30, medium=20, heavy=10)
Plan.BUSINESS = Plan(light=80, medium=60, heavy=40)


class Bucket:
    """Lets *rate* callers a second through, first come, first served.

    aiolimiter paces, but alone it admits a whole burst on top of its rate: ``AsyncLimiter(40, 1)`` lets 79 through in
    one second. So its burst is held to two, and a log of the last releases keeps every window of a second under the
    rate. *jitter* is how much later, in seconds, one request may arrive than another that took the same way.
    """

    def __init__(self, rate: float, *, jitter: float = 0.005, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        burst = 2.0 if rate >= 2 else 1.0  # noqa: PLR2004
        self._limiter = AsyncLimiter(burst, burst / rate)
        # Below one a second the window is the time of one request, so that nothing rounds up to one a second.
        in_window = max(1, math.floor(rate))
        self._window = in_window / rate + 2 * jitter
        self._releases: deque[float] = deque(maxlen=in_window)
        self._resumes = -math.inf
        self._clock = clock
        self._turn = anyio.Lock()

    def __repr__(self) -> str:
        waiting = self._turn.statistics().tasks_waiting
        return f"<Bucket {self.rate:g}/s, {waiting} waiting, paused for {self.paused_for:.1f} s>"

    @property
    def paused_for(self) -> float:
        """Seconds until the pause ends, or 0."""
        return max(0.0, self._resumes - self._clock())

    async def acquire(self) -> None:
        """Wait for this caller's turn. A caller cancelled while it waits takes nothing with it."""
        async with self._turn:
            await self._cleared()
            await self._limiter.acquire()
            # The limiter waited too, and a pause may have begun meanwhile.
            await self._cleared()
            # Stamped by the task that goes, not by whoever woke it: a stalled loop must not make two seconds one.
            self._releases.append(self._clock())

    def pause(self, seconds: float) -> None:
        """Let nobody through for *seconds*; a longer pause that is under way stays."""
        self._resumes = max(self._resumes, self._clock() + seconds)

    async def _cleared(self) -> None:
        while (wait := self._wait()) > 0:  # noqa: ASYNC110  the time is known, and a pause may move it
            await anyio.sleep(wait)

    def _wait(self) -> float:
        full = len(self._releases) == self._releases.maxlen
        free_at = self._releases[0] + self._window if full else -math.inf
        return max(free_at, self._resumes) - self._clock()


class Buckets:
    """The bucket of every label of *plan*."""

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = {label: Bucket(plan.rate(label), clock=clock) for label in Label}

    def __repr__(self) -> str:
        return f"<Buckets {', '.join(f'{label}: {bucket!r}' for label, bucket in self._buckets.items())}>"

    async def acquire(self, label: Label) -> None:
        """Wait until a request of *label* may be sent."""
        await self._buckets[label].acquire()

    def pause(self, label: Label, seconds: float) -> None:
        """Hold every caller of *label* for *seconds*: the limit belongs to all of them."""
        self._buckets[label].pause(seconds)
