"""Proxies: that of a given HTTP session, and those of the environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from support.server import serving, talking
from support.transports import CANARY, failure_of, free_port, opened

from zoomasync import Label, RetryPolicy, StaticToken, Zoom
from zoomasync._core.transport import AiohttpTransport
from zoomasync.errors import ConnectError, StatusError

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
QUICK = RetryPolicy(base=0.0)
TARGETS = pytest.mark.parametrize("target", ["https://api.zoom.test", "http://zoom"], ids=["https", "http"])
SOURCES = pytest.mark.parametrize("source", ["given session", "trusting session", "environment"])


class Proxy:
    """A proxy that answers every request with *status* and counts the *requests*."""

    def __init__(self, status: int) -> None:
        self._response = b"HTTP/1.1 %d X\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n" % status
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            writer.write(self._response)
            await writer.drain()


@asynccontextmanager
async def _behind(
    address: str, source: str, target: str, environ: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Zoom, AiohttpTransport], None]:
    """Yield a client and a transport that use the proxy at *address*, with a user and a password."""
    proxy = address.replace("//", f"//user:{CANARY}@")
    if source != "given session":
        for name in VARIABLES:
            environ.setenv(name, "" if name == "NO_PROXY" else proxy)
            environ.delenv(name.lower(), raising=False)
    auth = StaticToken("token")
    if source == "environment":
        async with (
            Zoom(auth, base_url=target, retry=QUICK, trust_env=True) as zoom,
            opened(trust_env=True) as transport,
        ):
            yield zoom, transport
        return
    proxy_setting = proxy if source == "given session" else None
    async with (
        ClientSession(proxy=proxy_setting, trust_env=source == "trusting session") as http_session,
        Zoom(auth, base_url=target, retry=QUICK, http_session=http_session) as zoom,
        opened(http_session) as transport,
    ):
        yield zoom, transport


@TARGETS
@SOURCES
async def test_407_is_sent_once(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that wants other credentials is asked once, and named without its password."""
    proxy = Proxy(407)
    async with talking(proxy) as url, _behind(url, source, target, monkeypatch) as (zoom, transport):
        with pytest.raises(ConnectError) as caught:
            await zoom.request("GET", "/rows", label=Label.LIGHT)
        assert proxy.requests == 1
        failure = await failure_of(transport, target)

    for error in (caught.value, failure):
        assert f"the proxy {url.removeprefix('http://')} answered with status 407" in str(error)
        assert CANARY not in f"{error} {error!r}"


@SOURCES
async def test_proxy_fault_is_retried(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent to Zoom if the proxy cannot connect, so that the call is repeated."""
    proxy = Proxy(502)
    async with talking(proxy) as url, _behind(url, source, "https://api.zoom.test", monkeypatch) as (zoom, _):
        with pytest.raises(ConnectError, match=f"the proxy {url.removeprefix('http://')} answered with status 502"):
            await zoom.request("POST", "/rows", label=Label.LIGHT)

    assert proxy.requests == QUICK.attempts


@TARGETS
@SOURCES
async def test_unreachable_proxy_is_named(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with _behind(f"http://{address}", source, target, monkeypatch) as (_, transport):
        failure = await failure_of(transport, target)

    assert type(failure) is ConnectError
    assert f"cannot connect to the proxy {address}" in str(failure)
    assert CANARY not in f"{failure} {failure!r}"


async def test_407_without_proxy_is_response() -> None:
    """Without a proxy, 407 is a response like another."""

    async def app(_: web.BaseRequest) -> web.Response:
        return web.Response(status=407)

    async with serving(app) as url, Zoom(StaticToken("token"), base_url=url, retry=RetryPolicy(attempts=1)) as zoom:
        with pytest.raises(StatusError) as caught:
            await zoom.request("GET", "/rows", label=Label.LIGHT)

    assert caught.value.status == 407
