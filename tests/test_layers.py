"""How the rooms of the package lie above each other. A new module fails here until it has its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import zoomasync

PACKAGE = Path(zoomasync.__file__).parent

# From the ground up. A room imports only from floors below its own; a package is one room.
FLOORS: tuple[set[str], ...] = (
    {"__about__", "errors", "models", "_decode", "_line"},
    {"_addresses", "_body", "_bucket", "_dates", "_fanout"},
    {"_endpoint"},
    {"_retry", "_wire", "events", "limits"},
    {"_days", "_transport"},
    {"_budgets", "_entities", "auth"},
    {"_session"},
    {"_paging"},
    {"resources"},
    {"_api"},
    {"_client"},
    {"__init__"},
    {"redis"},
    {"harvest", "testing"},
    {"cli"},
    {"__main__"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# What users have too: all that the rooms on top may build on.
PUBLIC = {"__init__", "models", "errors", "events", "limits", "auth", "redis"}

# Values in, values out.
NEVER_WAIT = {
    "__about__",
    "_addresses",
    "_body",
    "_dates",
    "_decode",
    "_endpoint",
    "_retry",
    "_wire",
    "errors",
    "models",
}

SOURCES = sorted(PACKAGE.rglob("*.py"))
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PACKAGE)))


def _room(source: Path) -> str:
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imported_modules(source: Path) -> Iterator[str]:
    """Yield the full name of everything that *source* imports, at whatever depth of the file."""
    here = ("zoomasync", *source.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _imported_rooms(source: Path) -> set[str]:
    """Return the other rooms of ours that *source* imports."""
    rooms = {
        parts[1] if parts[1] in FLOOR else "__init__"
        for parts in (name.split(".") for name in _imported_modules(source))
        if parts[0] == "zoomasync"
    }
    return rooms - {_room(source)}


def test_every_room_has_its_floor() -> None:
    assert {_room(source) for source in SOURCES} == set(FLOOR)


@each_source
def test_imports_point_down(source: Path) -> None:
    assert {room for room in _imported_rooms(source) if FLOOR[room] >= FLOOR[_room(source)]} == set()


@each_source
def test_only_the_transport_knows_the_http_library(source: Path) -> None:
    libraries = {name.split(".")[0] for name in _imported_modules(source)} & {"aiohttp", "yarl"}

    assert not libraries or _room(source) in {"_transport", "testing"}


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        ("models", set[str]()),
        ("_fanout", {"errors"}),
        ("harvest", PUBLIC),
        ("cli", PUBLIC | {"harvest", "testing"}),
        ("__main__", {"cli"}),
    ],
)
def test_a_room_that_must_stay_apart_does(room: str, allowed: set[str]) -> None:
    imported = {imported for source in SOURCES if _room(source) == room for imported in _imported_rooms(source)}

    assert imported <= allowed


@each_source
def test_what_only_decides_never_waits(source: Path) -> None:
    waits = [
        node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]

    assert not waits or _room(source) not in NEVER_WAIT
