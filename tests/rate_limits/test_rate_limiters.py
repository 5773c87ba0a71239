"""The behaviour that every rate limiter has, alone or shared through Redis."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from support.clock import date_header, set_server_clock
from support.valkey import most_in_a_second, new_name, use

from zoomasync import Label, Plan
from zoomasync._core.call_events import DownloadEvents
from zoomasync._core.download import FILE_CALL
from zoomasync.events import Event, RateAdjusted
from zoomasync.rate_limits import DailyQuotaExhausted, FallbackRateLimiter, LocalRateLimiter, QueueTooLong, RateLimiter
from zoomasync.redis import RedisRateLimiter

Make = Callable[[Plan], RateLimiter]

JITTER = 0.05
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
DAILY = {"x-ratelimit-type": "Daily-limit"}


@pytest.fixture(params=["local", "redis", "fallback"])
async def make(request: pytest.FixtureRequest, valkey_url: str) -> AsyncIterator[Make]:
    """Make a rate limiter of one kind."""
    made = list[RateLimiter]()

    def make_one(plan: Plan) -> RateLimiter:
        local = LocalRateLimiter(plan, latency_jitter=JITTER)
        if request.param == "local":
            made.append(local)
            return local
        redis = RedisRateLimiter(valkey_url, plan, name=new_name(), latency_jitter=JITTER)
        made.append(redis)
        if request.param == "fallback":
            made.append(FallbackRateLimiter(redis, local))
        return made[-1]

    yield make_one
    for limiter in reversed(made):
        await limiter.aclose()


def heavy(rate: float, per_day: int | None = None) -> Plan:
    return Plan(light=100, medium=100, heavy=rate, heavy_per_day=per_day)


async def used(limiter: RateLimiter) -> int:
    return (await limiter.status())[Label.HEAVY].used


async def test_rate_is_never_exceeded(make: Make) -> None:
    """From a cold start on, no second holds more than the rate, also for a fractional rate."""
    plan = Plan(light=40, medium=10, heavy=1, resource_intensive=2.5)
    limiter = make(plan)

    sent = await asyncio.gather(*(use(limiter, label, seconds=2.1) for label in Label))

    for label, stamps in zip(Label, sent, strict=True):
        assert 0 < most_in_a_second(stamps) <= math.ceil(plan.rate(label))


async def test_late_send_moves_next_second(make: Make) -> None:
    """The second of a request that had to wait for a connection starts when it was sent."""
    limiter = make(heavy(2))
    await limiter.acquire(Label.HEAVY)
    permit = await limiter.acquire(Label.HEAVY)
    await anyio.sleep(0.3)
    sent_at = time.monotonic()

    permit.mark_sent()
    await limiter.acquire(Label.HEAVY)
    await limiter.acquire(Label.HEAVY)

    assert time.monotonic() - sent_at >= 1


async def test_429_pauses_only_its_label(make: Make) -> None:
    limiter = make(heavy(100))
    await limiter.acquire(Label.HEAVY)
    await limiter.on_rate_limited(Label.HEAVY, 0.6)
    paused_at = time.monotonic()

    await limiter.acquire(Label.LIGHT)
    light_after = time.monotonic() - paused_at
    await limiter.acquire(Label.HEAVY)

    assert light_after < 0.5
    assert time.monotonic() - paused_at >= 0.59


async def test_429_holds_waiting_callers(make: Make) -> None:
    """A pause that starts while callers wait holds them, and ends without a burst."""
    limiter = make(heavy(10))
    paused: list[float] = []

    async def pause() -> None:
        await anyio.sleep(0.5)
        await limiter.on_rate_limited(Label.HEAVY, 0.5)
        paused.append(time.monotonic())

    sent, _ = await asyncio.gather(use(limiter, Label.HEAVY, seconds=1.7), pause())

    assert not [stamp for stamp in sent if paused[0] < stamp < paused[0] + 0.48]
    assert [stamp for stamp in sent if stamp > paused[0]]
    assert most_in_a_second(sent) <= 10


async def test_longest_pause_counts(make: Make) -> None:
    limiter = make(heavy(100))
    await limiter.on_rate_limited(Label.HEAVY, 0.6)
    await limiter.on_rate_limited(Label.HEAVY, 0.1)
    paused_at = time.monotonic()

    await limiter.acquire(Label.HEAVY)

    assert time.monotonic() - paused_at >= 0.55


async def test_daily_quota_is_exact(make: Make) -> None:
    limiter = make(heavy(500, 100))

    sent = await use(limiter, Label.HEAVY, seconds=20, callers=40)

    status = (await limiter.status())[Label.HEAVY]
    assert len(sent) == 100
    assert (status.used, status.remaining) == (100, 0)


async def test_exhausted_quota_raises_at_once(make: Make) -> None:
    limiter = make(heavy(100, 2))
    for _ in range(2):
        await limiter.acquire(Label.HEAVY)
    asked_at = time.monotonic()

    with pytest.raises(DailyQuotaExhausted) as caught:
        await limiter.acquire(Label.HEAVY)

    assert time.monotonic() - asked_at < 0.5
    assert caught.value.resumes_at == pytest.approx(
        (await limiter.status())[Label.HEAVY].resets_at, abs=timedelta(seconds=1)
    )


async def test_labels_share_daily_quota(make: Make) -> None:
    limiter = make(Plan(light=1, medium=1, heavy=500, resource_intensive=500, heavy_per_day=10))

    sent = await asyncio.gather(*(use(limiter, each, seconds=20) for each in (Label.HEAVY, Label.RESOURCE_INTENSIVE)))

    assert sum(map(len, sent)) == 10


async def test_daily_limit_dismisses_waiters(make: Make) -> None:
    """A 429 of the daily limit ends the wait of all callers but the first, which ends with its permit."""
    limiter = make(heavy(2, 1000))
    resumes: list[datetime] = []

    async def call() -> None:
        try:
            while True:
                await limiter.acquire(Label.HEAVY)
        except DailyQuotaExhausted as exhausted:
            resumes.append(exhausted.resumes_at)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(call)
            await anyio.sleep(0.1)
            await limiter.on_daily_limit(Label.HEAVY, TOMORROW)

    assert resumes == [TOMORROW] * 20
    with pytest.raises(DailyQuotaExhausted):
        await limiter.acquire(Label.RESOURCE_INTENSIVE)
    await limiter.acquire(Label.LIGHT)
    assert (await limiter.status())[Label.HEAVY].remaining == 0


async def test_priority_is_served_first(make: Make) -> None:
    """A priority caller gets the next permit, although others arrived before it."""
    limiter, order = make(heavy(20)), list[str]()

    async def call() -> None:
        await limiter.acquire(Label.HEAVY)
        order.append("other")

    async def call_with_priority() -> None:
        await anyio.sleep(0.01)
        order.append("priority arrives")
        await limiter.acquire(Label.HEAVY, priority=True)
        order.append("priority")

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(call)
        tasks.start_soon(call_with_priority)

    assert order.index("priority") == order.index("priority arrives") + 1 <= 3


async def test_priority_starves_nobody(make: Make) -> None:
    limiter, order = make(heavy(100)), list[str]()

    async def call(kind: str) -> None:
        await limiter.acquire(Label.HEAVY, priority=kind == "priority")
        order.append(kind)

    async with anyio.create_task_group() as tasks:
        for kind in ["other"] * 10 + ["priority"] * 40:
            tasks.start_soon(call, kind)

    assert all("other" in order[start : start + 7] for start in range(40))


async def test_cancelled_caller_consumes_nothing(make: Make) -> None:
    limiter = make(heavy(20, 20))
    sent: list[float] = []

    async def call() -> None:
        await limiter.acquire(Label.HEAVY)
        sent.append(time.monotonic())

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call)
        await anyio.sleep(0.4)
        tasks.cancel_scope.cancel()
    sent += await use(limiter, Label.HEAVY, seconds=20)

    assert len(sent) == 20
    assert most_in_a_second(sent) <= 20


async def test_cancelled_in_pause_consumes_nothing(make: Make) -> None:
    limiter = make(heavy(100, 5))
    await limiter.on_rate_limited(Label.HEAVY, 60)

    with anyio.move_on_after(0.2):
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(limiter.acquire, Label.HEAVY)

    assert await used(limiter) == 0


@pytest.mark.parametrize(
    ("headers", "remaining"),
    [
        ({**DAILY, "x-ratelimit-remaining": "2"}, 2),
        ({"x-ratelimit-limit": "5", "x-ratelimit-remaining": "1"}, 1),
        ({"x-ratelimit-limit": "30000", "x-ratelimit-remaining": "3"}, 3),
        ({"x-ratelimit-type": "QPS", "x-ratelimit-limit": "40", "x-ratelimit-remaining": "0"}, 4),
        ({**DAILY, "x-ratelimit-remaining": "4000"}, 4),
        ({**DAILY, "x-ratelimit-remaining": "-7"}, 4),
        ({**DAILY, "x-ratelimit-remaining": "some"}, 4),
        ({**DAILY, "x-ratelimit-remaining": "\u0663"}, 4),
    ],
    ids=["type", "plan-limit", "high-limit", "per-second", "higher", "negative", "text", "arabic-digit"],
)
async def test_headers_lower_remaining(make: Make, headers: dict[str, str], remaining: int) -> None:
    """Headers that describe the daily quota lower the remaining requests, and never raise them."""
    limiter = make(heavy(100, 5))
    await limiter.acquire(Label.HEAVY)

    limiter.observe(Label.HEAVY, headers)

    assert (await limiter.status())[Label.HEAVY].remaining == remaining


async def test_headers_bound_next_calls(make: Make) -> None:
    limiter = make(heavy(500, 100))
    await limiter.acquire(Label.HEAVY)

    limiter.observe(Label.HEAVY, {**DAILY, "x-ratelimit-remaining": "10"})

    assert len(await use(limiter, Label.HEAVY, seconds=10)) == 10


async def test_day_follows_zoom_clock(make: Make) -> None:
    """A wrong local clock is corrected, and the requests that were counted before it belong to the same day."""
    limiter = make(heavy(100, 5))
    await limiter.acquire(Label.HEAVY)

    set_server_clock(limiter, datetime(2030, 1, 1, 23, 30, tzinfo=UTC))
    await limiter.acquire(Label.HEAVY)

    status = (await limiter.status())[Label.HEAVY]
    assert (status.resets_at, status.used) == (datetime(2030, 1, 2, tzinfo=UTC), 2)


@pytest.mark.parametrize("days", [-9_000, 26_000, 2_900_000])
async def test_one_wrong_date_changes_nothing(make: Make, days: int) -> None:
    """A single response whose Date is years off does not start a new day."""
    limiter = make(heavy(100, 5))
    sent = 0
    for number in range(12):
        with suppress(DailyQuotaExhausted):
            await limiter.acquire(Label.HEAVY)
            sent += 1
        limiter.observe(Label.HEAVY, date_header(datetime.now(UTC) + timedelta(days if number == 3 else 0)))

    assert sent == 5


@pytest.mark.parametrize("days", [-300_000, -3, 3, 300_000])
async def test_block_ends_within_two_days(make: Make, days: int) -> None:
    """A daily limit that would end in another year, or has ended long ago, ends with the day."""
    limiter = make(heavy(100))
    await limiter.acquire(Label.HEAVY)

    await limiter.on_daily_limit(Label.HEAVY, datetime.now(UTC) + timedelta(days=days))

    with pytest.raises(DailyQuotaExhausted) as caught:
        await limiter.acquire(Label.HEAVY)
    assert timedelta() < caught.value.resumes_at - datetime.now(UTC) <= timedelta(days=1)


async def test_repeated_429s_lower_rate(make: Make) -> None:
    limiter, events = make(heavy(40)), list[Event]()
    limiter.subscribe(events.append)

    for _ in range(3):
        await limiter.on_rate_limited(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    await limiter.acquire(Label.HEAVY)

    assert events == [RateAdjusted(Label.HEAVY, 30, 40)]
    status = await limiter.status()
    assert (status[Label.HEAVY].rate, status[Label.LIGHT].rate) == (30, 100)


async def test_lowered_rate_names_its_call(make: Make) -> None:
    """A rate that a call of this process lowers has the id of the call; Redis may have lowered it for another one."""
    limiter, events = make(heavy(40)), list[Event]()
    limiter.subscribe(events.append)

    with DownloadEvents((), time.monotonic, FILE_CALL.endpoint) as call:
        for _ in range(3):
            await limiter.on_rate_limited(Label.HEAVY, 0.01)
            await anyio.sleep(0.02)
        await limiter.acquire(Label.HEAVY)

    assert [event.call_id for event in events] == [call.call_id if isinstance(limiter, LocalRateLimiter) else None]


async def test_permit_counts_remaining(make: Make) -> None:
    """A permit gives the requests that are left of the daily quota; a label without a quota has none."""
    limiter = make(heavy(100, 1000))
    await limiter.acquire(Label.HEAVY)
    permit, other = await limiter.acquire(Label.HEAVY), await limiter.acquire(Label.LIGHT)

    remaining = permit.remaining()
    assert remaining is not None
    assert 990 <= remaining <= (998 if isinstance(limiter, LocalRateLimiter) else 999)
    assert other.remaining() is None


async def test_429s_of_one_incident_keep_rate(make: Make) -> None:
    limiter, events = make(heavy(40)), list[Event]()
    limiter.subscribe(events.append)

    for _ in range(10):
        await limiter.on_rate_limited(Label.HEAVY, 0.2)
    await limiter.acquire(Label.HEAVY)

    assert events == []
    assert (await limiter.status())[Label.HEAVY].rate == 40


async def test_max_wait_rejects_long_queue(make: Make) -> None:
    limiter = make(heavy(10, 1000))
    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(limiter.acquire, Label.HEAVY)
        await anyio.sleep(0.2)
        asked_at = time.monotonic()

        with pytest.raises(QueueTooLong) as caught:
            await limiter.acquire(Label.HEAVY, max_wait=0.5)

        assert time.monotonic() - asked_at < 0.5
        assert 1.5 < caught.value.delay < 4
        tasks.cancel_scope.cancel()


async def test_max_wait_counts_pause(make: Make) -> None:
    """Nothing is consumed, and a caller that can wait for the pause gets its permit."""
    limiter = make(heavy(100, 10))
    await limiter.on_rate_limited(Label.HEAVY, 0.8)

    with pytest.raises(QueueTooLong) as caught:
        await limiter.acquire(Label.HEAVY, max_wait=0.3)

    assert 0.3 < caught.value.delay <= 0.9
    assert await used(limiter) == 0
    await limiter.acquire(Label.HEAVY, max_wait=2)
    assert await used(limiter) == 1


async def test_max_wait_admits_without_queue(make: Make) -> None:
    limiter = make(heavy(100))
    await limiter.acquire(Label.HEAVY)

    await limiter.acquire(Label.HEAVY, max_wait=1)


async def test_max_wait_limits_queue(make: Make) -> None:
    """Callers that ask at the same time count each other."""
    limiter = make(heavy(10))
    await limiter.acquire(Label.HEAVY)

    async def call() -> bool:
        try:
            await limiter.acquire(Label.HEAVY, max_wait=0.5)
        except QueueTooLong:
            return False
        return True

    admitted = await asyncio.gather(*(call() for _ in range(30)))

    assert 1 <= sum(admitted) <= 10


async def test_max_wait_of_priority_is_shorter(make: Make) -> None:
    limiter = make(heavy(10))
    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(limiter.acquire, Label.HEAVY)
        await anyio.sleep(0.2)

        await limiter.acquire(Label.HEAVY, priority=True, max_wait=1.2)

        tasks.cancel_scope.cancel()


async def test_max_wait_yields_to_exhausted_quota(make: Make) -> None:
    """An exhausted daily quota raises its own error; the queue does not matter then."""
    limiter = make(heavy(1, 1))
    await limiter.acquire(Label.HEAVY)

    with pytest.raises(DailyQuotaExhausted):
        await limiter.acquire(Label.HEAVY, max_wait=0)


async def test_status_shows_every_label(make: Make) -> None:
    limiter = make(heavy(40, 5))
    await limiter.acquire(Label.HEAVY)
    await limiter.on_rate_limited(Label.MEDIUM, 9)

    status = await limiter.status()

    assert [state.label for state in status.values()] == list(Label)
    one, medium, light = status[Label.HEAVY], status[Label.MEDIUM], status[Label.LIGHT]
    assert (one.rate, one.used, one.remaining) == (40, 1, 4)
    assert timedelta() < one.resets_at - datetime.now(UTC) <= timedelta(days=1)
    assert status[Label.RESOURCE_INTENSIVE].remaining == 4
    assert medium.delay == pytest.approx(9, abs=0.5)
    assert (light.used, light.remaining) == (0, None)
    assert light.delay < 0.3


async def test_unsubscribe_ends_events(make: Make) -> None:
    limiter, events, others = make(heavy(40)), list[Event](), list[Event]()
    unsubscribe = limiter.subscribe(events.append)
    limiter.subscribe(others.append)

    unsubscribe()
    unsubscribe()
    for _ in range(3):
        await limiter.on_rate_limited(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    await limiter.acquire(Label.HEAVY)

    assert (len(events), len(others)) == (0, 1)


async def test_failing_callback_is_logged_once(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a callback fails no call and keeps no other callback from its events."""
    limiter, events = make(heavy(40)), list[Event]()

    def fail(event: Event) -> None:
        raise LookupError(str(event))

    limiter.subscribe(fail)
    limiter.subscribe(events.append)
    with caplog.at_level(logging.ERROR, logger="zoomasync"):
        for _ in range(6):
            await limiter.on_rate_limited(Label.HEAVY, 0.01)
            await anyio.sleep(0.02)
            await limiter.acquire(Label.HEAVY)

    assert len(events) == 2
    assert [(record.name, record.levelname) for record in caplog.records] == [("zoomasync", "ERROR")]


async def test_close_is_safe_twice(make: Make) -> None:
    limiter = make(heavy(40))
    await limiter.acquire(Label.HEAVY)

    await limiter.aclose()
    await limiter.aclose()
