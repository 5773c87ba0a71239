"""The documentation site, built as CI builds it, and its pages and links."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from support.browser import Element, elements

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
needs_zensical = pytest.mark.skipif(
    find_spec("zensical") is None or find_spec("mkdocstrings") is None,
    reason="needs zensical and mkdocstrings: pip install 'zoomasync[docs]'",
)


class SitePage:
    """One page of the site."""

    def __init__(self, path: Path) -> None:
        self.path: Path = path

    @cached_property
    def elements(self) -> list[Element]:
        """The elements of the page as it is on the disk."""
        return elements(self.path.read_text(encoding="utf-8"))

    @cached_property
    def ids(self) -> set[str | None]:
        """The anchors of the page."""
        return {each.attributes.get("id") for each in self.elements}

    def links(self) -> Iterator[str]:
        """Yield the addresses that the page links to, shows or loads."""
        for each in self.elements:
            for attribute in ("href", "src"):
                address = each.attributes.get(attribute)
                if address is not None:
                    yield address


class Site:
    """The built site in *folder*."""

    def __init__(self, folder: Path) -> None:
        self.folder: Path = folder
        # The page for unknown addresses is for a server, and has absolute links.
        self.pages: dict[Path, SitePage] = {
            path: SitePage(path) for path in sorted(folder.rglob("*.html")) if path.name != "404.html"
        }

    def broken_links(self) -> list[str]:
        """Return the links inside the site that lead nowhere, with the page that has them."""
        return [
            f"{page.path.relative_to(self.folder)}: {link}"
            for page in self.pages.values()
            for link in page.links()
            if not self._leads_somewhere(page, link)
        ]

    def inventory(self) -> set[str]:
        """Return the names in the inventory of the reference, which is four lines of text and then compressed ones."""
        lines = zlib.decompress((self.folder / "objects.inv").read_bytes().split(b"\n", 4)[4])
        return {line.partition(" ")[0] for line in lines.decode().splitlines()}

    def _leads_somewhere(self, page: SitePage, link: str) -> bool:
        address = urlsplit(link)
        if address.scheme:
            return True
        target = (page.path.parent / unquote(address.path)).resolve() if address.path else page.path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            return False
        return not address.fragment or unquote(address.fragment) in self.pages[target].ids


def build_site(folder: Path) -> Site:
    """Build the site from a copy of the pages in *folder*, with warnings as errors."""
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("site", ".cache", "__pycache__"))
    (folder / "zoomasync").symlink_to(ROOT / "zoomasync")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", "docs/zensical.toml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=600)  # noqa: S603  our own command
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return Site(folder / "docs" / "site")
