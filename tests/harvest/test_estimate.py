"""A harvest says what it will cost before it runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.harvesting import SPRING, TODAY

from zoomasync import Label, Plan, RateLimitStatus
from zoomasync.errors import DailyLimitReached
from zoomasync.harvest import REPORTS, Harvest, HarvestEstimate
from zoomasync.harvest.estimate import estimate_label
from zoomasync.testing import Account, FakeZoom

NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 21, tzinfo=UTC)


def rate_limits(*, rate: float = 10, used: int = 0, remaining: int | None = None) -> RateLimitStatus:
    return RateLimitStatus(label=Label.HEAVY, rate=rate, delay=0, used=used, remaining=remaining, resets_at=MIDNIGHT)


def test_what_fits_into_today_takes_its_calls_at_the_rate_and_leaves_the_rest_to_others() -> None:
    plan = estimate_label(rate_limits(used=1_000, remaining=29_000), 6_000, NOW)

    assert (plan.days, plan.finishes_at) == (1, NOW + timedelta(minutes=10))
    assert (plan.per_day, plan.remaining, plan.unused) == (30_000, 29_000, 23_000)


def test_what_does_not_fit_goes_on_at_midnight_and_leaves_nothing_on_full_days() -> None:
    plan = estimate_label(rate_limits(used=29_000, remaining=1_000), 1_000 + 2 * 30_000 + 600, NOW)

    assert plan.days == 4
    assert plan.finishes_at == MIDNIGHT + timedelta(days=2, seconds=60)
    assert plan.unused == 0


def test_a_day_that_is_spent_counts_no_more() -> None:
    plan = estimate_label(rate_limits(used=30_000, remaining=0), 30_000, NOW)

    assert (plan.days, plan.finishes_at) == (1, MIDNIGHT + timedelta(seconds=3_000))


def test_without_a_limit_of_the_day_only_the_rate_counts() -> None:
    plan = estimate_label(rate_limits(remaining=None), 1_000_000, NOW)

    assert (plan.days, plan.finishes_at, plan.unused) == (1, NOW + timedelta(seconds=100_000), None)


def test_a_budget_of_nothing_never_ends() -> None:
    plan = estimate_label(rate_limits(remaining=0), 1, NOW)

    assert (plan.days, plan.finishes_at) == (0, None)


@given(st.integers(1, 10**6), st.integers(1, 10**4), st.integers(0, 10**4), st.floats(0.1, 100))
def test_no_day_of_a_plan_holds_more_than_its_budget(calls: int, per_day: int, used: int, rate: float) -> None:
    used = min(used, per_day)
    plan = estimate_label(rate_limits(rate=rate, used=used, remaining=per_day - used), calls, NOW)

    today = per_day - used
    days_behind_today = plan.days - (today > 0)
    assert plan.finishes_at is not None
    assert days_behind_today >= 0
    if days_behind_today:
        assert today + (days_behind_today - 1) * per_day < calls <= today + days_behind_today * per_day
    else:
        assert calls <= today


async def test_planning_lists_once_and_running_takes_the_calls_that_were_planned(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as harvest,
    ):
        plan = await harvest.estimate()
        listed = len(fake.requests)
        again = await harvest.estimate()
        planned = len(fake.requests)
        await harvest.run()

        assert planned == listed
        assert plan.calls == len(fake.requests) - planned
        assert plan.partitions == again.partitions == sum(stream.partitions for stream in plan.streams) > 100
        nothing = await harvest.estimate()
        assert (nothing.calls, nothing.labels, nothing.finishes_at) == (0, (), None)
    assert {stream.name: stream.skipped for stream in plan.streams if stream.skipped}.keys() == {
        "users",
        "user_meetings",
    }


async def test_a_long_roster_counts_a_call_for_each_of_its_pages(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), participants=650)

    plan = await planned(account, tmp_path / "h.sqlite", ["meeting_participants", "past_qa"])

    assert {label.label: label.calls for label in plan.labels} == {Label.HEAVY: 3, Label.MEDIUM: 1}
    assert plan.utc_days == 1


async def test_a_share_of_the_plan_takes_longer(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)

    whole = await planned(
        account, tmp_path / "whole.sqlite", REPORTS, Plan(light=1e3, medium=1e3, heavy=1e3, heavy_per_day=100)
    )
    half = await planned(
        account, tmp_path / "half.sqlite", REPORTS, Plan(light=1e3, medium=1e3, heavy=1e3, heavy_per_day=50)
    )

    assert whole.finishes_at is not None
    assert half.finishes_at is not None
    assert half.finishes_at > whole.finishes_at
    assert half.utc_days > whole.utc_days > 1


async def test_a_listing_that_failed_is_counted_since_nobody_knows_what_it_would_lead_to(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/users/{userId}/meetings", status=400, body={"code": 200, "message": "No."}, times=2)
        async with (
            fake.client() as zoom,
            Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as harvest,
        ):
            assert (await harvest.estimate()).unlisted == 2


async def test_a_day_that_does_not_last_for_the_listing_is_said(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    with pytest.raises(DailyLimitReached):
        await planned(account, tmp_path / "h.sqlite", REPORTS, Plan(light=1e3, medium=1e3, heavy=1e3, heavy_per_day=5))


async def planned(
    account: Account, store: Path, reports: list[str] | tuple[str, ...], plan: Plan | None = None
) -> HarvestEstimate:
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client(plan=plan or Plan.BUSINESS) as zoom,
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1], reports=reports) as harvest,
    ):
        return await harvest.estimate()
