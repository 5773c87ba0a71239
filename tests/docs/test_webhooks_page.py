"""The services of docs/webhooks.md run on their servers, and receive webhooks of a fake account."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import aiohttp
import anyio
import pytest
from support.applications import running_program
from support.environment import environment_of, environment_with
from support.pages import ROOT, Page, run_python, run_shell
from support.webhook_receiver import receiving

from zoomasync import UserClients, Zoom
from zoomasync.auth import MemoryTokenStore
from zoomasync.errors import ReauthorizationRequired
from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.reference.webhooks import example_event
from zoomasync.webhooks import EVENTS, InboxStatus, WebhookEvent, WebhookInbox, decode_event, sign

PAGE = Page("docs/webhooks.md")
(HANDLERS,) = PAGE.take("python", "Handle events")
(AIOHTTP,) = PAGE.take("python", "aiohttp")
(FASTAPI,) = PAGE.take("python", "FastAPI")
(STARLETTE,) = PAGE.take("python", "Starlette")
VIEW, ASGI, WORKER, CALL = PAGE.take("python", "Django")
(FAILED,) = PAGE.take("python", "The inbox")
(REMOVED,) = PAGE.take("python", "When a user removes the app")
(TRY,) = PAGE.take("sh", "Try it")
UVICORN = re.findall(r"`uvicorn (.*?)`", PAGE.text)

SETTINGS = """
SECRET_KEY, ROOT_URLCONF, ALLOWED_HOSTS = "k", "urls", ["*"]
"""
URLS = """
from django.urls import path
import call, webhooks
urlpatterns = [path("zoom/webhook", webhooks.receive), path("meetings/<int:meeting_id>", call.meeting)]
"""
WSGI = """
from wsgiref.simple_server import make_server
from django.core.wsgi import get_wsgi_application
make_server("127.0.0.1", 8080, get_wsgi_application()).serve_forever()
"""
SECRET = "rE7kq0aNQbWcYx1mUo2pZw"
UUID = "m8Re/3nWTyrh2qUa+S1vZx=="
NUMBER = 81_000_000_001
VARIABLES = {"ZOOM_WEBHOOK_SECRET": f"{SECRET} old-secret", "DJANGO_SETTINGS_MODULE": "settings"}


@pytest.fixture
def account() -> Account:
    account = Account()
    account.add_instance(uuid=UUID, participants=3, topic="Harbour tour")
    account.add_meeting(id=NUMBER, topic="Harbour")
    return account


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files of all services; those of Django need others than the page has."""
    files = {
        "handlers": HANDLERS, "webhooks": VIEW, "asgi": ASGI, "call": CALL, "worker": WORKER, "urls": URLS,
        "settings": SETTINGS,
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / f"{name}.py").write_text(content, encoding="utf-8")
    return tmp_path


async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as zoom, zoom.post(url, data=body, headers=headers) as response:
        return response.status


async def wait_until(condition: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(30):
        while not await condition():  # noqa: ASYNC110  of another process
            await anyio.sleep(0.02)


async def receive_webhooks(url: str, fake: FakeZoom, folder: Path) -> None:
    """Check a service: it proves its secret, rejects a forged event, and handles a right one once."""
    await fake.subscribe_webhooks(url, secret=SECRET, answer_seconds=30)  # a busy machine starts Django slowly
    body = json.dumps(example_event("meeting.ended") | {"event_ts": 1773824400000}).encode()
    assert await post(url, body, sign(body, "a guess")) == 401
    assert await post(url, body, {}) == 401
    assert [await post(url, body, sign(body, secret)) for secret in (SECRET, "old-secret")] == [204, 204]
    fake.send_webhook("meeting.ended", {"object": {"uuid": UUID}})
    async with WebhookInbox(folder / "webhooks.sqlite") as inbox:

        async def are_handled() -> bool:
            return await inbox.status() == InboxStatus(pending=0, failed=0, done=2)

        await wait_until(are_handled)
    reports = [request for request in fake.requests if (request.route or "").startswith("GET /report/meetings")]
    assert [request.status for request in reports] == [200, 200]


@pytest.mark.parametrize(
    ("program", "command"),
    [
        (AIOHTTP, ["-c", AIOHTTP]),
        *((program, ["-m", "uvicorn", *UVICORN[0].split()]) for program in (FASTAPI, STARLETTE)),
    ],
    ids=["aiohttp", "fastapi", "starlette"],
)
async def test_service_receives_webhooks(folder: Path, fake: FakeZoom, program: str, command: list[str]) -> None:
    (folder / "service.py").write_text(program, encoding="utf-8")
    async with running_program(folder, fake, *command, **VARIABLES) as url:
        await receive_webhooks(f"{url}/zoom/webhook", fake, folder)


async def test_django_with_asgi(folder: Path, fake: FakeZoom) -> None:
    async with running_program(folder, fake, "-m", "uvicorn", *UVICORN[1].split(), **VARIABLES) as url:
        await receive_webhooks(f"{url}/zoom/webhook", fake, folder)


async def test_django_with_asgi_needs_its_settings(folder: Path, fake: FakeZoom) -> None:
    """A server whose client cannot be opened does not start."""
    with pytest.raises(AssertionError):
        async with running_program(folder, fake, "-m", "uvicorn", *UVICORN[1].split(), **VARIABLES, ZOOM_SHARE="two"):
            pass


async def test_django_with_wsgi(folder: Path, fake: FakeZoom) -> None:
    """The server stores the events, and another process handles them. A view calls Zoom with a client of its own."""
    environment = environment_with(**environment_of(fake), PYTHONPATH=f"{folder}:{ROOT}")
    async with (
        running_program(folder, fake, "-c", WSGI, **VARIABLES) as url,
        await anyio.open_process([sys.executable, "worker.py"], cwd=folder, env=environment) as worker,
    ):
        try:
            await receive_webhooks(f"{url}/zoom/webhook", fake, folder)
        finally:
            worker.kill()
        async with aiohttp.ClientSession() as browser, browser.get(f"{url}/meetings/{NUMBER}") as response:
            assert await response.json() == {"topic": "Harbour"}


async def test_handler_downloads_recordings(
    tmp_path: Path, account: Account, fake: FakeZoom, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second call for the same event does no harm."""
    names: dict[str, object] = {}
    exec(compile(HANDLERS, "handlers.py", "exec", dont_inherit=True), names)  # noqa: S102  the program of the page
    handle = cast("Callable[[Zoom, WebhookEvent], Awaitable[None]]", names["handle"])
    names["RECORDINGS"] = tmp_path / "recordings"
    account.add_recording(account.instances[0], files=2)
    async with fake.client() as zoom:
        recording = await zoom.recordings.get(UUID)
        files = [{"id": file.id, "download_url": file.download_url} for file in recording.recording_files]
        data = {"event": "recording.completed", "payload": {"object": {"uuid": UUID, "recording_files": files}}}
        for _ in range(2):
            await handle(zoom, decode_event(json.dumps(data).encode()))
        await handle(zoom, decode_event(json.dumps(example_event("meeting.ended")).encode()))
        await handle(zoom, decode_event(b'{"event": "user.created"}'))

    assert len(list((tmp_path / "recordings").iterdir())) == 2
    assert capsys.readouterr().out == "Harbour tour: 3 visits\n"


async def test_removed_app_loses_its_tokens(account: Account, fake: FakeZoom) -> None:
    """The tokens of the user whom the event names are deleted, and no others."""
    names: dict[str, object] = {}
    exec(compile(REMOVED, "handlers.py", "exec", dont_inherit=True), names)  # noqa: S102  the program of the page
    handle = cast("Callable[[UserClients, WebhookEvent], Awaitable[None]]", names["handle"])
    ada, ben = account.hosts[0], account.add_host("Ben")
    async with receiving() as receiver, UserClients(fake.user_oauth, token_store=MemoryTokenStore()) as users:
        for host in (ada, ben):
            request = fake.user_oauth.authorization_request()
            await users.authorize(request, fake.approve(request.url, host))
        await fake.subscribe_webhooks(receiver.url, secret=receiver.secret, events=["app_deauthorized"])
        fake.remove_app(ada)
        await fake.webhooks_delivered()
        for event in receiver.events:
            await handle(users, event)
        with pytest.raises(ReauthorizationRequired):
            await users.client(ada.id)
        await users.client(ben.id)


async def test_failed_events_are_shown(tmp_path: Path) -> None:
    async def fail(_: WebhookEvent) -> None:
        raise ValueError("no space")

    async with WebhookInbox(tmp_path / "webhooks.sqlite", max_attempts=1) as inbox, inbox.running(fail):
        await inbox.add(json.dumps(example_event("meeting.ended")).encode())

        async def has_failed() -> bool:
            return bool(await inbox.failed())

        await wait_until(has_failed)
    output = await run_python(FAILED, tmp_path)

    assert re.fullmatch(
        r"InboxStatus\(pending=0, failed=1, done=0\)\n"
        r"meeting\.ended 20.* ValueError: no space\n"
        r"1 events are tried again\n",
        output,
    )


async def test_events_are_sent_by_command(folder: Path, fake: FakeZoom) -> None:
    export, *commands = TRY.splitlines()
    name, _, value = export.removeprefix("export ").partition("=")
    async with running_program(folder, fake, "-c", AIOHTTP, **{name: value}) as url:
        local = [command.replace("http://127.0.0.1:8080", url) for command in commands]
        outputs = await run_shell("\n".join(local), folder, {name: value})

    assert [output[:3] for output in outputs] == ["200", "204"]


def test_table_has_every_event() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| `(\w+)` \| (?:`(\w+)`)? ?\|$", PAGE.text, re.MULTILINE)

    assert [row[:2] for row in rows] == [(name, class_.__name__) for name, class_ in EVENTS.items()]
