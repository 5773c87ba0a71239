"""The commands in the README of examples/meeting_service run as they are written, in a folder without a home."""

from __future__ import annotations

import os
import re
import signal
import sys
import tomllib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from aiohttp import ClientSession, CookieJar
from cryptography.fernet import Fernet
from support.applications import free_port, running
from support.pages import ROOT, Page

from meeting_service.service import Settings
from meeting_service.simulated import SCOPES
from zoomasync.errors import ConfigError

README = Page("examples/meeting_service/README.md")
TRY, TEST = README.take("sh", "Try it")
VARIABLES: list[str] = re.findall(r"`([A-Z_]+)`", "".join(re.findall(r"^\| `[A-Z].*? \|", README.text, re.MULTILINE)))
SETTINGS = {
    "ZOOM_CLIENT_ID": "the-client",
    "ZOOM_CLIENT_SECRET": "the-secret",
    "ZOOM_REDIRECT_URI": "https://service.example/zoom/callback",
    "ZOOM_WEBHOOK_SECRET": "new old",
    "SERVICE_KEY": Fernet.generate_key().decode(),
}


@asynccontextmanager
async def browsing(
    arguments: Sequence[str], port: int, home: Path, end: signal.Signals, **variables: str
) -> AsyncGenerator[ClientSession]:
    """Run the service, yield a browser for it, and end the service with a signal."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), **variables}
    async with (
        running(arguments, port, folder=ROOT / "examples", environment=environment, end=end) as url,
        ClientSession(url, cookie_jar=CookieJar(unsafe=True)) as browser,
    ):
        yield browser


def test_install_command() -> None:
    """The tests run with the packages that a user installs."""
    install = TRY.splitlines()[1]
    assert install == ".venv/bin/pip install --quiet . -r examples/meeting_service/requirements.txt"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tested = {re.split(r"[\[><=]", each)[0] for each in project["optional-dependencies"]["dev"]}

    assert set((ROOT / install.split()[-1]).read_text(encoding="utf-8").split()) <= tested


async def test_command_of_the_tests(tmp_path: Path) -> None:
    """The tests have their own settings, so that they also run where the folder is copied to."""
    arguments = TEST.removeprefix("../.venv/bin/python ").split()
    only = ("-k", "on_the_way", "-p", "no:cacheprovider")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with anyio.fail_after(60):
        done = await anyio.run_process(
            [sys.executable, *arguments, *only], cwd=ROOT / "examples", env=environment, check=False
        )

    output = done.stdout.decode()
    assert (done.returncode, "configfile: pytest.ini" in output, " 2 passed" in output) == (0, True, True), output


async def registrants(browser: ClientSession, number: int) -> object:
    """Return the list of a meeting, or None until there is one."""
    async with browser.get(f"/meetings/{number}/registrants") as response:
        return await response.json() if response.status == 200 else None


@pytest.mark.parametrize("framework", ["aiohttp", "fastapi"])
async def test_service_on_a_simulated_account(framework: str, tmp_path: Path) -> None:
    port = free_port()
    program = TRY.splitlines()[3].removeprefix("../.venv/bin/python ").split()
    if framework == "fastapi":
        (text,) = re.findall(r"`python (-m meeting_service\.simulated fastapi)`", README.text)
        program = text.split()
    else:
        program.append(framework)
    async with browsing([*program, str(port)], port, tmp_path, signal.SIGINT) as browser:
        async with browser.get("/meetings") as response:
            (meeting,) = await response.json()
        with anyio.fail_after(20):
            while (names := await registrants(browser, meeting["id"])) is None:  # noqa: ASYNC110  another process
                await anyio.sleep(0.1)

    assert (meeting["topic"], names) == ("Harbour", ["Guest 1", "Guest 2", "Guest 3"])


@pytest.mark.parametrize("framework", ["aiohttp", "fastapi"])
async def test_service_with_settings(framework: str, tmp_path: Path) -> None:
    port = free_port()
    commands = re.findall(r"`(?:python -m |)((?:uvicorn )?(?:--factory )?meeting_service\.\w+_app[^`]*)`", README.text)
    (command,) = [each for each in commands if framework in each and "simulated" not in each]
    variables = {**SETTINGS, "SERVICE_FOLDER": str(tmp_path / "data"), "PORT": str(port)}
    arguments = ["-m", *command.replace("8080", str(port)).split()]
    async with (
        browsing(arguments, port, tmp_path, signal.SIGTERM, **variables) as browser,
        browser.get("/zoom/connect", allow_redirects=False) as connect,
        browser.get("/health") as health,
    ):
        cookie = connect.cookies["session"]
        assert await health.json() == {"pending": 0, "failed": 0, "done": 0}

    assert connect.headers["Location"].startswith(
        "https://zoom.us/oauth/authorize?response_type=code&client_id=the-client"
    )
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"].lower()) == (True, True, "lax")


@pytest.mark.parametrize("missing", SETTINGS)
def test_missing_setting_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_env().webhook_secrets == ("new", "old")
    monkeypatch.delenv(missing)

    with pytest.raises(ConfigError, match=missing):
        Settings.from_env()


def test_scopes_of_the_tests() -> None:
    """The tests run with the scopes that a user gives the app, and no others."""
    sentence = README.text.partition("and the scopes ")[2].partition(".\n")[0]

    assert re.findall(r"`([a-z:_]+)`", sentence) == SCOPES.split()


def test_readme_names_all_settings() -> None:
    assert sorted(VARIABLES) == sorted([*SETTINGS, "PORT", "SERVICE_FOLDER", "ZOOM_PLAN"])
