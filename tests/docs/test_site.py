"""The documentation site builds without a warning, is complete, and works without a network."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, cast

import pytest
from msgspec import UNSET
from support.browser import OpenBrowser, elements, open_browser
from support.public_modules import public_modules
from support.site import DOCS, Site, build_site, needs_zensical

from zoomasync import Zoom
from zoomasync.testing.reference.operations import OPERATIONS

WIDE, NARROW = 1280, 400
# Each part of the page that is cut off and not in a box that scrolls, and each table that has to scroll.
OVERFLOW = """
    [...document.querySelectorAll("body *")].filter(element => {
        if (element.matches(".md-typeset__scrollwrap") && element.scrollWidth > element.clientWidth + 1) return true;
        if (element.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return false;
        for (let box = element.parentElement; box !== document.body; box = box.parentElement)
            if (getComputedStyle(box).overflowX !== "visible") return false;
        return element.checkVisibility();
    }).map(element => element.outerHTML.slice(0, 200))
"""
OPEN_SEARCH = """
    document.querySelector(".md-search__button").click();
    new Promise(resolve => setTimeout(resolve, 500))
"""
# The addresses that the search lists, as soon as it lists any.
FOUND = """
    new Promise(resolve => {
        const links = root => [...root.querySelectorAll("*")].flatMap(element => [
            ...(element.shadowRoot ? links(element.shadowRoot) : []),
            ...(element.matches("li a") ? [element.href] : []),
        ]);
        const look = () => {
            const found = links(document).filter(address => address.includes("?"));
            found.length ? resolve(found.join(" ")) : setTimeout(look, 50);
        };
        look();
    })
"""
NAVIGATION_IS_ON_SCREEN = """
    new Promise(resolve => setTimeout(resolve, 500)).then(
        () => document.querySelector(".md-nav--primary a.md-nav__link").getBoundingClientRect().left >= 0
    )
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return build_site(tmp_path_factory.mktemp("site"))


def pages_of(navigation: object) -> Iterator[str]:
    """Yield the paths in *navigation*."""
    if isinstance(navigation, str):
        yield navigation
    elif isinstance(navigation, dict):
        for value in cast("dict[str, object]", navigation).values():
            yield from pages_of(value)
    else:
        for value in cast("list[object]", navigation):
            yield from pages_of(value)


def test_navigation_has_every_page() -> None:
    config = tomllib.loads((DOCS / "zensical.toml").read_text(encoding="utf-8"))
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]

    assert sorted(pages_of(config["project"]["nav"])) == sorted(pages)


@needs_zensical
def test_links_lead_somewhere(site: Site) -> None:
    assert site.broken_links() == []


@needs_zensical
def test_nothing_is_loaded_from_elsewhere(site: Site) -> None:
    loaded = {
        address
        for page in site.pages.values()
        for each in page.elements
        if each.name not in {"a", "autoref"}
        for name in ("href", "src", "srcset", "data")
        if (address := each.attributes.get(name))
    }

    assert loaded
    assert [address for address in loaded if "//" in address] == []


@needs_zensical
def test_reference_has_every_operation(site: Site) -> None:
    """The page of a namespace has the routes of its methods, and the page of all operations has the others."""
    folder = site.folder / "reference" / "methods"
    methods = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    others = (site.folder / "endpoints.html").read_text(encoding="utf-8")

    assert [each.route for each in Zoom.endpoints().values() if f"<code>{each.route}</code>" not in methods] == []
    assert [each.route for each in OPERATIONS.values() if f"<code>{each.route}</code>" not in others] == []


@needs_zensical
def test_reference_has_fields_and_links(site: Site) -> None:
    """The signature of a struct has its fields, inherited ones too, and an error in a docstring links to its own."""
    structs = elements((site.folder / "reference" / "structs" / "people.html").read_text(encoding="utf-8"))
    methods = site.pages[site.folder / "reference" / "methods" / "meetings.html"]

    signatures = [each.text for each in structs if each.name == "pre" and each.text.startswith("NewRegistrant (")]
    assert ["email : Annotated" in text and "language : MailLanguage" in text for text in signatures] == [True]
    assert "../modules/errors.html#zoomasync.errors.NotFound" in methods.links()


def public_names() -> Iterator[tuple[str, set[str]]]:
    """Yield each public name of the package, with the paths under which the reference may have it."""
    for module in public_modules():
        is_of_structs = module.__name__.startswith("zoomasync.models.")
        for name in vars(module) if is_of_structs else getattr(module, "__all__", ()):
            value: object = getattr(module, name)
            home = getattr(value, "__module__", module.__name__)
            is_ours = isinstance(home, str) and home.startswith("zoomasync") and not isinstance(value, TypeVar)
            if is_ours and not name.startswith("_") and not inspect.ismodule(value) and value is not UNSET:
                yield f"{module.__name__}.{name}", {f"{module.__name__}.{name}", f"{home}.{name}"}


@needs_zensical
def test_reference_has_every_public_name(site: Site) -> None:
    """The inventory of the reference has each exported name, and each struct."""
    entries = site.inventory()

    assert [name for name, paths in public_names() if not paths & entries] == []


@needs_zensical
async def test_pages_fit_their_window(site: Site) -> None:
    """On a wide and on a narrow screen, no page is cut off, has an error, or loads anything from elsewhere."""
    folders = [site.folder / "reference" / name for name in ("methods", "modules", "structs")]
    longest = [max(folder.iterdir(), key=lambda page: page.stat().st_size) for folder in folders]
    pages = [page for page in site.pages if page.parent == site.folder] + longest
    async with open_browser() as browser:
        cut_off = {
            (page.name, width): parts
            for page in pages
            for width in (WIDE, NARROW)
            if (parts := await parts_cut_off(browser, page, width))
        }

    assert cut_off == {}
    assert [address for address in browser.requests if not address.startswith(("file:", "data:"))] == []
    assert browser.errors == []


async def parts_cut_off(browser: OpenBrowser, page: Path, width: int) -> object:
    await browser.open(page, width=width)
    return await browser.evaluate(OVERFLOW)


@needs_zensical
async def test_search_finds_a_page_from_the_disk(site: Site) -> None:
    async with open_browser() as browser:
        await browser.open(site.folder / "index.html", width=WIDE)
        await browser.evaluate(OPEN_SEARCH)
        await browser.type("ResourceLimitReached")
        found = await browser.evaluate(FOUND)

    assert "modules/errors.html" in str(found)


@needs_zensical
async def test_navigation_opens_on_a_narrow_screen(site: Site) -> None:
    async with open_browser() as browser:
        await browser.open(site.folder / "index.html", width=NARROW)
        hidden = await browser.evaluate(NAVIGATION_IS_ON_SCREEN)
        await browser.evaluate("document.querySelector('label[for=__drawer]').click()")
        shown = await browser.evaluate(NAVIGATION_IS_ON_SCREEN)

    assert (hidden, shown) == (False, True)
