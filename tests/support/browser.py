"""A real browser, without a window: what a page becomes in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

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
    "--enable-logging=stderr",
    "--virtual-time-budget=10000",
)
_SAID = re.compile(r"INFO:CONSOLE[^\"]*(\".*\"), source")
_EMPTY = {"base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A page once its scripts have run, and what they said on the console, errors and what was blocked included."""

    html: str
    console: list[str]


@cache
def _browser() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("needs chromium")
    return found


def shown(page: Path) -> Shown:
    """Open *page*, and return what becomes of it. Skips the test where there is no browser."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [_browser(), *_OPTIONS, f"--user-data-dir={profile}", "--dump-dom", page.absolute().as_uri()]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120)  # noqa: S603  our own command
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return Shown(done.stdout.decode(), _SAID.findall(done.stderr.decode(errors="replace")))


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a page, with all the text in it."""

    name: str
    attributes: dict[str, str | None]
    text: str


def elements(page: str) -> list[Element]:
    """Return the elements of *page*, in the order in which they begin."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return [Element(name, attributes, " ".join("".join(texts).split())) for name, attributes, texts in reader.found]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_data(" ")
        texts: list[str] = []
        self.found.append((tag, dict(attrs), texts))
        if tag not in _EMPTY:
            self._open.append((tag, texts))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        for _, texts in self._open:
            texts.append(data)
