"""The service against a fake Zoom account: each test runs on aiohttp and on FastAPI."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

import anyio
import pytest
from aiohttp import ClientSession
from cryptography.fernet import Fernet

from meeting_service.service import Settings
from zoomasync.auth import FileTokenStore
from zoomasync.testing import FakeZoom
from zoomasync.webhooks import sign

OpenBrowser: TypeAlias = Callable[[], ClientSession]
Serve: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[None]]

BOOKING = {"topic": "Pier", "start_time": "2030-01-01T10:00:00Z", "duration": 45}


async def get(browser: ClientSession, path: str) -> tuple[int, object]:
    """Return the status and the JSON of a response, without redirects."""
    async with browser.get(path, allow_redirects=False) as response:
        return response.status, await response.json() if response.status != 303 else response.headers["Location"]


async def post(browser: ClientSession, path: str, json: object = None) -> tuple[int, object]:
    async with browser.post(path, json=json, allow_redirects=False) as response:
        return response.status, await response.json() if response.status not in {204, 303} else None


async def text_of(browser: ClientSession, path: str) -> str:
    async with browser.get(path) as response:
        return await response.text()


async def topics(browser: ClientSession) -> list[str]:
    """Return the topics of the meetings that a signed-in user sees."""
    async with browser.get("/meetings") as response:
        return [meeting["topic"] for meeting in await response.json()]


async def stored_tokens(settings: Settings) -> list[bytes]:
    """Return the tokens in the files of the service, as they are there."""
    store = FileTokenStore(settings.folder / "tokens")
    values = [await store.read(path.stem) for path in (settings.folder / "tokens").glob("*.json")]
    return [value for value in values if value is not None]


# --- Users ---


async def test_browser_connects_on_the_way(browser: ClientSession) -> None:
    """A browser without a cookie is sent to Zoom and back, and sees the meetings of its user then."""
    async with browser.get("/meetings") as response:
        visited = [each.url.path for each in (*response.history, response)]
        meetings = await response.json()

    assert visited == ["/meetings", "/zoom/connect", "/oauth/authorize", "/zoom/callback", "/meetings"]
    assert [meeting["topic"] for meeting in meetings] == ["ada's"]


async def test_users_see_their_own(fake: FakeZoom, ada: ClientSession, open_browser: OpenBrowser) -> None:
    fake.signed_in_user = fake.account.hosts[1]
    async with open_browser() as omar:
        assert await topics(omar) == ["omar's"]
        assert await topics(ada) == ["ada's"]


async def test_user_declines(fake: FakeZoom, browser: ClientSession) -> None:
    _, authorization_page = await get(browser, "/zoom/connect")

    status, body = await get(browser, fake.deny(str(authorization_page)))

    assert (status, "the user declined" in str(body)) == (403, True)
    assert await get(browser, "/meetings") == (303, "/zoom/connect")


async def test_callback_of_another_browser(fake: FakeZoom, ada: ClientSession, open_browser: OpenBrowser) -> None:
    """Nobody can sign another person in with a link, as Omar."""
    async with open_browser() as omar:
        _, authorization_page = await get(omar, "/zoom/connect")
    link = fake.approve(str(authorization_page), fake.account.hosts[1])

    assert (await get(ada, link))[0] == 400
    _, _ = await get(ada, "/zoom/connect")
    assert (await get(ada, link))[0] == 403


async def test_expired_token_is_refreshed(fake: FakeZoom, ada: ClientSession) -> None:
    fake.expire_access_tokens()

    assert await topics(ada) == ["ada's"]


async def test_removed_app_connects_again(fake: FakeZoom, ada: ClientSession) -> None:
    fake.remove_app(fake.account.hosts[0])

    assert await get(ada, "/meetings") == (303, "/zoom/connect")
    assert await topics(ada) == ["ada's"]


async def test_disconnected_user_is_signed_out(fake: FakeZoom, ada: ClientSession) -> None:
    assert await post(ada, "/zoom/disconnect") == (204, None)

    assert [cookie.value for cookie in ada.cookie_jar] in (
        [],
        ["null"],
    )  # a browser drops the latter, too: it has expired
    assert await get(ada, "/meetings") == (303, "/zoom/connect")
    assert "POST /oauth/revoke" in {str(request.route) for request in fake.requests}


async def test_restart_keeps_users(serve: Serve, settings: Settings, fake: FakeZoom, open_browser: OpenBrowser) -> None:
    async with open_browser() as browser:
        async with serve(settings):
            assert await topics(browser) == ["ada's"]
        fake.expire_access_tokens()
        async with serve(settings):
            assert (await get(browser, "/meetings"))[0] == 200


@pytest.mark.usefixtures("ada")
async def test_tokens_are_encrypted(settings: Settings) -> None:
    (stored,) = await stored_tokens(settings)

    assert b"refresh_token" not in stored
    assert b"refresh_token" in Fernet(settings.key).decrypt(stored)


# --- Meetings ---


async def test_meeting_is_scheduled(fake: FakeZoom, ada: ClientSession) -> None:
    status, meeting = await post(ada, "/meetings", BOOKING)

    (scheduled,) = [each for each in fake.account.scheduled_meetings if each.topic == "Pier"]
    assert status == 201
    assert isinstance(meeting, dict)
    assert (meeting["id"], meeting["topic"]) == (scheduled.id, "Pier")
    assert (scheduled.host.id, scheduled.start_time, scheduled.registration_enabled) == (
        "ada",
        datetime.fromisoformat("2030-01-01T10:00:00Z"),
        True,
    )


@pytest.mark.parametrize("change", [{"topic": None}, {"start_time": "soon"}, {"duration": 0}, {"topic": "x" * 201}])
async def test_invalid_booking(fake: FakeZoom, ada: ClientSession, change: dict[str, object]) -> None:
    status, _ = await post(ada, "/meetings", BOOKING | change)

    assert status in {400, 422}
    assert len(fake.account.scheduled_meetings) == 2


async def test_rate_limit_is_a_503(fake: FakeZoom, ada: ClientSession) -> None:
    fake.throttle("meetings.create", kind="daily", retry_after=3600)

    async with ada.post("/meetings", json=BOOKING) as response:
        assert (response.status, 0 < int(response.headers["Retry-After"]) <= 86_400) == (503, True)


async def test_deadline_is_a_504(serve: Serve, settings: Settings, fake: FakeZoom, open_browser: OpenBrowser) -> None:
    fake.throttle("meetings.list", times=None)
    async with serve(replace(settings, deadline=0.2)), open_browser() as browser, browser.get("/meetings") as response:
        assert (response.status, "did not respond in time" in await response.text()) == (504, True)


async def test_lost_response_is_not_repeated(fake: FakeZoom, ada: ClientSession) -> None:
    fake.drop_connection("meetings.create", after="handling")

    status, body = await post(ada, "/meetings", BOOKING)

    assert (status, "may have been carried out" in str(body)) == (502, True)
    assert [each.topic for each in fake.account.scheduled_meetings].count("Pier") == 1


# --- Webhooks ---


@pytest.fixture
async def subscribed(ada: ClientSession, fake: FakeZoom, port: int) -> ClientSession:
    """Let Zoom deliver webhooks to the service, and return the browser of Ada."""
    await fake.subscribe_webhooks(f"http://127.0.0.1:{port}/zoom/webhook", retry_delays=(0.1, 0.1, 0.1))
    return ada


async def handled(browser: ClientSession) -> None:
    """Wait until the service has handled its webhooks."""
    with anyio.fail_after(10):
        while '"pending":0' not in await text_of(browser, "/health"):
            await anyio.sleep(0.02)


def end_meeting(fake: FakeZoom) -> int:
    """Hold Ada's meeting, and return its number."""
    meeting = fake.account.scheduled_meetings[0]
    fake.start_meeting(meeting)
    fake.end_meeting(meeting)
    return meeting.id


async def test_ended_meeting_has_a_list(fake: FakeZoom, subscribed: ClientSession) -> None:
    number = end_meeting(fake)
    await fake.webhooks_delivered()
    await handled(subscribed)

    status, names = await get(subscribed, f"/meetings/{number}/registrants")
    people = fake.account.scheduled_meetings[0].registrants
    assert (status, names) == (200, [f"{each.first_name} {each.last_name}".strip() for each in people])
    assert (await get(subscribed, "/meetings/1/registrants"))[0] == 404


async def test_outage_does_not_lose_an_event(fake: FakeZoom, subscribed: ClientSession) -> None:
    with fake.outage():
        number = end_meeting(fake)
        await fake.webhooks_delivered()
        assert (await get(subscribed, f"/meetings/{number}/registrants"))[0] == 404
    assert {(each.attempt, each.outcome) for each in fake.webhook_deliveries} == {(1, "delivered")}  # within 3 seconds
    await handled(subscribed)

    assert (await get(subscribed, f"/meetings/{number}/registrants"))[0] == 200


async def test_restart_handles_stored_events(
    serve: Serve, settings: Settings, fake: FakeZoom, open_browser: OpenBrowser, port: int
) -> None:
    """The first process ends while it cannot handle the event."""
    async with open_browser() as browser:
        async with serve(settings):
            await topics(browser)
            await fake.subscribe_webhooks(f"http://127.0.0.1:{port}/zoom/webhook")
            with fake.outage():
                number = end_meeting(fake)
                await fake.webhooks_delivered()
                assert (await get(browser, f"/meetings/{number}/registrants"))[0] == 404
        async with serve(settings):
            await handled(browser)

            assert (await get(browser, f"/meetings/{number}/registrants"))[0] == 200


async def test_removed_app_deletes_data(fake: FakeZoom, subscribed: ClientSession, settings: Settings) -> None:
    end_meeting(fake)
    await fake.webhooks_delivered()
    await handled(subscribed)
    before = sorted(path.name for path in (settings.folder / "registrants").iterdir())

    fake.remove_app(fake.account.hosts[0])
    await fake.webhooks_delivered()
    await handled(subscribed)

    assert (before, list((settings.folder / "registrants").iterdir())) == (["user-ada"], [])
    assert await stored_tokens(settings) == []


async def test_forged_webhook(browser: ClientSession) -> None:
    body = b'{"event": "app_deauthorized", "payload": {"user_id": "ada"}}'
    async with browser.post("/zoom/webhook", data=body, headers=sign(body, "another secret")) as response:
        assert response.status == 401

    assert await get(browser, "/health") == (200, {"pending": 0, "failed": 0, "done": 0})
