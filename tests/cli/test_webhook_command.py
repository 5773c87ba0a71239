"""The commands ``zoomasync webhook``."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from support.environment import run_command

from zoomasync.cli.commands.webhook import Answer, problem_of
from zoomasync.webhooks import UrlValidation, WebhookError, WebhookEvent, decode_event, verify

SECRET = "rE7kq0aNQbWcYx1mUo2pZw"


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncGenerator[str, None]:
    """Serve *handler* on a free port, and yield the URL."""
    app = web.Application()
    app.router.add_post("/hook", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook?a=1"
    finally:
        await runner.cleanup()


async def send(url: str, event: str, folder: Path) -> tuple[int, str, str]:
    return await run_command("webhook", "send", url, event, folder=folder, ZOOM_WEBHOOK_SECRET=f"{SECRET} old")


async def test_signed_headers_verify(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(b'{"event": "user.created"}')
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    code, output, errors = await run_command(
        "webhook", "sign", "body.json", folder=tmp_path, ZOOM_WEBHOOK_SECRET_FILE="secret"
    )

    headers = dict(line.split(": ") for line in output.splitlines())
    event = verify(headers, b'{"event": "user.created"}', SECRET)
    assert (code, errors) == (0, "")
    assert isinstance(event, WebhookEvent)
    assert event.event == "user.created"


@pytest.mark.parametrize("name", ["meeting.started", "endpoint.url_validation", "@body.json"])
async def test_sent_event_verifies(tmp_path: Path, name: str) -> None:
    (tmp_path / "body.json").write_bytes(b'{"event": "user.created"}')
    found: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        event = verify(request.headers, await request.read(), SECRET)
        if isinstance(event, UrlValidation):
            return web.Response(body=event.response_body)
        found.append(event.event)
        return web.Response(status=204)

    async with serving(answer) as url:
        code, output, errors = await send(url, name, tmp_path)

    assert (code, errors) == (0, "")
    if name == "endpoint.url_validation":
        assert "200 OK in 0." in output
        assert '"encryptedToken":' in output
    else:
        assert output.startswith("204 No Content in 0.")
        assert found == ["user.created" if name == "@body.json" else name]


async def test_sent_event_happens_now(tmp_path: Path) -> None:
    """Two events that are sent one after the other are no duplicates."""
    keys: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        keys.append(decode_event(await request.read()).key)
        return web.Response()

    async with serving(answer) as url:
        await send(url, "meeting.started", tmp_path)
        await send(url, "meeting.started", tmp_path)

    assert len(set(keys)) == 2


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (500, "Zoom expects 200 or 204, and would send it again"),
        (401, "Zoom expects 200 or 204, and would not send it again"),
        (302, "Zoom expects 200 or 204, and would not send it again"),
    ],
)
async def test_wrong_status_fails(tmp_path: Path, status: int, problem: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text="no\x1b[2J", headers={"location": "/hook"})

    async with serving(answer) as url:
        code, output, errors = await send(url, "meeting.started", tmp_path)

    assert code == 1
    assert "no\ufffd[2J" in output
    assert errors == f"zoomasync: {problem}\n"


def test_late_answer_fails() -> None:
    assert problem_of(Answer(200, b"", 2.9)) is None
    assert problem_of(Answer(200, b"", 3.1)) == ("Zoom expects the answer in 3 seconds, and would send the event again")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": "no"}'])
async def test_wrong_proof_fails(tmp_path: Path, body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    async with serving(answer) as url:
        code, _, errors = await send(url, "endpoint.url_validation", tmp_path)

    assert (code, errors) == (
        1,
        "zoomasync: Zoom expects JSON with plainToken and the encryptedToken of this secret\n",
    )


async def test_another_secret_is_rejected(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        try:
            verify(request.headers, await request.read(), "another secret")
        except WebhookError as error:
            return web.Response(status=401, text=str(error))
        return web.Response()

    async with serving(answer) as url:
        code, output, _ = await send(url, "meeting.started", tmp_path)

    assert code == 1
    assert "401 Unauthorized" in output


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["send", "http://127.0.0.1:9/", "meeting.begun"], 2, "unknown event 'meeting.begun'"),
        (["send", "http://127.0.0.1:9/", "meeting.startet"], 2, "did you mean 'meeting.started'?"),
        (["send", "http://127.0.0.1:9/", "@none.json"], 2, "cannot read none.json: No such file or directory"),
        (["send", "127.0.0.1:9", "meeting.started"], 2, "the URL must begin with http:// or https://"),
        (["send", "http://[::1/", "meeting.started"], 2, "the URL is invalid: Invalid IPv6 URL"),
        (["send", "http://127.0.0.1:99999/", "meeting.started"], 2, "the URL is invalid: Port out of range 0-65535"),
        (["send", "http://127.0.0.1:9/", "meeting.started"], 1, "the service gave no answer: [Errno 111]"),
        (["sign", "none.json"], 2, "cannot read none.json"),
    ],
    ids=["unknown", "similar", "no file", "no scheme", "host", "port", "no service", "sign"],
)
async def test_wrong_use(tmp_path: Path, arguments: list[str], code: int, error: str) -> None:
    found, _, errors = await run_command("webhook", *arguments, folder=tmp_path, ZOOM_WEBHOOK_SECRET=SECRET)

    assert found == code
    assert error in errors


async def test_missing_secret(tmp_path: Path) -> None:
    code, _, errors = await run_command("webhook", "send", "http://127.0.0.1:9/", "meeting.started", folder=tmp_path)

    assert code == 2
    assert errors.startswith("zoomasync: ZOOM_WEBHOOK_SECRET is not set: set it")


async def test_empty_secret(tmp_path: Path) -> None:
    command = "webhook", "send", "http://127.0.0.1:9/", "meeting.started"

    code, _, errors = await run_command(*command, folder=tmp_path, ZOOM_WEBHOOK_SECRET=" ")

    assert code == 2
    assert errors.startswith("zoomasync: ZOOM_WEBHOOK_SECRET has blanks only")


async def test_body_of_standard_input(tmp_path: Path) -> None:
    """`-` reads the body from the standard input, which is empty here."""
    code, output, _ = await run_command("webhook", "sign", "-", folder=tmp_path, ZOOM_WEBHOOK_SECRET=SECRET)

    headers = dict(line.split(": ") for line in output.splitlines())
    assert code == 0
    event = verify(headers, b"", SECRET)
    assert isinstance(event, WebhookEvent)
    assert json.loads(f'"{event.event}"') == ""
