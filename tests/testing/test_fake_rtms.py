"""The fake's real-time media streams."""

from __future__ import annotations

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom, ScheduledMeeting


def running_meeting(account: Account) -> ScheduledMeeting:
    host = account.add_host(id="host")
    account.add_host(id="other")
    account.add_host(id="deputy", email="deputy@x.example")
    meeting = account.add_meeting(host, settings={"alternative_hosts": "deputy@x.example"})
    meeting.start()
    return meeting


def body(action: str, **settings: str) -> Json:
    return {"action": action, "settings": {"client_id": "a1", **settings}}


@pytest.mark.parametrize(
    ("actions", "errors"),
    [
        (("start", "pause", "resume", "stop", "start"), [None] * 5),
        (("start", "pause", "stop"), [None] * 3),
        (("stop",), [(400, 13277)]),
        (("pause",), [(400, 13277)]),
        (("resume",), [(400, 13277)]),
        (("start", "stop", "stop"), [None, None, (400, 13277)]),
        (("start", "start"), [None, (400, 2310)]),
        (("start", "resume"), [None, (400, 2310)]),
        (("start", "pause", "start"), [None, None, (400, 2310)]),
        (("start", "pause", "pause", "resume"), [None, None, (400, 2310), None]),
    ],
)
async def test_actions_on_stream(actions: tuple[str, ...], errors: list[object]) -> None:
    account = Account()
    meeting = running_meeting(account)
    async with calling(FakeZoom(account, plan=None)) as caller:
        path = f"/live_meetings/{meeting.id}/rtms_app/status"
        responses = [await caller.patch(path, body(action)) for action in actions]

    assert [None if response.status == 204 else response.error for response in responses] == errors


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, (400, 300)),
        ({"action": "start"}, (400, 300)),
        ({"settings": {"client_id": "a1"}}, (400, 300)),
        (body("start", participant_user_id="deputy"), (204, None)),
        (body("start", participant_user_id="other"), (403, 2308)),
        (body("start", participant_user_id="nobody"), (400, 2312)),
    ],
)
async def test_who_may_start(given: Json, error: tuple[int, int | None]) -> None:
    """The host and alternative hosts may start a stream."""
    account = Account()
    meeting = running_meeting(account)
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.patch(f"/live_meetings/{meeting.id}/rtms_app/status", given)

    assert response.error == error
    assert list(meeting.rtms_streams.values()) == (["running"] if error[1] is None else [])


async def test_stream_needs_running_meeting() -> None:
    account = Account()
    meeting = running_meeting(account)
    disabled = account.add_meeting(account.add_host(disabled_features=["rtms"]))
    disabled.start()
    async with calling(FakeZoom(account, plan=None)) as caller:
        path = "/live_meetings/{}/rtms_app/status"
        await caller.patch(path.format(meeting.id), body("start"))
        meeting.end()
        responses = [await caller.patch(path.format(n), body("start")) for n in (meeting.id, disabled.id, 99)]

    assert meeting.rtms_streams == {}
    assert [response.error for response in responses] == [(400, 3000), (403, 13267), (404, 3001)]
