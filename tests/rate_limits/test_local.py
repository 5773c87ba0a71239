"""LocalRateLimiter in virtual time: days, midnight, refunds and exact moments."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from support.clock import date_header, in_virtual_time, now, set_server_clock

from zoomasync import Label, Plan
from zoomasync.events import Event, RateAdjusted
from zoomasync.rate_limits import DailyQuotaExhausted, LocalRateLimiter

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 16, tzinfo=UTC)
FIVE_PER_DAY = Plan(light=80, medium=60, heavy=40, heavy_per_day=5)


def limiter_at(moment: datetime, plan: Plan = FIVE_PER_DAY) -> LocalRateLimiter:
    """Return a rate limiter whose clock shows *moment*."""
    limiter = LocalRateLimiter(plan, clock=asyncio.get_running_loop().time)
    set_server_clock(limiter, moment)
    return limiter


@in_virtual_time
async def test_repr_shows_state() -> None:
    limiter = limiter_at(NOON, Plan.FREE)
    await limiter.on_rate_limited(Label.HEAVY, 3)

    assert "heavy: <TokenBucket 1/s, 0 waiting, paused for 3.0 s>" in repr(limiter)
    assert "light: <TokenBucket 4/s, 0 waiting, paused for 0.0 s>" in repr(limiter)


@in_virtual_time
async def test_quota_is_exact_over_labels() -> None:
    limiter = limiter_at(NOON)
    exhausted: list[datetime] = []
    sent: list[Label] = []

    async def call(label: Label) -> None:
        try:
            await limiter.acquire(label)
        except DailyQuotaExhausted as error:
            exhausted.append(error.resumes_at)
        else:
            sent.append(label)

    async with anyio.create_task_group() as tasks:
        for number in range(12):
            tasks.start_soon(call, Label.RESOURCE_INTENSIVE if number == 2 else Label.HEAVY)

    assert len(sent) == 5
    assert exhausted == [MIDNIGHT] * 7


@in_virtual_time
async def test_exhausted_quota_takes_no_time() -> None:
    limiter = limiter_at(NOON)
    for _ in range(5):
        await limiter.acquire(Label.HEAVY)
    asked_at = now()

    with pytest.raises(DailyQuotaExhausted):
        await limiter.acquire(Label.HEAVY)

    assert now() - asked_at < 0.001


@in_virtual_time
async def test_quota_resets_at_midnight() -> None:
    limiter = limiter_at(MIDNIGHT - timedelta(seconds=10))
    for _ in range(5):
        await limiter.acquire(Label.HEAVY)

    await anyio.sleep(11)

    assert (await limiter.status())[Label.HEAVY].remaining == 5
    await limiter.acquire(Label.HEAVY)


@in_virtual_time
async def test_status_delay_lasts_to_reset() -> None:
    limiter = limiter_at(NOON)
    for _ in range(5):
        await limiter.acquire(Label.HEAVY)

    status = (await limiter.status())[Label.HEAVY]

    assert status.resets_at == MIDNIGHT
    assert status.delay == pytest.approx(12 * 3600, abs=2)


@in_virtual_time
async def test_status_delay_is_pause() -> None:
    limiter = limiter_at(NOON)
    await limiter.on_rate_limited(Label.MEDIUM, 9)

    status = await limiter.status()

    assert status[Label.MEDIUM].delay == pytest.approx(9, abs=0.01)
    assert status[Label.LIGHT].delay == 0


@in_virtual_time
async def test_daily_limit_spares_sent_calls() -> None:
    """Calls that have their permits keep them, and the waiting ones raise."""
    limiter = limiter_at(NOON, Plan(light=80, medium=60, heavy=2))
    outcomes: list[str | datetime] = []

    async def call() -> None:
        try:
            await limiter.acquire(Label.HEAVY)
        except DailyQuotaExhausted as error:
            outcomes.append(error.resumes_at)
        else:
            outcomes.append("sent")

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(call)
        await anyio.sleep(0.6)
        await limiter.on_daily_limit(Label.HEAVY, MIDNIGHT)

    assert outcomes == ["sent"] * 2 + [MIDNIGHT] * 4
    await limiter.acquire(Label.MEDIUM)


@in_virtual_time
async def test_daily_limit_dismisses_at_once() -> None:
    """All waiting callers raise at once, also those for which a permit becomes available at that moment."""
    limiter = limiter_at(NOON, Plan(light=80, medium=60, heavy=1))
    raised: list[float] = []
    blocked_at = now() + 0.5

    async def call() -> None:
        with suppress(DailyQuotaExhausted):
            await limiter.acquire(Label.HEAVY)
            return
        raised.append(now())

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(call)
        await anyio.sleep(0.5)
        await limiter.on_daily_limit(Label.HEAVY, MIDNIGHT)

    assert len(raised) == 49
    assert max(raised) - blocked_at < 0.01


@pytest.mark.parametrize("rate", [10, 40, 80])
@in_virtual_time
async def test_label_serves_after_daily_limit(rate: float) -> None:
    """Whenever the daily limit is reported, all callers end, and the label serves callers after the block."""
    for moment in range(100):
        limiter = limiter_at(NOON, Plan(light=80, medium=60, heavy=rate))
        started = now()

        async def call(limiter: LocalRateLimiter = limiter) -> None:
            with suppress(DailyQuotaExhausted):
                while True:
                    await limiter.acquire(Label.HEAVY)

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(call)
            await anyio.sleep(0.05 + moment / 1000)
            await limiter.on_daily_limit(Label.HEAVY, NOON + timedelta(seconds=now() - started + 2))

        await anyio.sleep(2)
        await limiter.acquire(Label.HEAVY)


@in_virtual_time
async def test_ended_block_loses_no_caller() -> None:
    """A block that has ended already only sends the waiting callers to the end of the queue."""
    limiter = limiter_at(NOON, Plan(light=80, medium=60, heavy=10))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(limiter.acquire, Label.HEAVY)
        await anyio.sleep(0.5)
        await limiter.on_daily_limit(Label.HEAVY, NOON)

    assert (await limiter.status())[Label.HEAVY].used == 20


@in_virtual_time
async def test_many_ended_blocks_lose_no_caller() -> None:
    """At midnight, hundreds of calls in progress may report a block that has ended."""
    limiter = limiter_at(NOON, Plan(light=80, medium=60, heavy=1))
    await limiter.acquire(Label.HEAVY)
    waiting = asyncio.create_task(limiter.acquire(Label.HEAVY))
    for _ in range(2_000):
        await asyncio.sleep(0)
        await limiter.on_daily_limit(Label.HEAVY, NOON)

    await waiting

    assert (await limiter.status())[Label.HEAVY].used == 2


@in_virtual_time
async def test_fast_local_clock_costs_nothing() -> None:
    """The responses correct a local clock that is years ahead."""
    limiter = LocalRateLimiter(FIVE_PER_DAY, clock=asyncio.get_running_loop().time)
    await limiter.acquire(Label.HEAVY)

    set_server_clock(limiter, datetime(2020, 6, 15, 23, 59, 58, tzinfo=UTC))
    assert (await limiter.status())[Label.HEAVY].used == 1

    await anyio.sleep(3)
    assert (await limiter.status())[Label.HEAVY].remaining == 5


async def exchange(limiter: LocalRateLimiter, *, times: int, seconds: float = 1) -> None:
    """Send calls that Zoom answers with 429, each after the pause of the one before."""
    for _ in range(times):
        await limiter.acquire(Label.HEAVY)
        await limiter.on_rate_limited(Label.HEAVY, seconds)


@pytest.mark.parametrize("seconds", [1, 20])
@in_virtual_time
async def test_429s_lower_rate_after_any_pause(seconds: float) -> None:
    limiter, events = limiter_at(NOON, Plan.BUSINESS), list[Event]()
    limiter.subscribe(events.append)

    await exchange(limiter, times=3, seconds=seconds)

    assert events == [RateAdjusted(Label.HEAVY, 30, 40)]
    assert "30 of 40 requests per second" in str(events[0])
    assert "another app" in str(events[0])


@in_virtual_time
async def test_rate_rises_without_429s() -> None:
    limiter, events = limiter_at(NOON, Plan.BUSINESS), list[Event]()
    limiter.subscribe(events.append)
    await exchange(limiter, times=3)

    while (await limiter.status())[Label.HEAVY].rate < 40:
        await limiter.acquire(Label.HEAVY)
        await anyio.sleep(1)

    assert [event.rate for event in events if isinstance(event, RateAdjusted)] == pytest.approx(
        [30, 32, 34, 36, 38, 40]
    )
    assert "back at 40" in str(events[-1])


@in_virtual_time
async def test_rate_has_minimum() -> None:
    limiter = limiter_at(NOON, Plan.BUSINESS)

    await exchange(limiter, times=90)

    assert (await limiter.status())[Label.HEAVY].rate == pytest.approx(4)


@in_virtual_time
async def test_wait_over_midnight_counts_once() -> None:
    """Calls that wait over midnight count in the new day."""
    limiter = limiter_at(MIDNIGHT - timedelta(seconds=2), Plan(light=80, medium=60, heavy=10, heavy_per_day=30))
    sent: list[float] = []

    async def call() -> None:
        with suppress(DailyQuotaExhausted):
            await limiter.acquire(Label.HEAVY)
            sent.append(now())

    started = now()
    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(call)
        await anyio.sleep(2.5)
        for _ in range(30):
            tasks.start_soon(call)

    assert len([moment for moment in sent if moment - started > 2.01]) <= 30


@in_virtual_time
async def test_old_response_turns_no_clock_back() -> None:
    """Responses that overtake each other around midnight give the daily quota once."""
    limiter = limiter_at(MIDNIGHT - timedelta(seconds=1))
    sent = 0
    for second in (1, 0, 1, 0, 1, 0):
        moment = MIDNIGHT + timedelta(seconds=second - 1)
        limiter.observe(Label.HEAVY, date_header(moment))
        for _ in range(5):
            with suppress(DailyQuotaExhausted):
                await limiter.acquire(Label.HEAVY)
                sent += 1

    assert sent <= 5


@in_virtual_time
async def test_refund_returns_daily_quota() -> None:
    limiter = limiter_at(NOON)

    for _ in range(12):
        permit = await limiter.acquire(Label.HEAVY)
        permit.refund()

    assert (await limiter.status())[Label.HEAVY].remaining == 5
