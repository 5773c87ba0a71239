"""HTML elements whose text is escaped."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

MAX_LINES = 50
"""The most lines of a table that has no natural limit; the store has the rest."""


class Html(str):
    """Markup, which is not escaped again."""

    __slots__ = ()


Content: TypeAlias = str | int


def tag(name: str, *content: Content, **attributes: str) -> Html:
    """Return an element. The name of an attribute that is a Python keyword ends in an underscore."""
    pairs = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(v)}"' for key, v in attributes.items())
    return Html(f"<{name}{pairs}>{join(content)}</{name}>")


def join(content: Iterable[Content]) -> Html:
    """Return the markup of *content*, without separators."""
    return Html("".join(map(_markup, content)))


def _markup(content: Content) -> str:
    if isinstance(content, int):
        return f"{content:,}"
    return content if isinstance(content, Html) else html.escape(content)


def table(
    caption: str, columns: Mapping[str, str], lines: Iterable[Sequence[Content]], total: Sequence[Content] = ()
) -> Html:
    """Return a table that scrolls if it is wider than the page. The first cell of a line is its heading.

    *columns* are the headings of the columns, each with the CSS class of its cells.
    """
    headings = (tag("th", heading, scope="col", class_=class_) for heading, class_ in columns.items())
    classes = list(columns.values())
    rows = (_line(classes, line) for line in lines)
    footer = [tag("tfoot", _line(classes, total))] if total else []
    head = tag("thead", tag("tr", *headings))
    element = tag("table", tag("caption", tag("span", caption)), head, tag("tbody", *rows), *footer)
    return tag("div", element, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _line(classes: Sequence[str], cells: Sequence[Content]) -> Html:
    first, *others = cells
    rest = (
        tag("td", cell, class_=f"{class_} zero" if cell == 0 else class_)
        for class_, cell in zip(classes[1:], others, strict=True)
    )
    return tag("tr", tag("th", first, scope="row"), *rest)


def figure(name: str, title: str, text: str, keys: Html | None = None) -> Html:
    """Return the figure for the chart *name*, which is hidden until the script has drawn the chart."""
    caption = tag("figcaption", tag("b", title), Html("<br>"), text, keys or Html())
    element = tag("figure", caption, tag("div", class_="chart"), data_chart=name)
    return Html(element.replace("<figure", "<figure hidden", 1))  # start.js removes the attribute


def data(name: str, spec: Mapping[str, object]) -> Html:
    """Return a script element that holds *spec* as data; no text in it can end the element or start a comment."""
    return Html(f'<script type="application/json" id="{name}">{as_json(spec)}</script>')


def as_json(value: object) -> str:
    """Return *value* as JSON without ``<``."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
