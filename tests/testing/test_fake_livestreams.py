"""Livestreams of the fake's meetings."""

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


async def test_a_stream_is_set_up_once_and_keeps_what_is_not_sent() -> None:
    ours = Account()
    meeting = ours.add_meeting()
    async with calling(fake(ours)) as caller:
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


async def test_a_running_meeting_is_streamed_restyled_and_stopped() -> None:
    ours = Account()
    meeting = ours.add_meeting()
    meeting.start()
    seen: list[tuple[int, bool, Json]] = []
    async with calling(fake(ours)) as caller:
        for body in (
            {"action": "start", "settings": {"layout": "speaker_view", "display_name": "Dock"}},
            {"action": "mode", "settings": {"layout": "gallery_view"}},
            {"action": "stop"},
            {"action": "mode"},
        ):
            answer = await caller.patch(f"/meetings/{meeting.id}/livestream/status", body)
            seen.append((answer.status, meeting.livestream.running, dict(meeting.livestream.settings)))

    gallery: Json = {"layout": "gallery_view", "display_name": "Dock"}
    assert seen == [
        (204, True, {"layout": "speaker_view", "display_name": "Dock"}),
        (204, True, gallery),
        (204, False, gallery),
        (204, False, gallery),
    ]


async def test_the_end_of_a_meeting_ends_its_stream() -> None:
    ours = Account()
    meeting = ours.add_meeting()
    meeting.start()
    async with calling(fake(ours)) as caller:
        await caller.patch(f"/meetings/{meeting.id}/livestream/status", {"action": "start"})
        await caller.put(f"/meetings/{meeting.id}/status", {"action": "end"})

    assert not meeting.livestream.running


async def test_what_does_not_run_or_is_encrypted_cannot_be_streamed() -> None:
    ours = Account()
    waiting = ours.add_meeting()
    secret = ours.add_meeting(settings={"encryption_type": "e2ee"})
    secret.start()
    async with calling(fake(ours)) as caller:
        answers = [
            await caller.patch(f"/meetings/{meeting.id}/livestream/status", {"action": "start"})
            for meeting in (waiting, secret)
        ]

    assert [answer.error for answer in answers] == [(400, 4927), (400, 4400)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action"),
        ({"settings": {"layout": "speaker_view"}}, "action"),
        ({"action": "mode", "settings": {"display_name": "Dock"}}, "settings.display_name"),
        ({"action": "stop", "settings": {"layout": "speaker_view"}}, "settings.layout"),
    ],
)
async def test_settings_go_with_their_action(body: Json, field: str) -> None:
    ours = Account()
    meeting = ours.add_meeting()
    meeting.start()
    async with calling(fake(ours)) as caller:
        answer = await caller.patch(f"/meetings/{meeting.id}/livestream/status", body)

    assert (answer.error, answer.error_field) == ((400, 300), field)
