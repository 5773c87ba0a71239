"""`zoom.meetings.livestream` and `zoom.webinars.livestream` against the fake server."""

from __future__ import annotations

import pytest
from support.kinds import WEBINARS, Kind
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, PermissionDenied
from zoomasync.models import LivestreamSettings, LivestreamStatusUpdate, LivestreamUpdate
from zoomasync.testing import Account, FakeZoom

TARGET = LivestreamUpdate(stream_url="rtmp://s.example/live", stream_key="k3y", page_url="https://s.example/p")


async def test_update_start_and_stop(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled)
    livestream = kind.of(zoom).livestream

    await livestream.update(meeting.id, TARGET)
    assert last_request(fake)[0] == f"PATCH /v2/{kind}/{meeting.id}/livestream"
    assert meeting.livestream.stream_url == TARGET.stream_url

    read = await livestream.get(meeting.id)
    assert last_request(fake)[0] == f"GET /v2/{kind}/{meeting.id}/livestream"
    assert (read.stream_url, read.stream_key, read.page_url) == (TARGET.stream_url, TARGET.stream_key, TARGET.page_url)

    meeting.start()
    start = LivestreamStatusUpdate(
        action="start", settings=LivestreamSettings(display_name="Harbour", active_speaker_name=False)
    )
    await livestream.update_status(meeting.id, start)
    assert last_request(fake)[0] == f"PATCH /v2/{kind}/{meeting.id}/livestream/status"
    assert last_body(fake) == {"action": "start", "settings": {"display_name": "Harbour", "active_speaker_name": False}}
    assert meeting.livestream.running

    await livestream.update_status(meeting.id, LivestreamStatusUpdate(action="stop"))
    assert not meeting.livestream.running


async def test_start_before_meeting_raises(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled)
    await kind.of(zoom).livestream.update(meeting.id, TARGET)

    with pytest.raises(PermissionDenied if kind == WEBINARS else BadRequest) as raised:
        await kind.of(zoom).livestream.update_status(meeting.id, LivestreamStatusUpdate(action="start"))

    assert raised.value.code == (200 if kind == WEBINARS else 4927)


async def test_change_layout(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    meeting.start()

    change = LivestreamStatusUpdate(
        action="mode", settings=LivestreamSettings(layout="gallery_view", close_caption="off")
    )
    await zoom.meetings.livestream.update_status(meeting.id, change)

    settings = {"layout": "gallery_view", "close_caption": "off"}
    assert last_body(fake) == {"action": "mode", "settings": settings}
    assert meeting.livestream.settings == settings
