"""The measurement of the sync."""

from __future__ import annotations

import pytest

from benchmarks.reports_server import UNLIMITED
from benchmarks.sync import audiences, bound, expected, fewest_calls, fewest_writes, synchronise
from benchmarks.webinars_server import ReceivedCall
from zoomasync import Label, Plan
from zoomasync.sync import Result

PEOPLE = audiences(3, people=40, pending=31, absent=1)
"""Of each webinar, 31 pending people take two calls, and the one who is absent takes one. Nobody or few are missing."""


def test_fewest_calls_of_people() -> None:
    added = expected(PEOPLE)[Result.ADDED]

    assert added == 0 + 6 + 13
    assert fewest_writes(PEOPLE) == added + 3 * (2 + 1)
    assert fewest_calls(PEOPLE) == fewest_writes(PEOPLE) + 3 * 6


def test_bound_of_slowest_label() -> None:
    calls = [ReceivedCall(label, True, 0.0) for label in [Label.LIGHT] * 21 + [Label.HEAVY] * 11]

    assert bound(calls, Plan(light=10, medium=10, heavy=2)) == pytest.approx(5)


def test_sync_sends_fewest_writes() -> None:
    people = audiences(2, people=12, pending=2, absent=1)
    synced, calls, _ = synchronise(people, UNLIMITED, write_seconds=0)

    assert synced.results == expected(people)
    assert sum(call.is_write for call in calls) == fewest_writes(people)
    assert len(calls) == fewest_calls(people) + 2 * (3 + 3)  # the lists are read twice more
