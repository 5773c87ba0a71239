from __future__ import annotations

import asyncio
import math
from bisect import bisect_left
from collections.abc import Iterable

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import in_virtual_time, now

from zoomasync import Label, Plan
from zoomasync.errors import ConfigError
from zoomasync.rate_limits._token_bucket import TokenBucket

RATES = [0.3, 1.0, 2.0, 2.5, 4.0, 10.0, 40.0, 80.0]
every_rate = pytest.mark.parametrize("rate", RATES)


def _bucket(rate: float) -> TokenBucket:
    return TokenBucket(rate, clock=asyncio.get_running_loop().time)


async def _take(bucket: TokenBucket, releases: list[float]) -> None:
    await bucket.acquire()
    releases.append(now())


def _most_in_any(window: float, releases: Iterable[float]) -> int:
    """Return the most releases that any window [t, t + window) holds."""
    ordered = sorted(releases)
    return max((bisect_left(ordered, start + window) - index for index, start in enumerate(ordered)), default=0)


def _assert_within(rate: float, releases: Iterable[float]) -> None:
    """Assert that no second holds more than *rate*, and below one a second that none comes early."""
    window = max(1.0, 1 / rate)
    assert _most_in_any(window, releases) <= math.ceil(rate)


@every_rate
@in_virtual_time
async def test_no_second_ever_holds_more_than_the_rate(rate: float) -> None:
    bucket, releases = _bucket(rate), list[float]()

    async with anyio.create_task_group() as tasks:
        for _ in range(int(rate * 4) + 3):
            tasks.start_soon(_take, bucket, releases)

    _assert_within(rate, releases)


@every_rate
@in_virtual_time
async def test_the_rate_is_used_up_from_the_first_moment_on(rate: float) -> None:
    bucket, started = _bucket(rate), now()
    calls = max(10, int(rate * 10))

    async with anyio.create_task_group() as tasks:
        for _ in range(calls):
            tasks.start_soon(bucket.acquire)

    # The first needs no wait, so that many calls take one interval less.
    assert (calls - 1) / (now() - started) >= 0.97 * rate


# What may happen to one caller: when it comes, and how long it waits before it is cancelled, if it is.
CALLERS = st.lists(st.tuples(st.floats(0, 3), st.none() | st.floats(0, 2)), min_size=1, max_size=60)
PAUSES = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2)), max_size=3)


@given(rate=st.sampled_from(RATES) | st.floats(0.5, 100), callers=CALLERS, pauses=PAUSES)
@settings(max_examples=200)
@in_virtual_time
async def test_no_arrivals_cancellations_or_pauses_break_the_rate(
    rate: float, callers: list[tuple[float, float | None]], pauses: list[tuple[float, float]]
) -> None:
    bucket, releases, held = _bucket(rate), list[float](), list[tuple[float, float]]()

    async def call(arrival: float, patience: float | None) -> None:
        await anyio.sleep(arrival)
        with anyio.move_on_after(patience):
            await _take(bucket, releases)

    async def hold(begin: float, seconds: float) -> None:
        await anyio.sleep(begin)
        bucket.pause(seconds)
        held.append((now(), now() + seconds))

    async with anyio.create_task_group() as tasks:
        for caller in callers:
            tasks.start_soon(call, *caller)
        for pause in pauses:
            tasks.start_soon(hold, *pause)

    _assert_within(rate, releases)
    assert not [moment for moment in releases for begin, end in held if begin < moment < end]
    assert len(releases) >= sum(patience is None for _, patience in callers)


@given(st.lists(st.floats(0, 2), min_size=2, max_size=40))
@settings(max_examples=100)
@in_virtual_time
async def test_who_comes_first_is_served_first(arrivals: list[float]) -> None:
    bucket = _bucket(10)
    came: list[int] = []
    served: list[int] = []

    async def call(number: int, arrival: float) -> None:
        await anyio.sleep(arrival)
        came.append(number)
        await bucket.acquire()
        served.append(number)

    async with anyio.create_task_group() as tasks:
        for number, arrival in enumerate(arrivals):
            tasks.start_soon(call, number, arrival)

    assert served == came


@every_rate
@in_virtual_time
async def test_callers_who_give_up_take_no_slot_with_them(rate: float) -> None:
    bucket, releases, started = _bucket(rate), list[float](), now()
    calls = max(10, int(rate * 10))

    async with anyio.create_task_group() as tasks:
        for number in range(2 * calls):
            if number % 2:
                tasks.start_soon(_take, bucket, releases)
            else:
                impatient = asyncio.create_task(_take(bucket, releases))
                # At its head, in its middle and right at the start: all over the queue.
                asyncio.get_running_loop().call_later(0.1 * number / rate, impatient.cancel)

    assert len(releases) >= calls
    assert (len(releases) - 1) / (now() - started) >= 0.97 * rate
    _assert_within(rate, releases)


@in_virtual_time
async def test_a_pause_holds_everybody_and_ends_without_a_burst() -> None:
    bucket, releases = _bucket(10), list[float]()

    paused_at = now() + 2

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(_take, bucket, releases)
        await anyio.sleep(2)
        bucket.pause(5)

    assert not [moment for moment in releases if paused_at + 0.001 < moment < paused_at + 5]
    assert min(moment for moment in releases if moment > paused_at + 0.001) == pytest.approx(paused_at + 5, abs=0.01)
    _assert_within(10, releases)


@every_rate
@in_virtual_time
async def test_a_pause_that_begins_while_the_next_waits_for_its_turn_holds_it_too(rate: float) -> None:
    bucket = _bucket(rate)
    await bucket.acquire()
    await bucket.acquire()
    waiting = asyncio.create_task(bucket.acquire())
    await anyio.sleep(0.5 / rate)

    bucket.pause(10)
    ends = now() + 10
    await waiting

    assert now() >= ends


@in_virtual_time
async def test_the_longest_pause_counts() -> None:
    bucket, started = _bucket(10), now()
    bucket.pause(5)
    bucket.pause(1)

    assert bucket.paused_for == pytest.approx(5, abs=0.001)
    await bucket.acquire()

    assert now() - started == pytest.approx(5, abs=0.001)
    assert bucket.paused_for == 0.0


@in_virtual_time
async def test_a_stalled_loop_does_not_make_two_seconds_one() -> None:
    """The moment that counts is when a caller goes on, however late it is woken."""
    stalled_for = 0.0
    loop = asyncio.get_running_loop()
    bucket = TokenBucket(4, clock=lambda: loop.time() + stalled_for)
    releases: list[float] = []

    for number in range(40):
        await bucket.acquire()
        releases.append(loop.time() + stalled_for)
        if number % 5 == 0:
            stalled_for += 0.9

    _assert_within(4, releases)


@pytest.mark.parametrize(
    ("name", "plan"),
    [("free", Plan.FREE), ("Pro", Plan.PRO), (" BUSINESS\n", Plan.BUSINESS)],
    ids=["free", "Pro", "upper"],
)
def test_a_plan_has_a_name(name: str, plan: Plan) -> None:
    assert Plan.named(name) == plan


@pytest.mark.parametrize("name", ["", "enterprise ", "prö"])
def test_an_unknown_plan_is_refused_with_the_choice(name: str) -> None:
    with pytest.raises(ConfigError, match="choose one of free, pro, business"):
        Plan.named(name)


@given(st.floats(0.001, 1))
def test_a_share_is_never_rounded_up(fraction: float) -> None:
    share = Plan.FREE.share(fraction)

    assert [share.light, share.medium, share.heavy] == [4 * fraction, 2 * fraction, fraction]
    for label in Label:
        whole, part = Plan.FREE.per_day(label), share.per_day(label)
        assert whole is not None
        assert part is not None
        assert part <= whole * fraction


@pytest.mark.parametrize("fraction", [0, -0.5, 1.01, math.nan, math.inf])
def test_a_share_is_a_part_of_the_whole(fraction: float) -> None:
    with pytest.raises(ConfigError, match="share of a plan"):
        Plan.PRO.share(fraction)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize("label", Label)
def test_a_plan_is_of_rates_that_can_be_kept(label: Label, rate: float) -> None:
    rates = dict.fromkeys(Label, 1.0) | {label: rate}

    with pytest.raises(ConfigError, match=f"Plan: {label.value} must be"):
        Plan(
            light=rates[Label.LIGHT],
            medium=rates[Label.MEDIUM],
            heavy=rates[Label.HEAVY],
            resource_intensive=rates[Label.RESOURCE_INTENSIVE],
        )


def test_on_paid_plans_the_heavy_labels_share_one_budget_of_the_day_and_the_light_ones_have_none() -> None:
    for plan, per_day in ((Plan.PRO, 30_000), (Plan.BUSINESS, 60_000)):
        assert [plan.per_day(label) for label in Label] == [None, None, per_day, per_day]
        assert plan.quota_label(Label.RESOURCE_INTENSIVE) is Label.HEAVY


def test_on_the_free_plan_every_label_has_a_budget_of_its_own() -> None:
    assert [Plan.FREE.per_day(label) for label in Label] == [6_000, 2_000, 1_000, 30_000]
    assert [Plan.FREE.quota_label(label) for label in Label] == list(Label)


@in_virtual_time
async def test_requests_that_go_out_late_begin_their_second_late() -> None:
    """A cold start: every connection takes 0.3 seconds to make, and the server counts what arrives."""
    bucket, arrivals = _bucket(10), list[float]()
    connected = 0

    async def call() -> None:
        nonlocal connected
        mark_sent = await bucket.acquire()
        if connected < 5:
            connected += 1
            await anyio.sleep(0.3)
            mark_sent()
        arrivals.append(now())

    async with anyio.create_task_group() as tasks:
        for _ in range(60):
            tasks.start_soon(call)

    _assert_within(10, arrivals)


@in_virtual_time
async def test_an_urgent_caller_waits_for_one_slot_whoever_else_waits() -> None:
    bucket, waits = _bucket(10), list[float]()

    async def priority(arrival: float) -> None:
        await anyio.sleep(arrival)
        came = now()
        await bucket.acquire(priority=True)
        waits.append(now() - came)

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(bucket.acquire)
        for arrival in (0.01, 1.33, 2.5, 7.77):
            tasks.start_soon(priority, arrival)

    # A slot is a tenth of a second, and a window a little longer than one.
    assert max(waits) <= 0.1 + 0.02


@in_virtual_time
async def test_urgency_never_starves_the_others() -> None:
    bucket, served = _bucket(10), list[str]()

    async def call(kind: str) -> None:
        await bucket.acquire(priority=kind == "urgent")
        served.append(kind)

    async with anyio.create_task_group() as tasks:
        for kind in ["other"] * 20 + ["urgent"] * 100:
            tasks.start_soon(call, kind)

    for start in range(90):
        assert "other" in served[start : start + 6]


@given(
    rate=st.sampled_from(RATES),
    callers=st.lists(st.tuples(st.floats(0, 3), st.none() | st.floats(0, 2), st.booleans()), min_size=1, max_size=60),
)
@settings(max_examples=200, deadline=None)
@in_virtual_time
async def test_lanes_and_cancellations_break_no_rate_and_leave_nobody_behind(
    rate: float, callers: list[tuple[float, float | None, bool]]
) -> None:
    bucket, releases = _bucket(rate), list[float]()

    async def call(arrival: float, patience: float | None, priority: bool) -> None:  # noqa: FBT001  one of a tuple
        await anyio.sleep(arrival)
        with anyio.move_on_after(patience):
            await bucket.acquire(priority=priority)
            releases.append(now())

    async with anyio.create_task_group() as tasks:
        for caller in callers:
            tasks.start_soon(call, *caller)

    _assert_within(rate, releases)
    assert len(releases) >= sum(patience is None for _, patience, _ in callers)
