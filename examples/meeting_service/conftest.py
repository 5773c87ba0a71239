"""Fixtures: a fake Zoom account, the service, and browsers. Every test runs on aiohttp and on FastAPI."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import cast

import aiohttp
import pytest
from aiohttp import ClientSession
from cryptography.fernet import Fernet

from meeting_service.service import Settings
from meeting_service.serving import Serve, on_aiohttp, on_uvicorn
from meeting_service.simulated import SCOPES
from zoomasync import Plan
from zoomasync.testing import Account, FakeZoom


@pytest.fixture
def port() -> int:
    """Return a free port for the service."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def account() -> Account:
    """Return an account with two users, each with a meeting."""
    account = Account()
    for name in ("ada", "omar"):
        account.add_meeting(account.add_host(name.title(), id=name), topic=f"{name}'s", registrants=2)
    return account


@pytest.fixture
async def fake(account: Account, port: int) -> AsyncGenerator[FakeZoom]:
    """Serve the account. Ada approves what she is asked, and Zoom sends her browser back to the service."""
    callback = f"http://127.0.0.1:{port}/zoom/callback"
    async with FakeZoom(account, plan=None, redirect_uri=callback, user_scopes=SCOPES) as fake:
        yield fake


@pytest.fixture
def settings(fake: FakeZoom, tmp_path: Path) -> Settings:
    """Return the settings of a service for the users of the account."""
    return Settings(
        oauth=fake.user_oauth,
        webhook_secrets=[fake.webhook_secret],
        key=Fernet.generate_key().decode(),
        folder=tmp_path / "data",
        plan=Plan.BUSINESS,
    )


@pytest.fixture(params=[on_aiohttp, on_uvicorn], ids=["aiohttp", "fastapi"])
def serve(request: pytest.FixtureRequest, port: int) -> Callable[[Settings], AbstractAsyncContextManager[None]]:
    """Return a function that serves the application for the time of a block, so that a test can start it again."""
    return lambda settings: cast("Serve", request.param)(settings, port)


@pytest.fixture
def open_browser(port: int) -> Callable[[], ClientSession]:
    """Return a function that opens a browser with cookies of its own, which follows redirects."""
    return lambda: ClientSession(
        f"http://127.0.0.1:{port}",
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # also cookies of hosts that are IP addresses
    )


@pytest.fixture
async def browser(
    serve: Callable[[Settings], AbstractAsyncContextManager[None]],
    settings: Settings,
    open_browser: Callable[[], ClientSession],
) -> AsyncGenerator[ClientSession]:
    """Serve the application, and return a browser in which nobody is signed in."""
    async with serve(settings), open_browser() as browser:
        yield browser


@pytest.fixture
async def ada(browser: ClientSession) -> ClientSession:
    """Serve the application, and return a browser in which Ada is signed in."""
    async with browser.get("/zoom/connect") as response:
        assert response.status == 200
    return browser
