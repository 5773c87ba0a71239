"""Applications of web frameworks on their own servers, on loopback: aiohttp's runner and uvicorn."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import uvicorn
from aiohttp import web

from support.environment import environment_of, environment_with
from support.pages import ROOT
from zoomasync.testing import FakeZoom

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


@asynccontextmanager
async def running(
    arguments: Sequence[str],
    port: int,
    *,
    folder: Path,
    environment: Mapping[str, str],
    end: signal.Signals = signal.SIGTERM,
) -> AsyncGenerator[str]:
    """Run Python with *arguments*, yield the address once it listens on *port*, and end it with the signal *end*."""
    async with await anyio.open_process([sys.executable, *arguments], cwd=folder, env=environment) as process:
        try:
            with anyio.fail_after(30):
                while not await is_listening(port):
                    assert process.returncode is None
                    await anyio.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
            process.send_signal(end)
            with anyio.fail_after(30):
                assert await process.wait() in {0, -end}
        finally:
            if process.returncode is None:
                process.kill()


def running_program(folder: Path, fake: FakeZoom, *command: str, **variables: str) -> AbstractAsyncContextManager[str]:
    """Run a Python program of a page on a free port in place of 8080, and yield the address."""
    port = free_port()
    arguments = [argument.replace("8080", str(port)) for argument in command]
    environment = environment_with(**{**environment_of(fake), "PYTHONPATH": f"{folder}:{ROOT}", **variables})
    return running(arguments, port, folder=folder, environment=environment)


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
