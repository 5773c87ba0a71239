"""Servers on loopback: `serving` for valid HTTP, `talking` for raw bytes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiohttp import web

WebApp: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Conversation: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(app: WebApp, ssl_context: ssl.SSLContext | None = None) -> AsyncGenerator[str, None]:
    """Respond to every request with *app*, over TLS with *ssl_context*, and yield the address."""
    runner = web.ServerRunner(web.Server(app), shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context).start()
        _, port = runner.addresses[0][:2]
        yield f"{'http' if ssl_context is None else 'https'}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(conversation: Conversation) -> AsyncGenerator[str, None]:
    """Run *conversation* on every connection, then close it; yield the address."""
    tasks: list[asyncio.Task[object] | None] = []

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        try:
            await conversation(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except RuntimeError:  # uvloop raises this instead of a ConnectionError
            if not writer.transport.is_closing():
                raise
        finally:
            writer.close()

    server = await asyncio.start_server(run, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*filter(None, tasks))


def saying(raw: bytes) -> Conversation:
    """Return a conversation that responds to any request with *raw*."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()

    return respond
