"""The session layer and rate limits: the four kinds of 429, the client's own quotas, permits and priority."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import anyio
import pytest
from msgspec import structs
from support.clock import in_virtual_time, now
from support.memory import (
    CREATE_ROW,
    GET_ROW,
    LIST_ROWS,
    PUT_ROW,
    MemoryTransport,
    NumberedTokens,
    Row,
    answering,
    open_session,
    response,
)

from zoomasync import Plan, RetryPolicy, ZoomError
from zoomasync._core.call_options import CallOptions
from zoomasync._core.call_stats import CallStats
from zoomasync._core.endpoint import ResourceQuota
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.errors import (
    BadRequest,
    ConfigError,
    ConnectError,
    DailyLimitReached,
    RateLimited,
    ResourceLimitReached,
    TLSError,
    Unauthorized,
)
from zoomasync.rate_limits import LocalRateLimiter

MIDNIGHT = datetime(2026, 3, 19, tzinfo=UTC)
ROW_1 = response(200, {"number": 1}, {"Date": "Wed, 18 Mar 2026 12:00:00 GMT"})
NO_ROWS = response(200, {"rows": []})
PER_SECOND_429 = response(
    429, {"code": 429, "message": "You have reached the maximum per-second rate limit."}, {"Retry-After": "5"}
)
DAILY_429 = response(
    429,
    {"code": 429, "message": "You have reached the maximum daily rate limit for this API."},
    {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-03-19T00:00:00Z", "Date": "Wed, 18 Mar 2026 12:00:00 GMT"},
)
RESOURCE_429 = response(
    429,
    {"code": 429, "message": "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests."},
    {"X-RateLimit-Category": "Light", "X-RateLimit-Remaining": "5893", "Date": "Wed, 18 Mar 2026 12:00:00 GMT"},
)
CONCURRENT_429 = response(429, {"code": 429, "message": "Too many concurrent requests. Try again later."})


@in_virtual_time
async def test_daily_429_stops_its_label() -> None:
    """After a daily 429, calls of the label raise without being sent; other labels continue."""
    transport = MemoryTransport(answering(DAILY_429, ROW_1))
    session = open_session(transport)

    for _ in range(3):
        with pytest.raises(DailyLimitReached) as caught:
            await session.send(LIST_ROWS.at())
        assert caught.value.resumes_at == MIDNIGHT

    assert len(transport.requests) == 1
    assert await session.send(GET_ROW.at("1")) == Row(1)  # another label


@pytest.mark.parametrize("kind", ["daily", "resource"])
@pytest.mark.parametrize("date", ["Thu, 01 Jan 2099 12:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"])
@in_virtual_time
async def test_wrong_date_defers_for_a_day_only(kind: str, date: str) -> None:
    """A wrong Date beside a daily limit does not move its end by years."""
    limited = DAILY_429 if kind == "daily" else RESOURCE_429
    headers = {name: text for name, text in limited.headers.items() if name != "retry-after"}
    transport = MemoryTransport(answering(structs.replace(limited, headers={**headers, "date": date})))

    with pytest.raises(DailyLimitReached if kind == "daily" else ResourceLimitReached) as caught:
        await open_session(transport).send(LIST_ROWS.at())

    assert isinstance(caught.value, DailyLimitReached | ResourceLimitReached)
    assert caught.value.resumes_at == MIDNIGHT


@in_virtual_time
async def test_429_with_wrong_date_sets_no_clock() -> None:
    """A 429 is one response, which does not confirm its own Date."""
    limiter = LocalRateLimiter(Plan.BUSINESS, clock=asyncio.get_running_loop().time)
    limited = response(429, b"", {"Retry-After": "0", "Date": "Wed, 01 Jan 2031 00:00:00 GMT"})
    session = open_session(MemoryTransport(answering(limited, ROW_1)), rate_limiter=limiter)

    await session.send(GET_ROW.at("1"))

    assert limiter.server_clock.now().year == 2026


@in_virtual_time
async def test_label_resumes_next_day() -> None:
    transport = MemoryTransport(answering(DAILY_429, NO_ROWS))
    session = open_session(transport)
    with pytest.raises(DailyLimitReached):
        await session.send(LIST_ROWS.at())

    await anyio.sleep(12 * 3600 + 1)

    await session.send(LIST_ROWS.at())
    assert len(transport.requests) == 2


@in_virtual_time
async def test_exhausted_quota_sends_nothing() -> None:
    """A call beyond the client's own daily quota raises before it is sent."""
    transport = MemoryTransport(answering(structs.replace(NO_ROWS, headers={"date": "Wed, 18 Mar 2026 12:00:00 GMT"})))
    session = open_session(transport, plan=replace(Plan.BUSINESS, heavy_per_day=2))
    await session.send(LIST_ROWS.at())
    await session.send(LIST_ROWS.at())

    with pytest.raises(DailyLimitReached) as caught:
        await session.send(LIST_ROWS.at())

    assert caught.value.resumes_at == MIDNIGHT
    assert str(caught.value) == (
        "GET /rows -> 429: The daily quota of this client is used up; the call was not sent. "
        "Resumes at 2026-03-19T00:00:00Z."
    )
    assert len(transport.requests) == 2


@in_virtual_time
async def test_resource_429_fails_one_call() -> None:
    """A 429 for the quota of one host raises for that call and delays no other."""
    transport = MemoryTransport(answering(RESOURCE_429, response(201, {"number": 2})))
    session = open_session(transport)

    with pytest.raises(ResourceLimitReached) as caught:
        await session.send(CREATE_ROW.at(body=Row(1)))

    assert caught.value.resumes_at == MIDNIGHT
    started = now()
    assert await session.send(CREATE_ROW.at(body=Row(2))) == Row(2)
    assert now() - started < 0.1


@in_virtual_time
async def test_resource_429_headers_say_daily() -> None:
    """The 429 of one registrant defers no other call, though its headers name the daily limit."""
    message = "You have exceeded the daily rate limit of (3) for Add meeting registrant for the registrant (a@x)"
    headers = {"X-RateLimit-Type": "Daily-limit", "X-RateLimit-Remaining": "0", "Retry-After": "2026-03-19T00:00:00Z"}
    limited = response(429, {"code": 429, "message": message}, headers)
    transport = MemoryTransport(answering(limited, response(201, {"number": 2})))
    session = open_session(transport, plan=Plan.FREE)

    with pytest.raises(ResourceLimitReached):
        await session.send(CREATE_ROW.at())
    began = now()

    assert await session.send(CREATE_ROW.at()) == Row(2)
    assert now() - began < 1
    assert len(transport.requests) == 2


@in_virtual_time
async def test_concurrent_429_serializes_writes() -> None:
    """After a 429 for simultaneous writes, the client sends writes on that resource one at a time."""
    active: list[str] = []
    active_at_start: list[tuple[str, ...]] = []

    async def app(request: HttpRequest) -> HttpResponse:
        row = request.url.rpartition("/")[2]
        if row in active:
            return CONCURRENT_429
        active.append(row)
        active_at_start.append(tuple(active))
        await asyncio.sleep(0.3)
        active.remove(row)
        return response(204)

    transport = MemoryTransport(app)
    session = open_session(transport)
    async with anyio.create_task_group() as tasks:
        for row in ("a", "a", "a", "a", "b"):
            tasks.start_soon(session.send, PUT_ROW.at(row))

    assert sum(rows[-1] == "a" for rows in active_at_start) == 4
    # Three of the four writes on "a" were rejected once; their retries ran one at a time, so none was rejected again.
    assert len(transport.requests) == 5 + 3
    assert any("b" in rows and "a" in rows for rows in active_at_start)


@in_virtual_time
async def test_priority_call_passes_queue() -> None:
    transport = MemoryTransport(answering(NO_ROWS))
    session = open_session(transport, plan=replace(Plan.BUSINESS, heavy=2))
    priority = session.with_options(CallOptions(priority=True))
    finished: list[str] = []

    async def call(name: str) -> None:
        await (priority if name == "priority" else session).send(LIST_ROWS.at())
        finished.append(name)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call, "other")
        await anyio.sleep(2.1)
        tasks.start_soon(call, "priority")

    assert finished.index("priority") <= 6
    assert session.stats["GET /rows"].calls == 21


@pytest.mark.parametrize(
    "error",
    [
        ConnectError("GET /rows", "cannot connect"),
        TLSError("GET /rows", "not trusted"),
        ConfigError("the client was closed"),
    ],
    ids=["connect", "TLS", "closed"],
)
@in_virtual_time
async def test_unsent_request_refunds_permit(error: ZoomError) -> None:
    """A request that reached no server does not count against the daily quota."""
    transport = MemoryTransport(answering(error))
    session = open_session(transport, plan=replace(Plan.BUSINESS, heavy_per_day=3), retry=RetryPolicy(attempts=1))

    for _ in range(5):
        with pytest.raises(type(error)):
            await session.send(LIST_ROWS.at())


class FailingRefresh:
    """Credentials whose second fetch fails; the first token expires before a queued call is sent."""

    def __init__(self) -> None:
        self._tokens: list[Token | ZoomError] = [
            Token("token-1", 60),
            Unauthorized("POST /oauth/token", 400),
            Token("token-3", 3600),
        ]

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        token = self._tokens.pop(0)
        if isinstance(token, ZoomError):
            raise token
        return token


@in_virtual_time
async def test_token_error_refunds_permit() -> None:
    """A call whose token cannot be refreshed after its wait does not count against the daily quota."""
    pause = response(429, {"code": 429, "message": "per-second"}, {"Retry-After": "60"})
    transport = MemoryTransport(answering(NO_ROWS, pause, NO_ROWS))
    plan = replace(Plan.BUSINESS, heavy_per_day=3)
    session = open_session(transport, credentials=FailingRefresh(), plan=plan)
    await session.send(LIST_ROWS.at())

    with pytest.raises(Unauthorized):
        await session.send(LIST_ROWS.at())

    await session.send(LIST_ROWS.at())
    assert len(transport.requests) == 3


@in_virtual_time
async def test_raised_429_pauses_label() -> None:
    """A 429 that is raised instead of retried pauses its label too, for `max_retry_after` at most."""
    long_429 = response(429, {"code": 429, "message": "per-second"}, {"Retry-After": "120"})
    transport = MemoryTransport(answering(long_429, NO_ROWS))
    session = open_session(transport)
    with pytest.raises(RateLimited):
        await session.send(LIST_ROWS.at())
    started = now()

    await session.send(LIST_ROWS.at())

    assert now() - started >= 59


@in_virtual_time
async def test_token_wait_keeps_rate() -> None:
    """Requests that waited for a token refresh stay below the rate when they are sent together."""
    arrivals: list[float] = []

    async def app(request: HttpRequest) -> HttpResponse:
        arrivals.append(now())
        authorization = request.headers["Authorization"]
        return response(401, {"code": 124, "message": "expired"}) if authorization.endswith("-1") else NO_ROWS

    session = open_session(MemoryTransport(app), credentials=NumberedTokens())
    async with anyio.create_task_group() as tasks:
        for _ in range(120):
            tasks.start_soon(session.send, LIST_ROWS.at())

    for start in arrivals:
        assert len([arrival for arrival in arrivals if start <= arrival < start + 1]) <= 40


@in_virtual_time
async def test_resource_quota_is_enforced() -> None:
    """A change beyond the quota of one host raises before it is sent; other hosts are not affected."""
    transport = MemoryTransport(answering(response(201, {"number": 1}, {"Date": "Wed, 18 Mar 2026 12:00:00 GMT"})))
    session = open_session(transport)
    host, other = ResourceQuota("host", "canary@northpier.example", 3), ResourceQuota("host", "other", 3)
    for _ in range(3):
        await session.send(CREATE_ROW.at(body=Row(1)).with_resource_quotas(host))

    with pytest.raises(ResourceLimitReached) as caught:
        await session.send(CREATE_ROW.at(body=Row(1)).with_resource_quotas(host))

    assert caught.value.resumes_at == MIDNIGHT
    assert "The limit of 3 per day for one host is reached; the call was not sent." in str(caught.value)
    assert "canary" not in str(caught.value) + repr(CREATE_ROW.at().with_resource_quotas(host))
    await session.send(CREATE_ROW.at(body=Row(1)).with_resource_quotas(other))
    assert len(transport.requests) == 4


@in_virtual_time
async def test_rejected_change_is_not_counted() -> None:
    """A change that Zoom rejected does not count against the resource quota."""
    transport = MemoryTransport(answering(response(400, {"code": 300, "message": "Validation Failed."})))
    session = open_session(transport)

    for _ in range(5):
        with pytest.raises(BadRequest):
            await session.send(CREATE_ROW.at(body=Row(1)).with_resource_quotas(ResourceQuota("host", "h", 3)))

    assert len(transport.requests) == 5


@in_virtual_time
async def test_429_pauses_its_label_only() -> None:
    """A 429 delays all calls of its label for Retry-After, and no call of another label."""
    sends: list[tuple[str, float]] = []

    async def app(request: HttpRequest) -> HttpResponse:
        path = urlsplit(request.url).path.removeprefix("/v2")
        sends.append((path, now()))
        if path == "/rows":
            return (
                PER_SECOND_429
                if len([path for path, _ in sends if path == "/rows"]) == 1
                else response(200, {"rows": []})
            )
        return ROW_1

    session = open_session(MemoryTransport(app))
    started = now()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.send, LIST_ROWS.at())
        await anyio.sleep(0.1)
        for _ in range(100):
            tasks.start_soon(session.send, LIST_ROWS.at())
            tasks.start_soon(session.send, GET_ROW.at("1"))

    heavy = sorted(time - started for path, time in sends if path == "/rows")
    light = sorted(time - started for path, time in sends if path == "/rows/1")
    assert len(heavy) == 102
    assert heavy[1] >= 5
    assert heavy[40] - heavy[1] < 1 < heavy[41] - heavy[1]
    assert len(light) == 100
    assert light[-1] < 2
    assert session.stats["GET /rows"] == CallStats(calls=102, retries=1, throttled=1)


@in_virtual_time
async def test_concurrent_429_delays_its_caller() -> None:
    """A 429 for simultaneous requests delays the call that got it, and no other."""
    concurrent = response(429, {"code": 429, "message": "Too many concurrent requests."}, {"Retry-After": "60"})
    transport = MemoryTransport(answering(concurrent, ROW_1))
    session = open_session(transport)
    started = now()

    waiter = asyncio.create_task(session.send(CREATE_ROW.at()))
    await anyio.sleep(0.1)
    await session.send(CREATE_ROW.at())

    assert now() - started < 1
    await waiter
    assert now() - started >= 60
