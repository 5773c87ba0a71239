from __future__ import annotations

import asyncio
import gzip
import socket
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest
from aiohttp import ClientSession, web
from support.server import Conversation, saying, serving, talking

from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.transport import AiohttpTransport
from zoomasync.errors import ConfigError, ConnectError, PayloadError, TimedOut, TLSError, TransportError

CANARY = "canary-token"


def _request(url: str, *, method: str = "GET", body: bytes | None = None) -> HttpRequest:
    headers = {"Authorization": f"Bearer {CANARY}"}
    return HttpRequest(name="GET /rows", method=method, url=url, headers=headers, body=body)


@asynccontextmanager
async def _open(
    http_session: ClientSession | None = None, *, seconds: float = 5.0, max_body: int = 1_000_000
) -> AsyncGenerator[AiohttpTransport, None]:
    transport = AiohttpTransport(http_session, timeout=seconds, max_body=max_body)
    await transport.open()
    try:
        yield transport
    finally:
        await transport.close()


async def _send(
    url: str, *, seconds: float = 5.0, max_body: int = 1_000_000, body: bytes | None = None
) -> HttpResponse:
    async with _open(seconds=seconds, max_body=max_body) as transport:
        return await transport.send(_request(url, body=body, method="GET" if body is None else "POST"))


async def _failure(url: str, *, seconds: float = 5.0, max_body: int = 1_000_000) -> TransportError:
    """Return the error of a GET; its traceback, cause and context must not contain the token."""
    with pytest.raises(TransportError) as caught:
        await _send(url, seconds=seconds, max_body=max_body)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert CANARY not in "".join(report.format())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_response_is_complete() -> None:
    """Status, headers and body are returned for an error status too."""

    async def app(request: web.BaseRequest) -> web.Response:
        received = f"{request.method} {request.headers['Authorization']} {(await request.read()).decode()}"
        return web.Response(status=418, text=received, headers={"X-Zm-TrackingId": "WEB_1"})

    async with serving(app) as url:
        response = await _send(url, body=b"{}")

    assert (response.status, response.body) == (418, f"POST Bearer {CANARY} {{}}".encode())
    assert response.headers["x-zm-trackingid"] == "WEB_1"


async def test_encoded_path_is_unchanged() -> None:
    targets: list[str] = []

    async def app(request: web.BaseRequest) -> web.Response:
        targets.append(request.raw_path)
        return web.Response()

    async with serving(app) as url:
        await _send(f"{url}/meetings/%252Faj%252F%253D/polls/aj%2F%3D%2B%40?from=a%20b%26&to=%2B")

    assert targets == ["/meetings/%252Faj%252F%253D/polls/aj%2F%3D%2B%40?from=a%20b%26&to=%2B"]


async def test_closed_port_connect_error() -> None:
    failure = await _failure(f"http://127.0.0.1:{_free_port()}/canary-path")

    assert type(failure) is ConnectError
    assert "cannot connect to 127.0.0.1" in str(failure)
    assert "canary-path" not in str(failure)


async def test_unknown_host_connect_error() -> None:
    assert type(await _failure("http://no-such-host.invalid")) is ConnectError


async def test_proxy_error_hides_password() -> None:
    async with (
        ClientSession(proxy=f"http://user:{CANARY}@127.0.0.1:{_free_port()}") as http_session,
        _open(http_session) as transport,
    ):
        with pytest.raises(ConnectError, match="proxy") as caught:
            await transport.send(_request("http://zoom.test/"))

    assert CANARY not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None


async def test_plain_server_tls_error() -> None:
    async def speak_smtp(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with talking(speak_smtp) as url:
        failure = await _failure(url.replace("http:", "https:"))

    assert type(failure) is TLSError


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", id="cut off"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", id="cut off in a chunk"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nthis isn't it", id="corrupt gzip"
        ),
    ],
)
async def test_broken_body_is_transient(raw: bytes) -> None:
    async with talking(saying(raw)) as url:
        failure = await _failure(url)

    assert type(failure) is PayloadError
    assert failure.max_retries is None


async def test_reset_in_body_payload_error() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.transport.abort()

    async with talking(reset) as url:
        assert isinstance(await _failure(url), PayloadError)


async def test_gzip_bomb_stops_at_limit() -> None:
    """A small response that decompresses to more than the limit raises a permanent error."""
    bomb = gzip.compress(b"0" * 20_000_000)

    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with serving(app) as url:
        failure = await _failure(url, max_body=100_000)

    assert isinstance(failure, PayloadError)
    assert failure.max_retries == 0
    assert "larger than 100000 bytes" in str(failure)
    assert len(bomb) < 100_000


async def test_body_at_limit_is_read() -> None:
    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(body=b"0" * 100_000)

    async with serving(app) as url:
        assert len((await _send(url, max_body=100_000)).body) == 100_000


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"HTTP/1.1 2", id="half a line"),
        pytest.param(b"HTTP/1.1 banana\r\n\r\n", id="invalid status"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", id="huge header"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", id="two Content-Length headers"
        ),
    ],
)
async def test_invalid_http_transport_error(raw: bytes) -> None:
    """aiohttp treats a malformed response as status 400; it must not look like an error of Zoom."""
    async with talking(saying(raw)) as url:
        assert type(await _failure(url)) is TransportError


async def _never_respond(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"0")
        await writer.drain()
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("conversation", [_never_respond, _drip], ids=["no response", "slow body"])
async def test_slow_response_times_out(conversation: Conversation) -> None:
    async with talking(conversation) as url:
        assert type(await _failure(url, seconds=0.05)) is TimedOut


async def test_request_timeout_replaces_default() -> None:
    async with talking(_never_respond) as url, _open(seconds=60) as transport:
        with pytest.raises(TimedOut):
            async with asyncio.timeout(10):
                await transport.send(replace(_request(url), timeout=0.05))


async def test_redirect_is_not_followed() -> None:
    followed: list[web.BaseRequest] = []

    async def elsewhere(request: web.BaseRequest) -> web.Response:
        followed.append(request)
        return web.Response()

    async with serving(elsewhere) as target:

        async def app(_: web.BaseRequest) -> web.Response:
            return web.Response(status=307, headers={"Location": target})

        async with serving(app) as url:
            response = await _send(url, body=b'{"email":"jill@example.com"}')

    assert response.status == 307
    assert followed == []


async def test_dropped_connection_not_resent() -> None:
    """aiohttp must not send a request again by itself when a kept-alive connection drops."""
    sends = 0

    async def drop_the_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sends
        while True:
            await reader.readuntil(b"\r\n\r\n")
            sends += 1
            if sends > 1:
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    async with talking(drop_the_second) as url, _open() as transport:
        await transport.send(_request(url))
        with pytest.raises(TransportError):
            await transport.send(_request(url))

    assert sends == 2


async def test_cookies_are_discarded() -> None:
    cookies: list[str | None] = []

    async def app(request: web.BaseRequest) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "session=1"})

    # Via a host name, because the default cookie jar ignores cookies of IP addresses.
    async with serving(app) as url, _open() as transport:
        await transport.send(_request(url.replace("127.0.0.1", "localhost")))
        await transport.send(_request(url.replace("127.0.0.1", "localhost")))

    assert cookies == [None, None]


async def test_given_http_session_is_used() -> None:
    user_agents: list[str] = []

    async def app(request: web.BaseRequest) -> web.Response:
        user_agents.append(request.headers["User-Agent"])
        return web.Response()

    async with serving(app) as url, ClientSession(headers={"User-Agent": "mine"}) as http_session:
        async with _open(http_session) as transport:
            await transport.send(_request(url))

        assert not http_session.closed

    assert user_agents == ["mine"]


async def test_transport_closes_twice() -> None:
    transport = AiohttpTransport(None, timeout=1)
    await transport.open()

    await transport.close()
    await transport.close()

    with pytest.raises(ConfigError, match="not open"):
        await transport.send(_request("http://127.0.0.1"))


async def test_new_connection_marks_sent() -> None:
    """A request marks its permit as sent when its new connection is made and when the response arrives."""

    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response()

    marked: list[str] = []
    async with serving(app) as url, _open() as transport:
        for name in ("first", "second"):
            await transport.send(replace(_request(url), mark_sent=partial(marked.append, name)))

    assert marked == ["first", "first"]  # the second request reuses the connection at once


async def test_invalid_port_raises() -> None:
    assert type(await _failure("http://127.0.0.1:99999")) in {TransportError, ConnectError}
