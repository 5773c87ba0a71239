"""The connections of a transport: their number, the wait for a free one, and data that arrives between requests."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from weakref import ref

import anyio
import pytest
from aiohttp import ClientSession, TCPConnector, web
from msgspec.structs import replace
from support.server import serving, talking
from support.transports import failure_of, opened, request_to

from zoomasync._core.transport import AiohttpTransport
from zoomasync.errors import ConnectError


class Gate:
    """An app that responds when it is *opened*; *received* has a permit for each request."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.received = asyncio.Semaphore(0)

    async def __call__(self, _: web.BaseRequest) -> web.Response:
        self.received.release()
        await self.opened.wait()
        return web.Response()


@asynccontextmanager
async def _limited(kind: str, limit: int, seconds: float = 5.0) -> AsyncGenerator[AiohttpTransport, None]:
    """Open a transport with *limit* connections of its own, or those of a given HTTP session."""
    if kind == "own":
        async with opened(max_connections=limit, seconds=seconds) as transport:
            yield transport
        return
    connector = TCPConnector(limit=limit) if kind == "given" else TCPConnector(limit_per_host=limit)
    async with ClientSession(connector=connector) as http_session, opened(http_session, seconds=seconds) as transport:
        yield transport


KINDS = pytest.mark.parametrize("kind", ["own", "given", "given per host"])


@KINDS
async def test_connections_are_limited(kind: str) -> None:
    now = most = 0

    async def app(_: web.BaseRequest) -> web.Response:
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response()

    async with serving(app) as url, _limited(kind, 3) as transport:
        await asyncio.gather(*(transport.send(request_to(url)) for _ in range(20)))

    assert most == 3


@KINDS
async def test_wait_for_pool_is_no_response_time(kind: str) -> None:
    """Calls wait for a connection for longer than the time limit of a response, and all succeed."""

    async def app(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.05)
        return web.Response()

    started = asyncio.get_running_loop().time()
    async with serving(app) as url, _limited(kind, 1, seconds=0.4) as transport:
        responses = await asyncio.gather(*(transport.send(request_to(url)) for _ in range(12)))

    assert [response.status for response in responses] == [200] * 12
    assert asyncio.get_running_loop().time() - started > 0.4


@KINDS
async def test_exhausted_pool_is_named(kind: str) -> None:
    """A call that waits for a connection for too long is not sent, and the error names the pool and its size."""
    gate = Gate()
    async with serving(gate) as url, _limited(kind, 1, seconds=60) as transport:
        first = asyncio.create_task(transport.send(request_to(url)))
        await gate.received.acquire()
        try:
            with pytest.raises(ConnectError, match="no free connection: all 1 were in use") as caught:
                await transport.send(replace(request_to(url), timeout=0.01))
        finally:
            gate.opened.set()
        await first

    assert "max_connections" in str(caught.value)
    assert "the request was not sent" in str(caught.value)
    assert gate.received.locked()  # no second request


@KINDS
async def test_cancelled_calls_free_pool(kind: str) -> None:
    """Whichever calls are cancelled, waiting or sending, the pool of one serves the others and later calls."""
    gate = Gate()
    async with serving(gate) as url, _limited(kind, 1) as transport:
        calls = [asyncio.create_task(transport.send(request_to(url))) for _ in range(20)]
        await gate.received.acquire()
        for call in calls[::2]:
            call.cancel()
        await asyncio.wait(calls[::2])
        await gate.received.acquire()
        calls[1].cancel()
        gate.opened.set()
        async with asyncio.timeout(10):
            responses = await asyncio.gather(*calls[3::2])
            responses.append(await transport.send(request_to(url)))

    assert [response.status for response in responses] == [200] * 10


async def test_idle_connection_keeps_nothing() -> None:
    """A connection that stays open keeps neither the request that opened it, nor its response and its caller."""

    def mark_sent() -> None:
        pass

    async with serving(_empty) as url, opened() as transport:
        await asyncio.create_task(transport.send(replace(request_to(url), mark_sent=mark_sent)))
        kept = ref(mark_sent)
        del mark_sent
        gc.collect()

        assert kept() is None


@pytest.mark.parametrize(("kind", "marks"), [("own", ["b"]), ("given", ["b", "b"])])
async def test_wait_for_pool_marks_sent(kind: str, marks: list[str]) -> None:
    """A request that waited for a connection marks its permit when it gets it.

    A given session may open a connection then, and does not report it, so that the response marks the permit again.
    """
    marked: list[str] = []
    async with serving(_empty) as url, _limited(kind, 1) as transport:
        await transport.send(request_to(url))
        await asyncio.gather(
            *(transport.send(replace(request_to(url), mark_sent=partial(marked.append, name))) for name in "ab")
        )

    assert marked == marks


async def _be_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


async def test_slow_handshake_connect_error() -> None:
    """A connection whose TLS handshake never ends is a ConnectError: nothing was sent."""
    async with talking(_be_silent) as url, opened(seconds=0.1) as transport:
        failure = await failure_of(transport, url.replace("http:", "https:"))

    assert type(failure) is ConnectError
    assert "no connection within the time limit" in str(failure)


async def test_slow_proxy_connect_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that never connects is a ConnectError: nothing was sent to Zoom."""
    async with talking(_be_silent) as url:
        monkeypatch.setenv("https_proxy", url)
        async with opened(seconds=0.1, trust_env=True) as transport:
            failure = await failure_of(transport, "https://api.zoom.test")

    assert type(failure) is ConnectError
    assert "no connection within the time limit" in str(failure)


async def _empty(_: web.BaseRequest) -> web.Response:
    return web.Response()


STALE = pytest.mark.parametrize(
    "stale",
    [
        pytest.param(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", id="408"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale", id="another response"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nst", id="half a response"),
        pytest.param(b"garbage", id="garbage"),
    ],
)


class StaleServer:
    """A server in a thread. It responds to a request with its path, and sends *stale* after the first response."""

    def __init__(self, stale: bytes) -> None:
        self._stale = stale
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._is_first = True
        self.sent = threading.Event()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, suppress(ConnectionError):
            while head := lines.readline():
                while lines.readline().strip():
                    pass
                path = head.split()[1]
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))
                if self._is_first:
                    self._is_first = False
                    time.sleep(0.05)
                    connection.sendall(self._stale)
                    self.sent.set()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@STALE
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "in the socket"])
async def test_idle_data_drops_connection(stale: bytes, *, is_read: bool) -> None:
    """Data between two requests is not read as the response to the second, whether or not it had been received."""
    server = StaleServer(stale)
    try:
        async with opened() as transport:
            first = await transport.send(request_to(f"{server.url}/1"))
            server.sent.wait(10)  # blocks the event loop, which reads nothing meanwhile
            if is_read:
                await anyio.sleep(0.05)
            second = await transport.send(request_to(f"{server.url}/2"))
            third = await transport.send(request_to(f"{server.url}/3"))
    finally:
        server.close()

    assert [response.body for response in (first, second, third)] == [b"/1", b"/2", b"/3"]
