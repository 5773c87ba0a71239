"""TLS with real certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector, web
from support.certificates import Certificates
from support.server import serving, talking
from support.transports import failure_at, failure_of, opened

from zoomasync import Label, Plan, RetryPolicy, StaticToken, Zoom
from zoomasync.errors import TLSError

INVALID = pytest.mark.parametrize(
    ("serve", "fault"),
    [
        pytest.param(partial(Certificates.issued, names="DNS:zoom.test"), "is for another host", id="other name"),
        pytest.param(partial(Certificates.issued, names="IP:127.0.0.2"), "is for another host", id="other address"),
        pytest.param(partial(Certificates.issued, day=-30), "has expired", id="expired"),
        pytest.param(partial(Certificates.issued, day=30), "is not valid yet", id="not valid yet"),
        pytest.param(Certificates.self_signed, "is not trusted", id="self-signed"),
    ],
)


class Server:
    """A server that counts its *connections* and *requests*."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0

    async def app(self, _: web.BaseRequest) -> web.Response:
        self.requests += 1
        return web.json_response({})

    @asynccontextmanager
    async def over(self, context: ssl.SSLContext) -> AsyncGenerator[str, None]:
        """Serve over TLS, and yield the address."""

        def count(*_: object) -> None:
            self.connections += 1

        context.sni_callback = count
        async with serving(self.app, context) as url:
            yield url


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return Certificates.create(tmp_path)


@asynccontextmanager
async def _trusting(made: Certificates) -> AsyncGenerator[ClientSession, None]:
    async with ClientSession(connector=TCPConnector(ssl=made.trusting())) as http_session:
        yield http_session


async def test_trusted_certificate_is_accepted(made: Certificates) -> None:
    server = Server()
    async with (
        server.over(made.issued()) as url,
        _trusting(made) as http_session,
        Zoom(StaticToken("token"), base_url=url, http_session=http_session) as zoom,
    ):
        assert await zoom.request("GET", "/rows", label=Label.LIGHT) == {}


@INVALID
async def test_invalid_certificate_is_named(
    made: Certificates, serve: Callable[[Certificates], ssl.SSLContext], fault: str
) -> None:
    """A client that trusts the authority still rejects the certificate, and says why."""
    server = Server()
    async with server.over(serve(made)) as url, _trusting(made) as http_session, opened(http_session) as transport:
        failure = await failure_of(transport, url)

    assert type(failure) is TLSError
    assert f"the certificate of {url.removeprefix('https://')} {fault}; the request was not sent" in str(failure)
    assert (server.connections, server.requests) == (1, 0)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_untrusted_server_tried_once(made: Certificates, method: str) -> None:
    """A certificate of an unknown authority ends the call at once, and the call does not count."""
    server = Server()
    plan = Plan(light=10, medium=10, heavy=10, heavy_per_day=1)
    async with (
        server.over(made.issued()) as url,
        Zoom(StaticToken("token"), plan=plan, base_url=url, retry=RetryPolicy(base=0.0)) as zoom,
    ):
        for _ in range(2):
            with pytest.raises(TLSError, match="is not trusted"):
                await zoom.request(method, "/rows", label=Label.HEAVY)

    assert (server.connections, server.requests) == (2, 0)


async def test_plain_server_tls_error() -> None:
    async def speak_smtp(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with talking(speak_smtp) as url:
        failure = await failure_at(url.replace("http:", "https:"))

    assert type(failure) is TLSError
