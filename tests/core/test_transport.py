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

from zoomasync._core.responses import HttpRequest, HttpResponse
from zoomasync._core.transport import AiohttpTransport
from zoomasync.errors import ConfigError, ConnectError, PayloadError, TimedOut, TLSError, TransportError

CANARY = "canary-token"


def _request(url: str, *, method: str = "GET", body: bytes | None = None) -> HttpRequest:
    headers = {"Authorization": f"Bearer {CANARY}"}
    return HttpRequest(name="GET /rows", method=method, url=url, headers=headers, body=body)


@asynccontextmanager
async def _open(
    session: ClientSession | None = None, *, patience: float = 5.0, max_body: int = 1_000_000
) -> AsyncGenerator[AiohttpTransport, None]:
    transport = AiohttpTransport(session, timeout=patience, max_body=max_body)
    await transport.open()
    try:
        yield transport
    finally:
        await transport.close()


async def _send(
    url: str, *, patience: float = 5.0, max_body: int = 1_000_000, body: bytes | None = None
) -> HttpResponse:
    async with _open(patience=patience, max_body=max_body) as transport:
        return await transport.send(_request(url, body=body, method="GET" if body is None else "POST"))


async def _failure(url: str, *, patience: float = 5.0, max_body: int = 1_000_000) -> TransportError:
    """Return what sending raises, having looked for the token in all that it drags along."""
    with pytest.raises(TransportError) as caught:
        await _send(url, patience=patience, max_body=max_body)
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


async def test_a_reply_comes_back_whole_whatever_its_status() -> None:
    async def app(request: web.BaseRequest) -> web.Response:
        seen = f"{request.method} {request.headers['Authorization']} {(await request.read()).decode()}"
        return web.Response(status=418, text=seen, headers={"X-Zm-TrackingId": "WEB_1"})

    async with serving(app) as url:
        response = await _send(url, body=b"{}")

    assert (response.status, response.body) == (418, f"POST Bearer {CANARY} {{}}".encode())
    assert response.headers["x-zm-trackingid"] == "WEB_1"


async def test_an_encoded_path_arrives_untouched() -> None:
    targets: list[str] = []

    async def app(request: web.BaseRequest) -> web.Response:
        targets.append(request.raw_path)
        return web.Response()

    async with serving(app) as url:
        await _send(f"{url}/meetings/%252Faj%252F%253D/polls/aj%2F%3D%2B%40?from=a%20b%26&to=%2B")

    assert targets == ["/meetings/%252Faj%252F%253D/polls/aj%2F%3D%2B%40?from=a%20b%26&to=%2B"]


async def test_a_refused_connection_is_a_connect_error() -> None:
    failure = await _failure(f"http://127.0.0.1:{_free_port()}/canary-path")

    assert type(failure) is ConnectError
    assert "cannot connect to 127.0.0.1" in str(failure)
    assert "canary-path" not in str(failure)


async def test_a_name_that_does_not_resolve_is_a_connect_error() -> None:
    assert type(await _failure("http://no-such-host.invalid")) is ConnectError


async def test_a_proxy_that_refuses_is_a_connect_error_without_its_password() -> None:
    async with (
        ClientSession(proxy=f"http://user:{CANARY}@127.0.0.1:{_free_port()}") as session,
        _open(session) as transport,
    ):
        with pytest.raises(ConnectError, match="proxy") as caught:
            await transport.send(_request("http://zoom.test/"))

    assert CANARY not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None


async def test_a_server_that_cannot_be_trusted_is_a_tls_error() -> None:
    async def no_tls(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with talking(no_tls) as url:
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
async def test_a_broken_body_is_a_payload_error_that_may_pass(raw: bytes) -> None:
    async with talking(saying(raw)) as url:
        failure = await _failure(url)

    assert type(failure) is PayloadError
    assert failure.transient


async def test_a_reset_in_the_body_is_a_payload_error() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.transport.abort()

    async with talking(reset) as url:
        assert isinstance(await _failure(url), PayloadError)


async def test_a_bomb_is_put_out_at_the_cap_and_not_asked_for_again() -> None:
    bomb = gzip.compress(b"0" * 20_000_000)

    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with serving(app) as url:
        failure = await _failure(url, max_body=100_000)

    assert isinstance(failure, PayloadError)
    assert not failure.transient
    assert "larger than 100000 bytes" in str(failure)
    assert len(bomb) < 100_000


async def test_a_body_may_be_as_long_as_the_cap() -> None:
    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(body=b"0" * 100_000)

    async with serving(app) as url:
        assert len((await _send(url, max_body=100_000)).body) == 100_000


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 2", id="half a line"),
        pytest.param(b"HTTP/1.1 banana\r\n\r\n", id="no status"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", id="huge header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", id="two lengths"),
    ],
)
async def test_what_is_no_reply_is_a_transport_error_and_not_zooms_400(raw: bytes) -> None:
    async with talking(saying(raw)) as url:
        assert type(await _failure(url)) is TransportError


async def _say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"0")
        await writer.drain()
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("conversation", [_say_nothing, _drip], ids=["silence", "a drip"])
async def test_a_reply_that_does_not_come_in_time_is_timed_out(conversation: Conversation) -> None:
    async with talking(conversation) as url:
        assert type(await _failure(url, patience=0.05)) is TimedOut


async def test_a_redirect_is_not_followed() -> None:
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


async def test_a_dropped_connection_is_not_sent_over_again_in_secret() -> None:
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


async def test_a_cookie_is_not_kept() -> None:
    cookies: list[str | None] = []

    async def app(request: web.BaseRequest) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "session=1"})

    # By name: for a bare address the usual jar keeps nothing anyway.
    async with serving(app) as url, _open() as transport:
        await transport.send(_request(url.replace("127.0.0.1", "localhost")))
        await transport.send(_request(url.replace("127.0.0.1", "localhost")))

    assert cookies == [None, None]


async def test_a_session_that_was_given_is_used_and_left_open() -> None:
    agents: list[str] = []

    async def app(request: web.BaseRequest) -> web.Response:
        agents.append(request.headers["User-Agent"])
        return web.Response()

    async with serving(app) as url, ClientSession(headers={"User-Agent": "mine"}) as session:
        async with _open(session) as transport:
            await transport.send(_request(url))

        assert not session.closed

    assert agents == ["mine"]


async def test_closing_twice_does_no_harm() -> None:
    transport = AiohttpTransport(None, timeout=1)
    await transport.open()

    await transport.close()
    await transport.close()

    with pytest.raises(ConfigError, match="not open"):
        await transport.send(_request("http://127.0.0.1"))


async def test_a_request_that_waits_for_its_connection_is_told_when_it_goes_out_and_when_it_has_arrived() -> None:
    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response()

    told: list[str] = []
    async with serving(app) as url, _open() as transport:
        for name in ("first", "second"):
            await transport.send(replace(_request(url), mark_sent=partial(told.append, name)))

    assert told == ["first", "first"]  # the second goes over the same connection, at once


async def test_an_address_that_is_none_is_a_transport_error() -> None:
    assert type(await _failure("http://127.0.0.1:99999")) in {TransportError, ConnectError}
