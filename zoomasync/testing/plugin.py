"""Pytest fixtures for tests against `FakeZoom`.

Put `pytest_plugins = ("zoomasync.testing.plugin",)` into `conftest.py` to use them. They need pytest-asyncio.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from .._client import Zoom
from .server import FakeZoom


@pytest_asyncio.fixture
async def fake_zoom() -> AsyncIterator[FakeZoom]:
    """Serve a simulated account without rate limits, so that tests do not wait."""
    async with FakeZoom(plan=None) as fake:
        yield fake


@pytest_asyncio.fixture
async def zoom(fake_zoom: FakeZoom) -> AsyncIterator[Zoom]:
    """Yield an open client of `fake_zoom`."""
    async with fake_zoom.client() as client:
        yield client
