"""A headless Chromium that renders pages and is asked about them, and a parser of their elements."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import anyio
import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 300  # seconds: checks run in the background of other tests
_CONSOLE_LINE = re.compile(r"INFO:CONSOLE[^\"]*(\".*\"), source")
_VOID_ELEMENTS = {"base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


_Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """The HTML of a page after its scripts have run, and the lines on the console, with errors and blocked content."""

    html: str
    console: list[str]


@cache
def _browser() -> str:
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("needs chromium")
    return path


def render(page: Path) -> RenderedPage:
    """Open *page* in a browser, and return the result. Skip the test if there is no browser."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ("--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom")
        command = [_browser(), *_OPTIONS, *options, f"--user-data-dir={profile}", page.absolute().as_uri()]
        done = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603  our own command
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return RenderedPage(done.stdout.decode(), _CONSOLE_LINE.findall(done.stderr.decode(errors="replace")))


@dataclass(slots=True)
class OpenBrowser:
    """A browser with one tab, driven through the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).

    *requests* has the addresses that it has loaded, and *errors* the messages of scripts and of the console.
    """

    _socket: aiohttp.ClientWebSocketResponse
    requests: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])
    _sent: int = 0
    _is_loaded: bool = False

    async def open(self, page: Path, *, width: int) -> None:
        """Open *page* in a window of *width* pixels, and wait until it is loaded."""
        self._is_loaded = False
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        await self._send("Emulation.setDeviceMetricsOverride", **size)
        await self._send("Page.navigate", url=page.as_uri())
        with anyio.fail_after(_PATIENCE):
            while not self._is_loaded:
                self._read(await self._socket.receive_json())

    async def evaluate(self, script: str) -> object:
        """Return the value of *script* on the page."""
        answer = await self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def type(self, text: str) -> None:
        """Type *text* into the field that has the focus."""
        await self._send("Input.insertText", text=text)

    async def listen(self) -> None:
        """Record requests and errors from now on."""
        for domain in ("Log", "Network", "Page", "Runtime"):
            await self._send(f"{domain}.enable")

    async def _send(self, method: str, **parameters: object) -> _Message:
        self._sent += 1
        await self._socket.send_json({"id": self._sent, "method": method, "params": parameters})
        with anyio.fail_after(_PATIENCE):
            while (message := await self._socket.receive_json()).get("id") != self._sent:
                self._read(message)
        assert "error" not in message, message
        result: _Message = message["result"]
        return result

    def _read(self, message: _Message) -> None:
        match message:
            case {"method": "Page.loadEventFired"}:
                self._is_loaded = True
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requests.append(url)
            case {"method": "Runtime.exceptionThrown" | "Log.entryAdded", "params": details}:
                self.errors.append(json.dumps(details))
            case _:
                pass


@asynccontextmanager
async def open_browser() -> AsyncGenerator[OpenBrowser]:
    """Start a browser. Skip the test if there is none."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [_browser(), *_OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        async with await anyio.open_process(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                address = f"http://127.0.0.1:{await _port_in(anyio.Path(profile, 'DevToolsActivePort'))}"
                async with aiohttp.ClientSession(address) as http_session:
                    async with http_session.get("/json/list") as response:
                        tabs = await response.json()
                    (tab,) = [tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"]
                    async with http_session.ws_connect(tab, max_msg_size=0) as socket:
                        browser = OpenBrowser(socket)
                        await browser.listen()
                        yield browser
            finally:
                process.terminate()


async def _port_in(file: anyio.Path) -> str:
    """Return the port on which a browser that is starting listens, once it has written it to *file*."""
    with anyio.fail_after(_PATIENCE):
        while not (await file.exists() and "\n" in await file.read_text()):  # noqa: ASYNC110  no event of this process
            await anyio.sleep(0.05)
    return (await file.read_text()).splitlines()[0]


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a page, with the text in it and its children."""

    name: str
    attributes: dict[str, str | None]
    text: str


def elements(page: str) -> list[Element]:
    """Return the elements of *page*, in the order of their start tags."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    return [Element(name, attributes, " ".join("".join(texts).split())) for name, attributes, texts in parser.elements]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_data(" ")
        texts: list[str] = []
        self.elements.append((tag, dict(attrs), texts))
        if tag not in _VOID_ELEMENTS:
            self._open.append((tag, texts))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        for _, texts in self._open:
            texts.append(data)
