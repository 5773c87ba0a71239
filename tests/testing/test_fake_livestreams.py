"""Livestreams of the fake's scheduled meetings."""

from __future__ import annotations

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom

STREAM: Json = {
    "stream_url": "rtmp://live.example/app",
    "stream_key": "k3y",
    "page_url": "https://live.example/page",
    "resolution": "720p",
}


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None)


async def test_update_keeps_resolution() -> None:
    """A missing resolution does not change, null clears it, and the stream key is not in the repr."""
    account = Account()
    meeting = account.add_meeting()
    async with calling(fake(account)) as caller:
        path = f"/meetings/{meeting.id}/livestream"
        first = await caller.patch(path, STREAM)
        await caller.patch(path, {**STREAM, "stream_key": "new"} | {"resolution": None})
        cleared = meeting.livestream.resolution
        await caller.patch(path, STREAM)
        await caller.patch(path, {name: value for name, value in STREAM.items() if name != "resolution"})

    stream = meeting.livestream
    assert (first.status, cleared) == (204, "")
    assert (stream.stream_url, stream.stream_key, stream.page_url) == (
        "rtmp://live.example/app",
        "k3y",
        "https://live.example/page",
    )
    assert stream.resolution == "720p"
    assert "k3y" not in repr(stream)


async def test_start_change_layout_and_stop() -> None:
    account = Account()
    meeting = account.add_meeting()
    meeting.start()
    states: list[tuple[int, bool, Json]] = []
    async with calling(fake(account)) as caller:
        for body in (
            {"action": "start", "settings": {"layout": "speaker_view", "display_name": "Dock"}},
            {"action": "mode", "settings": {"layout": "gallery_view"}},
            {"action": "stop"},
            {"action": "mode"},
        ):
            response = await caller.patch(f"/meetings/{meeting.id}/livestream/status", body)
            states.append((response.status, meeting.livestream.running, dict(meeting.livestream.settings)))

    gallery: Json = {"layout": "gallery_view", "display_name": "Dock"}
    assert states == [
        (204, True, {"layout": "speaker_view", "display_name": "Dock"}),
        (204, True, gallery),
        (204, False, gallery),
        (204, False, gallery),
    ]


async def test_meeting_end_stops_livestream() -> None:
    account = Account()
    meeting = account.add_meeting()
    meeting.start()
    async with calling(fake(account)) as caller:
        await caller.patch(f"/meetings/{meeting.id}/livestream/status", {"action": "start"})
        await caller.put(f"/meetings/{meeting.id}/status", {"action": "end"})

    assert not meeting.livestream.running


async def test_start_needs_running_meeting() -> None:
    """A waiting meeting and an end-to-end encrypted one cannot be streamed."""
    account = Account()
    waiting = account.add_meeting()
    encrypted = account.add_meeting(settings={"encryption_type": "e2ee"})
    encrypted.start()
    async with calling(fake(account)) as caller:
        responses = [
            await caller.patch(f"/meetings/{meeting.id}/livestream/status", {"action": "start"})
            for meeting in (waiting, encrypted)
        ]

    assert [response.error for response in responses] == [(400, 4927), (400, 4400)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action"),
        ({"settings": {"layout": "speaker_view"}}, "action"),
        ({"action": "mode", "settings": {"display_name": "Dock"}}, "settings.display_name"),
        ({"action": "stop", "settings": {"layout": "speaker_view"}}, "settings.layout"),
    ],
)
async def test_settings_depend_on_action(body: Json, field: str) -> None:
    account = Account()
    meeting = account.add_meeting()
    meeting.start()
    async with calling(fake(account)) as caller:
        response = await caller.patch(f"/meetings/{meeting.id}/livestream/status", body)

    assert (response.error, response.error_field) == ((400, 300), field)
