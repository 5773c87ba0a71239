from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync import month_ranges
from zoomasync._core.date_ranges import check_range, time_range
from zoomasync.errors import InvalidArgument

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
LENGTHS = st.integers(0, 800)


@given(DAYS, LENGTHS)
def test_months_cover_each_day_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)

    days = [
        start + timedelta(days=day) for start, end in month_ranges(first, last) for day in range((end - start).days + 1)
    ]

    assert days == [first + timedelta(days=day) for day in range(length + 1)]


@given(DAYS, LENGTHS)
def test_month_range_keeps_to_month(first: date, length: int) -> None:
    parts = list(month_ranges(first, first + timedelta(days=length)))

    assert all((start.year, start.month) == (end.year, end.month) for start, end in parts)
    assert len(parts) == len({(start.year, start.month) for start, _ in parts})


def test_reversed_range_raises() -> None:
    with pytest.raises(InvalidArgument, match="from_ 2026-03-02 is after to 2026-03-01"):
        next(month_ranges(date(2026, 3, 2), date(2026, 3, 1)))


@pytest.mark.parametrize("name", ["from_", "to"])
def test_datetime_raises(name: str) -> None:
    days = {"from_": date(2026, 3, 1), "to": date(2026, 3, 1), name: datetime(2026, 3, 1, tzinfo=UTC)}

    with pytest.raises(InvalidArgument, match=f"{name} takes a date, not a datetime"):
        check_range(days["from_"], days["to"])


def test_range_length_limit() -> None:
    check_range(date(2026, 3, 1), date(2026, 3, 31), days=31)

    with pytest.raises(InvalidArgument, match=r"more than 31 days; split it with zoomasync.month_ranges"):
        check_range(date(2026, 3, 1), date(2026, 4, 1), days=31)


@pytest.mark.parametrize("days", [(None, None), (date(2026, 3, 1), None), (None, date(2026, 3, 1))])
def test_open_range_needs_optional(days: tuple[date | None, date | None]) -> None:
    check_range(*days, days=1, optional=True)

    with pytest.raises(InvalidArgument, match="from_ and to are required"):
        check_range(*days, days=1)


MOMENT = datetime(2026, 3, 1, 9, 30, 15, 999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "2026-03-01T09:30:15Z"),
        (datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-02-28T23:00:00Z"),
        (datetime(999, 3, 1, tzinfo=UTC), "0999-03-01T00:00:00Z"),
        (None, None),
    ],
)
def test_times_are_sent_in_utc(moment: datetime | None, text: str | None) -> None:
    assert time_range(moment, None) == (text, None)
    assert time_range(None, moment) == (None, text)
    assert time_range(moment, moment) == (text, text)


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (MOMENT.replace(tzinfo=None), "must be a datetime with a time zone"),
        (cast("datetime", MOMENT.date()), "must be a datetime with a time zone"),
        (cast("datetime", "2026-03-01T09:30:15Z"), "must be a datetime with a time zone"),
        (datetime.max.replace(tzinfo=timezone.min), "is outside the years 1 to 9999"),
        (datetime.min.replace(tzinfo=timezone.max), "is outside the years 1 to 9999"),
    ],
)
@pytest.mark.parametrize("name", ["from_", "to"])
def test_unusable_time_raises(name: str, moment: datetime, reason: str) -> None:
    with pytest.raises(InvalidArgument, match=f"{name} {reason}"):
        time_range(*((moment, MOMENT) if name == "from_" else (MOMENT, moment)))


def test_reversed_times_raise() -> None:
    with pytest.raises(InvalidArgument, match="from_ 2026-03-01T09:30:16Z is after to 2026-03-01T09:30:15Z"):
        time_range(MOMENT + timedelta(seconds=1), MOMENT)
