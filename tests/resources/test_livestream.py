"""`zoom.meetings.livestream` against the fake server."""

from __future__ import annotations

import pytest
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest
from zoomasync.models import LivestreamSettings, LivestreamStatusUpdate, LivestreamUpdate
from zoomasync.testing import Account, FakeZoom


async def test_update_start_and_stop(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    livestream = zoom.meetings.livestream
    target = LivestreamUpdate(stream_url="rtmp://s.example/live", stream_key="k3y", page_url="https://s.example/p")

    await livestream.update(meeting.id, target)
    assert last_request(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/livestream"
    assert meeting.livestream.stream_url == target.stream_url

    meeting.start()
    start = LivestreamStatusUpdate(
        action="start", settings=LivestreamSettings(display_name="Harbour", close_caption="off")
    )
    await livestream.update_status(meeting.id, start)
    assert last_request(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/livestream/status"
    assert last_body(fake) == {"action": "start", "settings": {"display_name": "Harbour", "close_caption": "off"}}
    assert meeting.livestream.running

    await livestream.update_status(meeting.id, LivestreamStatusUpdate(action="stop"))
    assert not meeting.livestream.running


async def test_start_before_meeting_raises(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting()
    await zoom.meetings.livestream.update(
        meeting.id, LivestreamUpdate(stream_url="rtmp://s.example/l", stream_key="k", page_url="https://s.example/p")
    )

    with pytest.raises(BadRequest) as raised:
        await zoom.meetings.livestream.update_status(meeting.id, LivestreamStatusUpdate(action="start"))

    assert raised.value.code == 4927
