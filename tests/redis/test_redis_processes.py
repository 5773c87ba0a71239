"""Processes that are stopped or killed while they hold leased permits, as an enforcing server sees them."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from benchmarks.redis import Clients, plan_of, together
from benchmarks.sends import violations

RATE = 20
REPORTED = 1.1  # seconds after which the others have reported the permits of a lease


@contextmanager
def stopped_with_lease(clients: Clients, number: int) -> Generator[set[int], None, None]:
    """Stop a process when it holds leased permits, and provide these."""
    for _ in range(5):
        with clients.stopped(number) as stopped_at:
            time.sleep(REPORTED)
            if held := clients.unreported(stopped_at, stopped_at + REPORTED / 2):
                yield held
                return
    raise AssertionError("the process never holds a lease")


def test_stopped_and_killed_keep_limit(valkey_url: str) -> None:
    """One of four processes uses none of its permits after they have expired, and another dies with its permits."""
    used_late = list[set[int]]()

    def disturb(clients: Clients) -> None:
        time.sleep(0.6)
        with stopped_with_lease(clients, 0) as held:
            pass
        deadline = time.monotonic() + 0.6  # after that, Redis forgets them in any case
        while held & clients.permits().keys() and time.monotonic() < deadline:
            time.sleep(0.02)
        used_late.append(held & clients.permits().keys())
        with stopped_with_lease(clients, 1):
            clients.kill(1)

    outcome = together(valkey_url, plan_of(RATE), seconds=3.5, workers=8, latency_jitter=0.05, during=disturb)

    assert used_late == [set()]
    assert violations(outcome.times, RATE) == 0
    assert outcome.rejected == 0
    assert [count is None for count in outcome.answered] == [False, True, False, False]
