"""Requests held against the reference: every invalid field of a body, and a copy of it for the log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias, cast

from ..reference.notation import Rule, Spec

Fault: TypeAlias = tuple[str, str]
"""The path of an invalid field, such as "settings.jbh_time", and the reason."""

MASK: Final = "***"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<zone>Z?)", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INTEGER: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_OUT_OF_RANGE: Final = 2**63


def body_faults(body: object, spec: Spec, *, nullable: bool = False) -> Iterator[Fault]:
    """Yield the faults of a request body. Null clears a field that is not required in a *nullable* body, a PATCH."""
    if nullable and isinstance(body, dict):
        values = cast("dict[str, object]", body)
        required = {name for name, each in spec.fields.items() if each.required}
        body = {name: value for name, value in values.items() if value is not None or name in required}
    yield from _faults(body, spec, "")


def query_fault(text: str, spec: Spec) -> bool:
    """Return whether *text* is an invalid value of the query parameter that *spec* describes."""
    if spec.kind == "list" and spec.item is not None:
        return any(query_fault(each, spec.item) for each in text.split(","))
    value: object = text
    if spec.kind in {"integer", "number"}:
        value = int(text) if _INTEGER.fullmatch(text) else None
    elif spec.kind == "flag":
        value = {"true": True, "false": False}.get(text)
    return next(_faults(value, spec, "query"), None) is not None


def masked(value: object, spec: Spec | None) -> object:
    """Return a copy of *value* with secrets, and what *spec* does not describe, replaced by `MASK`."""
    if spec is None or value is None:
        return MASK if spec is None else None
    if not _is(value, spec.kind) or spec.form == "secret":
        return MASK
    if isinstance(value, dict):
        values = cast("dict[str, object]", value)
        return {name: masked(each, spec.fields.get(name)) for name, each in values.items()}
    if isinstance(value, list):
        return [masked(each, spec.item) for each in cast("list[object]", value)]
    return value


def _faults(value: object, spec: Spec, path: str) -> Iterator[Fault]:
    """Yield the faults of *value*, whose place in the body is *path*."""
    expected = _EXPECTED.get(spec.kind)
    if not _is(value, spec.kind):
        yield path or "body", f"Invalid field. {expected} is expected." if expected else "Invalid field."
    elif isinstance(value, dict):
        yield from _object_faults(cast("Mapping[str, object]", value), spec, f"{path}." if path else "")
    elif reason := _range_fault(value, spec):
        yield path, f"Invalid field. {reason}"
    elif (spec.values and value not in spec.values) or (spec.pattern and not re.fullmatch(spec.pattern, str(value))):
        yield path, "Invalid field."
    if isinstance(value, list) and spec.item is not None:
        for number, item in enumerate(cast("list[object]", value)):
            yield from _faults(item, spec.item, f"{path}[{number}]")


def _object_faults(values: Mapping[str, object], spec: Spec, prefix: str) -> Iterator[Fault]:
    """Yield the unknown fields, then the missing ones, then the faults of the values, then the broken rules."""
    for name in values:
        if name not in spec.fields:
            yield f"{prefix}{name}", f"Invalid parameter: {name}."
    for name, each in spec.fields.items():
        if each.required and name not in values:
            yield f"{prefix}{name}", f"The parameter is required: {name}."
    of_values = [
        fault
        for name, each in spec.fields.items()
        if name in values
        for fault in _faults(values[name], each, f"{prefix}{name}")
    ]
    yield from of_values
    if not of_values:  # the rules take for granted that types are right
        yield from (
            fault for rule in spec.rules if rule.applies(values) for fault in _broken(values, rule, spec, prefix)
        )


def _broken(values: Mapping[str, object], rule: Rule, spec: Spec, prefix: str) -> Iterator[Fault]:
    name, then = rule.target[0], rule.then
    value = values.get(name)
    if then is None:
        if value is not None:
            yield f"{prefix}{rule.field}", f"Invalid field. It excludes {name}."
    elif then.values:
        kept = value is None and spec.fields[name].default is None  # a change keeps the value, which the body lacks
        if value not in then.values and not kept:
            yield f"{prefix}{rule.field}", f"Invalid field. It requires {name} {then.values[0]}."
    elif value in (None, "", []):
        if then.required:
            yield f"{prefix}{name}", f"The parameter is required: {name}."
    else:
        for path, each in _targets(value, rule.target):
            if each is not None and (reason := _range_fault(each, then)):
                yield f"{prefix}{path}", f"Invalid field. {reason}"


def _targets(value: object, target: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Yield the paths and values that a rule with this *target* is about: a field, or one field of every item."""
    if len(target) == 1:
        yield target[0], value
        return
    for number, item in enumerate(cast("list[Mapping[str, object]]", value)):
        yield f"{target[0]}[{number}].{target[1]}", item.get(target[1])


def _range_fault(value: object, spec: Spec) -> str:
    least, most = spec.range.least, spec.range.most
    size = len(cast("str | list[object]", value)) if isinstance(value, str | list) else cast("float", value)
    if most is not None and size > most:
        return _TOO_MUCH.get(spec.kind, "The number is over {}.").format(most)
    if least is not None and size < least:
        return _TOO_LITTLE.get(spec.kind, "The number is under {}.").format(least)
    return ""


_EXPECTED: Final = {
    "text": "A text",
    "integer": "A whole number",
    "number": "A number",
    "flag": "True or false",
    "list": "A list",
    "object": "An object",
}
_TOO_MUCH: Final = {"text": "The length is over {} characters.", "list": "There are more than {} items."}
_TOO_LITTLE: Final = {"text": "The length is under {} characters.", "list": "There are fewer than {} items."}


def _is(value: object, kind: str) -> bool:
    if kind in {"day", "time", "localtime"}:
        return isinstance(value, str) and _is_date(value, kind)
    if kind == "integer" and isinstance(value, int) and not -_OUT_OF_RANGE <= value < _OUT_OF_RANGE:
        return False
    return isinstance(value, _TYPES[kind]) and (kind == "flag" or not isinstance(value, bool))


_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "text": str,
    "integer": int,
    "number": (int, float),
    "flag": bool,
    "list": list,
    "object": dict,
    "ref": (str, int),
}


def _is_date(text: str, kind: str) -> bool:
    match = (_DAY if kind == "day" else _TIME).fullmatch(text)
    if match is None or (kind == "time" and not match["zone"]):
        return False
    try:
        return bool(date.fromisoformat(text) if kind == "day" else datetime.fromisoformat(text))
    except ValueError:
        return False
