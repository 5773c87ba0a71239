"""A headless Chromium that renders pages, and a parser of their elements."""

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
_CONSOLE_LINE = re.compile(r"INFO:CONSOLE[^\"]*(\".*\"), source")
_VOID_ELEMENTS = {"base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


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
        command = [_browser(), *_OPTIONS, f"--user-data-dir={profile}", "--dump-dom", page.absolute().as_uri()]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120)  # noqa: S603  our own command
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return RenderedPage(done.stdout.decode(), _CONSOLE_LINE.findall(done.stderr.decode(errors="replace")))


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
