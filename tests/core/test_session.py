from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from urllib.parse import urlsplit

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.memory import (
    NEW_ROW,
    ROW,
    ROWS,
    SERVER_TIME,
    WHOLE_ROW,
    MemoryTransport,
    Row,
    RowPage,
    answering,
    open_session,
    response,
)

from zoomasync import Plan, RetryPolicy, StaticToken, ZoomError
from zoomasync._core.endpoint import Call
from zoomasync._core.responses import HttpRequest, HttpResponse
from zoomasync._core.session import CallStats
from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.errors import (
    ConcurrentRequest,
    ConnectError,
    DailyLimitReached,
    DecodeError,
    OutcomeUnknown,
    PayloadError,
    PermissionDenied,
    RateLimited,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
)

FOUND = response(200, {"number": 1})
EXPIRED = response(401, {"code": 124, "message": "Access token is expired."})
LIMITED = response(
    429, {"code": 429, "message": "You have reached the maximum per-second rate limit."}, {"Retry-After": "5"}
)
LOST = TransportError("x", "the connection was lost before a reply came")


class NumberedTokens:
    """Credentials that give ``token-1``, ``token-2`` and so on."""

    def __init__(self) -> None:
        self.fetched = 0

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        self.fetched += 1
        await anyio.sleep(1)
        return Token(f"token-{self.fetched}", 3600)


def _bearer(request: HttpRequest) -> str:
    return request.headers["Authorization"].removeprefix("Bearer ")


@in_virtual_time
async def test_a_call_goes_out_with_everything_that_zoom_wants() -> None:
    transport = MemoryTransport(answering(FOUND))

    row = await open_session(transport).send(ROW.at("7", from_="x y"))

    (request,) = transport.requests
    assert row == Row(1)
    assert (request.method, request.url) == ("GET", "https://api.zoom.test/v2/rows/7?from=x%20y")
    assert _bearer(request) == "static-token"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("zoomasync/")
    assert "Content-Type" not in request.headers
    assert request.body is None


@in_virtual_time
async def test_a_body_goes_out_as_json() -> None:
    transport = MemoryTransport(answering(response(201, {"number": 1})))

    await open_session(transport).send(NEW_ROW.at(body=Row(1)))

    (request,) = transport.requests
    assert (request.headers["Content-Type"], request.body) == ("application/json", b'{"number":1}')


@in_virtual_time
async def test_an_expired_token_is_renewed_once_for_a_thousand_callers() -> None:
    credentials = NumberedTokens()

    async def app(request: HttpRequest) -> HttpResponse:
        await anyio.sleep(0.2)
        return EXPIRED if _bearer(request) == "token-1" else FOUND

    transport = MemoryTransport(app)
    session = open_session(transport, credentials=credentials, plan=Plan(light=500, medium=1, heavy=1))

    rows = await asyncio.gather(*(session.send(ROW.at(number)) for number in range(1000)))

    sends = Counter(urlsplit(request.url).path for request in transport.requests)
    assert len(rows) == 1000
    assert credentials.fetched == 2
    assert max(sends.values()) == 2
    assert session.stats["GET /rows/{rowId}"].calls == len(transport.requests)


@in_virtual_time
async def test_a_write_that_was_refused_for_its_token_is_sent_again() -> None:
    transport = MemoryTransport(answering(EXPIRED, response(201, {"number": 1})))

    assert await open_session(transport, credentials=NumberedTokens()).send(NEW_ROW.at()) == Row(1)
    assert [_bearer(request) for request in transport.requests] == ["token-1", "token-2"]


@in_virtual_time
async def test_a_token_that_is_refused_twice_is_not_renewed_for_ever() -> None:
    credentials = NumberedTokens()
    transport = MemoryTransport(answering(EXPIRED))

    with pytest.raises(Unauthorized):
        await open_session(transport, credentials=credentials).send(ROW.at("1"))

    assert len(transport.requests) == 2
    assert credentials.fetched == 2


@in_virtual_time
async def test_a_token_that_cannot_be_renewed_is_not_sent_again() -> None:
    transport = MemoryTransport(answering(EXPIRED))

    with pytest.raises(Unauthorized):
        await open_session(transport, credentials=StaticToken("old")).send(ROW.at("1"))

    assert len(transport.requests) == 1


@in_virtual_time
async def test_a_missing_scope_is_not_answered_by_a_new_token() -> None:
    credentials = NumberedTokens()
    refusal = response(
        401, {"code": 4711, "message": "Invalid access token, does not contain scopes:[row:read:admin]."}
    )
    transport = MemoryTransport(answering(refusal))

    with pytest.raises(PermissionDenied, match="Needs one of: row:read:admin, row:read:list_rows:admin"):
        await open_session(transport, credentials=credentials).send(ROWS.at())

    assert (len(transport.requests), credentials.fetched) == (1, 1)


@in_virtual_time
async def test_a_429_holds_everybody_of_its_label_and_nobody_else() -> None:
    sent: list[tuple[str, float]] = []

    async def app(request: HttpRequest) -> HttpResponse:
        path = urlsplit(request.url).path.removeprefix("/v2")
        sent.append((path, now()))
        if path == "/rows":
            return LIMITED if len([path for path, _ in sent if path == "/rows"]) == 1 else response(200, {"rows": []})
        return FOUND

    session = open_session(MemoryTransport(app))
    started = now()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.send, ROWS.at())
        await anyio.sleep(0.1)
        for _ in range(100):
            tasks.start_soon(session.send, ROWS.at())
            tasks.start_soon(session.send, ROW.at("1"))

    heavy = sorted(moment - started for path, moment in sent if path == "/rows")
    light = sorted(moment - started for path, moment in sent if path == "/rows/1")
    assert len(heavy) == 102
    assert heavy[1] >= 5
    assert heavy[40] - heavy[1] < 1 < heavy[41] - heavy[1]
    assert len(light) == 100
    assert light[-1] < 2
    assert session.stats["GET /rows"] == CallStats(calls=102, retries=1, throttled=1)


@in_virtual_time
async def test_a_write_that_was_throttled_is_sent_again() -> None:
    transport = MemoryTransport(answering(LIMITED, response(201, {"number": 1})))

    assert await open_session(transport).send(NEW_ROW.at()) == Row(1)


@in_virtual_time
async def test_a_busy_resource_holds_only_its_own_caller() -> None:
    busy = response(429, {"code": 429, "message": "Too many concurrent requests."}, {"Retry-After": "60"})
    transport = MemoryTransport(answering(busy, FOUND))
    session = open_session(transport)
    started = now()

    waiting = asyncio.create_task(session.send(NEW_ROW.at()))
    await anyio.sleep(0.1)
    await session.send(NEW_ROW.at())

    assert now() - started < 1
    await waiting
    assert now() - started >= 60


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(
            response(429, {"code": 429, "message": "You have reached the maximum daily rate limit."}),
            DailyLimitReached,
            id="day",
        ),
        pytest.param(response(429, b"", {"Retry-After": "999999999"}), RateLimited, id="years"),
        pytest.param(
            response(429, b'{"message":"Too many concurrent requests"}', {"Retry-After": "61"}),
            ConcurrentRequest,
            id="minute",
        ),
    ],
)
@in_virtual_time
async def test_a_limit_that_lasts_is_raised_at_once(answer: HttpResponse, kind: type[ZoomError]) -> None:
    transport, started = MemoryTransport(answering(answer)), now()

    with pytest.raises(kind):
        await open_session(transport).send(ROW.at("1"))

    assert len(transport.requests) == 1
    assert now() - started < 1


@pytest.mark.parametrize(
    "trouble",
    [
        response(500),
        response(502, b"<html>"),
        response(503, b"", {"Retry-After": "1"}),
        LOST,
        TimedOut("x", "late"),
        PayloadError("x", "cut off"),
        ConnectError("x", "refused"),
    ],
    ids=["500", "502", "503", "lost", "timeout", "payload", "connect"],
)
@pytest.mark.parametrize("call", [ROW.at("1"), WHOLE_ROW.at("1")], ids=["GET", "PUT"])
@in_virtual_time
async def test_what_does_no_harm_twice_is_sent_again_after_trouble(
    call: Call[object], trouble: HttpResponse | Exception
) -> None:
    transport = MemoryTransport(answering(trouble, FOUND))
    session = open_session(transport)

    await session.send(call)

    assert session.stats[call.name] == CallStats(calls=2, retries=1)


@in_virtual_time
async def test_a_reply_that_makes_no_sense_is_asked_for_once_more() -> None:
    portal = response(200, b"<html>Log in to the Wi-Fi</html>")
    session = open_session(MemoryTransport(answering(portal, FOUND)))
    lost_session = open_session(MemoryTransport(answering(portal)))

    assert await session.send(ROW.at("1")) == Row(1)
    with pytest.raises(DecodeError):
        await lost_session.send(ROW.at("1"))

    assert lost_session.stats["GET /rows/{rowId}"].calls == 2


@pytest.mark.parametrize(
    "trouble",
    [LOST, TimedOut("x", "late"), PayloadError("x", "cut off"), response(500), response(503), response(201, b"{")],
    ids=["lost", "timeout", "payload", "500", "503", "nonsense"],
)
@in_virtual_time
async def test_a_write_that_may_have_happened_is_never_sent_twice(trouble: HttpResponse | Exception) -> None:
    transport = MemoryTransport(answering(trouble))

    with pytest.raises(OutcomeUnknown) as caught:
        await open_session(transport).send(NEW_ROW.at())

    assert len(transport.requests) == 1
    assert isinstance(caught.value.cause, TransportError | ServerError | DecodeError)


@pytest.mark.parametrize(
    "trouble", [ConnectError("x", "refused"), response(503, b"", {"Retry-After": "1"})], ids=["refused", "503"]
)
@in_virtual_time
async def test_a_write_that_cannot_have_happened_is_sent_again(trouble: HttpResponse | Exception) -> None:
    transport = MemoryTransport(answering(trouble, response(201, {"number": 1})))

    assert await open_session(transport).send(NEW_ROW.at()) == Row(1)


@in_virtual_time
async def test_lasting_trouble_is_raised_after_the_last_attempt() -> None:
    transport = MemoryTransport(answering(response(500)))
    session = open_session(transport, retry=RetryPolicy(attempts=3))

    with pytest.raises(ServerError):
        await session.send(ROW.at("1"))

    assert session.stats["GET /rows/{rowId}"] == CallStats(calls=3, retries=2)


@in_virtual_time
async def test_a_lasting_429_is_raised_after_the_last_attempt() -> None:
    transport, started = MemoryTransport(answering(LIMITED)), now()
    session = open_session(transport, retry=RetryPolicy(attempts=3))

    with pytest.raises(RateLimited):
        await session.send(ROW.at("1"))

    assert session.stats["GET /rows/{rowId}"] == CallStats(calls=3, retries=2, throttled=3)
    assert now() - started >= 10


@in_virtual_time
async def test_a_token_that_runs_out_during_the_waits_is_replaced() -> None:
    """Retries ask for the token anew, so that a long wait does not end in a refusal."""
    credentials = NumberedTokens()
    transport = MemoryTransport(answering(*[response(503, b"", {"Retry-After": "50"})] * 75, FOUND))
    session = open_session(transport, credentials=credentials, retry=RetryPolicy(attempts=80))

    await session.send(ROW.at("1"))

    assert _bearer(transport.requests[-1]) == "token-2"


@in_virtual_time
async def test_cancelling_a_caller_in_the_queue_sends_nothing() -> None:
    transport = MemoryTransport(answering(response(200, {"rows": []})))
    session = open_session(transport, plan=Plan.FREE)
    callers = [asyncio.create_task(session.send(ROWS.at())) for _ in range(5)]
    await anyio.sleep(0.5)

    for caller in callers[1:]:
        caller.cancel()
    await asyncio.wait(callers)

    assert len(transport.requests) == 1
    assert await session.send(ROWS.at()) == RowPage(items=())


@pytest.mark.parametrize(
    "answer",
    [response(404), response(500), EXPIRED, response(200, b"<html>"), LOST, LIMITED],
    ids=["404", "500", "401", "nonsense", "lost", "429"],
)
@pytest.mark.parametrize("call", [ROW.at("1"), NEW_ROW.at()], ids=["GET", "POST"])
@in_virtual_time
async def test_no_token_is_shown_by_what_is_raised(call: Call[object], answer: HttpResponse | Exception) -> None:
    shown: list[str] = []

    session = open_session(MemoryTransport(answering(answer)), credentials=StaticToken("canary-token"))
    try:
        await session.send(call)
    except ZoomError as error:
        shown.append(f"{error} {error!r}")
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown.extend(report.format())
    assert shown
    assert "canary-token" not in "".join(shown)


@in_virtual_time
async def test_the_servers_clock_and_not_ours_says_how_long_to_wait() -> None:
    limited = response(
        429,
        b"",
        {"Date": SERVER_TIME.strftime("%a, %d %b %Y %H:%M:%S GMT"), "Retry-After": "2026-03-18T12:00:09Z"},
    )
    started = now()

    await open_session(MemoryTransport(answering(limited, FOUND))).send(ROW.at("1"))

    assert 9 <= now() - started < 9.1
