"""The programs of docs/user_oauth.md run, on the servers that they name, and its test passes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import aiohttp
import pytest
from support.applications import running_program
from support.environment import environment_of
from support.pages import Page, run_python
from support.user_processes import users_at

from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/user_oauth.md")
AIOHTTP, FASTAPI, SHARED, TEST = PAGE.take("python")
(COMMAND,) = re.findall(r"`uvicorn (service:app .*?)`", PAGE.text)


@pytest.fixture
async def fake() -> AsyncIterator[FakeZoom]:
    account = Account()
    for name in ("Ada", "Omar"):
        account.add_meeting(account.add_host(name), topic=f"Harbour of {name}")
    async with FakeZoom(account, plan=None) as server:
        yield server


def variables_of(fake: FakeZoom) -> dict[str, str]:
    oauth = fake.user_oauth
    return {
        "ZOOM_CLIENT_ID": oauth.client_id,
        "ZOOM_CLIENT_SECRET": oauth.client_secret,
        "ZOOM_REDIRECT_URI": oauth.redirect_uri,
    }


class Browser:
    """A browser that follows no redirect, and has the cookie of the service."""

    def __init__(self, url: str, http_session: aiohttp.ClientSession) -> None:
        self._url = url
        self._http_session = http_session
        self._cookies: dict[str, str] = {}

    async def get(self, path: str) -> tuple[int, str]:
        """Return the status, and the target of a redirect or the body."""
        address = f"{self._url}{path}"
        async with self._http_session.get(address, cookies=self._cookies, allow_redirects=False) as response:
            self._cookies.update({name: morsel.value for name, morsel in response.cookies.items()})
            return response.status, response.headers.get("Location", "") or await response.text()

    async def post(self, path: str) -> int:
        """Return the status."""
        async with self._http_session.post(f"{self._url}{path}", cookies=self._cookies) as response:
            return response.status

    async def connect(self, fake: FakeZoom, *, approves: bool = True) -> tuple[int, str]:
        """Begin at the service, answer at Zoom, and return the response to the callback."""
        _, url = await self.get("/zoom/connect")
        callback = urlsplit(fake.approve(url) if approves else fake.deny(url))
        return await self.get(f"{callback.path}?{callback.query}")


@pytest.mark.parametrize("command", [("-c", AIOHTTP), ("-m", "uvicorn", *COMMAND.split())], ids=["aiohttp", "FastAPI"])
async def test_service_acts_for_users(tmp_path: Path, fake: FakeZoom, command: tuple[str, ...]) -> None:
    (tmp_path / "service.py").write_text(FASTAPI, encoding="utf-8")
    ada, omar = fake.account.hosts
    async with (
        running_program(tmp_path, fake, *command, **variables_of(fake)) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http_session,
    ):
        first, second, third = (Browser(url, http_session) for _ in range(3))
        stranger = await first.get("/meetings")
        approved = await first.connect(fake)
        fake.signed_in_user = omar
        other = await second.connect(fake)
        denied = await third.connect(fake, approves=False)
        shown = [await browser.get("/meetings") for browser in (first, second)]
        replayed = await first.get("/zoom/callback?code=1&state=1")
        fake.remove_app(ada)
        removed = await first.get("/meetings")

    assert [response[0] in {302, 307} for response in (stranger, approved, other, replayed, removed)] == [True] * 5
    assert [response[1] for response in (stranger, replayed, removed)] == ["/zoom/connect"] * 3
    assert (approved[1], other[1]) == ("/meetings", "/meetings")
    assert denied[0] == 403
    assert "the user declined" in denied[1]
    assert [body.replace(" ", "") for _, body in shown] == ['["HarbourofAda"]', '["HarbourofOmar"]']


async def test_user_disconnects(tmp_path: Path, fake: FakeZoom) -> None:
    async with (
        running_program(tmp_path, fake, "-c", AIOHTTP, **variables_of(fake)) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http_session,
    ):
        browser = Browser(url, http_session)
        await browser.connect(fake)
        disconnected = await browser.post("/zoom/disconnect")
        shown = await browser.get("/meetings")

    assert disconnected == 204
    assert shown[1] == "/zoom/connect"
    assert fake.requests[-1].route == "POST /oauth/revoke"


async def test_limits_are_shared(tmp_path: Path, fake: FakeZoom, valkey_url: str) -> None:
    ada = fake.account.hosts[0]
    async with users_at(valkey_url, fake.user_oauth) as users:
        request = fake.user_oauth.authorization_request()
        await users.authorize(request, fake.approve(request.url, ada))
    program = SHARED.replace("sys.argv[1:]", f"({valkey_url!r}, {ada.id!r})")

    output = await run_python(program, tmp_path, {**environment_of(fake), **variables_of(fake)})

    assert output == "['Harbour of Ada']\n"


async def test_user_is_tested() -> None:
    names: dict[str, object] = {"__name__": "test_users"}
    exec(compile(TEST, "test_users.py", "exec", dont_inherit=True), names)  # noqa: S102  the test of the page
    test = cast("Callable[[], Awaitable[None]]", names["test_user_is_found_again_after_an_hour"])
    await test()
