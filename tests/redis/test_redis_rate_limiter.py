"""RedisRateLimiter: several processes, lost data, outages, and connections.

tests/rate_limits/test_rate_limiters.py has the behaviour of one process.
"""

from __future__ import annotations

import asyncio
import math
import time
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import anyio
import msgspec
import pytest
from redis.asyncio import Redis
from support.clock import set_server_clock
from support.valkey import (
    Processes,
    Server,
    most_in_a_second,
    new_name,
    use,
    use_one_of_many,
)

from zoomasync import Label, Plan
from zoomasync.errors import ConfigError
from zoomasync.events import Event, RateAdjusted
from zoomasync.rate_limits import DailyQuotaExhausted
from zoomasync.rate_limits._adaptive import AdaptiveRate
from zoomasync.redis import RedisRateLimiter, RedisUnavailable

FAST = Plan(light=500, medium=500, heavy=500, resource_intensive=500)
TOMORROW = datetime.now(UTC) + timedelta(days=1)

Make = Callable[..., RedisRateLimiter]


@pytest.fixture
def name() -> str:
    return new_name()


@pytest.fixture
async def make(valkey_url: str, name: str) -> AsyncIterator[Make]:
    """Make rate limiters with one name, like those of several processes."""
    made = list[RedisRateLimiter]()

    def make_one(plan: Plan = FAST) -> RedisRateLimiter:
        made.append(RedisRateLimiter(valkey_url, plan, name=name, latency_jitter=0.05))
        return made[-1]

    yield make_one
    for limiter in made:
        await limiter.aclose()


def _heavy(rate: float, per_day: int | None = None) -> Plan:
    return Plan(light=100, medium=100, heavy=rate, heavy_per_day=per_day)


async def test_processes_share_rate(make: Make) -> None:
    """No second holds more than the rate of all, and every process gets permits."""
    plan = Plan(light=40, medium=10, heavy=1, resource_intensive=2.5)
    limiters = [make(plan) for _ in range(4)]

    sending = {label: asyncio.gather(*(use(each, label, seconds=2.1) for each in limiters)) for label in Label}

    for label, task in sending.items():
        stamps = [stamp for sent in await task for stamp in sent]
        assert 0 < most_in_a_second(stamps) <= math.ceil(plan.rate(label))
    shares = [len(sent) for sent in await sending[Label.LIGHT]]
    assert min(shares) > 0  # `python -m benchmarks redis` measures how even they are


async def test_real_processes_share_limits(valkey_url: str, name: str) -> None:
    with Processes(3) as processes:
        sent = await processes.all(use_one_of_many, valkey_url, name, _heavy(60, 120), 20.0)

    stamps = [stamp for one in sent for stamp in one]
    assert most_in_a_second(stamps) <= 60
    assert len(stamps) == 120


async def test_stalled_loop_keeps_rate(make: Make) -> None:
    """Permits that were missed during a stall of the event loop are not used afterwards."""
    first, second = make(_heavy(40)), make(_heavy(40))

    async def stall() -> None:
        for seconds in (0.07, 0.3, 0.02):
            await anyio.sleep(0.3)
            time.sleep(seconds)  # noqa: ASYNC251  the stall

    sent, others, _ = await asyncio.gather(
        use(first, Label.HEAVY, seconds=1.6), use(second, Label.HEAVY, seconds=1.6), stall()
    )

    assert most_in_a_second(sent + others) <= 40


async def test_late_send_moves_others(make: Make) -> None:
    """The second of a request that was sent late starts late for the other processes too."""
    limiter, other = make(_heavy(2)), make(_heavy(2))
    await limiter.acquire(Label.HEAVY)
    permit = await limiter.acquire(Label.HEAVY)
    await anyio.sleep(0.3)
    sent_at = time.monotonic()

    permit.mark_sent()
    await other.acquire(Label.HEAVY)
    await other.acquire(Label.HEAVY)

    assert time.monotonic() - sent_at >= 1


async def test_processes_share_daily_quota(make: Make) -> None:
    plan = Plan(light=500, medium=500, heavy=500, heavy_per_day=100)
    limiters = [make(plan) for _ in range(4)]

    sent = await asyncio.gather(*(use(each, Label.HEAVY, seconds=20) for each in limiters))

    assert sum(map(len, sent)) == 100
    status = (await limiters[0].status())[Label.HEAVY]
    assert (status.used, status.remaining) == (100, 0)
    for limiter in limiters:
        with pytest.raises(DailyQuotaExhausted) as caught:
            await limiter.acquire(Label.HEAVY)
        assert caught.value.resumes_at == status.resets_at


@pytest.mark.parametrize("closing", ["aclose", "context", "cancelled context"])
async def test_close_returns_permits(make: Make, closing: str) -> None:
    """Permits that were leased for cancelled callers are left for other processes."""
    plan = _heavy(50, 20)
    limiter, other = make(plan), make(plan)

    async def send() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(limiter.acquire, Label.HEAVY)
            await anyio.sleep(0.4)
            tasks.cancel_scope.cancel()

    if closing == "aclose":
        await send()
        await limiter.aclose()
    else:
        with anyio.CancelScope() as scope:
            async with limiter:
                await send()
                if closing == "cancelled context":
                    scope.cancel()
                    await anyio.sleep_forever()
    used = (await other.status())[Label.HEAVY].used

    assert used < 20
    assert len(await use(other, Label.HEAVY, seconds=20)) == 20 - used


async def test_labels_of_processes_share_quota(make: Make) -> None:
    plan = Plan(light=1, medium=1, heavy=500, resource_intensive=500, heavy_per_day=10)
    limiter, other = make(plan), make(plan)

    sent = await asyncio.gather(use(limiter, Label.HEAVY, seconds=20), use(other, Label.RESOURCE_INTENSIVE, seconds=20))

    assert sum(map(len, sent)) == 10


async def test_pause_applies_to_all(make: Make) -> None:
    limiter, other = make(), make()
    await asyncio.gather(*(each.acquire(Label.HEAVY) for each in (limiter, other)))

    await limiter.on_rate_limited(Label.HEAVY, 0.6)
    paused_at = time.monotonic()
    await other.acquire(Label.LIGHT)
    light_after = time.monotonic() - paused_at
    await asyncio.gather(*(each.acquire(Label.HEAVY) for each in (limiter, other)))

    assert time.monotonic() - paused_at >= 0.59
    assert light_after < 0.5


async def test_pause_of_all_ends_without_burst(make: Make) -> None:
    limiter, other = make(_heavy(10)), make(_heavy(10))

    async def pause() -> None:
        await anyio.sleep(0.6)
        await limiter.on_rate_limited(Label.HEAVY, 0.4)

    sent, others, _ = await asyncio.gather(
        use(limiter, Label.HEAVY, seconds=1.6), use(other, Label.HEAVY, seconds=1.6), pause()
    )

    assert most_in_a_second(sent + others) <= 10


async def test_daily_limit_applies_to_all(make: Make) -> None:
    plan = Plan(light=500, medium=500, heavy=2, heavy_per_day=1000)
    limiter, other = make(plan), make(plan)

    async def call(each: RedisRateLimiter) -> datetime:
        try:
            while True:
                await each.acquire(Label.HEAVY)
        except DailyQuotaExhausted as exhausted:
            return exhausted.resumes_at

    waiting = [asyncio.create_task(call(each)) for each in (limiter, other) for _ in range(20)]
    await anyio.sleep(0.1)
    await limiter.on_daily_limit(Label.HEAVY, TOMORROW)

    assert {moment.replace(microsecond=0) for moment in await asyncio.gather(*waiting)} <= {
        TOMORROW.replace(microsecond=0) + timedelta(seconds=second) for second in (0, 1)
    }
    with pytest.raises(DailyQuotaExhausted):
        await other.acquire(Label.RESOURCE_INTENSIVE)
    await other.acquire(Label.LIGHT)


async def test_429s_lower_rate_of_all(make: Make) -> None:
    """429s of several processes count together, and every process reports the new rate."""
    limiter, other, events = make(), make(), list[Event]()
    other.subscribe(events.append)

    for each in (limiter, other, limiter):
        await each.on_rate_limited(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    await other.acquire(Label.HEAVY)

    assert events == [RateAdjusted(Label.HEAVY, 375, 500)]
    assert [(await each.status())[Label.HEAVY].rate for each in (limiter, other)] == [375, 375]


async def test_rate_rises_for_all(make: Make, valkey_url: str, name: str) -> None:
    """After ten seconds without a 429 a permit raises the rate, once for all processes."""
    limiter, other, events = make(), make(), list[Event]()
    limiter.subscribe(events.append)
    for _ in range(3):
        await limiter.on_rate_limited(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    await limiter.acquire(Label.HEAVY)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        ten_seconds_ago = msgspec.json.encode(AdaptiveRate(fraction=0.75, changed_at=time.time() - 10))
        await redis.hset(f"{{{name}}}:limits", "heavy:adaptive_rate", ten_seconds_ago.decode())
        await redis.hdel(f"{{{name}}}:limits", "heavy:paused_until")

    await asyncio.gather(*(each.acquire(Label.HEAVY) for each in (limiter, other) for _ in range(5)))

    await limiter.acquire(Label.HEAVY)
    assert events == [RateAdjusted(Label.HEAVY, 375, 500), RateAdjusted(Label.HEAVY, 400, 500)]
    assert [(await each.status())[Label.HEAVY].rate for each in (limiter, other)] == [400, 400]


async def test_headers_reach_all(make: Make) -> None:
    """The next lease shares the remaining daily quota that Zoom reported."""
    plan = Plan(light=500, medium=500, heavy=500, heavy_per_day=100)
    limiter, other = make(plan), make(plan)
    await limiter.acquire(Label.HEAVY)

    limiter.observe(Label.HEAVY, {"x-ratelimit-type": "Daily-limit", "x-ratelimit-remaining": "10"})
    await limiter.acquire(Label.HEAVY)

    assert (await other.status())[Label.HEAVY].remaining == 9


async def test_zoom_clock_reaches_all(make: Make) -> None:
    limiter, other = make(), make()
    await limiter.acquire(Label.HEAVY)

    set_server_clock(limiter, datetime(2030, 1, 1, 23, 30, tzinfo=UTC))
    await limiter.acquire(Label.HEAVY)

    status = (await other.status())[Label.HEAVY]
    assert status.resets_at == datetime(2030, 1, 2, tzinfo=UTC)
    assert status.used == 2


@pytest.mark.parametrize("days", [-9_000, 26_000])
async def test_corrected_clock_keeps_block(make: Make, days: int) -> None:
    """A process that corrects the shared clock by years ends no block in any process."""
    limiter, other = make(), make()
    await limiter.acquire(Label.HEAVY)
    await limiter.on_daily_limit(Label.HEAVY, TOMORROW)

    moment = TOMORROW + timedelta(days)
    set_server_clock(limiter, moment)
    await limiter.acquire(Label.LIGHT)

    with pytest.raises(DailyQuotaExhausted) as caught:
        await other.acquire(Label.HEAVY)
    assert timedelta(hours=23) < caught.value.resumes_at - moment < timedelta(hours=25)


async def test_flushed_scripts_are_sent_again(make: Make, valkey_url: str) -> None:
    limiter = make()
    await limiter.acquire(Label.HEAVY)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.script_flush()

    await limiter.acquire(Label.HEAVY)


@pytest.mark.parametrize("rate", [2, 20])
async def test_lost_data_keeps_limits(valkey_server: Server, rate: int) -> None:
    """A server that restarts without its data allows no burst, and the daily quota is restored.

    At 20 per second, the distance between permits alone would prevent most of a burst; at 2 per second it does not.
    """
    limiters = [
        RedisRateLimiter(valkey_server.url, _heavy(rate, 1000), name="test", latency_jitter=0.05) for _ in range(2)
    ]
    before = await asyncio.gather(*(use(each, Label.HEAVY, seconds=0.9) for each in limiters))
    sent = [stamp for stamps in before for stamp in stamps]

    valkey_server.kill()
    valkey_server.start()
    after = await asyncio.gather(*(use(each, Label.HEAVY, seconds=2.5) for each in limiters))

    assert any(after)
    assert most_in_a_second([*sent, *after[0], *after[1]]) <= rate
    assert (await limiters[0].status())[Label.HEAVY].used >= len(sent) + sum(map(len, after))
    for limiter in limiters:
        await limiter.aclose()


async def test_lost_data_holds_new_process(make: Make, valkey_url: str, name: str) -> None:
    """A process that starts when Redis has lost its data waits until the others have restored their state."""
    limiter, new = make(_heavy(2)), make(_heavy(2))
    before = await use(limiter, Label.HEAVY, seconds=0.9)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.delete(f"{{{name}}}:limits", f"{{{name}}}:limits:heavy")

    async def use_later() -> list[float]:
        await anyio.sleep(0.05)
        return await use(limiter, Label.HEAVY, seconds=2.5)

    others, sent = await asyncio.gather(use(new, Label.HEAVY, seconds=2.5), use_later())

    assert len(before) == 2
    assert most_in_a_second([*before, *others, *sent]) <= 2


async def test_outage_raises_and_ends(valkey_server: Server) -> None:
    """Without Redis every call raises, and calls succeed again when it is back."""
    limiter = RedisRateLimiter(valkey_server.url, FAST, name="test")
    await limiter.acquire(Label.HEAVY)
    valkey_server.kill()

    outcomes = await asyncio.gather(*(limiter.acquire(Label.HEAVY) for _ in range(100)), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {RedisUnavailable}
    with pytest.raises(RedisUnavailable):
        await limiter.acquire(Label.HEAVY, max_wait=1)
    with pytest.raises(RedisUnavailable):
        await limiter.status()
    await limiter.on_rate_limited(Label.HEAVY, 0.1)
    await limiter.on_daily_limit(Label.LIGHT, TOMORROW)

    valkey_server.start()
    with anyio.fail_after(10):
        while True:
            try:
                await limiter.acquire(Label.HEAVY)
            except RedisUnavailable:
                await anyio.sleep(0.05)
            else:
                break
    await limiter.aclose()


@pytest.mark.parametrize("name", ["", "a{b}", "a\nb"], ids=repr)
def test_invalid_name_raises(name: str) -> None:
    with pytest.raises(ConfigError, match="name must be"):
        RedisRateLimiter("redis://localhost", FAST, name=name)


@pytest.mark.parametrize("jitter", [-0.1, math.nan])
def test_invalid_jitter_raises(jitter: float) -> None:
    with pytest.raises(ConfigError, match="latency_jitter must be"):
        RedisRateLimiter("redis://localhost", FAST, name="test", latency_jitter=jitter)


@pytest.mark.parametrize("address", ["redis://me:canary@127.0.0.1:1", "unix://me:canary@/nowhere"])
async def test_password_is_not_shown(address: str) -> None:
    limiter = RedisRateLimiter(address, FAST, name="test")

    with pytest.raises(RedisUnavailable) as caught:
        await limiter.acquire(Label.HEAVY)

    shown = f"{limiter!r}{caught.value!r}{''.join(traceback.format_exception(caught.value))}"
    assert "canary" not in shown
    await limiter.aclose()


@pytest.mark.parametrize("text", [False, True], ids=["bytes", "text"])
async def test_client_of_caller_is_not_closed(valkey_url: str, text: bool) -> None:  # noqa: FBT001  a parameter of the test
    async with Redis.from_url(valkey_url, decode_responses=text) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        async with RedisRateLimiter(redis, FAST, name=new_name()) as limiter:
            await limiter.acquire(Label.HEAVY)
        await limiter.aclose()

        assert await redis.get(new_name()) is None
