"""The metrics of calls by label, by the real SDK of OpenTelemetry, in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import anyio
import pytest
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from support.clock import in_virtual_time
from support.memory import GET_ROW, LIST_ROWS, MemoryTransport, NumberedTokens, answering, open_session, response
from support.telemetry import Telemetry

from zoomasync import Plan
from zoomasync._core.call_options import CallOptions
from zoomasync._core.download import FileSource
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync.errors import DailyLimitReached, NotFound, PerSecondLimitReached, TransportError, Unauthorized
from zoomasync.testing import FakeZoom

ROW, PAGE = response(200, {"number": 1}), response(200, {"rows": []})
LIMITED = response(
    429, {"code": 429, "message": "You have reached the maximum per-second rate limit."}, {"Retry-After": "5"}
)
DAILY = response(429, {"code": 429, "message": "You have reached the maximum daily rate limit for this API."})
MISSING = response(404, {"code": 3001, "message": "Meeting does not exist."})
LOST = TransportError("GET /rows/{rowId}", "the connection was lost")
LIGHT, HEAVY = {"zoomasync.label": "light"}, {"zoomasync.label": "heavy"}
GET = {"http.request.method": "GET", "url.template": "/rows/{rowId}"}
LIST = {"http.request.method": "GET", "url.template": "/rows"}
SERVER = {"server.address": "api.zoom.test", "server.port": 443}


@in_virtual_time
async def test_requests_and_waits() -> None:
    """Requests, waits, 429s and calls are counted by label; a wait has its reason, and a call its route."""
    telemetry = Telemetry()
    session = open_session(MemoryTransport(answering(LIMITED, ROW, PAGE)), credentials=NumberedTokens())
    session.events.subscribe(telemetry.listener)

    await session.send(GET_ROW.at("1"))
    await session.send(LIST_ROWS.at())

    points = telemetry.points()
    assert points["zoomasync.requests"] == [(LIGHT, 2), (HEAVY, 1)]
    assert points["zoomasync.wait.duration"] == [
        ({**LIGHT, "zoomasync.wait.reason": "token"}, 1),
        ({**LIGHT, "zoomasync.wait.reason": "rate_limit"}, 5),
    ]
    assert points["zoomasync.rate_limited"] == [({**LIGHT, "error.type": "PerSecondLimitReached"}, 1)]
    assert points["zoomasync.call.duration"] == [
        ({**GET, **LIGHT}, 6),
        ({**LIST, **HEAVY}, 0),
    ]


@in_virtual_time
async def test_requests_have_results() -> None:
    """The duration of a request has its status or error, as the semantic conventions say."""

    async def app(_: HttpRequest) -> HttpResponse:
        await asyncio.sleep(2)
        return await answers(_)

    answers = answering(MISSING, LOST, ROW)
    telemetry, session = Telemetry(), open_session(MemoryTransport(app))
    session.events.subscribe(telemetry.listener)
    with pytest.raises(NotFound):
        await session.send(GET_ROW.at("1"))
    await session.send(GET_ROW.at("1"))

    assert telemetry.points()["http.client.request.duration"] == [
        ({**GET, **SERVER, "http.response.status_code": 404, "error.type": "404"}, 2),
        ({**GET, **SERVER, "error.type": "TransportError"}, 2),
        ({**GET, **SERVER, "http.response.status_code": 200}, 2),
    ]
    assert telemetry.points()["zoomasync.call.duration"] == [
        ({**GET, **LIGHT, "error.type": "NotFound"}, 2),
        ({**GET, **LIGHT}, 4),
    ]


@in_virtual_time
async def test_daily_limit() -> None:
    """The remaining daily quota is that of the rate limiter. A call that the client itself holds back is no 429."""
    telemetry = Telemetry()
    plan = replace(Plan.PRO, light_per_day=10)
    session = open_session(MemoryTransport(answering(ROW, ROW, DAILY)), plan=plan)
    session.events.subscribe(telemetry.listener)

    await session.send(GET_ROW.at("1"))
    assert telemetry.points()["zoomasync.daily_quota.remaining"] == [(LIGHT, 9)]
    await session.send(GET_ROW.at("1"))
    for _ in range(3):
        with pytest.raises(DailyLimitReached):
            await session.send(GET_ROW.at("1"))

    points = telemetry.points()
    assert points["zoomasync.daily_quota.remaining"] == [(LIGHT, 7)]
    assert points["zoomasync.rate_limited"] == [({**LIGHT, "error.type": "DailyLimitReached"}, 1)]
    assert points["zoomasync.requests"] == [(LIGHT, 3)]


@in_virtual_time
async def test_retry_that_is_held_back() -> None:
    """A 429 whose retry the client holds back is counted once."""
    telemetry = Telemetry()
    session = open_session(MemoryTransport(answering(LIMITED)), plan=replace(Plan.PRO, light=1))
    session.events.subscribe(telemetry.listener)

    with pytest.raises(PerSecondLimitReached):
        await session.with_options(CallOptions(max_wait=1)).send(GET_ROW.at("1"))

    assert telemetry.points()["zoomasync.rate_limited"] == [({**LIGHT, "error.type": "PerSecondLimitReached"}, 1)]


@in_virtual_time
async def test_cancelled_request() -> None:
    telemetry = Telemetry()

    async def app(_: HttpRequest) -> HttpResponse:
        await asyncio.sleep(60)
        return ROW

    session = open_session(MemoryTransport(app))
    session.events.subscribe(telemetry.listener)
    with anyio.move_on_after(3):
        await session.send(GET_ROW.at("1"))

    points, cancelled = telemetry.points(), {"error.type": "CancelledError"}
    assert points["zoomasync.call.duration"] == [({**GET, **LIGHT, **cancelled}, 3)]
    assert points["http.client.request.duration"] == [({**GET, **SERVER, **cancelled}, 3)]


@in_virtual_time
async def test_download_has_no_label() -> None:
    telemetry = Telemetry()
    session = open_session(MemoryTransport(answering(response(200, b"0123", {"Content-Length": "4"}))))
    session.events.subscribe(telemetry.listener)
    async with session.download(FileSource("https://us02web.zoom.us/canary")) as download:
        while await download.read():
            pass

    points = telemetry.points()
    assert points["zoomasync.requests"] == [({}, 1)]
    assert [attributes for attributes, _ in points["zoomasync.call.duration"]] == [{"http.request.method": "GET"}]


async def test_access_tokens(fake: FakeZoom) -> None:
    """Each new access token is measured, and so is a failure to get one."""
    telemetry = Telemetry()
    async with fake.client(on_event=telemetry.listener) as zoom:
        await zoom.scopes()
    fake.respond("POST /oauth/token", status=400, body={"reason": "No.", "error": "invalid_client"})
    async with fake.client(on_event=telemetry.listener) as zoom:
        with pytest.raises(Unauthorized):
            await zoom.scopes()

    attributes = [attributes for attributes, _ in telemetry.points()["zoomasync.token_refresh.duration"]]
    assert attributes == [{}, {"error.type": "Unauthorized"}]


async def test_instrumented_requests_are_counted_once(fake: FakeZoom) -> None:
    """The instrumentation of aiohttp measures requests, so that we do not; our own metrics stay."""
    telemetry = Telemetry()
    AioHttpClientInstrumentor().instrument()
    try:
        async with fake.client(on_event=telemetry.listener) as zoom:
            await zoom.users.list().collect()
    finally:
        AioHttpClientInstrumentor().uninstrument()

    points = telemetry.points()
    assert "http.client.request.duration" not in points
    assert points["zoomasync.requests"] == [({"zoomasync.label": "medium"}, 1)]
