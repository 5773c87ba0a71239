"""The events of downloads: redirects, lost connections, rejected tokens, and downloads that end early."""

from __future__ import annotations

import anyio
import pytest
from support.clock import in_virtual_time
from support.events import lines
from support.memory import MemoryTransport, NumberedTokens, answering, open_session, response

from zoomasync._core.call_events import current_call
from zoomasync._core.download import FileSource
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.session import Session
from zoomasync.errors import ConnectError, NotFound
from zoomasync.events import CallEnded, CallStarted, Event, RequestSent, Waited

SOURCE = FileSource("https://canary.zoom.us/rec/download/canary?access_token=canary")
CONTENT = b"0123456789"
WHOLE = response(200, CONTENT, {"Content-Length": "10"})
PART = response(206, CONTENT[4:], {"Content-Range": "bytes 4-9/10"})
EXPIRED = response(401, {"code": 124, "message": "Access token is expired."})
REDIRECT = response(302, b"", {"Location": "https://ssrweb.zoom.us:8443/canary"})
LOST = ConnectError("GET download_url", "cannot connect")
GET = "GET download_url"


def heard(session: Session) -> list[Event]:
    events = list[Event]()
    session.events.subscribe(events.append)
    return events


async def read(session: Session) -> bytes:
    content = b""
    async with session.download(SOURCE) as download:
        while chunk := await download.read():
            content += chunk
    return content


@in_virtual_time
async def test_download_with_faults() -> None:
    """A redirect, a rejected token and a lost connection are attempts of one call, which has no label."""
    transport = MemoryTransport(answering(EXPIRED, REDIRECT, LOST, WHOLE))
    session = open_session(transport, credentials=NumberedTokens())
    events = heard(session)

    assert await read(session) == CONTENT

    assert lines(events) == [
        f"1 {GET}: started",
        f"1 {GET}: waited 1.000 s for an access token",
        f"1 {GET}: sent",
        f"1 {GET}: response 401 after 0.000 s",
        f"1 {GET}: waited 1.000 s for an access token",
        f"1 {GET}: will be sent again in 0.000 s: Unauthorized (status 401, Zoom code 124)",
        f"2 {GET}: sent",
        f"2 {GET}: response 302 after 0.000 s",
        f"3 {GET}: sent",
        f"3 {GET}: no response after 0.000 s: ConnectError (cannot connect)",
        f"3 {GET}: will be sent again in 0.000 s: ConnectError (cannot connect)",
        f"4 {GET}: sent",
        f"4 {GET}: response 200 after 0.000 s",
        f"4 {GET}: done after 2.000 s",
    ]
    started = events[0]
    assert isinstance(started, CallStarted)
    assert (started.is_download, started.label) == (True, None)
    assert {event.call_id for event in events} == {started.call_id}
    sent = [(event.host, event.port) for event in events if isinstance(event, RequestSent)]
    assert sent == [("canary.zoom.us", 443)] * 2 + [("ssrweb.zoom.us", 8443), ("canary.zoom.us", 443)]
    assert "canary" not in str(lines(events))


@in_virtual_time
async def test_failed_download() -> None:
    session = open_session(MemoryTransport(answering(response(404, {"code": 3301, "message": "canary"}))))
    events = heard(session)

    with pytest.raises(NotFound) as caught:
        await read(session)

    ended = events[-1]
    assert isinstance(ended, CallEnded)
    assert (ended.error, ended.error_type) == (caught.value, "NotFound")
    assert str(ended) == f"{GET}: failed after 0.000 s: NotFound (status 404, Zoom code 3301)"


@in_virtual_time
async def test_download_of_failing_caller() -> None:
    """An exception of the caller between two reads is not one of the download."""
    session = open_session(MemoryTransport(answering(response(200, CONTENT[:4], {"Content-Length": "10"}))))
    events = heard(session)

    async def fail() -> None:
        async with session.download(SOURCE) as download:
            assert await download.read() == CONTENT[:4]
            raise ValueError("of the caller")

    with pytest.raises(ValueError, match="of the caller"):
        await fail()

    ended = events[-1]
    assert isinstance(ended, CallEnded)
    assert (ended.error, ended.error_type) == (None, None)


@in_virtual_time
async def test_failed_read_that_is_repeated() -> None:
    """A download that succeeds after a failed read has ended without an error."""
    missing = response(404, {"code": 3301, "message": "No file."})
    session = open_session(MemoryTransport(answering(missing, WHOLE)))
    events = heard(session)
    async with session.download(SOURCE) as download:
        with pytest.raises(NotFound):
            await download.read()
        assert await download.read() == CONTENT

    ended = events[-1]
    assert isinstance(ended, CallEnded)
    assert ended.error_type is None


@in_virtual_time
async def test_wait_for_other_downloads() -> None:
    """The fifth download waits for one of the four; a sixth that is cancelled there has ended."""

    async def app(_: HttpRequest) -> HttpResponse:
        await anyio.sleep(2)
        return WHOLE

    session = open_session(MemoryTransport(app))
    events = list[Event]()
    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(read, session)
        await anyio.sleep(0.5)
        events = heard(session)
        with anyio.move_on_after(1):
            await read(session)
        assert [type(event) for event in events] == [CallStarted, CallEnded]
        await read(session)

    cancelled, wait = events[1], events[3]
    assert isinstance(cancelled, CallEnded)
    assert cancelled.error_type == "CancelledError"
    assert isinstance(wait, Waited)
    assert str(wait) == f"{GET}: waited 0.500 s for other downloads"


@in_virtual_time
async def test_current_call_of_download() -> None:
    """A download is the current call while it reads, not while its caller handles the bytes."""
    seen = list[int | None]()

    async def app(_: HttpRequest) -> HttpResponse:
        call = current_call.get()
        seen.append(None if call is None else call.call_id)
        return PART if seen[1:] else response(200, CONTENT[:4], {"Content-Length": "10"})

    session = open_session(MemoryTransport(app))
    events = heard(session)
    async with session.download(SOURCE) as download:
        while await download.read():
            assert current_call.get() is None

    assert seen == [events[0].call_id, events[0].call_id]
