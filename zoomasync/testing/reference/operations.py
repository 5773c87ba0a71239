"""The operations of `reference.toml`: those of the client's methods, and those that have no method."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType

import msgspec

from .notation import Shapes, Spec


@dataclass(frozen=True, kw_only=True, repr=False)
class Operation:
    """One operation of Zoom's API.

    *name* is the client's method, such as "meetings.create", or the route of an operation without a method. *items* is
    the field with the rows of a paged one, and *page_size* its largest page. A request may lack an *optional_body*, and
    *media* is the type of a body.
    """

    name: str
    route: str
    label: str
    scopes: tuple[str, ...] = ()
    granular_scopes: tuple[str, ...] = ()
    status: int = 200
    path: Mapping[str, Spec] = field(default_factory=dict[str, Spec])
    query: Mapping[str, Spec] = field(default_factory=dict[str, Spec])
    body: Spec | None = None
    optional_body: bool = False
    media: str = "application/json"
    response: Spec | None = None
    items: str | None = None
    page_size: int | None = None
    paging_parameters: frozenset[str] = frozenset()
    errors: tuple[tuple[int, int | None], ...] = ()

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @property
    def verb(self) -> str:
        """The HTTP method."""
        return self.route.partition(" ")[0]

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the query parameters, those for paging too."""
        return self.paging_parameters | self.query.keys()

    @property
    def has_method(self) -> bool:
        """Whether the client has a method for the operation."""
        return self.name != self.route


class _Paging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: str
    page_size: int | None = None
    legacy: str | None = None

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset({"page_size", "next_page_token", self.legacy or "page_size"})


class _Without(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: tuple[str, ...] = ()
    response: tuple[str, ...] = ()


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    scopes: tuple[str, ...]
    granular_scopes: tuple[str, ...]
    status: int
    route: str = ""
    paging: _Paging | None = None
    path: dict[str, str] = {}
    query: dict[str, str] = {}
    body: str | dict[str, str] | None = None
    optional_body: bool = False
    media: str = "application/json"
    response: str | dict[str, str] | None = None
    without: _Without = _Without()
    errors: tuple[str, ...] = ()


def _operations(entries: Mapping[str, _Entry], shapes: Shapes) -> Iterator[Operation]:
    for name, entry in entries.items():
        paging = entry.paging
        yield Operation(
            name=name,
            route=entry.route or name,
            label=entry.label,
            scopes=entry.scopes,
            granular_scopes=entry.granular_scopes,
            status=entry.status,
            path=shapes.fields(entry.path),
            query=shapes.fields(entry.query),
            body=shapes.shape_or_fields(entry.body, name, entry.without.body),
            optional_body=entry.optional_body,
            media=entry.media,
            response=shapes.shape_or_fields(entry.response, f"{name} response", entry.without.response),
            items=paging.items if paging else None,
            page_size=paging.page_size if paging else None,
            paging_parameters=paging.parameters if paging else frozenset(),
            errors=tuple(_error(text) for text in entry.errors),
        )


def _error(text: str) -> tuple[int, int | None]:
    status, _, code = text.partition(" ")
    return int(status), int(code) if code else None


def _read() -> tuple[Mapping[str, Operation], set[str]]:
    tables = tomllib.loads(files("zoomasync.testing").joinpath("reference.toml").read_text(encoding="utf-8"))
    shapes = Shapes(
        msgspec.convert(tables.pop("shape"), dict[str, dict[str, str]]),
        msgspec.convert(tables.pop("rules"), dict[str, tuple[str, ...]]),
    )
    operations = _operations(msgspec.convert(tables, dict[str, _Entry]), shapes)
    return MappingProxyType({each.name: each for each in operations}), shapes.unused


OPERATIONS, UNUSED = _read()
"""The operations by name, and the shapes and rules that none of them uses."""
