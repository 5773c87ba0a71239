"""Plan: the limits of a subscription, and a share of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync import Label, Plan
from zoomasync.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "plan"),
    [("free", Plan.FREE), ("Pro", Plan.PRO), (" BUSINESS\n", Plan.BUSINESS)],
    ids=["free", "Pro", "upper"],
)
def test_plan_named(name: str, plan: Plan) -> None:
    assert Plan.named(name) == plan


@pytest.mark.parametrize("name", ["", "enterprise ", "pr\u00f6"])
def test_plan_unknown_name_lists_choices(name: str) -> None:
    with pytest.raises(ConfigError, match="choose one of free, pro, business"):
        Plan.named(name)


@given(st.floats(0.001, 1))
def test_share_is_never_rounded_up(fraction: float) -> None:
    share = Plan.FREE.share(fraction)

    assert [share.light, share.medium, share.heavy] == [4 * fraction, 2 * fraction, fraction]
    for label in Label:
        plan_per_day, per_day = Plan.FREE.per_day(label), share.per_day(label)
        assert plan_per_day is not None
        assert per_day is not None
        assert per_day <= plan_per_day * fraction


@pytest.mark.parametrize("fraction", [0, -0.5, 1.01, math.nan, math.inf])
def test_share_outside_range_raises(fraction: float) -> None:
    with pytest.raises(ConfigError, match="share of a plan"):
        Plan.PRO.share(fraction)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize("label", Label)
def test_plan_invalid_rate_raises(label: Label, rate: float) -> None:
    rates = dict.fromkeys(Label, 1.0) | {label: rate}

    with pytest.raises(ConfigError, match=f"Plan: {label.value} must be"):
        Plan(
            light=rates[Label.LIGHT],
            medium=rates[Label.MEDIUM],
            heavy=rates[Label.HEAVY],
            resource_intensive=rates[Label.RESOURCE_INTENSIVE],
        )


@pytest.mark.parametrize("per_day", [-1, True, 1.5])
def test_plan_invalid_daily_limit_raises(per_day: int) -> None:
    with pytest.raises(ConfigError, match="the daily limit of heavy must be a whole number"):
        Plan(light=1, medium=1, heavy=1, heavy_per_day=per_day)


@pytest.mark.parametrize(("plan", "per_day"), [(Plan.PRO, 30_000), (Plan.BUSINESS, 60_000)], ids=["pro", "business"])
def test_paid_plans_share_heavy_quota(plan: Plan, per_day: int) -> None:
    """The heavy and the resource-intensive label share a daily quota; the other labels have none."""
    assert [plan.per_day(label) for label in Label] == [None, None, per_day, per_day]
    assert plan.quota_label(Label.RESOURCE_INTENSIVE) is Label.HEAVY


def test_free_plan_limits_every_label() -> None:
    assert [Plan.FREE.per_day(label) for label in Label] == [6_000, 2_000, 1_000, 30_000]
    assert [Plan.FREE.quota_label(label) for label in Label] == list(Label)
