"""The measurement of the rate limits: its counts, and one second of it."""

from __future__ import annotations

from functools import partial

from benchmarks.enforcer import Received, at_once
from benchmarks.rate_limits import (
    Use,
    contended_cpu,
    disturbed_figures,
    full_rate_after,
    permit_cpu,
    plan_of,
    use,
    use_figures,
)
from benchmarks.sends import most_per_second, rate, violations
from zoomasync import Label

BURST = [0.0, 0.2, 0.3, 1.1, 1.15]


def received(*times: float, rejected: tuple[float, ...] = ()) -> list[Received]:
    return [Received(at, Label.HEAVY, at in rejected) for at in times]


def test_window_slides() -> None:
    assert most_per_second(BURST) == 4
    assert most_per_second([0.0, 1.0, 2.0]) == 1
    assert most_per_second([]) == 0


def test_violations_are_counted() -> None:
    assert violations(BURST, 4) == 0
    assert violations(BURST, 3) == 1
    assert violations(reversed(BURST), 2) == 3


def test_rate_needs_two_times() -> None:
    assert rate([3.0]) == 0
    assert rate([4.0, 3.0, 3.5]) == 2


def test_share_leaves_429s_out() -> None:
    used = Use(10, [], received(0.0, 0.1, 0.15, 0.2, rejected=(0.15,)))

    assert used.share == 100
    assert used.rejected == 1
    assert used.most_received == 4


def test_full_rate_is_found() -> None:
    slow, full = [0.5, 1.4], [2.3 + number / 20 for number in range(20)]

    assert full_rate_after(2.0, [*slow, *full], 20) == full[0] - 2.0
    assert full_rate_after(1.0, slow, 20) is None


def test_figures_name_the_misses() -> None:
    times = [number / 8 for number in range(20)]
    figures = list(use_figures([Use(4, times, received(*times)), Use(10, times, received(*times, rejected=(0.0,)))]))

    assert [(figure.value, figure.result) for figure in figures] == [
        (200, ""),
        (80, "missed"),
        (16, "missed"),
        (1, "missed"),
    ]
    assert figures[0].note == "at most 8 sent and 8 received in any second"


def test_long_gap_is_no_median() -> None:
    (short, _), (long, _) = disturbed_figures(99, [0.5, None, 0.4]), disturbed_figures(99, [None, None, 0.4])

    assert (short.value, long.value) == (0.5, None)
    assert short.note == "median of 3, of which 1 took longer than the measurement, at a lowered rate"


def test_client_obeys_limit() -> None:
    (used,) = at_once([partial(use, limit=20, seconds=0.5)], [plan_of(20)])

    assert 1 <= len(used.received) <= len(used.sent) <= 20
    assert violations(used.sent, 20) == 0


def test_permits_take_cpu() -> None:
    assert len(permit_cpu(rounds=2, permits=20)) == 2
    assert contended_cpu(permits=5) > 0
