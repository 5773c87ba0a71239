"""Example values for what the reference describes, every field included."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from .notation import Spec

_TEXTS: Final = MappingProxyType(
    {"email": "noor@northpier.example", "secret": "sEcReT7", "url": "https://northpier.zoom.example/x", "text": "text"}
)
_VALUES: Final = MappingProxyType[str, object](
    {
        "integer": 7,
        "number": 7.5,
        "flag": True,
        "day": "2026-03-18",
        "time": "2026-03-18T09:00:00Z",
        "localtime": "2026-03-18T09:00:00Z",
        "ref": "m8Re/3nWTyrh2qUa+S1vZx==",
    }
)


def example(spec: Spec) -> object:
    """Return a JSON value that *spec* describes: the first documented value, a list's fewest items, every field.

    Of two fields that exclude each other, it has the first.
    """
    if spec.kind == "object":
        return _example_object(spec)
    if spec.item is not None:
        return [example(spec.item)] * max(spec.range.least or 0, 1)
    if spec.values:
        return next((value for value in spec.values if value != ""), "")
    if spec.kind == "text":
        return _TEXTS[spec.form]
    return _VALUES[spec.kind]


def example_body(spec: Spec) -> dict[str, object]:
    """Return an example of the only, or last, page that *spec* describes."""
    body = _example_object(spec)
    return {**body, "next_page_token": ""} if "next_page_token" in body else body


def _example_object(spec: Spec) -> dict[str, object]:
    body = {name: example(each) for name, each in spec.fields.items()}
    for rule in spec.rules:
        if rule.then is None and rule.applies(body):
            body.pop(rule.target[0], None)
    return body
