"""The servers of both frameworks, for the tests and for a try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import uvicorn
from aiohttp import web

from meeting_service import aiohttp_app, fastapi_app
from meeting_service.service import Settings

Serve: TypeAlias = Callable[[Settings, int], AbstractAsyncContextManager[None]]
"""A function that serves the application with its settings, on a port of this machine, until the end of the block."""


@asynccontextmanager
async def on_aiohttp(settings: Settings, port: int) -> AsyncGenerator[None]:
    """Serve the application for aiohttp on its own server."""
    runner = web.AppRunner(aiohttp_app.create_app(settings))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def on_uvicorn(settings: Settings, port: int) -> AsyncGenerator[None]:
    """Serve the application for FastAPI on uvicorn."""
    app = fastapi_app.create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="on", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
