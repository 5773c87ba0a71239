"""The programs of docs/services.md run on real servers, against a fake account."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from support.applications import running_program, serving_aiohttp, serving_asgi
from support.environment import environment_of
from support.pages import Page

from zoomasync.errors import Unauthorized
from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/services.md")
AIOHTTP, FASTAPI, DJANGO, VIEW, DEADLINES, READINESS, BACKGROUND = PAGE.take("python")
SITE = """
SECRET_KEY, ROOT_URLCONF, ALLOWED_HOSTS = "k", "urls", ["*"]
"""
URLS = """
from django.urls import path
from views import show_meeting
urlpatterns = [path("meetings/<int:number>", show_meeting)]
"""
NUMBER = 81_000_000_001


@pytest.fixture
def account() -> Account:
    account = Account()
    account.add_meeting(id=NUMBER, topic="Harbour", registrants=3)
    return account


@pytest.fixture
def program(fake: FakeZoom, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], SimpleNamespace]:
    """Return a function that runs the definitions of a program, with the credentials of the fake in the environment."""
    for name, value in environment_of(fake).items():
        monkeypatch.setenv(name, value)

    def define(source: str) -> SimpleNamespace:
        names: dict[str, object] = {"__name__": "service"}
        exec(compile(source, "service.py", "exec", dont_inherit=True), names)  # noqa: S102  the program of the page
        return SimpleNamespace(**names)

    return define


async def get(url: str) -> tuple[int, object]:
    async with aiohttp.ClientSession() as browser, browser.get(url) as response:
        return response.status, await response.json(content_type=None)


async def test_aiohttp_program_runs(tmp_path: Path, fake: FakeZoom) -> None:
    (tmp_path / "service.py").write_text(AIOHTTP, encoding="utf-8")
    async with running_program(tmp_path, fake, "-c", AIOHTTP) as url:
        assert [await get(f"{url}/meetings/{NUMBER}") for _ in range(2)] == [(200, {"topic": "Harbour"})] * 2

    assert [request.route for request in fake.requests].count("POST /oauth/token") == 1


async def test_fastapi_program_runs(tmp_path: Path, fake: FakeZoom) -> None:
    (tmp_path / "service.py").write_text(FASTAPI, encoding="utf-8")
    (command,) = re.findall(r"`uvicorn (service:app .*?)`", PAGE.text)
    async with running_program(tmp_path, fake, "-m", "uvicorn", *command.split()) as url:
        assert [await get(f"{url}/meetings/{NUMBER}") for _ in range(2)] == [(200, {"topic": "Harbour"})] * 2

    assert [request.route for request in fake.requests].count("POST /oauth/token") == 1


async def test_django_program_runs(tmp_path: Path, fake: FakeZoom) -> None:
    files = {"asgi.py": DJANGO, "views.py": VIEW, "urls.py": URLS, "site_settings.py": SITE}
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (command,) = re.findall(r"`uvicorn (asgi:application .*?)`", PAGE.text)
    arguments = ("-m", "uvicorn", *command.split())
    async with running_program(tmp_path, fake, *arguments, DJANGO_SETTINGS_MODULE="site_settings") as url:
        assert [await get(f"{url}/meetings/{NUMBER}") for _ in range(2)] == [(200, {"topic": "Harbour"})] * 2

    assert [request.route for request in fake.requests].count("POST /oauth/token") == 1


async def test_starlette_route_reads_the_state(program: Callable[[str], SimpleNamespace]) -> None:
    source = FASTAPI.replace("app = FastAPI(lifespan=lifespan)\n", "").partition("\n@app.get")[0]
    starlette = program(source + STARLETTE)
    async with serving_asgi(starlette.app) as url:
        assert await get(f"{url}/meetings/{NUMBER}") == (200, {"topic": "Harbour"})


STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def show_meeting(request):
    meeting = await request.state.zoom.meetings.get(request.path_params["number"])
    return JSONResponse({"topic": meeting.topic})

app = Starlette(routes=[Route("/meetings/{number:int}", show_meeting)], lifespan=lifespan)
"""


def with_deadlines() -> str:
    """Return the program for aiohttp with the route that has deadlines."""
    before, _, after = AIOHTTP.partition("def create_app()")
    return f"{before}{DEADLINES}def create_app(){after}"


async def test_deadline_limits_a_hanging_call(fake: FakeZoom, program: Callable[[str], SimpleNamespace]) -> None:
    service = program(with_deadlines().replace("fail_after(8)", "fail_after(0.3)"))
    fake.throttle("meetings.registrants.list", times=None)
    async with serving_aiohttp(service.create_app()) as url:
        response = await get(f"{url}/meetings/{NUMBER}/registrants")

    assert response == (504, {"error": "Zoom did not respond in time"})


async def test_rate_limit_is_a_503(fake: FakeZoom, program: Callable[[str], SimpleNamespace]) -> None:
    fake.throttle("meetings.registrants.list", kind="daily", retry_after=3600)
    service = program(with_deadlines())
    async with (
        serving_aiohttp(service.create_app()) as url,
        aiohttp.ClientSession() as browser,
        browser.get(f"{url}/meetings/{NUMBER}/registrants") as response,
    ):
        shown = response.status, response.headers["Retry-After"]

    assert shown == (503, "3600")


async def test_registrants_are_counted(program: Callable[[str], SimpleNamespace]) -> None:
    async with serving_aiohttp(program(with_deadlines()).create_app()) as url:
        assert await get(f"{url}/meetings/{NUMBER}/registrants") == (200, {"registrants": 3})


async def test_readiness_starts_without_zoom(
    fake: FakeZoom, program: Callable[[str], SimpleNamespace], caplog: pytest.LogCaptureFixture
) -> None:
    service = program(READINESS.replace("fail_after(10)", "fail_after(0.2)"))
    app = web.Application()
    app.cleanup_ctx.append(service.zoom_client)
    with fake.outage():
        async with serving_aiohttp(app):
            pass

    assert caplog.messages == ["Zoom is not available; the service starts without it"]


async def test_readiness_rejects_a_wrong_secret(
    monkeypatch: pytest.MonkeyPatch, program: Callable[[str], SimpleNamespace]
) -> None:
    monkeypatch.setenv("ZOOM_CLIENT_SECRET", "wrong")
    app = web.Application()
    app.cleanup_ctx.append(program(READINESS).zoom_client)

    with pytest.raises(Unauthorized, match="Check the account id"):
        async with serving_aiohttp(app):
            pass


async def test_background_task_ends_before_the_client(
    program: Callable[[str], SimpleNamespace], capsys: pytest.CaptureFixture[str]
) -> None:
    work = "        await asyncio.sleep(60)\n"
    assert work in BACKGROUND
    after = (
        "        try:\n            await asyncio.sleep(60)\n        finally:\n            print(await zoom.scopes())\n"
    )
    service = program(BACKGROUND.replace(work, after))
    async with serving_asgi(service.app) as url:
        assert await get(f"{url}/health") == (200, None)

    assert "frozenset({'" in capsys.readouterr().out


async def test_failed_task_is_unhealthy(program: Callable[[str], SimpleNamespace]) -> None:
    service = program(BACKGROUND.replace("asyncio.sleep(60)", "None; return"))
    async with serving_asgi(service.app) as url:
        assert await get(f"{url}/health") == (503, None)


async def test_processes_share_limits(
    fake: FakeZoom, valkey_url: str, program: Callable[[str], SimpleNamespace]
) -> None:
    (opened,) = re.findall(r"`async with (Zoom\.from_env\(redis=.*?)`", PAGE.text)
    assert "Zoom.from_env() as zoom" in FASTAPI
    source = FASTAPI.replace("Zoom.from_env() as zoom", opened.replace("redis://redis.internal", valkey_url))
    async with serving_asgi(program(source).app) as one, serving_asgi(program(source).app) as two:
        for url in (one, two, one, two):
            assert await get(f"{url}/meetings/{NUMBER}") == (200, {"topic": "Harbour"})

    assert [request.route for request in fake.requests].count("POST /oauth/token") == 1
