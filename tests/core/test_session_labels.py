"""The session layer and corrected labels: which label the permits, waits and 429s of a route belong to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.events import into
from support.memory import (
    CREATE_ROW,
    GET_ROW,
    LIST_ROWS,
    MemoryTransport,
    answering,
    open_session,
    response,
)

from zoomasync import Label, Plan, RetryPolicy, ZoomError
from zoomasync._core.call_options import CallOptions
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.rate_limiter import RateLimiter
from zoomasync.errors import DailyLimitReached, PerSecondLimitReached
from zoomasync.events import Event, LabelCorrected
from zoomasync.rate_limits import LocalRateLimiter

PLAN = replace(Plan.BUSINESS, resource_intensive_per_day=30_000)
PER_SECOND = {"code": 429, "message": "You have reached the maximum per-second rate limit."}
DAILY = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}
GET = "GET /rows/{rowId}"
SLOW_ROW = replace(GET_ROW, label=Label.RESOURCE_INTENSIVE)


def row(category: str, **headers: str) -> HttpResponse:
    """Return a response that names the label *category*; underscores in names of *headers* become hyphens."""
    others = {name.replace("_", "-"): text for name, text in headers.items()}
    return response(200, {"number": 1}, {"X-RateLimit-Category": category, **others})


def rows(category: str) -> HttpResponse:
    return response(200, {"rows": []}, {"X-RateLimit-Category": category})


def limiter_of(plan: Plan) -> LocalRateLimiter:
    return LocalRateLimiter(plan, clock=asyncio.get_running_loop().time)


async def used(limiter: RateLimiter) -> dict[Label, int]:
    """Return the requests of the day under every label that has some."""
    return {label: status.used for label, status in (await limiter.status()).items() if status.used}


@in_virtual_time
async def test_next_call_has_zooms_label() -> None:
    """A response that names a slower label changes the label of the next call; its own permit stays."""
    limiter, events = limiter_of(PLAN), list[Event]()
    session = open_session(MemoryTransport(answering(row("Heavy"))), rate_limiter=limiter)
    session.events.subscribe(into(events))
    view = session.with_options(CallOptions(priority=True))

    await view.send(GET_ROW.at("1"))
    assert await used(limiter) == {Label.LIGHT: 1}
    await session.send(GET_ROW.at("2"))
    await view.send(GET_ROW.at("3"))

    assert await used(limiter) == {Label.LIGHT: 1, Label.HEAVY: 2}
    assert events == [LabelCorrected(GET, Label.LIGHT, Label.HEAVY)]


@in_virtual_time
async def test_calls_at_once_one_event() -> None:
    """Responses to calls that were sent under the old label report one change."""
    events = list[Event]()
    session = open_session(MemoryTransport(answering(row("Heavy"))))
    session.events.subscribe(into(events))

    async with anyio.create_task_group() as tasks:
        for number in range(60):
            tasks.start_soon(session.send, GET_ROW.at(number))

    assert events == [LabelCorrected(GET, Label.LIGHT, Label.HEAVY)]


@pytest.mark.parametrize(
    "other",
    [
        response(429, PER_SECOND, {"X-RateLimit-Category": "Heavy"}),
        response(404, {"code": 3001, "message": "unknown"}, {"X-RateLimit-Category": "Heavy"}),
        response(500, b"", {"X-RateLimit-Category": "Heavy"}),
        response(200, {"code": 200, "message": "Only for paid accounts."}, {"X-RateLimit-Category": "Heavy"}),
        response(200, b"<html>sign in</html>", {"X-RateLimit-Category": "Heavy"}),
        response(200, {"other": 1}, {"X-RateLimit-Category": "Heavy"}),
    ],
    ids=["429", "404", "500", "embedded error", "login page", "another object"],
)
@in_virtual_time
async def test_only_success_corrects(other: HttpResponse) -> None:
    """Neither an error nor the page of a gateway corrects the label of its route."""
    limiter = limiter_of(PLAN)
    transport = MemoryTransport(answering(other, other, other, row("Light")))
    session = open_session(transport, rate_limiter=limiter, retry=RetryPolicy(attempts=1))
    for _ in range(3):
        with pytest.raises(ZoomError):
            await session.send(GET_ROW.at("1"))

    await session.send(GET_ROW.at("1"))

    assert await used(limiter) == {Label.LIGHT: 4}


@in_virtual_time
async def test_waiting_calls_leave_slow_queue() -> None:
    """Calls in the queue of a slow label are sent at once when Zoom names a faster one."""
    limiter = limiter_of(PLAN)
    session = open_session(MemoryTransport(answering(row("Light"))), rate_limiter=limiter)
    began = now()

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(session.send, SLOW_ROW.at(number))

    assert now() - began < 10  # 20 per minute would take two minutes
    assert await used(limiter) == {Label.RESOURCE_INTENSIVE: 3, Label.LIGHT: 47}


@in_virtual_time
async def test_waiting_calls_keep_slower_rate() -> None:
    """Calls that waited under a fast label are sent at the rate of the slower one that Zoom has named."""
    arrivals: list[float] = []

    async def app(_: HttpRequest) -> HttpResponse:
        arrivals.append(now())
        await anyio.sleep(0.21)
        return row("Heavy")

    session = open_session(MemoryTransport(app), plan=Plan(light=20, medium=10, heavy=2))
    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(session.send, GET_ROW.at(number))

    corrected_at = arrivals[0] + 0.21
    late = [arrival for arrival in arrivals if arrival > corrected_at]
    assert len(late) >= 20
    for start in late:
        assert len([arrival for arrival in late if start <= arrival < start + 1]) <= 2


@in_virtual_time
async def test_retry_has_zooms_label() -> None:
    """A call that is sent again counts under the label that Zoom has named meanwhile."""
    limiter = limiter_of(PLAN)
    answers = answering(response(503, b"", {"Retry-After": "5"}), row("Heavy"))
    session = open_session(MemoryTransport(answers), rate_limiter=limiter)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.send, GET_ROW.at("1"))
        await anyio.sleep(1)
        await session.send(GET_ROW.at("2"))

    assert await used(limiter) == {Label.LIGHT: 2, Label.HEAVY: 1}


@in_virtual_time
async def test_429_pauses_label_in_effect() -> None:
    """A 429 pauses the label that Zoom has named, and not the one of the reference."""
    limited = response(429, PER_SECOND, {"Retry-After": "30"})
    transport = MemoryTransport(answering(row("Heavy"), limited, row("Heavy"), row("Heavy"), rows("Heavy")))
    session = open_session(transport)
    await session.send(GET_ROW.at("1"))
    began = now()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.send, GET_ROW.at("1"))
        await anyio.sleep(1)
        await session.send(CREATE_ROW.at())
        assert now() - began < 2  # its label is the route's former one
        await session.send(LIST_ROWS.at())
        assert now() - began >= 30


@in_virtual_time
async def test_daily_429_blocks_label_in_effect() -> None:
    transport = MemoryTransport(answering(row("Heavy"), response(429, DAILY), row("Light")))
    session = open_session(transport)
    await session.send(GET_ROW.at("1"))
    with pytest.raises(DailyLimitReached):
        await session.send(GET_ROW.at("1"))

    with pytest.raises(DailyLimitReached):
        await session.send(LIST_ROWS.at())
    await session.send(CREATE_ROW.at())

    assert len(transport.requests) == 3


@in_virtual_time
async def test_daily_quota_of_zooms_label() -> None:
    transport = MemoryTransport(answering(row("Heavy")))
    session = open_session(transport, plan=replace(PLAN, heavy_per_day=2))
    for _ in range(3):
        await session.send(GET_ROW.at("1"))

    with pytest.raises(DailyLimitReached):
        await session.send(GET_ROW.at("1"))

    assert len(transport.requests) == 3


@pytest.mark.parametrize(("category", "label"), [("Heavy", Label.HEAVY), ("Light", Label.LIGHT)])
@in_virtual_time
async def test_headers_describe_named_label(category: str, label: Label) -> None:
    """The remaining daily quota in a response belongs to the label that it names, corrected or not."""
    limiter = limiter_of(Plan.FREE)
    answer = row(category, X_RateLimit_Limit="6000", X_RateLimit_Remaining="7")
    session = open_session(MemoryTransport(answering(answer)), rate_limiter=limiter)

    await session.send(replace(GET_ROW, label=Label.MEDIUM).at("1"))

    remaining = {label: status.remaining for label, status in (await limiter.status()).items()}
    assert remaining[label] == 7
    assert remaining[Label.MEDIUM] == 1999


@pytest.mark.parametrize(("max_wait", "is_sent"), [(17, False), (22, True)])
@in_virtual_time
async def test_max_wait_covers_both_queues(max_wait: float, is_sent: bool) -> None:  # noqa: FBT001  a case
    """The time that a call has waited under its former label counts in its *max_wait*."""

    async def app(_: HttpRequest) -> HttpResponse:
        await anyio.sleep(5)
        return rows("Heavy") if urlsplit(_.url).path.endswith("/rows") else row("Heavy")

    session = open_session(MemoryTransport(app), plan=Plan(light=0.1, medium=1, heavy=1 / 15))
    waiting = session.with_options(CallOptions(max_wait=max_wait))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.send, LIST_ROWS.at())  # the next heavy call is sent 15 seconds later
        tasks.start_soon(session.send, GET_ROW.at("1"))  # corrects the label after five seconds
        await anyio.sleep(0.1)
        if is_sent:
            await waiting.send(GET_ROW.at("2"))
        else:
            with pytest.raises(PerSecondLimitReached):
                await waiting.send(GET_ROW.at("2"))


@pytest.mark.parametrize("order", ["before", "after"])
@in_virtual_time
async def test_cancelled_during_correction(order: str) -> None:
    """A waiting call that is cancelled at the moment of a correction ends, and consumes no permit."""
    limiter = limiter_of(replace(PLAN, light=1))

    async def app(_: HttpRequest) -> HttpResponse:
        await asyncio.sleep(1)
        if order == "before":
            waiting.cancel()
        return row("Heavy")

    def on_event(event: Event) -> None:
        if order == "after" and isinstance(event, LabelCorrected):
            waiting.cancel()

    session = open_session(MemoryTransport(app), rate_limiter=limiter)
    session.events.subscribe(on_event)
    first = asyncio.create_task(session.send(GET_ROW.at("1")))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(session.send(GET_ROW.at("2")))
    await first
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert await used(limiter) == {Label.LIGHT: 1}
