"""Calls that are cancelled while their request is in flight."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest
from aiohttp import ClientSession, TCPConnector
from support.server import talking

from zoomasync import Label, StaticToken, Zoom

PAGE = b'{"rows":[{"number":1}],"next_page_token":"t"}'


class SlowServer:
    """A server that answers ``/quick`` and the first page of a listing, and no other request.

    *arrived* has the request lines; *arriving* is set by each request without an answer, *left* when its client leaves.
    """

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.arriving = asyncio.Event()
        self.left = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line = (await reader.readuntil(b"\r\n\r\n")).decode().partition(" HTTP")[0]
            self.arrived.append(line)
            if line not in {"GET /v2/quick", "GET /v2/rows"}:
                self.arriving.set()
                await reader.read()
                self.left.set()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE)
            await writer.drain()


@asynccontextmanager
async def _open(connections: int = 100) -> AsyncGenerator[tuple[SlowServer, Zoom], None]:
    server = SlowServer()
    async with (
        talking(server.talk) as url,
        ClientSession(connector=TCPConnector(limit=connections)) as http_session,
        Zoom(StaticToken("token"), base_url=f"{url}/v2", http_session=http_session) as zoom,
    ):
        yield server, zoom


async def _list(zoom: Zoom) -> None:
    async for _ in zoom.paginate("GET /rows", items="rows", label=Label.LIGHT):
        pass


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_cancelled_call_is_not_resent(method: str) -> None:
    """A cancelled call closes its connection, and is not sent again; other calls are not affected."""
    async with _open() as (server, zoom):
        call = asyncio.create_task(zoom.request(method, "/slow", label=Label.LIGHT))
        await server.arriving.wait()

        call.cancel()
        await asyncio.wait([call])

        assert call.cancelled()
        with anyio.fail_after(5):
            await server.left.wait()
            await zoom.request("GET", "/quick", label=Label.LIGHT)
    assert server.arrived == [f"{method} /v2/slow", "GET /v2/quick"]


async def test_cancelled_loop_leaves_nothing() -> None:
    """A loop over a listing that is cancelled at its second page leaves no task and no connection."""
    async with _open() as (server, zoom):
        loop = asyncio.create_task(_list(zoom))
        await server.arriving.wait()
        loop.cancel()
        await asyncio.wait([loop])

        with anyio.fail_after(5):
            await server.left.wait()
            while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  the server's tasks end by themselves
                await asyncio.sleep(0.01)
    assert server.arrived == ["GET /v2/rows", "GET /v2/rows?next_page_token=t"]


async def test_deadline_cancels_nothing_else() -> None:
    """A deadline around a loop ends the loop only; later calls of the same task succeed."""
    async with _open() as (server, zoom):
        with anyio.move_on_after(0.2) as scope:
            await _list(zoom)

        assert scope.cancelled_caught
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        await zoom.request("GET", "/quick", label=Label.LIGHT)
    assert server.arrived[-1] == "GET /v2/quick"


async def test_call_in_cancelled_scope_is_not_sent() -> None:
    """A write in a scope that was cancelled before is not sent, although an idle connection could take it at once."""
    async with _open() as (server, zoom):
        await zoom.request("GET", "/quick", label=Label.LIGHT)
        await anyio.sleep(0.1)  # until the rate limit allows another call at once
        with anyio.CancelScope() as scope:
            scope.cancel()
            await zoom.request("POST", "/slow", label=Label.LIGHT)
        await zoom.request("GET", "/quick", label=Label.LIGHT)

    assert server.arrived == ["GET /v2/quick", "GET /v2/quick"]


async def test_cancelled_calls_free_the_pool() -> None:
    """Calls that are cancelled while they hold or await the only connection keep no other call from it."""
    async with _open(connections=1) as (server, zoom):
        holder = asyncio.create_task(zoom.request("GET", "/slow", label=Label.LIGHT))
        await server.arriving.wait()
        waiting = [asyncio.create_task(zoom.request("GET", "/quick", label=Label.LIGHT)) for _ in range(9)]
        await asyncio.sleep(0.1)
        assert server.arrived == ["GET /v2/slow"]

        for call in (holder, *waiting[::3]):
            call.cancel()
        async with asyncio.timeout(10):
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)

    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [True, False, False] * 3
    assert server.arrived == ["GET /v2/slow", *["GET /v2/quick"] * 6]
