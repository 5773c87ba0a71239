"""The budgets of one process: a bucket for every label, and what is left of the day."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from .._core.rate_limiter import DaySpent, LabelBudget, Release
from .._label import Label
from ..events import Event
from ._adaptive import Neighbours
from ._daily_quota import DayBudget
from ._plan import Plan
from ._server_clock import ServerClock
from ._token_bucket import JITTER, Bucket
from ._wait_queue import Dismissed


class LocalBudgets:
    """Holds one client to *plan*. *jitter* is in seconds, *on_event* is told when the pace changes."""

    def __init__(
        self,
        plan: Plan,
        *,
        jitter: float = JITTER,
        on_event: Callable[[Event], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._server = ServerClock(clock)
        self._buckets = {label: Bucket(plan.rate(label), jitter=jitter, clock=clock) for label in Label}
        self._days = {label: DayBudget(plan.per_day(label), self._server) for label in Label}
        self._neighbours = {
            label: Neighbours(label, plan.rate(label), bucket, on_event, clock)
            for label, bucket in self._buckets.items()
        }

    def __repr__(self) -> str:
        return f"<LocalBudgets {', '.join(f'{label}: {bucket!r}' for label, bucket in self._buckets.items())}>"

    async def acquire(self, label: Label, *, urgent: bool = False) -> Release:
        """Wait until a request of *label* may be sent, and count it. Raises `DaySpent` when the day has none left."""
        budget = self._day(label)
        day = budget.take()
        try:
            went_late = await self._buckets[label].acquire(urgent=urgent)
        except Dismissed:
            budget.give_back(day)
            raise DaySpent(budget.resumes_at) from None
        except BaseException:
            budget.give_back(day)
            raise
        if budget.parked:
            budget.give_back(day)
            raise DaySpent(budget.resumes_at)
        day = budget.still(day)  # the queue may have lasted over midnight
        self._neighbours[label].all_well()
        return Release(went_late, partial(budget.give_back, day))

    async def throttled(self, label: Label, seconds: float) -> None:
        """Let nobody of *label* through for *seconds*; slow down when that happens again and again."""
        self._neighbours[label].refused(seconds)
        self._buckets[label].pause(seconds)

    async def spent(self, label: Label, until: datetime) -> None:
        """Let nobody of *label* through before *until*, those in the queue included."""
        self._day(label).spend(until)
        for other, bucket in self._buckets.items():
            if self._day(other) is self._day(label):
                bucket.dismiss()

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Learn Zoom's clock, and how much of the day it says is left."""
        self._server.observe(headers)
        left = headers.get("x-ratelimit-remaining", "")
        if re.fullmatch(r"\d{1,9}", left) and self._tells_of_the_day(label, headers):
            self._day(label).lower_to(int(left))

    async def status(self) -> Mapping[Label, LabelBudget]:
        """Return how every label stands."""
        return {label: self._status(label) for label in Label}

    async def aclose(self) -> None:
        """Nothing is held."""

    def _day(self, label: Label) -> DayBudget:
        return self._days[self._plan.purse(label)]

    def _tells_of_the_day(self, label: Label, headers: Mapping[str, str]) -> bool:
        # The same headers tell of the second or of the day, and only the 429s say which; but no second allows so many.
        limit = headers.get("x-ratelimit-limit", "")
        if headers.get("x-ratelimit-type", "").lower() == "daily-limit" or limit == str(self._plan.per_day(label)):
            return True
        return re.fullmatch(r"\d{1,9}", limit) is not None and int(limit) >= _SURELY_A_DAY

    def _status(self, label: Label) -> LabelBudget:
        bucket, day = self._buckets[label], self._day(label)
        left, resets_at = day.left, day.resumes_at
        wait = bucket.expected_wait
        if left == 0:
            wait = max(wait, (resets_at - self._server.now()).total_seconds())
        return LabelBudget(label=label, rate=bucket.pace, wait=wait, used=day.used, left=left, resets_at=resets_at)


_SURELY_A_DAY = 1000
