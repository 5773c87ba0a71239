"""Responses that break off, are corrupt or are not HTTP."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest
from aiohttp import web
from support.server import Conversation, saying, serving, talking
from support.transports import failure_at, send_to

from zoomasync import Label, RetryPolicy, StaticToken, Zoom
from zoomasync.errors import OutcomeUnknown, PayloadError, StatusError, TimedOut, TransportError
from zoomasync.types import ResponseInfo

QUICK = RetryPolicy(base=0.0)
CUT_OFF = [
    pytest.param(b"Content-Length: 100\r\n\r\n{", id="length"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", id="in a chunk"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", id="between chunks"),
    pytest.param(b"Content-Encoding: gzip\r\nContent-Length: 99\r\n\r\n" + gzip.compress(b"{"), id="gzip"),
]
CORRUPT = [
    pytest.param(b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\nno gzip...", id="gzip"),
    pytest.param(b"Content-Encoding: deflate\r\nContent-Length: 10\r\n\r\nno deflate", id="deflate"),
    pytest.param(
        b"Content-Encoding: gzip\r\nContent-Length: 22\r\n\r\n" + gzip.compress(b"{}")[:-8] + b"checksum", id="checksum"
    ),
]
INVALID = [
    pytest.param(b"HTTP/1.1 banana\r\n\r\n", id="no status"),
    pytest.param(b"HTTP/1.1 99 X\r\n\r\n", id="status 99"),
    pytest.param(b"HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n", id="status 000"),
    pytest.param(b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", id="status 999"),
    pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", id="another protocol"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", id="huge header"),
    pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 5000 + b"Content-Length: 2\r\n\r\n{}", id="5,000 headers"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", id="two lengths"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", id="negative length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", id="invalid chunk"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", id="unknown encoding"),
]


class Counting:
    """A conversation that responds to every request with *raw* and counts the *requests*."""

    def __init__(self, raw: bytes) -> None:
        self.requests = 0
        self._respond = saying(raw)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests += 1
        await self._respond(reader, writer)


async def _requests(raw: bytes, *, attempts: int) -> int:
    """Return the number of requests of a GET that always gets *raw*."""
    conversation = Counting(raw)
    async with (
        talking(conversation) as url,
        Zoom(StaticToken("token"), base_url=url, retry=RetryPolicy(attempts=attempts, base=0.0)) as zoom,
    ):
        with pytest.raises(TransportError):
            await zoom.request("GET", "/rows", label=Label.LIGHT)
    return conversation.requests


async def _abort_in_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.01)
    writer.transport.abort()


def _stalling(head: bytes) -> Conversation:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await writer.drain()
        await reader.read()

    return stall


@pytest.mark.parametrize("rest", CUT_OFF)
async def test_cut_off_body_is_retried(rest: bytes) -> None:
    """A body that broke off keeps its status, and is read again as often as the policy allows."""
    async with talking(saying(b"HTTP/1.1 201 Created\r\n" + rest)) as url:
        failure = await failure_at(url)

    assert (type(failure), failure.status, failure.max_retries) == (PayloadError, 201, None)
    assert "the body of a response 201 was cut off" in str(failure)
    assert await _requests(b"HTTP/1.1 200 OK\r\n" + rest, attempts=4) == 4


async def test_reset_in_body_payload_error() -> None:
    async with talking(_abort_in_body) as url:
        failure = await failure_at(url)

    assert (type(failure), failure.status) == (PayloadError, 200)


async def test_stalled_body_keeps_status() -> None:
    async with talking(_stalling(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")) as url:
        failure = await failure_at(url, seconds=0.1)

    assert (type(failure), failure.status) == (TimedOut, 201)


@pytest.mark.parametrize("rest", CUT_OFF)
async def test_cut_off_write_was_carried_out(rest: bytes) -> None:
    """A POST whose 201 broke off is not sent again; the error says that Zoom carried it out."""
    conversation = Counting(b"HTTP/1.1 201 Created\r\n" + rest)
    async with talking(conversation) as url, Zoom(StaticToken("token"), base_url=url, retry=QUICK) as zoom:
        with pytest.raises(OutcomeUnknown) as caught:
            await zoom.request("POST", "/rows", label=Label.LIGHT)

    assert (caught.value.status, conversation.requests) == (201, 1)


@pytest.mark.parametrize("rest", [*CUT_OFF, *CORRUPT])
@pytest.mark.parametrize("status", [307, 404, 429, 503])
async def test_cut_off_error_keeps_status(status: int, rest: bytes) -> None:
    """An error whose body broke off is still that error, with its headers and with the part of its body that came."""
    async with talking(saying(b"HTTP/1.1 %d X\r\nRetry-After: 7\r\n%b" % (status, rest))) as url:
        response = await send_to(url)

    assert (response.status, response.headers["retry-after"]) == (status, "7")
    assert response.body in {b"{", b"{}", b""}


async def test_stalled_error_keeps_status() -> None:
    async with talking(_stalling(b"HTTP/1.1 429 X\r\nContent-Length: 100\r\n\r\n{")) as url:
        response = await send_to(url, seconds=0.1)

    assert (response.status, response.body) == (429, b"{")


async def test_cut_off_429_pauses_label() -> None:
    """A 429 whose body broke off delays the next send by its Retry-After, and on_response sees its headers."""
    cut_off = b"HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 90\r\n\r\n{"
    complete = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    times: list[float] = []
    seen: list[ResponseInfo] = []

    async def limited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        times.append(asyncio.get_running_loop().time())
        await saying(complete if len(times) > 1 else cut_off)(reader, writer)

    async with talking(limited) as url, Zoom(StaticToken("token"), base_url=url) as zoom:
        await zoom.with_options(on_response=seen.append).request("GET", "/rows", label=Label.LIGHT)

    assert times[1] - times[0] >= 1
    assert [response.status for response in seen] == [429, 200]
    assert seen[0].headers["retry-after"] == "1"


@pytest.mark.parametrize("rest", CORRUPT)
async def test_corrupt_body_sent_twice(rest: bytes) -> None:
    async with talking(saying(b"HTTP/1.1 200 OK\r\n" + rest)) as url:
        failure = await failure_at(url)

    assert (type(failure), failure.status) == (PayloadError, 200)
    assert "corrupt" in str(failure)
    assert await _requests(b"HTTP/1.1 200 OK\r\n" + rest, attempts=8) == 2


@pytest.mark.parametrize("raw", INVALID)
async def test_invalid_http_sent_twice(raw: bytes) -> None:
    """aiohttp treats a malformed response as status 400; it must not look like an error of Zoom."""
    async with talking(saying(raw)) as url:
        failure = await failure_at(url)

    assert type(failure) is TransportError
    assert await _requests(raw, attempts=8) == 2


async def test_later_invalid_chunk_is_error() -> None:
    """An invalid chunk behind valid ones does not end in a short body. aiohttp waits for more until the time limit."""

    async def chunk_by_chunk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(b"zz\r\n")
        await writer.drain()

    async with talking(chunk_by_chunk) as url:
        failure = await failure_at(url, seconds=0.2)

    assert (type(failure), failure.status) == (TimedOut, 200)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"HTTP/1.1 2", id="half a line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="half a header"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="only 100"),
    ],
)
async def test_lost_connection_is_retried(raw: bytes) -> None:
    async with talking(saying(raw)) as url:
        failure = await failure_at(url)

    assert (type(failure), failure.max_retries, failure.status) == (TransportError, None, None)
    assert await _requests(raw, attempts=4) == 4


@pytest.mark.parametrize("status", [200, 429, 503])
async def test_huge_body_is_final(status: int) -> None:
    """A small response that decompresses to more than the limit raises a permanent error, of any status."""
    bomb = gzip.compress(b"0" * 20_000_000)

    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=bomb, headers={"Content-Encoding": "gzip"})

    async with serving(app) as url:
        failure = await failure_at(url, max_body=100_000)

    assert (type(failure), failure.status, failure.max_retries) == (PayloadError, status, 0)
    assert "larger than 100000 bytes" in str(failure)
    assert len(bomb) < 100_000


async def test_huge_body_is_never_in_memory() -> None:
    """Reading stops at the limit: 200 MB that 200 kB decompress to take less than 10 MB."""
    compressor = zlib.compressobj(wbits=31)
    bomb = b"".join(compressor.compress(b"0" * 1_000_000) for _ in range(200)) + compressor.flush()

    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with serving(app) as url:
        tracemalloc.start()
        try:
            await failure_at(url, max_body=1_000_000)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 10_000_000


async def test_body_at_limit_is_read() -> None:
    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(body=b"0" * 100_000)

    async with serving(app) as url:
        assert len((await send_to(url, max_body=100_000)).body) == 100_000


async def test_first_of_two_headers_counts() -> None:
    """The error and on_response name the same tracking id, however often and in whichever case it was sent."""
    seen: list[ResponseInfo] = []
    head = b"HTTP/1.1 404 Not Found\r\nX-Zm-Trackingid: first\r\nx-zm-trackingid: second\r\nContent-Length: 2\r\n\r\n"
    async with talking(saying(head + b"{}")) as url, Zoom(StaticToken("token"), base_url=url) as zoom:
        with pytest.raises(StatusError) as caught:
            await zoom.with_options(on_response=seen.append).request("GET", "/rows", label=Label.LIGHT)

    assert caught.value.tracking_id == "first"
    assert [(info.tracking_id, info.headers["x-zm-trackingid"]) for info in seen] == [("first", "first")]
