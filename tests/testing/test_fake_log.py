"""The fake's request log, which holds no secret."""

from __future__ import annotations

import time

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom


async def test_log_entry_of_a_request() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        before = time.monotonic()
        await caller.get("/report/meetings/%252Fb9X%253D/participants", page_size=300)
        after = time.monotonic()
        logged = caller.fake.requests[-1]

    assert logged.method == "GET"
    assert logged.route == "GET /report/meetings/{meetingId}/participants"
    assert logged.raw_path == "/v2/report/meetings/%252Fb9X%253D/participants"
    assert logged.query == {"page_size": "300"}
    assert (logged.label, logged.status) == ("heavy", 404)
    assert before <= logged.at <= after


async def test_log_token_and_unknown_paths() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        await caller.get("/report/nothing")
        logged = [(request.route, request.status) for request in caller.fake.requests]

    assert logged == [("POST /oauth/token", 200), (None, 404)]


async def test_log_and_reprs_hide_secrets() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        credentials = caller.fake.credentials
        await caller.request_token(query=f"?client_secret={credentials.client_secret}")
        await caller.get("/report/billing", access_token=caller.token)
        shown = f"{caller.fake.requests!r} {caller.fake!r} {credentials!r}"
        names = [dict(request.query) for request in caller.fake.requests[1:]]

    assert credentials.client_secret not in shown
    assert caller.token not in shown
    assert names == [{"client_secret": ""}, {"access_token": ""}]


async def test_log_masks_bodies() -> None:
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        path = f"/meetings/{meeting.id}"
        await caller.post(f"{path}/registrants", {"email": "omar@x.example", "first_name": "Omar"})
        await caller.post(f"/users/{meeting.host.id}/meetings", {"topic": "T", "password": "s3cret"})
        await caller.patch(
            f"{path}/livestream", {"stream_url": "rtmp://x", "stream_key": "s3cret", "page_url": "https://x"}
        )
        await caller.post(
            f"{path}/polls", {"client_secret": "s3cret", "title": ["s3cret"], "questions": [{"name": "Q"}, "s3cret"]}
        )
        await caller.post(f"{path}/polls", b"s3cret")
        await caller.send("DELETE", f"{path}/survey", {"token": "s3cret"})
        await caller.post("/users/u/tsp", {"conference_code": "s3cret", "leader_pin": "s3cret"})
        await caller.get(f"{path}/survey")
        logged = caller.fake.requests

    assert [request.body for request in logged] == [
        None,
        {"email": "omar@x.example", "first_name": "Omar"},
        {"topic": "T", "password": "***"},
        {"stream_url": "***", "stream_key": "***", "page_url": "https://x"},
        {"client_secret": "***", "title": "***", "questions": [{"name": "Q"}, "***"]},
        None,
        {"token": "***"},
        {"conference_code": "***", "leader_pin": "***"},
        None,
    ]
    assert "s3cret" not in repr(logged)
    assert "s3cret" not in repr(meeting)


async def test_responses_have_tracking_ids() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        responses = [
            await caller.get("/report/billing"),
            await caller.get("/report/nothing"),
            await caller.request_token(),
        ]

    ids = [{k.lower(): v for k, v in response.headers.items()}["x-zm-trackingid"] for response in responses]
    assert len(set(ids)) == 3


async def test_fake_runs_once_at_a_time() -> None:
    fake = FakeZoom(Account(), plan=None)
    async with fake:
        with pytest.raises(RuntimeError, match="already running"):
            await fake.__aenter__()
    with pytest.raises(RuntimeError, match="not running"):
        _ = fake.base_url
    async with fake:
        assert fake.base_url.startswith("http://127.0.0.1:")
