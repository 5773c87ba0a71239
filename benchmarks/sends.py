"""The times of requests, as a client sends them and as a server receives them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable

from zoomasync import Label, Plan
from zoomasync.rate_limits import LocalRateLimiter, Permit


def most_per_second(times: Iterable[float]) -> int:
    """Return the most of *times* in any window of one second."""
    ordered = sorted(times)
    return max((bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered)), default=0)


def violations(times: Iterable[float], limit: int) -> int:
    """Return how many of *times* are above a *limit* per second: so many others came within the second before it."""
    ordered = sorted(times)
    return sum(later - earlier < 1 for earlier, later in zip(ordered, ordered[limit:], strict=False))


def rate(times: Iterable[float]) -> float:
    """Return how many of *times* come per second, from the first to the last."""
    ordered = sorted(times)
    return (len(ordered) - 1) / (ordered[-1] - ordered[0]) if len(ordered) > 1 else 0.0


class RecordingRateLimiter(LocalRateLimiter):
    """A rate limiter that records in *sent* when its client sends: at the permit, or once there is a connection."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.sent: list[float] = []

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Acquire a permit, and record its time."""
        permit = await super().acquire(label, priority=priority, max_wait=max_wait)
        number, is_sent = len(self.sent), False
        self.sent.append(time.monotonic())

        def mark_sent() -> None:
            nonlocal is_sent
            if not is_sent:  # later marks mean "at the latest now"
                is_sent, self.sent[number] = True, time.monotonic()
            permit.mark_sent()

        return Permit(mark_sent, permit.refund, permit.remaining)
