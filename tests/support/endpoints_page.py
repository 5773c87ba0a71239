"""The tables of docs/endpoints.md. Run this file to write them anew."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path

from zoomasync import StaticToken, Zoom
from zoomasync.testing.reference.operations import OPERATIONS, Operation

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"
COMMAND = "python tests/support/endpoints_page.py"


def methods() -> list[tuple[str, str, str]]:
    """Return the method, with a link to its docstring, the route and the label of each endpoint, by namespace."""
    client = Zoom(StaticToken("none"))
    endpoints = sorted(Zoom.endpoints().items(), key=lambda item: item[0].rpartition(".")[::2])
    return [
        (f"[`{method}`]({_address(client, method)})", f"`{endpoint.route}`", endpoint.label.value)
        for method, endpoint in endpoints
    ]


def operations_without_method() -> list[tuple[str, str, str]]:
    """Return the route, the scopes for the account and the label of the other operations, in the reference's order."""
    others = [each for each in OPERATIONS.values() if not each.has_method]
    return [(f"`{each.route}`", _scopes(each), each.label) for each in others]


def with_tables(page: str) -> str:
    """Return *page* with its two tables as they should be."""
    first = _table(("zoom.", "route", "label"), methods())
    second = _table(("route", "one of these scopes", "label"), operations_without_method())
    tables = iter((first, second))
    return re.sub(r"^(?:\|.*\n)+", lambda _: next(tables), page, flags=re.MULTILINE)


def _address(client: Zoom, method: str) -> str:
    """Return the address of *method* in the reference."""
    namespace, _, name = method.rpartition(".")
    found: object = attrgetter(namespace)(client)
    type_ = type(found)
    page = namespace.partition(".")[0]
    return f"reference/methods/{page}.md#{type_.__module__}.{type_.__qualname__}.{name}"


def _scopes(operation: Operation) -> str:
    scopes = (*operation.scopes, *operation.granular_scopes)
    return ", ".join(f"`{scope}`" for scope in [each for each in scopes if ":admin" in each] or scopes)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [" | ".join(row) for row in rows]
    return "".join(f"| {line} |\n" for line in (" | ".join(headings), " | ".join("---" for _ in headings), *lines))


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
