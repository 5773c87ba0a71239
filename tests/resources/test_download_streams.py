"""`zoom.recordings.stream`: the chunks of a file."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from support.files import CONTENT, PATH, TAGGED, FileServer, Response, always, client_of, cut, downloading, ranged
from support.server import talking
from support.transports import CANARY, traceback_of

from zoomasync import Zoom
from zoomasync.errors import EmbeddedError, InvalidArgument, NotFound, PayloadError
from zoomasync.models.recordings import RecordingFile


async def _collect(zoom: Zoom, url: str) -> bytes:
    async with zoom.recordings.stream(url) as chunks:
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("size", [0, 1, 150_000, len(CONTENT) - 1])
async def test_lost_connection_is_continued(size: int) -> None:
    async with downloading(cut(TAGGED, size), TAGGED) as (zoom, url, server):
        assert await _collect(zoom, url) == CONTENT

    assert server.starts == [0, size]


async def test_empty_file_has_no_chunks() -> None:
    async with downloading(always(200)) as (zoom, url, _), zoom.recordings.stream(url) as chunks:
        assert [chunk async for chunk in chunks] == []


@pytest.mark.parametrize("size", [1, 150_000, len(CONTENT) - 1])
async def test_repeated_bytes_are_skipped(size: int) -> None:
    """A server that sends the same file from the start again causes no byte twice."""
    whole = always(200, CONTENT, ETag='"1"')
    async with downloading(cut(whole, size), cut(whole, size // 2), whole) as (zoom, url, _):
        assert await _collect(zoom, url) == CONTENT


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(ranged(CONTENT[::-1], ETag='"2"'), id="other ETag"),
        pytest.param(ranged(CONTENT[:-1]), id="other size"),
        pytest.param(always(200, CONTENT, Content_Length=None), id="unknown"),
        pytest.param(always(200), id="empty"),
        pytest.param(always(200, Content_Length=None), id="empty without length"),
    ],
)
async def test_changed_file_raises(response: Response) -> None:
    """Chunks that were given out cannot be taken back, so that a changed file is an error."""
    first = cut(TAGGED, 1000)
    async with downloading(first, response) as (zoom, url, _):
        with pytest.raises(PayloadError, match="the file changed") as caught:
            await _collect(zoom, url)

    assert repr(CONTENT[:20])[2:-1] not in traceback_of(caught.value)


async def test_early_exit_frees_connection() -> None:
    """A loop that ends early closes its connection, and a stream is over when its context ends."""
    left = asyncio.Semaphore(0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\nx")
        await writer.drain()
        await reader.read()
        left.release()

    async with talking(talk) as url, client_of(url) as zoom:
        for _ in range(6):
            async with zoom.recordings.stream(url + PATH) as chunks:
                async for chunk in chunks:
                    assert chunk == b"x"
                    break
            with anyio.fail_after(5):
                await left.acquire()
            with pytest.raises(InvalidArgument, match="the download has ended"):
                await anext(chunks)


async def _fail_in_the_loop(zoom: Zoom, url: str) -> None:
    async with zoom.recordings.stream(url) as chunks:
        async for _ in chunks:
            raise KeyError


async def test_error_in_the_loop_ends_stream() -> None:
    async with downloading() as (zoom, url, _):
        for _ in range(6):
            with pytest.raises(KeyError):
                await _fail_in_the_loop(zoom, url)


async def test_client_closed_between_chunks() -> None:
    """A read after the client was closed raises; it does not wait."""
    server = FileServer()
    async with talking(server.talk) as url, client_of(url) as zoom, zoom.recordings.stream(url + PATH) as chunks:
        await anext(chunks)
        await zoom.aclose()
        with anyio.fail_after(5), pytest.raises(Exception, match=r"closed|not open"):
            async for _ in chunks:
                pass


async def test_given_token_is_sent() -> None:
    async with downloading() as (zoom, url, server):
        async with zoom.recordings.stream(RecordingFile(download_url=url), token="given") as chunks:
            assert b"".join([chunk async for chunk in chunks]) == CONTENT
        await _collect(zoom, url)

    assert [request.token for request in server.requests] == ["given", CANARY]


@pytest.mark.parametrize(("response", "error"), [(always(404), NotFound), (always(200, b"<html>"), EmbeddedError)])
async def test_error_is_raised_by_the_loop(response: Response, error: type[Exception]) -> None:
    async with downloading(response) as (zoom, url, _), zoom.recordings.stream(url) as chunks:
        with pytest.raises(error):
            await anext(chunks)


async def test_four_streams_at_a_time() -> None:
    """A fifth stream waits until one of the four ends."""
    async with downloading() as (zoom, url, server), anyio.create_task_group() as group:
        fifth = asyncio.Event()

        async def read_fifth() -> None:
            await _collect(zoom, url)
            fifth.set()

        async with zoom.recordings.stream(url), zoom.recordings.stream(url), zoom.recordings.stream(url):
            async with zoom.recordings.stream(url):
                group.start_soon(read_fifth)
                await asyncio.sleep(0.02)
                assert server.requests == []
            with anyio.fail_after(5):
                await fifth.wait()
