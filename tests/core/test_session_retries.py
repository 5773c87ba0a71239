"""Retries of the session layer: which failures are retried, and when they end."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from support.clock import in_virtual_time, now
from support.memory import (
    CREATE_ROW,
    GET_ROW,
    PUT_ROW,
    SERVER_TIME,
    MemoryTransport,
    Row,
    answering,
    error_body,
    open_session,
    response,
)

from zoomasync import RetryPolicy, ZoomError
from zoomasync._core.call_stats import CallStats
from zoomasync._core.endpoint import Call
from zoomasync._core.http_messages import HttpResponse
from zoomasync.errors import (
    BadRequest,
    ConcurrentRequest,
    Conflict,
    ConnectError,
    DailyLimitReached,
    DecodeError,
    NotFound,
    OutcomeUnknown,
    PayloadError,
    PermissionDenied,
    RateLimited,
    ServerError,
    StatusError,
    TimedOut,
    TransportError,
)

ROW_1 = response(200, {"number": 1})
PER_SECOND_429 = response(
    429, {"code": 429, "message": "You have reached the maximum per-second rate limit."}, {"Retry-After": "5"}
)
LOST_CONNECTION = TransportError("x", "the connection was lost before a response came")


@in_virtual_time
async def test_429_resends_write() -> None:
    """A write that got a 429 is sent again: it did not run."""
    transport = MemoryTransport(answering(PER_SECOND_429, response(201, {"number": 1})))

    assert await open_session(transport).send(CREATE_ROW.at()) == Row(1)


@pytest.mark.parametrize(
    ("limited", "error_type"),
    [
        pytest.param(
            response(429, {"code": 429, "message": "You have reached the maximum daily rate limit."}),
            DailyLimitReached,
            id="daily",
        ),
        pytest.param(response(429, b"", {"Retry-After": "999999999"}), RateLimited, id="30 years"),
        pytest.param(
            response(429, b'{"message":"Too many concurrent requests"}', {"Retry-After": "61"}),
            ConcurrentRequest,
            id="concurrent for 61 s",
        ),
    ],
)
@in_virtual_time
async def test_long_limit_raises_at_once(limited: HttpResponse, error_type: type[ZoomError]) -> None:
    """A limit that lasts longer than `max_retry_after` raises without a wait."""
    transport, started = MemoryTransport(answering(limited)), now()

    with pytest.raises(error_type):
        await open_session(transport).send(GET_ROW.at("1"))

    assert len(transport.requests) == 1
    assert now() - started < 1


@pytest.mark.parametrize(
    "failure",
    [
        response(500),
        response(502, b"<html>"),
        response(503, b"", {"Retry-After": "1"}),
        LOST_CONNECTION,
        TimedOut("x", "late"),
        PayloadError("x", "cut off"),
        ConnectError("x", "no connection"),
    ],
    ids=["500", "502", "503", "lost connection", "timeout", "broken body", "no connection"],
)
@pytest.mark.parametrize("call", [GET_ROW.at("1"), PUT_ROW.at("1")], ids=["GET", "PUT"])
@in_virtual_time
async def test_safe_call_is_retried(call: Call[object], failure: HttpResponse | Exception) -> None:
    """A safe or idempotent call is sent again after a temporary error."""
    transport = MemoryTransport(answering(failure, ROW_1))
    session = open_session(transport)

    await session.send(call)

    assert session.stats[call.name] == CallStats(calls=2, retries=1)


@in_virtual_time
async def test_undecodable_body_retried_once() -> None:
    """A response that cannot be decoded is requested once more, then raises."""
    login_page = response(200, b"<html>Log in to the Wi-Fi</html>")
    session = open_session(MemoryTransport(answering(login_page, ROW_1)))
    failing_session = open_session(MemoryTransport(answering(login_page)))

    assert await session.send(GET_ROW.at("1")) == Row(1)
    with pytest.raises(DecodeError):
        await failing_session.send(GET_ROW.at("1"))

    assert failing_session.stats["GET /rows/{rowId}"].calls == 2


@pytest.mark.parametrize(
    "failure",
    [
        LOST_CONNECTION,
        TimedOut("x", "late"),
        PayloadError("x", "cut off"),
        response(500),
        response(502, b"<html>Bad Gateway</html>"),
        response(503),
        response(504),
        response(201, b"{"),
    ],
    ids=["lost connection", "timeout", "broken body", "500", "502", "503", "504", "not JSON"],
)
@in_virtual_time
async def test_uncertain_write_is_not_resent(failure: HttpResponse | Exception) -> None:
    """A write that may have been carried out is not sent again, and the error says so."""
    transport = MemoryTransport(answering(failure))

    with pytest.raises(OutcomeUnknown) as caught:
        await open_session(transport).send(CREATE_ROW.at())

    assert len(transport.requests) == 1
    assert isinstance(caught.value.cause, TransportError | ServerError | DecodeError)


@in_virtual_time
async def test_lost_result_keeps_status() -> None:
    """A write whose result was lost after its status has that status."""
    transport = MemoryTransport(answering(PayloadError("x", "cut off", status=201)))

    with pytest.raises(OutcomeUnknown) as caught:
        await open_session(transport).send(CREATE_ROW.at())

    assert caught.value.status == 201
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("failure", "error_type"),
    [
        pytest.param(response(404, error_body(3001, "Meeting does not exist.")), NotFound, id="404"),
        pytest.param(response(409, error_body(3000, "Meeting is busy.")), Conflict, id="409"),
        pytest.param(response(400, error_body(300, "Registration is limited.")), BadRequest, id="400"),
        pytest.param(response(403, error_body(2305, "The summary is blocked.")), PermissionDenied, id="403"),
    ],
)
@pytest.mark.parametrize("call", [GET_ROW.at("1"), PUT_ROW.at("1"), CREATE_ROW.at()], ids=["GET", "PUT", "POST"])
@in_virtual_time
async def test_rejection_is_not_retried(
    call: Call[object], failure: HttpResponse, error_type: type[StatusError]
) -> None:
    """A final error of Zoom raises after one send, with Zoom's code and message."""
    transport = MemoryTransport(answering(failure))

    with pytest.raises(error_type) as caught:
        await open_session(transport).send(call)

    assert len(transport.requests) == 1
    assert error_body(caught.value.code, caught.value.message) == msgspec.json.decode(failure.body)


@pytest.mark.parametrize(
    "failure",
    [ConnectError("x", "no connection"), response(503, b"", {"Retry-After": "1"})],
    ids=["no connection", "503"],
)
@in_virtual_time
async def test_unsent_write_is_resent(failure: HttpResponse | Exception) -> None:
    """A write that Zoom cannot have carried out is sent again."""
    transport = MemoryTransport(answering(failure, response(201, {"number": 1})))

    assert await open_session(transport).send(CREATE_ROW.at()) == Row(1)


@in_virtual_time
async def test_last_attempt_raises_500() -> None:
    transport = MemoryTransport(answering(response(500)))
    session = open_session(transport, retry=RetryPolicy(attempts=3))

    with pytest.raises(ServerError):
        await session.send(GET_ROW.at("1"))

    assert session.stats["GET /rows/{rowId}"] == CallStats(calls=3, retries=2)


@in_virtual_time
async def test_last_attempt_raises_429() -> None:
    transport, started = MemoryTransport(answering(PER_SECOND_429)), now()
    session = open_session(transport, retry=RetryPolicy(attempts=3))

    with pytest.raises(RateLimited):
        await session.send(GET_ROW.at("1"))

    assert session.stats["GET /rows/{rowId}"] == CallStats(calls=3, retries=2, throttled=3)
    assert now() - started >= 10


@in_virtual_time
async def test_retry_after_uses_server_clock() -> None:
    """A Retry-After time is compared with the server's Date header, not with the local clock."""
    limited = response(
        429,
        b"",
        {"Date": SERVER_TIME.strftime("%a, %d %b %Y %H:%M:%S GMT"), "Retry-After": "2026-03-18T12:00:09Z"},
    )
    started = now()

    await open_session(MemoryTransport(answering(limited, ROW_1))).send(GET_ROW.at("1"))

    assert 9 <= now() - started < 9.1


@in_virtual_time
async def test_retried_delete_accepts_404() -> None:
    """A 404 ends a retried DELETE as done if an earlier attempt may have deleted the resource."""
    not_found = response(404, {"code": 404, "message": "Poll not found."})
    delete = replace(PUT_ROW, route="DELETE /rows/{rowId}")

    await open_session(MemoryTransport(answering(response(502), not_found))).send(delete.at("1"))
    with pytest.raises(NotFound):
        await open_session(MemoryTransport(answering(not_found))).send(delete.at("1"))


REJECTIONS = [
    pytest.param(response(404, error_body(3001, "Meeting does not exist.")), id="404"),
    pytest.param(response(400, error_body(300, "Validation Failed.")), id="400"),
    pytest.param(response(403, b"<html>"), id="firewall"),
    pytest.param(response(302), id="redirect"),
    pytest.param(response(429, error_body(429, "You have reached the maximum daily rate limit.")), id="daily limit"),
]


@pytest.mark.parametrize("lost", [LOST_CONNECTION, TimedOut("x", "late"), response(502)], ids=["lost", "late", "502"])
@pytest.mark.parametrize("rejection", REJECTIONS)
@in_virtual_time
async def test_rejected_retry_of_write(lost: HttpResponse | Exception, rejection: HttpResponse) -> None:
    """A rejection of the retry says nothing about the first attempt, which may have been carried out."""
    session = open_session(MemoryTransport(answering(lost, rejection)))

    with pytest.raises(OutcomeUnknown) as caught:
        await session.send(PUT_ROW.at("1"))

    assert isinstance(caught.value.cause, TransportError | ServerError)


@pytest.mark.parametrize("rejection", REJECTIONS)
@in_virtual_time
async def test_rejected_retry_of_get(rejection: HttpResponse) -> None:
    session = open_session(MemoryTransport(answering(LOST_CONNECTION, rejection)))

    with pytest.raises(StatusError):
        await session.send(GET_ROW.at("1"))


async def test_unsent_delete_is_not_done() -> None:
    """A DELETE that was never sent, and then meets 404, raises NotFound."""
    delete = replace(PUT_ROW, route="DELETE /rows/{rowId}")
    unsent = ConnectError(delete.route, "no connection")
    missing = response(404, error_body(3001, "Row does not exist."))
    session = open_session(MemoryTransport(answering(unsent, missing)))

    with pytest.raises(NotFound):
        await session.send(delete.at(1))
