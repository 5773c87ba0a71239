"""Each code block of the documentation is run by one test module, or left with a reason."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from support.pages import ROOT, Page

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))


def pages_of_tests() -> list[Page]:
    """Return the pages of all test modules in this folder, as the modules leave them."""
    pages: list[Page] = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path != Path(__file__):
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            pages += [value for value in vars(module).values() if isinstance(value, Page)]
    return pages


@pytest.fixture(scope="module")
def tested() -> list[Page]:
    return pages_of_tests()


@pytest.mark.parametrize("path", PAGES)
def test_every_block_is_taken(path: str, tested: list[Page]) -> None:
    owners = [page for page in tested if page.path == path] or [Page(path)]

    assert [page.untaken for page in owners] == [[]]
