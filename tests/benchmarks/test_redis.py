"""The measurement of permits through Redis: its counts, and a moment of it.

tests/redis/test_redis_processes.py has its processes.
"""

from __future__ import annotations

from benchmarks.enforcer import Received
from benchmarks.redis import Cost, Load, Outcome, permit_costs
from zoomasync import Label


def test_cost_is_per_permit() -> None:
    assert Cost(seconds=0.5, permits=10_000, requests=9).micros == 50


def test_share_leaves_late_and_429s_out() -> None:
    received = [Received(at, Label.HEAVY, is_rejected=at == 11) for at in (10, 11, 12, 14, 15.5)]

    outcome = Outcome(began=10, received=received, answered=[2, None], token_requests=1)

    assert outcome.share(2, seconds=5) == 30
    assert outcome.rejected == 1


async def test_permits_are_counted(valkey_url: str) -> None:
    costs = await permit_costs(valkey_url, Load(1_000, 20), warm_up=0.3, rounds=2, seconds=0.2)

    assert [cost.permits > cost.requests > 0 and cost.seconds > 0 for cost in costs] == [True, True]
