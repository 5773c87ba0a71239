from __future__ import annotations

import asyncio
import math
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio
import pytest
from redis.asyncio import Redis
from support.valkey import (
    Processes,
    Server,
    most_in_a_second,
    new_name,
    server_of_its_own,
    shared_url,
    use,
    use_one_of_many,
)

from zoomasync import Label, Plan
from zoomasync.errors import ConfigError
from zoomasync.events import Event, RateAdjusted
from zoomasync.rate_limits import DailyQuotaExhausted
from zoomasync.redis import RedisRateLimiter, RedisUnavailable

FAST = Plan(light=500, medium=500, heavy=500, resource_intensive=500)
TOMORROW = datetime.now(UTC) + timedelta(days=1)

Make = Callable[..., RedisRateLimiter]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from shared_url()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from server_of_its_own()


@pytest.fixture
async def make(url: str) -> AsyncIterator[Make]:
    """Make budgets that share one name, as those of several processes do."""
    name, made = new_name(), list[RedisRateLimiter]()

    def make_one(plan: Plan = FAST, **options: object) -> RedisRateLimiter:
        settings: dict[str, object] = {"name": name, "latency_jitter": 0.05, **options}
        made.append(RedisRateLimiter(url, plan, **settings))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  the caller's
        return made[-1]

    yield make_one
    for rate_limiter in made:
        await rate_limiter.aclose()


def _heavy(rate: float, per_day: int | None = None) -> Plan:
    return Plan(light=100, medium=100, heavy=rate, heavy_per_day=per_day)


async def test_no_second_holds_more_than_the_rate_and_nobody_goes_without(make: Make) -> None:
    plan = Plan(light=40, medium=10, heavy=1, resource_intensive=2.5)
    shared = [make(plan) for _ in range(4)]

    went = {
        label: asyncio.gather(*(use(rate_limiter, label, seconds=2.1) for rate_limiter in shared)) for label in Label
    }

    for label, everybody in went.items():
        stamps = [stamp for one in await everybody for stamp in one]
        assert 0 < most_in_a_second(stamps) <= math.ceil(plan.rate(label))
    shares = [len(one) for one in await went[Label.LIGHT]]
    assert min(shares) > 0  # how even they are, on a machine that is busy or not, benchmarks/shared.py measures


async def test_no_process_breaks_the_rate_or_the_day_of_all(url: str) -> None:
    with Processes(3) as processes:
        went = await processes.all(use_one_of_many, url, new_name(), _heavy(60, 120), 20.0)

    stamps = [stamp for one in went for stamp in one]
    assert most_in_a_second(stamps) <= 60
    assert len(stamps) == 120


async def test_a_stalled_loop_does_not_make_two_seconds_one(make: Make) -> None:
    """Every stall leaves a few slots behind; those are not made up for all at once."""
    first, second = make(_heavy(40)), make(_heavy(40))

    async def stall() -> None:
        for seconds in (0.07, 0.3, 0.02):
            await anyio.sleep(0.3)
            time.sleep(seconds)  # noqa: ASYNC251  which is the point

    went, other, _ = await asyncio.gather(
        use(first, Label.HEAVY, seconds=1.6), use(second, Label.HEAVY, seconds=1.6), stall()
    )

    assert most_in_a_second(went + other) <= 40


async def test_who_goes_late_moves_what_comes_a_second_later(make: Make) -> None:
    """A connection that has to be made, say."""
    rate_limiter, other = make(_heavy(2)), make(_heavy(2))
    await rate_limiter.acquire(Label.HEAVY)
    permit = await rate_limiter.acquire(Label.HEAVY)
    await anyio.sleep(0.3)
    arrived = time.monotonic()

    permit.mark_sent()
    await other.acquire(Label.HEAVY)
    await other.acquire(Label.HEAVY)

    assert time.monotonic() - arrived >= 1


async def test_the_day_is_spent_to_the_last_request_and_not_one_more(make: Make) -> None:
    plan = Plan(light=500, medium=500, heavy=500, heavy_per_day=100)
    shared = [make(plan) for _ in range(4)]

    went = await asyncio.gather(*(use(rate_limiter, Label.HEAVY, seconds=20) for rate_limiter in shared))

    assert sum(len(stamps) for stamps in went) == 100
    status = (await shared[0].status())[Label.HEAVY]
    assert (status.used, status.remaining) == (100, 0)
    for rate_limiter in shared:
        with pytest.raises(DailyQuotaExhausted) as caught:
            await rate_limiter.acquire(Label.HEAVY)
        assert caught.value.resumes_at == status.resets_at


async def test_who_gives_up_takes_nothing_of_the_day(make: Make) -> None:
    plan = Plan(light=50, medium=50, heavy=50, heavy_per_day=20)
    rate_limiter, other = make(plan), make(plan)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(rate_limiter.acquire, Label.HEAVY)
        await anyio.sleep(0.4)
        tasks.cancel_scope.cancel()
    await rate_limiter.aclose()
    used = (await other.status())[Label.HEAVY].used

    assert len(await use(other, Label.HEAVY, seconds=20)) == 20 - used
    assert used < 20


async def test_labels_with_one_purse_spend_the_same_day(make: Make) -> None:
    plan = Plan(light=1, medium=1, heavy=500, resource_intensive=500, heavy_per_day=10)
    rate_limiter, other = make(plan), make(plan)

    went = await asyncio.gather(
        use(rate_limiter, Label.HEAVY, seconds=20), use(other, Label.RESOURCE_INTENSIVE, seconds=20)
    )

    assert sum(len(stamps) for stamps in went) == 10


async def test_a_pause_is_everybodys(make: Make) -> None:
    rate_limiter, other = make(), make()
    await asyncio.gather(*(each.acquire(Label.HEAVY) for each in (rate_limiter, other)))

    await rate_limiter.on_rate_limited(Label.HEAVY, 0.6)
    began = time.monotonic()
    await other.acquire(Label.LIGHT)
    light = time.monotonic()
    await asyncio.gather(*(each.acquire(Label.HEAVY) for each in (rate_limiter, other)))

    assert time.monotonic() - began >= 0.59
    assert light - began < 0.5


async def test_a_pause_ends_without_a_burst(make: Make) -> None:
    rate_limiter, other = make(_heavy(10)), make(_heavy(10))

    async def pause() -> None:
        await anyio.sleep(0.6)
        await rate_limiter.on_rate_limited(Label.HEAVY, 0.4)

    went, others, _ = await asyncio.gather(
        use(rate_limiter, Label.HEAVY, seconds=1.6), use(other, Label.HEAVY, seconds=1.6), pause()
    )

    assert most_in_a_second(went + others) <= 10


async def test_a_spent_day_is_everybodys_at_once(make: Make) -> None:
    plan = Plan(light=500, medium=500, heavy=2, heavy_per_day=1000)
    rate_limiter, other = make(plan), make(plan)

    async def refused(shared: RedisRateLimiter) -> datetime:
        try:
            while True:
                await shared.acquire(Label.HEAVY)
        except DailyQuotaExhausted as spent:
            return spent.resumes_at

    waiting = [asyncio.create_task(refused(shared)) for shared in (rate_limiter, other) for _ in range(20)]
    await anyio.sleep(0.1)
    await rate_limiter.on_daily_limit(Label.HEAVY, TOMORROW)

    assert {moment.replace(microsecond=0) for moment in await asyncio.gather(*waiting)} <= {
        TOMORROW.replace(microsecond=0) + timedelta(seconds=second) for second in (0, 1)
    }
    with pytest.raises(DailyQuotaExhausted):
        await other.acquire(Label.RESOURCE_INTENSIVE)
    await other.acquire(Label.LIGHT)


async def test_refusals_again_and_again_slow_everybody_down(make: Make) -> None:
    told: list[Event] = []
    rate_limiter, other = make(), make()
    other.subscribe(told.append)

    for shared in (rate_limiter, other, rate_limiter):
        await shared.on_rate_limited(Label.HEAVY, 0.01)
        await anyio.sleep(0.02)
    await other.acquire(Label.HEAVY)

    assert told == [RateAdjusted(Label.HEAVY, 375, 500)]
    assert [(await each.status())[Label.HEAVY].rate for each in (rate_limiter, other)] == [375, 375]


async def test_an_urgent_call_goes_before_those_of_its_process(make: Make) -> None:
    rate_limiter, order = make(_heavy(20)), list[str]()

    async def call(kind: str) -> None:
        await rate_limiter.acquire(Label.HEAVY, priority=kind == "urgent")
        order.append(kind)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(call, "other")
        await anyio.sleep(0.01)
        tasks.start_soon(call, "urgent")

    assert order.index("urgent") <= 1


async def test_what_zoom_says_is_left_is_known_to_all(make: Make) -> None:
    plan = Plan(light=500, medium=500, heavy=500, heavy_per_day=100)
    rate_limiter, other = make(plan), make(plan)
    await rate_limiter.acquire(Label.HEAVY)

    rate_limiter.observe(Label.HEAVY, {"x-ratelimit-type": "Daily-limit", "x-ratelimit-remaining": "10"})
    await rate_limiter.acquire(Label.HEAVY)

    assert (await other.status())[Label.HEAVY].remaining == 9


async def test_the_day_is_zooms(make: Make) -> None:
    rate_limiter, other = make(), make()
    await rate_limiter.acquire(Label.HEAVY)
    moment = datetime(2030, 1, 1, 23, 30, tzinfo=UTC)

    rate_limiter.observe(Label.HEAVY, {"date": format_datetime(moment, usegmt=True)})
    await rate_limiter.acquire(Label.HEAVY)

    status = (await other.status())[Label.HEAVY]
    assert status.resets_at == datetime(2030, 1, 2, tzinfo=UTC)
    assert status.used == 1


async def test_a_server_that_forgot_its_scripts_is_told_again(make: Make, url: str) -> None:
    rate_limiter = make()
    await rate_limiter.acquire(Label.HEAVY)
    async with Redis.from_url(url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.script_flush()

    await rate_limiter.acquire(Label.HEAVY)


async def test_a_server_that_comes_back_empty_allows_no_burst_and_no_new_day(server: Server) -> None:
    plan = _heavy(20, 1000)
    shared = [RedisRateLimiter(server.url, plan, name="test", latency_jitter=0.05) for _ in range(2)]
    before = await asyncio.gather(*(use(each, Label.HEAVY, seconds=0.6) for each in shared))
    went = [stamp for stamps in before for stamp in stamps]

    server.kill()
    server.start()
    after = await asyncio.gather(*(use(each, Label.HEAVY, seconds=1.7) for each in shared))

    assert all(after)
    assert most_in_a_second([*went, *after[0], *after[1]]) <= 20
    assert (await shared[0].status())[Label.HEAVY].used >= len(went) + sum(map(len, after))
    for each in shared:
        await each.aclose()


async def test_without_redis_nothing_is_sent(server: Server) -> None:
    rate_limiter = RedisRateLimiter(server.url, FAST, name="test")
    await rate_limiter.acquire(Label.HEAVY)
    server.kill()

    outcomes = await asyncio.gather(*(rate_limiter.acquire(Label.HEAVY) for _ in range(100)), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {RedisUnavailable}
    with pytest.raises(RedisUnavailable):
        await rate_limiter.status()
    await rate_limiter.on_rate_limited(Label.HEAVY, 0.1)
    await rate_limiter.on_daily_limit(Label.LIGHT, TOMORROW)

    server.start()
    with anyio.fail_after(10):
        while True:
            try:
                await rate_limiter.acquire(Label.HEAVY)
            except RedisUnavailable:
                await anyio.sleep(0.05)
            else:
                break
    await rate_limiter.aclose()


async def test_a_redis_that_hangs_is_as_good_as_away() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    rate_limiter = RedisRateLimiter(f"redis://127.0.0.1:{port}", FAST, name="test")

    async with silent:
        with anyio.fail_after(10), pytest.raises(RedisUnavailable, match="did not answer within 2 seconds"):
            await rate_limiter.acquire(Label.HEAVY)
        await rate_limiter.aclose()


@pytest.mark.parametrize("name", ["", "a{b}", "a\nb"], ids=repr)
def test_a_name_that_makes_no_key_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="name must be"):
        RedisRateLimiter("redis://localhost", FAST, name=name)


@pytest.mark.parametrize("address", ["redis://me:canary/@host:1", "http://me:canary@host", "redis://me:x@host:canary"])
def test_an_address_that_cannot_be_read_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(ConfigError, match="Redis URL") as caught:
        RedisRateLimiter(address, FAST, name="test")

    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("address", ["redis://me:canary@127.0.0.1:1", "unix://me:canary@/nowhere"])
async def test_no_password_is_shown(address: str) -> None:
    rate_limiter = RedisRateLimiter(address, FAST, name="test")

    with pytest.raises(RedisUnavailable) as caught:
        await rate_limiter.acquire(Label.HEAVY)

    shown = f"{rate_limiter!r}{caught.value!r}{''.join(traceback.format_exception(caught.value))}"
    assert "canary" not in shown
    await rate_limiter.aclose()


@pytest.mark.parametrize("text", [False, True], ids=["bytes", "text"])
async def test_a_client_of_the_callers_stays_open(url: str, text: bool) -> None:  # noqa: FBT001  a parameter of the test
    async with Redis.from_url(url, decode_responses=text) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        rate_limiter = RedisRateLimiter(redis, FAST, name=new_name())
        await rate_limiter.acquire(Label.HEAVY)
        await rate_limiter.aclose()
        await rate_limiter.aclose()

        assert await redis.get(new_name()) is None
