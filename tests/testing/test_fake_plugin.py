"""The fixtures of the pytest plugin."""

from __future__ import annotations

from zoomasync._client import Zoom
from zoomasync.testing import FakeZoom
from zoomasync.testing.plugin import fake_zoom, zoom

__all__ = ["fake_zoom", "zoom"]


async def test_plugin_fixtures(
    fake_zoom: FakeZoom,
    zoom: Zoom,
) -> None:
    day = fake_zoom.today

    hosts = [host.id async for host in zoom.reports.users(day, day)]

    assert hosts == [host.id for host in fake_zoom.account.hosts]
    assert [request.route for request in fake_zoom.requests] == ["POST /oauth/token", "GET /report/users"]
