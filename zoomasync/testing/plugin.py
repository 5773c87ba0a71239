"""Pytest fixtures for tests against a fake Zoom.

Opt in from `conftest.py` with `pytest_plugins = ("zoomasync.testing.plugin",)`; pytest-asyncio has to be installed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from .._client import Zoom
from .server import FakeZoom


@pytest_asyncio.fixture
async def fake_zoom() -> AsyncIterator[FakeZoom]:
    """Serve a simulated account without rate limits, so that tests are quick."""
    async with FakeZoom(plan=None) as fake:
        yield fake


@pytest_asyncio.fixture
async def zoom(fake_zoom: FakeZoom) -> AsyncIterator[Zoom]:
    """Give a client of `fake_zoom` that is ready for use."""
    async with fake_zoom.client() as client:
        yield client
