"""Transports that use the connections of one other: what they share, and what each has of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiohttp import ClientSession, web
from msgspec.structs import replace
from support.server import serving
from support.transports import opened, request_to

from zoomasync._core.transport import AiohttpTransport
from zoomasync.errors import ConfigError, ConnectError, TransportError


class Gate:
    """An app that responds when it is *opened*, and counts its *connections*; *received* has a permit per request."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.received = asyncio.Semaphore(0)
        self.connections = set[object]()

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.connections.add(request.transport)
        self.received.release()
        await self.opened.wait()
        return web.Response(body=request.path.encode())


@asynccontextmanager
async def views_of(transport: AiohttpTransport, count: int) -> AsyncGenerator[list[AiohttpTransport], None]:
    views = [transport.view() for _ in range(count)]
    for view in views:
        await view.open()
    try:
        yield views
    finally:
        for view in views:
            await view.close()


@pytest.mark.parametrize("is_given", [False, True], ids=["own", "given"])
async def test_views_share_connections(*, is_given: bool) -> None:
    """A hundred clients send one after another over one connection."""
    gate = Gate()
    gate.opened.set()
    async with (
        serving(gate) as url,
        ClientSession() as http_session,
        opened(http_session if is_given else None) as transport,
        views_of(transport, 100) as views,
    ):
        for view in views:
            await view.send(request_to(url))

    assert len(gate.connections) == 1


async def test_views_share_the_limit() -> None:
    """The pool of one is in use by one client, and another waits for it in vain."""
    gate = Gate()
    async with serving(gate) as url, opened(max_connections=1) as transport, views_of(transport, 2) as (one, other):
        first = asyncio.create_task(one.send(request_to(url)))
        await gate.received.acquire()
        try:
            with pytest.raises(ConnectError, match="no free connection: all 1 were in use"):
                await other.send(replace(request_to(url), timeout=0.01))
        finally:
            gate.opened.set()
        await first
        assert one.downloads() is other.downloads()


async def test_closing_ends_own_calls() -> None:
    """Closing one client ends its calls; those of another succeed, also later ones."""
    gate = Gate()
    async with serving(gate) as url, opened() as transport, views_of(transport, 2) as (one, other):
        ended = asyncio.create_task(one.send(request_to(url)))
        kept = asyncio.create_task(other.send(request_to(f"{url}/kept")))
        await gate.received.acquire()
        await gate.received.acquire()
        await one.close()
        with pytest.raises(TransportError, match="the client was closed before the response was complete"):
            await ended
        with pytest.raises(ConfigError, match="the client is not open"):
            await one.send(request_to(url))
        gate.opened.set()
        assert (await kept).body == b"/kept"
        assert (await other.send(request_to(f"{url}/later"))).body == b"/later"
        await one.open()
        assert (await one.send(request_to(f"{url}/again"))).body == b"/again"


async def test_view_reports_new_connections() -> None:
    """A request that opens a connection marks its permit then, as without a view."""
    marked: list[int] = []
    gate = Gate()
    gate.opened.set()
    async with serving(gate) as url, opened() as transport, views_of(transport, 2) as views:
        for number, view in enumerate(views):
            await view.send(replace(request_to(url), mark_sent=partial(marked.append, number)))

    assert marked == [0]


async def test_view_needs_the_shared_transport() -> None:
    async with opened() as transport:
        view = transport.view()
    with pytest.raises(ConfigError, match="the client is not open"):
        await view.open()
    assert not view.is_open
