"""The session layer of a download: tokens, retries and outages, in virtual time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.memory import (
    MemoryStream,
    MemoryTransport,
    NumberedTokens,
    answering,
    open_session,
    response,
)

from zoomasync import RetryPolicy
from zoomasync._core.call_options import CallOptions
from zoomasync._core.download import FileSource
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.session import Session
from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.errors import (
    CircuitOpen,
    ConnectError,
    InvalidArgument,
    NotFound,
    PayloadError,
    PermissionDenied,
    StatusError,
    Unauthorized,
    ZoomError,
)
from zoomasync.types import ResponseInfo

URL = "https://us02web.zoom.us/rec/download/x?y=z"
CONTENT = b"0123456789"
WHOLE = response(200, CONTENT, {"Content-Length": "10"})
LOST = ConnectError("GET x", "cannot connect")
EXPIRED = response(401, {"code": 124, "message": "Access token is expired."})


def _part(start: int, end: int = 10, size: int = 10) -> HttpResponse:
    return response(206, CONTENT[start:end], {"Content-Range": f"bytes {start}-{size - 1}/{size}"})


async def _read(session: Session, source: FileSource = FileSource(URL)) -> bytes:  # noqa: B008  it is frozen
    content = b""
    async with session.download(source) as download:
        while chunk := await download.read():
            content = content[: download.offset - len(chunk)] + chunk
        assert await download.read() == b""
    return content


def _tokens(transport: MemoryTransport) -> list[str]:
    return [request.headers["Authorization"].removeprefix("Bearer ") for request in transport.requests]


@in_virtual_time
async def test_download_needs_no_permit() -> None:
    """Downloads are not limited in rate, and wait for no label that is paused."""
    transport = MemoryTransport(answering(WHOLE))
    session = open_session(transport)
    started = now()

    for _ in range(200):
        assert await _read(session) == CONTENT

    assert now() - started < 0.1
    assert {request.url for request in transport.requests} == {URL}


@pytest.mark.parametrize("expired", [EXPIRED, response(401, b"<html>", {"Content-Type": "text/html"})])
@in_virtual_time
async def test_expired_token_is_renewed(expired: HttpResponse) -> None:
    """A token that expires is renewed, once after each progress."""
    transport = MemoryTransport(answering(_part(0, 4), expired, _part(4, 6), expired, _part(6)))

    assert await _read(open_session(transport, credentials=NumberedTokens())) == CONTENT
    assert _tokens(transport) == ["token-1"] * 2 + ["token-2"] * 2 + ["token-3"]


@in_virtual_time
async def test_rejected_token_renewed_once() -> None:
    transport = MemoryTransport(answering(EXPIRED))

    with pytest.raises(Unauthorized):
        await _read(open_session(transport, credentials=NumberedTokens()))

    assert _tokens(transport) == ["token-1", "token-2"]


class _NoTokens:
    """Credentials whose token endpoint cannot be reached; *attempts* counts."""

    def __init__(self) -> None:
        self.attempts = 0

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        self.attempts += 1
        raise LOST


@in_virtual_time
async def test_failing_token_ends_download() -> None:
    """Without a token nothing is sent, and after the retries of the token the download ends."""
    transport, credentials = MemoryTransport(answering(WHOLE)), _NoTokens()

    with pytest.raises(CircuitOpen):
        await _read(open_session(transport, credentials=credentials))

    assert transport.requests == []
    assert credentials.attempts < 30


@pytest.mark.parametrize("status", [429, 503])
@in_virtual_time
async def test_retry_after_is_respected(status: int) -> None:
    transport = MemoryTransport(answering(response(status, b"", {"Retry-After": "7"}), WHOLE))
    started = now()

    assert await _read(open_session(transport)) == CONTENT
    assert now() - started == pytest.approx(7, abs=0.1)


@in_virtual_time
async def test_attempts_back_off() -> None:
    """The waits grow without progress, and begin anew after it."""
    times: list[float] = []
    responses: Iterator[HttpResponse | ZoomError] = iter([_part(0, 1), *[LOST] * 3, _part(1, 2), *[LOST] * 2, _part(2)])

    async def app(_: HttpRequest) -> HttpResponse:
        times.append(now())
        outcome = next(responses)
        if isinstance(outcome, ZoomError):
            raise outcome
        return outcome

    retry = RetryPolicy(attempts=5, base=1.0, random=lambda: 1.0)
    assert await _read(open_session(MemoryTransport(app), retry=retry)) == CONTENT
    assert [round(after - before) for before, after in pairwise(times)] == [2, 4, 8, 16, 2, 4, 8]


@in_virtual_time
async def test_large_progress_is_free() -> None:
    """A lost connection after a megabyte does not use the retries that all calls share."""
    size, block = 60, bytes(2**20)

    async def app(request: HttpRequest) -> HttpResponse:
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        return response(206, block, {"Content-Range": f"bytes {start}-{size * 2**20 - 1}/{size * 2**20}"})

    transport = MemoryTransport(app)
    async with open_session(transport).download(FileSource(URL)) as download:
        while await download.read():
            pass

    assert download.offset == size * 2**20
    assert len(transport.requests) == size


async def _fail(session: Session, times: int, error: type[ZoomError]) -> None:
    for _ in range(times):
        with pytest.raises(error):
            await _read(session)


class _SlowStream(MemoryStream):
    """A response whose body comes byte by byte, one in four seconds."""

    async def read(self) -> bytes:
        await anyio.sleep(4)
        byte, self.body = self.body[:1], self.body[1:]
        return byte


class _SlowTransport(MemoryTransport):
    async def stream(self, request: HttpRequest) -> MemoryStream:
        return _SlowStream(await self.send(request))


@in_virtual_time
async def test_slow_error_is_raised_soon() -> None:
    """The body of an error is not waited for."""
    session = open_session(_SlowTransport(answering(response(404, b"x" * 1000))))
    begun = now()
    with pytest.raises(NotFound):
        await _read(session)

    assert now() - begun < 60


@in_virtual_time
async def test_slow_json_is_complete() -> None:
    """A file in which an error was looked for loses no bytes."""
    json = response(200, b'{"timeline":[]}', {"Content-Length": "15", "Content-Type": "application/json"})

    assert await _read(open_session(_SlowTransport(answering(json)))) == json.body


@in_virtual_time
async def test_outage_opens_circuit() -> None:
    """Downloads that cannot reach Zoom open the circuit, and later ones are not sent."""
    transport = MemoryTransport(answering(LOST))
    session = open_session(transport)

    await _fail(session, 1, ConnectError)
    await _fail(session, 2, CircuitOpen)

    assert not session.may_retry()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (response(404, b"<html>", {"Content-Type": "text/html"}), NotFound),
        (response(403, b""), PermissionDenied),
        (response(200, b"12", {"Content-Length": "5"}), PayloadError),
        (response(302, b"", {"Location": "http://zoom.us/"}), StatusError),
    ],
)
@in_virtual_time
async def test_other_failures_are_no_outage(failure: HttpResponse, error: type[ZoomError]) -> None:
    transport = MemoryTransport(answering(failure))
    session = open_session(transport, retry=RetryPolicy(attempts=1))

    await _fail(session, 20, error)

    assert len(transport.requests) == 20
    assert session.may_retry()


@in_virtual_time
async def test_failing_host_is_no_outage() -> None:
    """A host that Zoom redirects to may fail while Zoom works."""

    async def app(request: HttpRequest) -> HttpResponse:
        if request.url == URL:
            return response(302, b"", {"Location": "https://files.example.com/x"})
        raise LOST

    session = open_session(MemoryTransport(app), retry=RetryPolicy(attempts=1))
    await _fail(session, 20, ConnectError)

    assert session.may_retry()


@in_virtual_time
async def test_outage_is_waited_for() -> None:
    """An outage in the middle of a download costs no attempts; the download continues after it."""
    begun = now()

    async def app(request: HttpRequest) -> HttpResponse:
        if "Range" not in request.headers:
            return _part(0, 4)
        if now() - begun < 600:
            raise LOST
        return _part(4)

    session = open_session(MemoryTransport(app), retry=RetryPolicy())
    assert await _read(session.with_options(CallOptions(outage_wait=math.inf))) == CONTENT
    assert session.may_retry()


@in_virtual_time
async def test_each_outage_has_its_wait() -> None:
    """After progress, the time to wait for the end of an outage begins anew."""
    outages = {0, 4}
    began: dict[int, float] = {}

    async def app(request: HttpRequest) -> HttpResponse:
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        if now() - began.setdefault(start, now()) < 4 and start in outages:
            raise LOST
        return _part(start, start + 4) if start < 8 else _part(start)

    session = open_session(MemoryTransport(app), retry=RetryPolicy(attempts=20, base=0.0))
    assert await _read(session.with_options(CallOptions(outage_wait=5.0))) == CONTENT


@in_virtual_time
async def test_response_is_observed() -> None:
    """*on_response* receives each response, redirects included."""
    seen: list[ResponseInfo] = []
    redirect = response(302, b"", {"Location": "/other", "X-Zm-TrackingId": "t"})
    session = open_session(MemoryTransport(answering(redirect, WHOLE)))

    await _read(session.with_options(CallOptions(on_response=seen.append)))

    assert [(info.route, info.status, info.tracking_id) for info in seen] == [
        ("GET download_url", 302, "t"),
        ("GET download_url", 200, None),
    ]


@pytest.mark.parametrize("url", ["https://zoom.us/x", "https://a.b.zoomgov.com:443/x", "HTTPS://Zoom.US/x"])
@in_virtual_time
async def test_hosts_of_zoom_get_the_token(url: str) -> None:
    transport = MemoryTransport(answering(WHOLE))

    assert await _read(open_session(transport), FileSource(url)) == CONTENT
    assert _tokens(transport) == ["static-token"]


@in_virtual_time
async def test_read_needs_the_context() -> None:
    download = open_session(MemoryTransport(answering(WHOLE))).download(FileSource(URL))

    with pytest.raises(InvalidArgument, match="inside `async with`"):
        await download.read()
