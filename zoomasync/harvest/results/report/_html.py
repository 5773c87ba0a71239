"""HTML, in which what is not markup of ours is escaped."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

MOST_LINES = 50
"""The most lines of a table of which there may be any number: the store has them all."""


class Html(str):
    """Markup. All other text becomes text."""

    __slots__ = ()


Content: TypeAlias = str | int


def tag(name: str, *content: Content, **attributes: str) -> Html:
    """Return an element. An attribute that is a word of Python ends in an underscore."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(v)}"' for key, v in attributes.items())
    return Html(f"<{name}{given}>{join(content)}</{name}>")


def join(content: Iterable[Content]) -> Html:
    """Return all of *content*, one after the other."""
    return Html("".join(map(_markup, content)))


def _markup(content: Content) -> str:
    if isinstance(content, int):
        return f"{content:,}"
    return content if isinstance(content, Html) else html.escape(content)


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, and the class of its cells."""

    heading: str
    kind: str = ""


def table(
    caption: str, columns: Sequence[Column], lines: Iterable[Sequence[Content]], total: Sequence[Content] = ()
) -> Html:
    """Return a table that scrolls where it is wider than the page. The first cell of a line is its heading."""
    heads = (tag("th", column.heading, scope="col", class_=column.kind) for column in columns)
    rows = (_line(columns, line) for line in lines)
    foot = [tag("tfoot", _line(columns, total))] if total else []
    whole = tag(
        "table", tag("caption", tag("span", caption)), tag("thead", tag("tr", *heads)), tag("tbody", *rows), *foot
    )
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _line(columns: Sequence[Column], cells: Sequence[Content]) -> Html:
    first, *others = cells
    rest = (
        tag("td", cell, class_=f"{column.kind} zero" if cell == 0 else column.kind)
        for column, cell in zip(columns[1:], others, strict=True)
    )
    return tag("tr", tag("th", first, scope="row"), *rest)


def figure(name: str, title: str, text: str, keys: Html | None = None) -> Html:
    """Return the place of the chart *name*, which is hidden until it is drawn."""
    caption = tag("figcaption", tag("b", title), Html("<br>"), text, keys or Html())
    whole = tag("figure", caption, tag("div", class_="chart"), data_chart=name)
    return Html(whole.replace("<figure", "<figure hidden", 1))  # start.js shows it


def data(name: str, spec: Mapping[str, object]) -> Html:
    """Return *spec* as data for the script. Nothing in it can end its element, or begin a comment."""
    return Html(f'<script type="application/json" id="{name}">{as_json(spec)}</script>')


def as_json(value: object) -> str:
    """Return *value* as JSON in which there is no ``<``."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
