"""Random mixtures of calls, cancellations, pauses and priorities: what the limiter promises in all of them."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.clock import in_virtual_time, now, set_server_clock

from zoomasync import Label, Plan
from zoomasync.rate_limits import DailyQuotaExhausted, LocalRateLimiter, QueueTooLong
from zoomasync.rate_limits._token_bucket import LATENCY_JITTER

MIDNIGHT = datetime(2026, 6, 16, tzinfo=UTC)
RATES = [1.0, 2.0, 4.0, 10.0, 40.0]
WINDOW = 1 + 2 * LATENCY_JITTER
EPSILON = 0.001  # seconds; the virtual clock adds a microsecond per pass of the event loop


@dataclass(frozen=True)
class Caller:
    """A caller that arrives after *intervals* of the rate, and is cancelled after *patience* of them, if at all.

    With *max_wait* 0 it takes only a permit that is free. With *is_sent* false, it returns its permit.
    """

    intervals: float
    patience: float | None = None
    max_wait: float | None = None
    priority: bool = False
    is_sent: bool = True


INTERVALS = st.integers(0, 20).map(float) | st.floats(0, 20)
CALLER = st.builds(
    Caller,
    INTERVALS,
    patience=st.none() | st.none() | st.floats(0, 10),
    max_wait=st.none() | st.none() | st.just(0.0),
    priority=st.booleans(),
    is_sent=st.sampled_from([True, True, True, False]),
)
PAUSES = st.lists(st.tuples(INTERVALS, st.floats(0, 2)), max_size=2)


@dataclass
class Outcomes:
    """The outcomes of the callers of a label of *rate*: the moments by caller, and the sent requests by day."""

    rate: float
    arrivals: dict[Caller, float] = field(default_factory=dict[Caller, float])
    permits: dict[Caller, float] = field(default_factory=dict[Caller, float])
    rejected: dict[Caller, float] = field(default_factory=dict[Caller, float])
    pauses: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    per_day: Counter[int] = field(default_factory=Counter[int])

    async def call(self, limiter: LocalRateLimiter, caller: Caller) -> None:
        await anyio.sleep(caller.intervals / self.rate)
        self.arrivals[caller] = now()
        with anyio.move_on_after(None if caller.patience is None else caller.patience / self.rate):
            try:
                permit = await limiter.acquire(Label.HEAVY, priority=caller.priority, max_wait=caller.max_wait)
            except (DailyQuotaExhausted, QueueTooLong):
                self.rejected[caller] = now()
                return
            self.permits[caller] = now()
            if caller.is_sent:
                self.per_day[limiter.server_clock.day] += 1
            else:
                permit.refund()

    async def pause(self, limiter: LocalRateLimiter, intervals: float, seconds: float) -> None:
        await anyio.sleep(intervals / self.rate)
        await limiter.on_rate_limited(Label.HEAVY, seconds)
        self.pauses.append((now(), now() + seconds))


async def outcomes_of(
    limiter: LocalRateLimiter, rate: float, callers: Sequence[Caller], pauses: Sequence[tuple[float, float]] = ()
) -> Outcomes:
    outcomes = Outcomes(rate)
    async with anyio.create_task_group() as tasks:
        for caller in callers:
            tasks.start_soon(outcomes.call, limiter, caller)
        for pause in pauses:
            tasks.start_soon(outcomes.pause, limiter, *pause)
    return outcomes


def limiter_of(rate: float, *, per_day: int | None = None, seconds_left: float = 9_000.0) -> LocalRateLimiter:
    """Return a limiter at so many seconds before midnight."""
    plan = Plan(light=80, medium=80, heavy=rate, heavy_per_day=per_day)
    limiter = LocalRateLimiter(plan, clock=asyncio.get_running_loop().time)
    set_server_clock(limiter, MIDNIGHT - timedelta(seconds=seconds_left))
    return limiter


def largest_burst(rate: float, sends: Sequence[float]) -> float:
    """Return the most requests in any interval beyond those that its length allows."""
    moments = sorted(sends)
    return max(
        (
            last - first + 1 - rate * (moments[last] - moments[first])
            for first in range(len(moments))
            for last in range(first, len(moments))
        ),
        default=0,
    )


@example(rate=40.0, callers=[Caller(float(at)) for at in range(60)], pauses=[], per_day=None, seconds_left=9_000.0)
@given(
    rate=st.sampled_from(RATES),
    callers=st.lists(CALLER, min_size=1, max_size=40, unique=True),
    pauses=PAUSES,
    per_day=st.none() | st.integers(1, 20),
    seconds_left=st.sampled_from([1.0, 9_000.0]),
)
@settings(max_examples=200)
@in_virtual_time
async def test_every_mixture_keeps_limits(
    rate: float,
    callers: list[Caller],
    pauses: list[tuple[float, float]],
    per_day: int | None,
    seconds_left: float,
) -> None:
    limiter = limiter_of(rate, per_day=per_day, seconds_left=seconds_left)
    outcomes = await outcomes_of(limiter, rate, callers, pauses)

    moments = sorted(outcomes.permits.values())
    each, capacity = range(len(moments)), math.ceil(rate)
    assert all(moments[i] - moments[i - capacity] >= WINDOW - EPSILON for i in each[capacity:])
    assert not [moment for moment in moments for begin, end in outcomes.pauses if begin < moment < end - EPSILON]
    for priority in (False, True):
        lane = [caller for caller in outcomes.arrivals if caller.priority is priority and caller in outcomes.permits]
        assert lane == [caller for caller in outcomes.permits if caller.priority is priority]
    assert all(count <= (per_day or math.inf) for count in outcomes.per_day.values())
    assert (await limiter.status())[Label.HEAVY].used == outcomes.per_day[limiter.server_clock.day]
    waits = {caller: moment - outcomes.arrivals[caller] for caller, moment in outcomes.permits.items()}
    assert all(wait < EPSILON for caller, wait in waits.items() if caller.max_wait is not None)
    if seconds_left > 1:  # otherwise a day ends while callers wait
        assert all(moment - outcomes.arrivals[caller] < EPSILON for caller, moment in outcomes.rejected.items())
    patient = {caller for caller in callers if caller.patience is None}
    assert patient <= outcomes.permits.keys() | outcomes.rejected.keys()


@given(
    rate=st.sampled_from(RATES),
    callers=st.lists(st.builds(Caller, INTERVALS, priority=st.booleans()), min_size=1, max_size=40, unique=True),
)
@example(rate=10.0, callers=[Caller(at + part / 100) for at in (0, 2, 4, 6) for part in (0, 1)])
@example(rate=10.0, callers=[Caller(at) for at in (0, 0.01, 1.01, 2.02, 2.03, 3.04, 4.05, 4.06, 5.07)])
@settings(max_examples=200)
@in_virtual_time
async def test_burst_is_two(rate: float, callers: list[Caller]) -> None:
    """Calls at any distances make no burst of more than two, or of one at a rate of one per second."""
    outcomes = await outcomes_of(limiter_of(rate), rate, callers)

    assert largest_burst(rate, list(outcomes.permits.values())) <= (2 if rate >= 2 else 1) + EPSILON * rate
    assert outcomes.permits.keys() == set(callers)
