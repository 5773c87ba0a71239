"""The calls of a harvest over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.stores import call_sample_rows, write_store

from zoomasync.harvest.results.call_history import CallHistory, call_history
from zoomasync.harvest.stores.sqlite.reader import reading

START = datetime(2026, 6, 1, 11, tzinfo=UTC)


def history(store: Path) -> CallHistory:
    with reading(store) as connection:
        return call_history(connection)


def test_few_samples_give_ten_second_steps(tmp_path: Path) -> None:
    samples = call_sample_rows(start=START, seconds=30, rate=9, retries=1)

    (heavy,) = history(write_store(tmp_path / "a.sqlite", call_samples=samples)).labels

    assert [(point.at, point.rate, point.allowed, point.retries) for point in heavy.points] == [
        (START + timedelta(seconds=10 * n), 9, 9, 1) for n in range(3)
    ]
    assert (heavy.calls, heavy.active_seconds, heavy.busiest, heavy.allowed) == (270, 30, 9, 9)


def test_long_history_keeps_all_429s(tmp_path: Path) -> None:
    """A history of days has at most 500 points, and their sums are complete."""
    samples = call_sample_rows(start=START, seconds=200_000, throttled=1)

    calls = history(write_store(tmp_path / "a.sqlite", call_samples=samples))

    (heavy,) = calls.labels
    assert calls.step_seconds == 600
    assert 250 <= len(heavy.points) <= 500
    assert sum(point.throttled for point in heavy.points) == heavy.throttled == 20_000
    assert {point.rate for point in heavy.points} == {10}


def test_pauses_do_not_lengthen_steps(tmp_path: Path) -> None:
    days = [START + timedelta(days=n) for n in range(30)]
    samples = [row for day in days for row in call_sample_rows(start=day, seconds=100)]

    calls = history(write_store(tmp_path / "a.sqlite", call_samples=samples))

    assert calls.periods == tuple((day, day + timedelta(seconds=100)) for day in days)
    assert calls.step_seconds == 10


def test_two_runs_in_one_sample_add_up(tmp_path: Path) -> None:
    """One run can end and the next can begin in the same ten seconds."""
    samples = [row for run in (1, 2) for row in call_sample_rows(start=START, seconds=10, run=run, rate=4)]

    (heavy,) = history(write_store(tmp_path / "a.sqlite", call_samples=samples)).labels

    assert [(point.rate, point.allowed) for point in heavy.points] == [(8, 4)]
