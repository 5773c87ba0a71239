from __future__ import annotations

import asyncio
from functools import partial

import pytest
from aiohttp import ClientSession, web
from msgspec.structs import replace
from support.server import Conversation, serving, talking
from support.transports import CANARY, failure_at, free_port, opened, request_to, send_to

from zoomasync._core.transport import AiohttpTransport
from zoomasync.errors import ConfigError, ConnectError, TimedOut, TransportError


async def test_response_is_complete() -> None:
    """Status, headers and body are returned for an error status too."""

    async def app(request: web.BaseRequest) -> web.Response:
        received = f"{request.method} {request.headers['Authorization']} {(await request.read()).decode()}"
        return web.Response(status=418, text=received, headers={"X-Zm-TrackingId": "WEB_1"})

    async with serving(app) as url:
        response = await send_to(url, body=b"{}")

    assert (response.status, response.body) == (418, f"POST Bearer {CANARY} {{}}".encode())
    assert response.headers["x-zm-trackingid"] == "WEB_1"


async def test_encoded_path_is_unchanged() -> None:
    targets: list[str] = []

    async def app(request: web.BaseRequest) -> web.Response:
        targets.append(request.raw_path)
        return web.Response()

    async with serving(app) as url:
        await send_to(f"{url}/meetings/%252Faj%252F%253D/polls/aj%2F%3D%2B%40?from=a%20b%26&to=%2B")

    assert targets == ["/meetings/%252Faj%252F%253D/polls/aj%2F%3D%2B%40?from=a%20b%26&to=%2B"]


async def test_closed_port_connect_error() -> None:
    failure = await failure_at(f"http://127.0.0.1:{free_port()}/canary-path")

    assert type(failure) is ConnectError
    assert "cannot connect to 127.0.0.1" in str(failure)
    assert "canary-path" not in str(failure)


async def test_unknown_host_connect_error() -> None:
    assert type(await failure_at("http://no-such-host.invalid")) is ConnectError


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
        assert type(await failure_at(url, seconds=0.05)) is TimedOut


async def test_request_timeout_replaces_default() -> None:
    async with talking(_never_respond) as url, opened(seconds=60) as transport:
        with pytest.raises(TimedOut):
            async with asyncio.timeout(10):
                await transport.send(replace(request_to(url), timeout=0.05))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("body", [None, b'{"email":"jill@example.com"}'], ids=["GET", "POST"])
@pytest.mark.parametrize("is_same_origin", [True, False], ids=["same origin", "other origin"])
async def test_redirect_is_not_followed(status: int, body: bytes | None, *, is_same_origin: bool) -> None:
    followed: list[web.BaseRequest] = []

    async def elsewhere(request: web.BaseRequest) -> web.Response:
        followed.append(request)
        return web.Response()

    async with serving(elsewhere) as target:

        async def app(request: web.BaseRequest) -> web.Response:
            if request.path == "/elsewhere":
                return await elsewhere(request)
            location = "/elsewhere" if is_same_origin else f"{target}/elsewhere"
            return web.Response(status=status, headers={"Location": location})

        async with serving(app) as url:
            response = await send_to(url, body=body)

    assert response.status == status
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

    async with talking(drop_the_second) as url, opened() as transport:
        await transport.send(request_to(url))
        with pytest.raises(TransportError):
            await transport.send(request_to(url))

    assert sends == 2


async def test_cookies_are_discarded() -> None:
    cookies: list[str | None] = []

    async def app(request: web.BaseRequest) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "session=1"})

    # Via a host name, because the default cookie jar ignores cookies of IP addresses.
    async with serving(app) as url, opened() as transport:
        await transport.send(request_to(url.replace("127.0.0.1", "localhost")))
        await transport.send(request_to(url.replace("127.0.0.1", "localhost")))

    assert cookies == [None, None]


async def test_given_http_session_is_used() -> None:
    user_agents: list[str] = []

    async def app(request: web.BaseRequest) -> web.Response:
        user_agents.append(request.headers["User-Agent"])
        return web.Response()

    async with serving(app) as url, ClientSession(headers={"User-Agent": "mine"}) as http_session:
        async with opened(http_session) as transport:
            await transport.send(request_to(url))

        assert not http_session.closed

    assert user_agents == ["mine"]


async def test_transport_closes_twice() -> None:
    transport = AiohttpTransport(None, timeout=1)
    await transport.open()

    await transport.close()
    await transport.close()

    with pytest.raises(ConfigError, match="not open"):
        await transport.send(request_to("http://127.0.0.1"))


async def test_new_connection_marks_sent() -> None:
    """A request marks its permit as sent when its new connection is made."""

    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response()

    marked: list[str] = []
    async with serving(app) as url, opened() as transport:
        for name in ("first", "second"):
            await transport.send(replace(request_to(url), mark_sent=partial(marked.append, name)))

    assert marked == ["first"]  # the second request reuses the connection at once


async def test_invalid_port_raises() -> None:
    assert type(await failure_at("http://127.0.0.1:99999")) in {TransportError, ConnectError}
