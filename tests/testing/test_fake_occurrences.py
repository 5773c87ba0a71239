"""The occurrences that a recurrence rule gives."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync.testing.account.recurrence import occurrences, time_zone

START = datetime(2026, 3, 18, 9, tzinfo=UTC)
"""A Wednesday."""


def days(rule: dict[str, object], start: datetime = START, timezone: str = "UTC") -> list[str]:
    return [f"{each.start_time:%m-%d %H}" for each in occurrences(start, 45, timezone, rule)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"type": 1}, ["03-18 09"]),
        ({"type": 1, "end_times": 3}, ["03-18 09", "03-19 09", "03-20 09"]),
        ({"type": 1, "repeat_interval": 10, "end_times": 3}, ["03-18 09", "03-28 09", "04-07 09"]),
        ({"type": 1, "end_date_time": "2026-03-20T09:00:00Z"}, ["03-18 09", "03-19 09", "03-20 09"]),
        ({"type": 1, "end_date_time": "2026-03-20T08:59:59Z"}, ["03-18 09", "03-19 09"]),
        ({"type": 1, "end_date_time": "2026-03-01T00:00:00Z"}, []),
        ({"type": 2, "weekly_days": "7,1,4", "end_times": 4}, ["03-18 09", "03-21 09", "03-22 09", "03-25 09"]),
        ({"type": 2, "weekly_days": "4", "repeat_interval": 2, "end_times": 2}, ["03-18 09", "04-01 09"]),
        ({"type": 2, "weekly_days": "2,2", "end_times": 2}, ["03-23 09", "03-30 09"]),
        ({"type": 3, "monthly_day": 31, "end_times": 3}, ["03-31 09", "05-31 09", "07-31 09"]),
        ({"type": 3, "monthly_day": 1, "repeat_interval": 5, "end_times": 2}, ["08-01 09", "01-01 09"]),
        ({"type": 3, "monthly_week": -1, "monthly_week_day": 1, "end_times": 2}, ["03-29 09", "04-26 09"]),
        ({"type": 3, "monthly_week": 2, "monthly_week_day": 6, "end_times": 2}, ["04-10 09", "05-08 09"]),
    ],
)
def test_rule_gives_occurrences(rule: dict[str, object], expected: list[str]) -> None:
    assert days(rule) == expected


@pytest.mark.parametrize("end", [{"end_times": 0}, {"end_times": 60}, {"end_date_time": "2199-01-01T00:00:00Z"}])
@pytest.mark.parametrize("kind", [1, 2, 3])
def test_at_most_fifty_occurrences(kind: int, end: dict[str, object]) -> None:
    assert len(days({"type": kind, **end})) == 50


def test_local_hour_is_constant() -> None:
    """In Lisbon the clocks go forward on the 29th of March."""
    assert days({"type": 2, "weekly_days": "4", "end_times": 3}, timezone="Europe/Lisbon") == [
        "03-18 09",
        "03-25 09",
        "04-01 08",
    ]


@given(
    kind=st.integers(1, 3),
    every=st.integers(1, 50),
    times=st.integers(0, 60),
    day=st.integers(1, 31),
    start=st.datetimes(datetime(2020, 1, 1), datetime(2199, 12, 31)),  # noqa: DTZ001 - made aware below
)
def test_occurrences_are_in_order(kind: int, every: int, times: int, day: int, start: datetime) -> None:
    """The starts are unique, ascending, and not before the start of the meeting."""
    aware = start.replace(tzinfo=UTC)
    rule = {"type": kind, "repeat_interval": every, "end_times": times, "monthly_day": day, "weekly_days": "1,3,7"}
    starts = [each.start_time for each in occurrences(aware, 45, "UTC", rule)]

    assert starts == sorted(set(starts))
    assert all(moment >= aware for moment in starts)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "/etc/passwd", "Europe"])
def test_unknown_time_zone_fails(name: str) -> None:
    with pytest.raises(ValueError, match="no such time zone"):
        time_zone(name)
