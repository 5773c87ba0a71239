"""TokenBucket in virtual time: rate, order, pauses, cancellation and priority."""

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

from zoomasync.rate_limits._token_bucket import TokenBucket

RATES = [0.3, 1.0, 2.0, 2.5, 4.0, 10.0, 40.0, 80.0]
every_rate = pytest.mark.parametrize("rate", RATES)


def _bucket(rate: float) -> TokenBucket:
    return TokenBucket(rate, clock=asyncio.get_running_loop().time)


async def _acquire(bucket: TokenBucket, sends: list[float]) -> None:
    await bucket.acquire()
    sends.append(now())


def _most_in_any(window: float, sends: Iterable[float]) -> int:
    """Return the most sends in any window [t, t + window)."""
    ordered = sorted(sends)
    return max((bisect_left(ordered, start + window) - index for index, start in enumerate(ordered)), default=0)


def _assert_within(rate: float, sends: Iterable[float]) -> None:
    """Assert that no second holds more than *rate* sends, and no interval of a rate below 1 is too short."""
    window = max(1.0, 1 / rate)
    assert _most_in_any(window, sends) <= math.ceil(rate)


@every_rate
@in_virtual_time
async def test_bucket_keeps_rate(rate: float) -> None:
    bucket, sends = _bucket(rate), list[float]()

    async with anyio.create_task_group() as tasks:
        for _ in range(int(rate * 4) + 3):
            tasks.start_soon(_acquire, bucket, sends)

    _assert_within(rate, sends)


@every_rate
@in_virtual_time
async def test_bucket_uses_whole_rate(rate: float) -> None:
    bucket, started = _bucket(rate), now()
    calls = max(10, int(rate * 10))

    async with anyio.create_task_group() as tasks:
        for _ in range(calls):
            tasks.start_soon(bucket.acquire)

    # The first call does not wait, so n calls take n - 1 intervals.
    assert (calls - 1) / (now() - started) >= 0.97 * rate


# Callers: the arrival of each, and the seconds after which it is cancelled, or None.
CALLERS = st.lists(st.tuples(st.floats(0, 3), st.none() | st.floats(0, 2)), min_size=1, max_size=60)
PAUSES = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2)), max_size=3)


@given(rate=st.sampled_from(RATES) | st.floats(0.5, 100), callers=CALLERS, pauses=PAUSES)
@settings(max_examples=200)
@in_virtual_time
async def test_bucket_keeps_rate_in_any_use(
    rate: float, callers: list[tuple[float, float | None]], pauses: list[tuple[float, float]]
) -> None:
    bucket, sends, held = _bucket(rate), list[float](), list[tuple[float, float]]()

    async def call(arrival: float, cancel_after: float | None) -> None:
        await anyio.sleep(arrival)
        with anyio.move_on_after(cancel_after):
            await _acquire(bucket, sends)

    async def hold(begin: float, seconds: float) -> None:
        await anyio.sleep(begin)
        bucket.pause(seconds)
        held.append((now(), now() + seconds))

    async with anyio.create_task_group() as tasks:
        for caller in callers:
            tasks.start_soon(call, *caller)
        for pause in pauses:
            tasks.start_soon(hold, *pause)

    _assert_within(rate, sends)
    assert not [moment for moment in sends for begin, end in held if begin < moment < end]
    assert len(sends) >= sum(cancel_after is None for _, cancel_after in callers)


@given(st.lists(st.floats(0, 2), min_size=2, max_size=40))
@settings(max_examples=100)
@in_virtual_time
async def test_bucket_serves_in_order(arrivals: list[float]) -> None:
    bucket = _bucket(10)
    arrived: list[int] = []
    served: list[int] = []

    async def call(number: int, arrival: float) -> None:
        await anyio.sleep(arrival)
        arrived.append(number)
        await bucket.acquire()
        served.append(number)

    async with anyio.create_task_group() as tasks:
        for number, arrival in enumerate(arrivals):
            tasks.start_soon(call, number, arrival)

    assert served == arrived


@every_rate
@in_virtual_time
async def test_cancelled_callers_cost_no_rate(rate: float) -> None:
    bucket, sends, started = _bucket(rate), list[float](), now()
    calls = max(10, int(rate * 10))

    async with anyio.create_task_group() as tasks:
        for number in range(2 * calls):
            if number % 2:
                tasks.start_soon(_acquire, bucket, sends)
            else:
                cancelled = asyncio.create_task(_acquire(bucket, sends))
                # The cancelled callers are everywhere in the queue: at its head, in its middle and at its end.
                asyncio.get_running_loop().call_later(0.1 * number / rate, cancelled.cancel)

    assert len(sends) >= calls
    assert (len(sends) - 1) / (now() - started) >= 0.97 * rate
    _assert_within(rate, sends)


@in_virtual_time
async def test_pause_ends_without_burst() -> None:
    bucket, sends = _bucket(10), list[float]()

    paused_at = now() + 2

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(_acquire, bucket, sends)
        await anyio.sleep(2)
        bucket.pause(5)

    assert not [moment for moment in sends if paused_at + 0.001 < moment < paused_at + 5]
    assert min(moment for moment in sends if moment > paused_at + 0.001) == pytest.approx(paused_at + 5, abs=0.01)
    _assert_within(10, sends)


@every_rate
@in_virtual_time
async def test_pause_holds_leader(rate: float) -> None:
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
async def test_longest_pause_counts() -> None:
    bucket, started = _bucket(10), now()
    bucket.pause(5)
    bucket.pause(1)

    assert bucket.paused_for == pytest.approx(5, abs=0.001)
    await bucket.acquire()

    assert now() - started == pytest.approx(5, abs=0.001)
    assert bucket.paused_for == 0.0


@in_virtual_time
async def test_stalled_loop_keeps_rate() -> None:
    """A permit counts from the moment at which its caller runs, however late that is."""
    stalled_for = 0.0
    loop = asyncio.get_running_loop()
    bucket = TokenBucket(4, clock=lambda: loop.time() + stalled_for)
    sends: list[float] = []

    for number in range(40):
        await bucket.acquire()
        sends.append(loop.time() + stalled_for)
        if number % 5 == 0:
            stalled_for += 0.9

    _assert_within(4, sends)


@in_virtual_time
async def test_late_sends_keep_rate() -> None:
    """At a cold start each connection takes 0.3 seconds to open, and the server counts arrivals."""
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
async def test_priority_waits_for_one_permit() -> None:
    bucket, waits = _bucket(10), list[float]()

    async def priority(arrival: float) -> None:
        await anyio.sleep(arrival)
        arrived = now()
        await bucket.acquire(priority=True)
        waits.append(now() - arrived)

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(bucket.acquire)
        for arrival in (0.01, 1.33, 2.5, 7.77):
            tasks.start_soon(priority, arrival)

    # A permit is a tenth of a second away, and a window is a little longer than a second.
    assert max(waits) <= 0.1 + 0.02


@in_virtual_time
async def test_priority_starves_nobody() -> None:
    bucket, served = _bucket(10), list[str]()

    async def call(kind: str) -> None:
        await bucket.acquire(priority=kind == "priority")
        served.append(kind)

    async with anyio.create_task_group() as tasks:
        for kind in ["other"] * 20 + ["priority"] * 100:
            tasks.start_soon(call, kind)

    for start in range(90):
        assert "other" in served[start : start + 6]


@given(
    rate=st.sampled_from(RATES),
    callers=st.lists(st.tuples(st.floats(0, 3), st.none() | st.floats(0, 2), st.booleans()), min_size=1, max_size=60),
)
@settings(max_examples=200, deadline=None)
@in_virtual_time
async def test_lanes_keep_rate_and_callers(rate: float, callers: list[tuple[float, float | None, bool]]) -> None:
    bucket, sends = _bucket(rate), list[float]()

    async def call(arrival: float, cancel_after: float | None, priority: bool) -> None:  # noqa: FBT001  one of a tuple
        await anyio.sleep(arrival)
        with anyio.move_on_after(cancel_after):
            await bucket.acquire(priority=priority)
            sends.append(now())

    async with anyio.create_task_group() as tasks:
        for caller in callers:
            tasks.start_soon(call, *caller)

    _assert_within(rate, sends)
    assert len(sends) >= sum(cancel_after is None for _, cancel_after, _ in callers)


@in_virtual_time
async def test_free_permit_is_part_of_burst() -> None:
    """Of four calls at a time, one takes the free permit, one is the other of the burst, and two wait."""
    bucket, sends = _bucket(40.0), list[float]()
    assert bucket.take_free() is not None
    started = now()
    assert bucket.take_free() is None

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(_acquire, bucket, sends)

    assert [round(40 * (at - started), 2) for at in sends] == [0, 1, 2]


@every_rate
@in_virtual_time
async def test_free_permits_keep_rate(rate: float) -> None:
    """Calls that arrive a little faster than the rate, and never wait, stay below it."""
    bucket, sends = _bucket(rate), list[float]()
    for _ in range(int(rate * 4) + 20):
        if bucket.take_free() is not None:
            sends.append(now())
        await anyio.sleep(0.9 / rate)

    _assert_within(rate, sends)
    assert len(sends) >= 10


@in_virtual_time
async def test_paused_bucket_has_no_free_permit() -> None:
    bucket = _bucket(40.0)
    bucket.pause(1.0)

    assert bucket.take_free() is None
    await anyio.sleep(1.0)
    assert bucket.take_free() is not None


@in_virtual_time
async def test_free_permit_overtakes_nobody() -> None:
    """After a stall of the event loop, a caller that waited for the end of a pause has not continued yet."""
    stalled_for = 0.0
    loop = asyncio.get_running_loop()
    bucket = TokenBucket(4, clock=lambda: loop.time() + stalled_for)
    bucket.pause(1)
    waiting = asyncio.create_task(bucket.acquire())
    await anyio.sleep(0.1)

    stalled_for = 5.0

    assert bucket.take_free() is None
    await waiting
