"""The session layer: requests, access tokens, and secrets in errors."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from urllib.parse import urlsplit

import anyio
import pytest
from support.clock import in_virtual_time
from support.memory import (
    CREATE_ROW,
    GET_ROW,
    LIST_ROWS,
    MemoryTransport,
    NumberedTokens,
    Row,
    RowPage,
    answering,
    open_session,
    response,
)

from zoomasync import Plan, StaticToken, ZoomError
from zoomasync._core.endpoint import Call
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync.errors import PermissionDenied, TransportError, Unauthorized

ROW_1 = response(200, {"number": 1})
EXPIRED_TOKEN = response(401, {"code": 124, "message": "Access token is expired."})
PER_SECOND_429 = response(
    429, {"code": 429, "message": "You have reached the maximum per-second rate limit."}, {"Retry-After": "5"}
)
LOST_CONNECTION = TransportError("x", "the connection was lost before a response came")


def _token_of(request: HttpRequest) -> str:
    return request.headers["Authorization"].removeprefix("Bearer ")


@in_virtual_time
async def test_get_request_content() -> None:
    transport = MemoryTransport(answering(ROW_1))

    row = await open_session(transport).send(GET_ROW.at("7", from_="x y"))

    (request,) = transport.requests
    assert row == Row(1)
    assert (request.method, request.url) == ("GET", "https://api.zoom.test/v2/rows/7?from=x%20y")
    assert _token_of(request) == "static-token"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("zoomasync/")
    assert "Content-Type" not in request.headers
    assert request.body is None


@in_virtual_time
async def test_body_is_sent_as_json() -> None:
    transport = MemoryTransport(answering(response(201, {"number": 1})))

    await open_session(transport).send(CREATE_ROW.at(body=Row(1)))

    (request,) = transport.requests
    assert (request.headers["Content-Type"], request.body) == ("application/json", b'{"number":1}')


@in_virtual_time
async def test_expired_token_renewed_once() -> None:
    """A thousand callers with the same expired token cause one renewal and at most two sends each."""
    credentials = NumberedTokens()

    async def app(request: HttpRequest) -> HttpResponse:
        await anyio.sleep(0.2)
        return EXPIRED_TOKEN if _token_of(request) == "token-1" else ROW_1

    transport = MemoryTransport(app)
    session = open_session(transport, credentials=credentials, plan=Plan(light=500, medium=1, heavy=1))

    rows = await asyncio.gather(*(session.send(GET_ROW.at(number)) for number in range(1000)))

    sends = Counter(urlsplit(request.url).path for request in transport.requests)
    assert len(rows) == 1000
    assert credentials.fetched == 2
    assert max(sends.values()) == 2
    assert session.stats["GET /rows/{rowId}"].calls == len(transport.requests)


@in_virtual_time
async def test_expired_token_resends_write() -> None:
    """A write that was rejected for its token is sent again: it did not run."""
    transport = MemoryTransport(answering(EXPIRED_TOKEN, response(201, {"number": 1})))

    assert await open_session(transport, credentials=NumberedTokens()).send(CREATE_ROW.at()) == Row(1)
    assert [_token_of(request) for request in transport.requests] == ["token-1", "token-2"]


@in_virtual_time
async def test_second_401_raises() -> None:
    """A call renews its token once at most."""
    credentials = NumberedTokens()
    transport = MemoryTransport(answering(EXPIRED_TOKEN))

    with pytest.raises(Unauthorized):
        await open_session(transport, credentials=credentials).send(GET_ROW.at("1"))

    assert len(transport.requests) == 2
    assert credentials.fetched == 2


@in_virtual_time
async def test_static_token_is_not_resent() -> None:
    transport = MemoryTransport(answering(EXPIRED_TOKEN))

    with pytest.raises(Unauthorized):
        await open_session(transport, credentials=StaticToken("old")).send(GET_ROW.at("1"))

    assert len(transport.requests) == 1


@in_virtual_time
async def test_missing_scope_keeps_token() -> None:
    """A missing scope does not renew the token, although its status is 401."""
    credentials = NumberedTokens()
    missing_scope = response(
        401, {"code": 4711, "message": "Invalid access token, does not contain scopes:[row:read:admin]."}
    )
    transport = MemoryTransport(answering(missing_scope))

    with pytest.raises(PermissionDenied, match="Needs one of: row:read:admin, row:read:list_rows:admin"):
        await open_session(transport, credentials=credentials).send(LIST_ROWS.at())

    assert (len(transport.requests), credentials.fetched) == (1, 1)


@in_virtual_time
async def test_token_expires_during_backoff() -> None:
    """Each retry gets the token anew, so a long backoff does not send an expired one."""
    credentials = NumberedTokens(lifetime=100.0)
    transport = MemoryTransport(answering(*[response(503, b"", {"Retry-After": "50"})] * 3, ROW_1))
    session = open_session(transport, credentials=credentials)

    await session.send(GET_ROW.at("1"))

    assert _token_of(transport.requests[-1]) == "token-2"


@in_virtual_time
async def test_cancelled_caller_sends_nothing() -> None:
    """A caller that is cancelled in the wait queue sends nothing and consumes no permit."""
    transport = MemoryTransport(answering(response(200, {"rows": []})))
    session = open_session(transport, plan=Plan.FREE)
    callers = [asyncio.create_task(session.send(LIST_ROWS.at())) for _ in range(5)]
    await anyio.sleep(0.5)

    for caller in callers[1:]:
        caller.cancel()
    await asyncio.wait(callers)

    assert len(transport.requests) == 1
    assert await session.send(LIST_ROWS.at()) == RowPage(items=())


@pytest.mark.parametrize(
    "failure",
    [response(404), response(500), EXPIRED_TOKEN, response(200, b"<html>"), LOST_CONNECTION, PER_SECOND_429],
    ids=["404", "500", "401", "not JSON", "lost connection", "429"],
)
@pytest.mark.parametrize("call", [GET_ROW.at("1"), CREATE_ROW.at()], ids=["GET", "POST"])
@in_virtual_time
async def test_raised_error_hides_token(call: Call[object], failure: HttpResponse | Exception) -> None:
    """Neither the message nor the traceback of an error contains the token."""
    texts: list[str] = []

    session = open_session(MemoryTransport(answering(failure)), credentials=StaticToken("canary-token"))
    try:
        await session.send(call)
    except ZoomError as error:
        texts.append(f"{error} {error!r}")
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        texts.extend(report.format())
    assert texts
    assert "canary-token" not in "".join(texts)
