"""The estimate of a harvest before it runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.harvesting import SPRING, TODAY

from zoomasync import Label, Plan
from zoomasync.errors import DailyLimitReached
from zoomasync.harvest import REPORTS, Harvest, HarvestEstimate
from zoomasync.harvest.estimate import estimate_label
from zoomasync.harvest.streams import Discovery
from zoomasync.rate_limits import RateLimitStatus
from zoomasync.testing import Account, FakeZoom

NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 21, tzinfo=UTC)


def rate_limits(*, rate: float = 10, used: int = 0, remaining: int | None = None) -> RateLimitStatus:
    return RateLimitStatus(label=Label.HEAVY, rate=rate, delay=0, used=used, remaining=remaining, resets_at=MIDNIGHT)


def test_label_fits_into_today() -> None:
    estimate = estimate_label(rate_limits(used=1_000, remaining=29_000), 6_000, NOW)

    assert (estimate.days, estimate.finishes_at) == (1, NOW + timedelta(minutes=10))
    assert (estimate.per_day, estimate.remaining, estimate.unused) == (30_000, 29_000, 23_000)


def test_label_takes_several_days() -> None:
    estimate = estimate_label(rate_limits(used=29_000, remaining=1_000), 1_000 + 2 * 30_000 + 600, NOW)

    assert estimate.days == 4
    assert estimate.finishes_at == MIDNIGHT + timedelta(days=2, seconds=60)
    assert estimate.unused == 0


def test_label_starts_tomorrow() -> None:
    estimate = estimate_label(rate_limits(used=30_000, remaining=0), 30_000, NOW)

    assert (estimate.days, estimate.finishes_at) == (1, MIDNIGHT + timedelta(seconds=3_000))


def test_label_without_daily_quota() -> None:
    estimate = estimate_label(rate_limits(remaining=None), 1_000_000, NOW)

    assert (estimate.days, estimate.finishes_at, estimate.unused) == (1, NOW + timedelta(seconds=100_000), None)


def test_label_with_quota_0_never_ends() -> None:
    estimate = estimate_label(rate_limits(remaining=0), 1, NOW)

    assert (estimate.days, estimate.finishes_at) == (0, None)


@given(st.integers(1, 10**6), st.integers(1, 10**4), st.integers(0, 10**4), st.floats(0.1, 100))
def test_label_days_hold_all_calls(calls: int, per_day: int, used: int, rate: float) -> None:
    """The days hold all calls within the daily quota, and one day fewer would not."""
    used = min(used, per_day)
    estimate = estimate_label(rate_limits(rate=rate, used=used, remaining=per_day - used), calls, NOW)

    today = per_day - used
    days_after_today = estimate.days - (today > 0)
    assert estimate.finishes_at is not None
    assert days_after_today >= 0
    if days_after_today:
        assert today + (days_after_today - 1) * per_day < calls <= today + days_after_today * per_day
    else:
        assert calls <= today


async def test_run_takes_estimated_calls(tmp_path: Path) -> None:
    """The hosts and meetings are listed once, by the first estimate."""
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as harvest,
    ):
        estimate = await harvest.estimate()
        listed = len(fake.requests)
        again = await harvest.estimate()
        before_run = len(fake.requests)
        await harvest.run()

        assert before_run == listed
        assert estimate.calls == len(fake.requests) - before_run
        assert estimate.partitions == again.partitions == sum(stream.partitions for stream in estimate.streams) > 100
        nothing = await harvest.estimate()
        assert (nothing.calls, nothing.labels, nothing.finishes_at) == (0, (), None)
    assert {stream.name: stream.skipped for stream in estimate.streams if stream.skipped}.keys() == {
        "users",
        "user_meetings",
    }


async def test_estimate_counts_pages(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), participants=650)

    estimate = await estimated(account, tmp_path / "h.sqlite", ["meeting_participants", "past_qa"])

    assert {label.label: label.calls for label in estimate.labels} == {Label.HEAVY: 3, Label.MEDIUM: 1}
    assert estimate.utc_days == 1


async def test_smaller_share_takes_longer(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)

    full = await estimated(
        account, tmp_path / "full.sqlite", REPORTS, Plan(light=1e3, medium=1e3, heavy=1e3, heavy_per_day=100)
    )
    half = await estimated(
        account, tmp_path / "half.sqlite", REPORTS, Plan(light=1e3, medium=1e3, heavy=1e3, heavy_per_day=50)
    )

    assert full.finishes_at is not None
    assert half.finishes_at is not None
    assert half.finishes_at > full.finishes_at
    assert half.utc_days > full.utc_days > 1


async def test_failed_listings_are_counted(tmp_path: Path) -> None:
    """Their reports are not part of the estimate."""
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/users/{userId}/meetings", status=404, body=b"<html>nginx</html>", times=2)
        async with (
            fake.client() as zoom,
            Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as harvest,
        ):
            estimate = await harvest.estimate()
        listings = sum(request.route == "GET /report/users/{userId}/meetings" for request in fake.requests)

    assert estimate.unlisted == 2
    assert estimate.discovery["hosts"] == 3 + listings  # and one call for the hosts of each month


async def test_quota_too_small_for_listing(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    with pytest.raises(DailyLimitReached):
        await estimated(
            account, tmp_path / "h.sqlite", REPORTS, Plan(light=1e3, medium=1e3, heavy=1e3, heavy_per_day=5)
        )


async def estimated(
    account: Account, store: Path, reports: list[str] | tuple[str, ...], plan: Plan | None = None
) -> HarvestEstimate:
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client(plan=plan or Plan.BUSINESS) as zoom,
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1], reports=reports) as harvest,
    ):
        return await harvest.estimate()


@pytest.mark.parametrize("discover", ["hosts", "history"])
async def test_both_discoveries_are_estimated(discover: Discovery, tmp_path: Path) -> None:
    """The calls of the way that has listed the instances are those that it sent, the others are a lower bound."""
    account = Account(today=TODAY)
    for number in range(2):
        host = account.add_host(name=f"Host {number}")
        for day in range(1, 1 + 3 * (number + 1)):
            account.add_instance(host=host, start=datetime(2026, 5, day, 9, tzinfo=UTC), participants=2)
    busy = account.add_host(name="Busy")
    for number in range(301):
        start = datetime(2026, 5, 20, tzinfo=UTC) + timedelta(minutes=number)
        account.add_instance(host=busy, start=start, participants=2)
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(
            zoom, store=tmp_path / "h.sqlite", from_=date(2026, 4, 20), to=TODAY, reports=["meeting"], discover=discover
        ) as harvest,
    ):
        estimate = await harvest.estimate()
        listed = sum(request.label is not None for request in fake.requests)

    # Three months of hosts, and in May one, one and two pages of instances; 57 days, one of them with two pages.
    assert estimate.discovery == {"hosts": 3 + 4, "history": 57 + 1}
    assert listed == estimate.discovery[discover]


async def test_account_reports_need_no_discovery(tmp_path: Path) -> None:
    async with (
        FakeZoom(Account(today=TODAY), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1], reports=["daily"]) as harvest,
    ):
        estimate = await harvest.estimate()

    assert estimate.discovery == {}
