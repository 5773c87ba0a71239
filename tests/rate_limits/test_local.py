"""What holds one client to its plan: seconds, days, pauses, and room for others."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio
import pytest
from support.clock import in_virtual_time, now

from zoomasync import Label, Plan
from zoomasync.events import Event, RateAdjusted
from zoomasync.rate_limits import DailyQuotaExhausted
from zoomasync.rate_limits._local import LocalRateLimiter

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
FIVE_A_DAY = Plan(light=80, medium=60, heavy=40, heavy_per_day=5)


def rate_limiter(plan: Plan, told: list[Event] | None = None, *, at: datetime = NOON) -> LocalRateLimiter:
    """Return budgets that have heard from the server what time it is."""
    made = LocalRateLimiter(plan, clock=asyncio.get_running_loop().time)
    made.subscribe((told if told is not None else []).append)
    made.observe(Label.LIGHT, {"date": format_datetime(at, usegmt=True)})
    return made


@in_virtual_time
async def test_each_label_has_a_bucket_of_its_own() -> None:
    made = rate_limiter(Plan(light=80, medium=60, heavy=1))
    await made.on_rate_limited(Label.HEAVY, 60)

    started = now()
    await made.acquire(Label.LIGHT)
    await made.acquire(Label.MEDIUM)
    assert now() - started < 0.1

    await made.acquire(Label.HEAVY)
    assert now() - started >= 60


@in_virtual_time
async def test_a_bucket_shows_its_state() -> None:
    made = rate_limiter(Plan.FREE)
    await made.on_rate_limited(Label.HEAVY, 3)

    assert "heavy: <TokenBucket 1/s, 0 waiting, paused for 3.0 s>" in repr(made)
    assert "light: <TokenBucket 4/s, 0 waiting, paused for 0.0 s>" in repr(made)


@in_virtual_time
async def test_the_budget_of_a_day_is_spent_to_the_last_call_and_not_one_more() -> None:
    made = rate_limiter(FIVE_A_DAY)
    refused: list[DailyQuotaExhausted] = []
    sent: list[Label] = []

    async def call(label: Label) -> None:
        try:
            await made.acquire(label)
        except DailyQuotaExhausted as spent:
            refused.append(spent)
        else:
            sent.append(label)

    async with anyio.create_task_group() as tasks:
        for number in range(12):
            tasks.start_soon(call, Label.RESOURCE_INTENSIVE if number == 2 else Label.HEAVY)

    assert len(sent) == 5
    assert [spent.resumes_at for spent in refused] == [datetime(2026, 6, 16, tzinfo=UTC)] * 7


@in_virtual_time
async def test_a_spent_day_is_said_at_once_and_nobody_sleeps_till_midnight() -> None:
    made = rate_limiter(FIVE_A_DAY)
    for _ in range(5):
        await made.acquire(Label.HEAVY)
    asked = now()

    with pytest.raises(DailyQuotaExhausted):
        await made.acquire(Label.HEAVY)

    assert now() - asked < 0.001


@in_virtual_time
async def test_a_new_day_by_the_servers_clock_brings_a_new_budget() -> None:
    made = rate_limiter(FIVE_A_DAY, at=datetime(2026, 6, 15, 23, 59, 50, tzinfo=UTC))
    for _ in range(5):
        await made.acquire(Label.HEAVY)

    await anyio.sleep(11)

    assert (await made.status())[Label.HEAVY].remaining == 5
    await made.acquire(Label.HEAVY)


@in_virtual_time
async def test_a_cancelled_caller_gives_its_part_of_the_day_back() -> None:
    made = rate_limiter(FIVE_A_DAY)
    await made.on_rate_limited(Label.HEAVY, 60)
    with anyio.move_on_after(1):
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(made.acquire, Label.HEAVY)

    assert (await made.status())[Label.HEAVY].used == 0


@in_virtual_time
async def test_zooms_word_that_the_day_is_spent_stops_those_who_wait_as_well() -> None:
    made = rate_limiter(Plan(light=80, medium=60, heavy=2))
    until = NOON + timedelta(hours=12)
    outcomes: list[str | datetime] = []

    async def call() -> None:
        try:
            await made.acquire(Label.HEAVY)
        except DailyQuotaExhausted as spent:
            outcomes.append(spent.resumes_at)
        else:
            outcomes.append("sent")

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(call)
        await anyio.sleep(0.6)
        await made.on_daily_limit(Label.HEAVY, until)

    assert outcomes == ["sent"] * 2 + [until] * 4
    await made.acquire(Label.MEDIUM)


@pytest.mark.parametrize(
    ("headers", "remaining"),
    [
        ({"x-ratelimit-type": "Daily-limit", "x-ratelimit-remaining": "2"}, 2),
        ({"x-ratelimit-limit": "5", "x-ratelimit-remaining": "1"}, 1),
        ({"x-ratelimit-type": "QPS", "x-ratelimit-limit": "40", "x-ratelimit-remaining": "0"}, 4),
        ({"x-ratelimit-type": "Daily-limit", "x-ratelimit-remaining": "4000"}, 4),
        ({"x-ratelimit-type": "Daily-limit", "x-ratelimit-remaining": "-7"}, 4),
        ({"x-ratelimit-type": "Daily-limit", "x-ratelimit-remaining": "some"}, 4),
    ],
    ids=["the day", "the day by its limit", "the second", "more than we think", "negative", "garbage"],
)
@in_virtual_time
async def test_headers_correct_what_is_left_downward_only(headers: dict[str, str], remaining: int) -> None:
    made = rate_limiter(FIVE_A_DAY)
    await made.acquire(Label.HEAVY)

    made.observe(Label.HEAVY, headers)

    assert (await made.status())[Label.HEAVY].remaining == remaining


@in_virtual_time
async def test_the_status_tells_rate_wait_used_left_and_reset_of_every_label() -> None:
    made = rate_limiter(FIVE_A_DAY)
    await made.acquire(Label.HEAVY)
    await made.on_rate_limited(Label.MEDIUM, 9)

    status = await made.status()

    heavy, medium, light = status[Label.HEAVY], status[Label.MEDIUM], status[Label.LIGHT]
    assert (heavy.rate, heavy.used, heavy.remaining, heavy.resets_at) == (40, 1, 4, datetime(2026, 6, 16, tzinfo=UTC))
    assert status[Label.RESOURCE_INTENSIVE].remaining == 4
    assert medium.delay == pytest.approx(9, abs=0.01)
    assert (light.used, light.remaining, light.delay) == (0, None, 0)


@in_virtual_time
async def test_a_local_clock_that_is_a_day_ahead_costs_no_budget() -> None:
    made = LocalRateLimiter(FIVE_A_DAY, clock=asyncio.get_running_loop().time)
    await made.acquire(Label.HEAVY)

    made.observe(Label.HEAVY, {"date": "Mon, 15 Jun 2020 23:59:58 GMT"})
    assert (await made.status())[Label.HEAVY].used == 1

    await anyio.sleep(3)
    assert (await made.status())[Label.HEAVY].remaining == 5


async def refuse(made: LocalRateLimiter, times: int) -> None:
    """Let calls go out and be refused, each after the pause of the one before."""
    for _ in range(times):
        await made.acquire(Label.HEAVY)
        await made.on_rate_limited(Label.HEAVY, 1)


@in_virtual_time
async def test_refusals_that_go_on_slow_the_label_down_and_say_so() -> None:
    told: list[Event] = []
    made = rate_limiter(Plan.BUSINESS, told)

    await refuse(made, 3)

    assert told == [RateAdjusted(Label.HEAVY, 30, 40)]
    assert "another app" in str(told[0])
    status = await made.status()
    assert (status[Label.HEAVY].rate, status[Label.LIGHT].rate) == (30, 80)


@in_virtual_time
async def test_one_burst_of_refusals_slows_nothing_down() -> None:
    told: list[Event] = []
    made = rate_limiter(Plan.BUSINESS, told)
    await made.acquire(Label.HEAVY)

    for _ in range(30):  # all under way at the same time
        await made.on_rate_limited(Label.HEAVY, 1)

    assert told == []
    assert (await made.status())[Label.HEAVY].rate == 40


@in_virtual_time
async def test_a_slowed_label_rises_again_step_by_step_when_refusals_end() -> None:
    told: list[Event] = []
    made = rate_limiter(Plan.BUSINESS, told)
    await refuse(made, 3)

    while (await made.status())[Label.HEAVY].rate < 40:
        await made.acquire(Label.HEAVY)
        await anyio.sleep(1)

    rates = [event.rate for event in told]
    assert rates == pytest.approx([30, 32, 34, 36, 38, 40])
    assert "back at 40" in str(told[-1])


@in_virtual_time
async def test_a_label_is_never_slowed_to_a_standstill() -> None:
    made = rate_limiter(Plan.BUSINESS)

    await refuse(made, 90)

    assert (await made.status())[Label.HEAVY].rate == pytest.approx(4)


@in_virtual_time
async def test_calls_that_wait_over_midnight_are_of_the_new_day() -> None:
    made = rate_limiter(
        Plan(light=80, medium=60, heavy=10, heavy_per_day=30), at=datetime(2026, 6, 15, 23, 59, 58, tzinfo=UTC)
    )
    sent: list[float] = []

    async def call() -> None:
        try:
            await made.acquire(Label.HEAVY)
        except DailyQuotaExhausted:
            return
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
async def test_replies_that_overtake_each_other_do_not_turn_the_clock_back() -> None:
    made = rate_limiter(FIVE_A_DAY, at=datetime(2026, 6, 15, 23, 59, 59, tzinfo=UTC))
    sent = 0
    for second in (1, 0, 1, 0, 1, 0):
        moment = datetime(2026, 6, 15, 23, 59, 59, tzinfo=UTC) + timedelta(seconds=second)
        made.observe(Label.HEAVY, {"date": format_datetime(moment, usegmt=True)})
        for _ in range(5):
            with suppress(DailyQuotaExhausted):
                await made.acquire(Label.HEAVY)
                sent += 1

    assert sent <= 5


@in_virtual_time
async def test_what_could_not_be_sent_costs_nothing_of_the_day() -> None:
    made = rate_limiter(FIVE_A_DAY)

    for _ in range(12):
        permit = await made.acquire(Label.HEAVY)
        permit.refund()

    assert (await made.status())[Label.HEAVY].remaining == 5


@in_virtual_time
async def test_a_parked_queue_is_told_at_once() -> None:
    made = rate_limiter(Plan(light=80, medium=60, heavy=1))
    told: list[float] = []
    parked_at = now() + 0.5

    async def call() -> None:
        with suppress(DailyQuotaExhausted):
            await made.acquire(Label.HEAVY)
            return
        told.append(now())

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(call)
        await anyio.sleep(0.5)
        await made.on_daily_limit(Label.HEAVY, NOON + timedelta(hours=12))

    assert len(told) == 49
    assert sorted(told)[-2] - parked_at < 0.01  # but for the head of the queue, which waits for its slot
    assert max(told) - parked_at < 1.1


@in_virtual_time
async def test_refusals_with_long_pauses_slow_a_label_down_as_well() -> None:
    told: list[Event] = []
    made = rate_limiter(Plan.BUSINESS, told)

    for _ in range(3):
        await made.acquire(Label.HEAVY)
        await made.on_rate_limited(Label.HEAVY, 20)

    assert told == [RateAdjusted(Label.HEAVY, 30, 40)]
