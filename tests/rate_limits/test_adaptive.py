"""AdaptiveRate: the fraction of a rate that is used after 429s."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync.rate_limits._adaptive import AdaptiveRate

NOW = 1_764_000_000.123_456


def after_429s(*moments: float, seconds: float = 1.0, rate: AdaptiveRate | None = None) -> AdaptiveRate:
    rate = rate or AdaptiveRate()
    for moment in moments:
        rate = rate.on_rate_limited(moment, seconds)
    return rate


def test_three_429s_lower_fraction() -> None:
    assert after_429s(NOW, NOW + 2).fraction == 1
    assert after_429s(NOW, NOW + 2, NOW + 4).fraction == 0.75


def test_three_429s_start_again() -> None:
    """A change forgets the 429s that led to it."""
    rate = after_429s(*(NOW + 2 * number for number in range(5)))

    assert rate.fraction == 0.75
    assert after_429s(NOW + 10, rate=rate).fraction == 0.562


def test_429s_in_one_pause_count_once() -> None:
    assert after_429s(NOW, NOW + 0.1, NOW + 0.9, NOW + 0.95).fraction == 1


def test_429s_in_longer_pause_count_once() -> None:
    """A 429 during a pause may extend the pause, and the extension belongs to the same incident."""
    rate = AdaptiveRate().on_rate_limited(NOW, 1).on_rate_limited(NOW + 0.5, 10)
    extended = after_429s(NOW + 5, NOW + 6, NOW + 7, rate=rate)

    assert rate.paused_until == NOW + 10.5
    assert rate.paused_for == pytest.approx(10.5)
    assert extended.fraction == 1


@pytest.mark.parametrize("seconds", [1, 20, 600])
def test_paused_time_does_not_count(seconds: float) -> None:
    """Three 429s, each five seconds after the pause of the one before, are within 30 seconds however long it was."""
    step = seconds + 5

    assert after_429s(NOW, NOW + step, NOW + 2 * step, seconds=seconds).fraction == 0.75


def test_rare_429s_lower_nothing() -> None:
    assert after_429s(*(NOW + 17 * number for number in range(20))).fraction == 1


def test_fraction_has_minimum() -> None:
    assert after_429s(*(NOW + 2 * number for number in range(90))).fraction == 0.1


def test_fraction_rises_in_steps() -> None:
    rate, fractions = after_429s(NOW, NOW + 2, NOW + 4), list[float]()
    for second in range(5, 100):
        fraction = rate.fraction
        rate = rate.on_permit(NOW + second)
        if rate.fraction != fraction:
            fractions.append(rate.fraction)

    assert fractions == [0.8, 0.85, 0.9, 0.95, 1.0]


def test_fraction_waits_after_pause() -> None:
    rate = after_429s(NOW, NOW + 2, NOW + 4, seconds=1)

    assert rate.on_permit(NOW + 14.9) == rate
    assert rate.on_permit(NOW + 15).fraction == 0.8


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 60), st.booleans()), max_size=40))
def test_rate_survives_json(steps: list[tuple[float, float, bool]]) -> None:
    """Redis keeps the rate as JSON, without losing a digit, and the fraction stays between its limits."""
    rate, now = AdaptiveRate(), NOW
    for elapsed, seconds, limited in steps:
        now += elapsed
        rate = rate.on_rate_limited(now, seconds) if limited else rate.on_permit(now)
        assert msgspec.json.decode(msgspec.json.encode(rate), type=AdaptiveRate) == rate
        assert 0.1 <= rate.fraction <= 1
