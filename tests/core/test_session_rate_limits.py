"""What a session makes of the four kinds of 429, and of its own budget."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.memory import NEW_ROW, ROW, ROWS, WHOLE_ROW, MemoryTransport, Row, answering, open_session, response

from zoomasync import Plan
from zoomasync._core.call_options import CallOptions
from zoomasync._core.endpoint import ResourceQuota
from zoomasync._core.responses import HttpRequest, HttpResponse
from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.errors import BadRequest, ConnectError, DailyLimitReached, NotFound, RateLimited, ResourceLimitReached

MIDNIGHT = datetime(2026, 3, 19, tzinfo=UTC)
FOUND = response(200, {"number": 1}, {"Date": "Wed, 18 Mar 2026 12:00:00 GMT"})
NO_ROWS = response(200, {"rows": []})
DAY_SPENT = response(
    429,
    {"code": 429, "message": "You have reached the maximum daily rate limit for this API."},
    {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-03-19T00:00:00Z", "Date": "Wed, 18 Mar 2026 12:00:00 GMT"},
)
ENTITY_SPENT = response(
    429,
    {"code": 429, "message": "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests."},
    {"X-RateLimit-Category": "Light", "X-RateLimit-Remaining": "5893", "Date": "Wed, 18 Mar 2026 12:00:00 GMT"},
)
BUSY = response(429, {"code": 429, "message": "Too many concurrent requests. Try again later."})


@in_virtual_time
async def test_a_spent_day_parks_its_label_so_that_nothing_more_is_sent() -> None:
    transport = MemoryTransport(answering(DAY_SPENT, FOUND))
    session = open_session(transport)

    for _ in range(3):
        with pytest.raises(DailyLimitReached) as refused:
            await session.send(ROWS.at())
        assert refused.value.resumes_at == MIDNIGHT

    assert len(transport.requests) == 1
    assert await session.send(ROW.at("1")) == Row(1)  # another label


@in_virtual_time
async def test_a_parked_label_goes_on_when_the_new_day_begins() -> None:
    transport = MemoryTransport(answering(DAY_SPENT, NO_ROWS))
    session = open_session(transport)
    with pytest.raises(DailyLimitReached):
        await session.send(ROWS.at())

    await anyio.sleep(12 * 3600 + 1)

    await session.send(ROWS.at())
    assert len(transport.requests) == 2


@in_virtual_time
async def test_our_own_budget_of_the_day_is_an_error_that_says_so_and_sends_nothing() -> None:
    transport = MemoryTransport(answering(replace(NO_ROWS, headers={"date": "Wed, 18 Mar 2026 12:00:00 GMT"})))
    session = open_session(transport, plan=replace(Plan.BUSINESS, heavy_per_day=2))
    await session.send(ROWS.at())
    await session.send(ROWS.at())

    with pytest.raises(DailyLimitReached) as refused:
        await session.send(ROWS.at())

    assert refused.value.resumes_at == MIDNIGHT
    assert str(refused.value) == (
        "GET /rows -> 429: This client's budget of the day is spent; the call was not sent. "
        "Resumes at 2026-03-19T00:00:00Z."
    )
    assert len(transport.requests) == 2


@in_virtual_time
async def test_the_limit_of_one_entity_fails_that_call_alone() -> None:
    transport = MemoryTransport(answering(ENTITY_SPENT, response(201, {"number": 2})))
    session = open_session(transport)

    with pytest.raises(ResourceLimitReached) as refused:
        await session.send(NEW_ROW.at(body=Row(1)))

    assert refused.value.resumes_at == MIDNIGHT
    asked = now()
    assert await session.send(NEW_ROW.at(body=Row(2))) == Row(2)
    assert now() - asked < 0.1


@in_virtual_time
async def test_writes_on_a_resource_that_minds_two_at_once_go_one_by_one_from_then_on() -> None:
    under_way: list[str] = []
    together: list[tuple[str, ...]] = []

    async def app(request: HttpRequest) -> HttpResponse:
        row = request.url.rpartition("/")[2]
        if row in under_way:
            return BUSY
        under_way.append(row)
        together.append(tuple(under_way))
        await asyncio.sleep(0.3)
        under_way.remove(row)
        return response(204)

    transport = MemoryTransport(app)
    session = open_session(transport)
    async with anyio.create_task_group() as tasks:
        for row in ("a", "a", "a", "a", "b"):
            tasks.start_soon(session.send, WHOLE_ROW.at(row))

    assert sum(rows[-1] == "a" for rows in together) == 4
    # Three were refused at the start; when they came again, they came one by one, and nobody was refused any more.
    assert len(transport.requests) == 5 + 3
    assert any("b" in rows and "a" in rows for rows in together)


@in_virtual_time
async def test_an_urgent_call_goes_before_those_that_wait() -> None:
    transport = MemoryTransport(answering(NO_ROWS))
    session = open_session(transport, plan=replace(Plan.BUSINESS, heavy=2))
    priority = session.with_options(CallOptions(priority=True))
    finished: list[str] = []

    async def call(name: str) -> None:
        await (priority if name == "urgent" else session).send(ROWS.at())
        finished.append(name)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call, "harvest")
        await anyio.sleep(2.1)
        tasks.start_soon(call, "urgent")

    assert finished.index("urgent") <= 6
    assert session.stats["GET /rows"].calls == 21


@in_virtual_time
async def test_an_outage_costs_nothing_of_the_day() -> None:
    transport = MemoryTransport(answering(ConnectError("GET /rows", "cannot connect")))
    session = open_session(transport, plan=replace(Plan.BUSINESS, heavy_per_day=3))

    for _ in range(5):
        with pytest.raises(ConnectError):
            await session.send(ROWS.at())


@in_virtual_time
async def test_a_429_that_is_given_up_pauses_its_label_all_the_same() -> None:
    long_pause = response(429, {"code": 429, "message": "per-second"}, {"Retry-After": "120"})
    transport = MemoryTransport(answering(long_pause, NO_ROWS))
    session = open_session(transport)
    with pytest.raises(RateLimited):
        await session.send(ROWS.at())
    asked = now()

    await session.send(ROWS.at())

    assert now() - asked >= 59  # as long as a call may be made to wait


@in_virtual_time
async def test_slots_that_waited_for_a_new_token_begin_their_second_when_they_go() -> None:
    arrivals: list[float] = []

    async def app(request: HttpRequest) -> HttpResponse:
        arrivals.append(now())
        bearer = request.headers["Authorization"]
        return response(401, {"code": 124, "message": "expired"}) if bearer.endswith("-1") else NO_ROWS

    class SlowTokens:
        fetched = 0

        async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
            self.fetched += 1
            await anyio.sleep(1)
            return Token(f"token-{self.fetched}", 3600)

    session = open_session(MemoryTransport(app), credentials=SlowTokens())
    async with anyio.create_task_group() as tasks:
        for _ in range(120):
            tasks.start_soon(session.send, ROWS.at())

    for start in arrivals:
        assert len([moment for moment in arrivals if start <= moment < start + 1]) <= 40


@in_virtual_time
async def test_a_delete_whose_answer_was_lost_is_done_when_there_is_nothing_left() -> None:
    gone = response(404, {"code": 404, "message": "Poll not found."})
    delete = replace(WHOLE_ROW, route="DELETE /rows/{rowId}")

    await open_session(MemoryTransport(answering(response(502), gone))).send(delete.at("1"))
    with pytest.raises(NotFound):
        await open_session(MemoryTransport(answering(gone))).send(delete.at("1"))


@in_virtual_time
async def test_what_one_entity_may_have_in_a_day_is_counted_and_the_next_is_not_sent() -> None:
    transport = MemoryTransport(answering(response(201, {"number": 1}, {"Date": "Wed, 18 Mar 2026 12:00:00 GMT"})))
    session = open_session(transport)
    canary, other = ResourceQuota("host", "canary@northpier.example", 3), ResourceQuota("host", "other", 3)
    for _ in range(3):
        await session.send(NEW_ROW.at(body=Row(1)).spending(canary))

    with pytest.raises(ResourceLimitReached) as refused:
        await session.send(NEW_ROW.at(body=Row(1)).spending(canary))

    assert refused.value.resumes_at == MIDNIGHT
    assert "The limit of 3 a day for one host is spent; the call was not sent." in str(refused.value)
    assert "canary" not in str(refused.value) + repr(NEW_ROW.at().spending(canary))
    await session.send(NEW_ROW.at(body=Row(1)).spending(other))
    assert len(transport.requests) == 4


@in_virtual_time
async def test_a_change_that_zoom_did_not_take_costs_the_entity_nothing() -> None:
    transport = MemoryTransport(answering(response(400, {"code": 300, "message": "Validation Failed."})))
    session = open_session(transport)

    for _ in range(5):
        with pytest.raises(BadRequest):
            await session.send(NEW_ROW.at(body=Row(1)).spending(ResourceQuota("host", "h", 3)))

    assert len(transport.requests) == 5
