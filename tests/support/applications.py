"""Applications of web frameworks on their own servers, on loopback: aiohttp's runner and uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import uvicorn
from aiohttp import web

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication


@asynccontextmanager
async def serving_aiohttp(app: web.Application) -> AsyncGenerator[str]:
    """Serve *app* with aiohttp's runner, and yield the address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, port = runner.addresses[0][:2]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serving_asgi(app: ASGIApplication) -> AsyncGenerator[str]:
    """Serve *app* with uvicorn, and yield the address. The lifespan of *app* must start: a failure ends the process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, timeout_graceful_shutdown=5))
        serving = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"  # a request waits until the server has started
        server.should_exit = True
        await serving


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def is_listening(port: int) -> bool:
    """Return whether a server accepts connections on *port*."""
    try:
        stream = await anyio.connect_tcp("127.0.0.1", port)
    except OSError:
        return False
    await stream.aclose()
    return True
