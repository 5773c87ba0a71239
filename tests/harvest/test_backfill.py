"""A stream that is added to a store later is fetched for all of the store's days, and then for those of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.harvested import expected, stored
from support.harvesting import SPRING, TODAY, OpenAfter, ZoomAt, add_instance_on, calls, harvest, query

from zoomasync.harvest import Harvest, Summary
from zoomasync.testing import Account, FakeZoom

NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
MAY = (date(2026, 5, 1), date(2026, 5, 31))
JUNE = (date(2026, 6, 1), date(2026, 6, 9))
MEETING = "GET /report/meetings/{meetingId}"
QA = "GET /report/meetings/{meetingId}/qa"
ACTIVITIES = "GET /report/activities"
TABLES = ("users", "user_meetings", "meeting", "webinar")


def three_months() -> Account:
    """Return an account with an instance in each month of spring."""
    account = Account(today=TODAY)
    for month in (3, 4, 5):
        add_instance_on(account, date(2026, month, 10))
    return account


def days_of(store: Path, stream: str) -> list[object]:
    return [day for (day,) in query(store, f"SELECT to_ FROM partition WHERE stream = '{stream}' ORDER BY to_")]  # noqa: S608  our own names


def backfilled(store: Path) -> dict[object, object]:
    return {name: flag for name, flag in query(store, "SELECT name, backfilled FROM stream")}  # noqa: C416  rows of any length


async def test_added_stream_has_all_days(tmp_path: Path) -> None:
    """A run of May fetches the new reports of March and April too; no other stream is fetched again."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(three_months(), plan=None) as fake:
        await harvest(fake, store, reports=["meeting"], now=NOW)
        start = len(fake.requests)
        summary = await harvest(fake, store, MAY, reports=["meeting", "meeting_qa", "daily"], now=NOW)

        assert sorted(calls(fake, start)) == ["GET /report/daily"] * 3 + [QA] * 3
    assert summary.complete
    assert days_of(store, "meeting_qa") == ["2026-03-10", "2026-04-10", "2026-05-10"]
    assert days_of(store, "daily") == ["2026-03-31", "2026-04-30", "2026-05-31"]


async def test_zoom_keeps_six_months(tmp_path: Path) -> None:
    """Days that Zoom no longer has are left out, but for those that the run names."""
    account = three_months()
    add_instance_on(account, date(2026, 3, 25))
    later = datetime(2026, 9, 20, 3, tzinfo=UTC)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"], now=NOW)
        await harvest(fake, store, MAY, reports=["meeting_qa", "activities", "past_meeting"], now=later)

    assert days_of(store, "meeting_qa") == ["2026-03-25", "2026-04-10", "2026-05-10"]
    assert days_of(store, "past_meeting")[0] == "2026-03-10"
    activities = days_of(store, "activities")
    assert (activities[0], len(activities)) == ("2026-03-20", 12 + 30 + 31)


async def test_named_days_are_always_asked_for(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(three_months(), plan=None) as fake:
        await harvest(fake, store, reports=["meeting"], now=NOW)
        later = datetime(2026, 12, 20, 3, tzinfo=UTC)
        await harvest(fake, store, MAY, reports=["meeting_qa", "daily"], now=later)

    assert (days_of(store, "meeting_qa"), days_of(store, "daily")) == (["2026-05-10"], ["2026-05-31"])


async def stopped(fake: FakeZoom, store: Path, sent: int, reports: Sequence[str]) -> Summary:
    """Harvest May until so many calls are sent."""
    async with (
        ZoomAt(fake, NOW, OpenAfter(sent)) as zoom,
        Harvest(zoom, store=store, from_=MAY[0], to=MAY[1], reports=reports, workers=2) as running,
    ):
        return await running.run()


@pytest.mark.parametrize("sent", [0, 2, 5, 20])
async def test_stopped_backfill_continues(sent: int, tmp_path: Path) -> None:
    """The next run of May has all days, wherever the first one stopped: before a parent was listed, or behind it."""
    account = Account.simulated(7, today=TODAY, hosts=4, instances_per_month=8)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None, now=lambda: NOW) as fake:
        await harvest(fake, store, reports=["daily"], now=NOW)
        assert not (await stopped(fake, store, sent, ["meeting", "webinar"])).complete
        assert backfilled(store)["meeting"] == 0
        assert (await harvest(fake, store, MAY, reports=["meeting", "webinar"], now=NOW)).complete

    rows, wanted = stored(store), expected(account, *SPRING, TABLES, now=NOW)
    assert [rows[name] for name in TABLES] == [wanted[name] for name in TABLES]
    assert set(backfilled(store).values()) == {1}


async def test_backfilled_stream_follows_runs(tmp_path: Path) -> None:
    """Once it has all days, a run fetches its own months only."""
    account = three_months()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"], now=NOW)
        await harvest(fake, store, MAY, reports=["meeting", "meeting_qa"], now=NOW)
        add_instance_on(account, date(2026, 6, 5))
        start = len(fake.requests)
        await harvest(fake, store, JUNE, reports=["meeting_qa"], refetch={"meeting_qa": None}, now=NOW)

        assert calls(fake, start).count(QA) == 1


async def test_other_runs_add_days(tmp_path: Path) -> None:
    """The next run of a stream fetches the days that were added without it."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(three_months(), plan=None) as fake:
        await harvest(fake, store, (SPRING[0], date(2026, 3, 31)), reports=["meeting", "daily"], now=NOW)
        await harvest(fake, store, (date(2026, 4, 1), MAY[1]), reports=["daily"], now=NOW)
        start = len(fake.requests)
        await harvest(fake, store, JUNE, reports=["meeting"], now=NOW)

        assert calls(fake, start).count(MEETING) == 2
    assert days_of(store, "meeting") == ["2026-03-10", "2026-04-10", "2026-05-10"]


async def test_failed_partition_keeps_backfill_open(tmp_path: Path) -> None:
    """Also the next run of another month asks for it."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(three_months(), plan=None) as fake:
        await harvest(fake, store, reports=["meeting"], now=NOW)
        fake.respond(QA, status=500, body=b"", times=3)
        assert not (await harvest(fake, store, MAY, reports=["meeting_qa"], now=NOW)).complete
        start = len(fake.requests)
        assert (await harvest(fake, store, JUNE, reports=["meeting_qa"], now=NOW)).complete

        assert calls(fake, start).count(QA) == 1
    assert days_of(store, "meeting_qa") == ["2026-03-10", "2026-04-10", "2026-05-10"]
