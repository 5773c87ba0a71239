"""The operations of the client's methods, samples of their responses, and names and values derived from both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from keyword import iskeyword
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

import msgspec

from zoomasync.testing.reference.examples import example_body
from zoomasync.testing.reference.notation import Range, Rule, Spec
from zoomasync.testing.reference.operations import OPERATIONS as ALL_OPERATIONS
from zoomasync.testing.reference.operations import UNUSED, Operation

__all__ = [
    "ALL_OPERATIONS", "OPERATIONS", "SAMPLES", "UNUSED", "Operation", "Range", "Rule", "Sample", "Spec", "attribute",
    "complaints", "parameter", "snake",
]  # fmt: skip

_DATA: Final = Path(__file__).parent.parent / "data"


@dataclass(frozen=True)
class Sample:
    """A response as Zoom sends it; *name* is the operation, and *variant* the deviation from the reference, if any."""

    name: str
    variant: str
    body: bytes

    def __str__(self) -> str:
        return f"{self.name}-{self.variant}" if self.variant else self.name


def _read_samples() -> Iterator[Sample]:
    for path in sorted((_DATA / "samples").glob("*.json")):
        name, _, variant = path.stem.partition("-")
        yield Sample(name, variant, path.read_bytes())
    written = {path.stem.partition("-")[0] for path in (_DATA / "samples").glob("*.json")}
    for name, operation in OPERATIONS.items():
        if operation.response is not None and name not in written:
            yield Sample(name, "", msgspec.json.encode(example_body(operation.response)))


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {name: operation for name, operation in ALL_OPERATIONS.items() if operation.has_method}
)
"""The operations that have a method of the client, by the name of that method."""

SAMPLES: Final = tuple(_read_samples())
"""Responses of every operation that has one: bodies as Zoom sends them, else one that holds every documented field."""


def snake(name: str) -> str:
    """Return *name* in Python's style: ``meetingId`` becomes ``meeting_id``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def attribute(name: str) -> str:
    """Return the attribute for the JSON field *name*."""
    python_name = snake(name)
    return f"{python_name}_" if iskeyword(python_name) else python_name


def parameter(name: str) -> str:
    """Return the parameter for *name*; ``type`` is not a keyword, but would hide the builtin."""
    return "type_" if name == "type" else attribute(name)


def complaints(value: object, spec: Spec, path: str = "$") -> Iterator[str]:
    """Yield the differences between the JSON *value* and *spec*; null is always accepted."""
    if value is None:
        return
    if not _is(value, spec.kind):
        yield f"{path} is not a valid {spec.kind}"
        return
    if not spec.range.holds(_size(value)):
        yield f"{path} is out of range"
    if isinstance(value, list) and spec.item is not None:
        for index, item in enumerate(cast("Sequence[object]", value)):
            yield from complaints(item, spec.item, f"{path}[{index}]")
    if isinstance(value, dict):
        yield from _object_complaints(cast("Mapping[str, object]", value), spec, path)


def _size(value: object) -> int:
    if isinstance(value, int):
        return value
    return len(cast("Sequence[object]", value)) if isinstance(value, str | list) else 0


def _object_complaints(value: Mapping[str, object], spec: Spec, path: str) -> Iterator[str]:
    for name in value.keys() - spec.fields.keys():
        yield f"{path}.{name} is not in the reference"
    for name, each in spec.fields.items():
        if each.required and value.get(name) is None:
            yield f"{path}.{name} is missing"
        yield from complaints(value.get(name), each, f"{path}.{name}")
    for rule in spec.rules:
        if rule.applies(value):
            yield from (f"{path}: {rule.text}" for target in _targets(value, rule.target) if _breaks(target, rule.then))


def _targets(value: Mapping[str, object], target: tuple[str, ...]) -> Iterator[object]:
    first = value.get(target[0])
    if len(target) == 1:
        yield first
        return
    for item in cast("Sequence[Mapping[str, object]]", first or ()):
        yield from _targets(item, target[1:])


def _breaks(value: object, then: Spec | None) -> bool:
    if then is None:
        return value is not None
    if value is None:
        return then.required
    if then.values:
        return value not in then.values
    return (then.required and value == "") or any(complaints(value, then))


def _is(value: object, kind: str) -> bool:
    checks = {
        "text": isinstance(value, str),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "flag": isinstance(value, bool),
        "list": isinstance(value, list),
        "object": isinstance(value, dict),
        "day": isinstance(value, str) and _is_date(value, r"\d{4}-\d\d-\d\d"),
        "time": isinstance(value, str) and _is_date(value, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        "localtime": isinstance(value, str) and _is_date(value, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?"),
    }
    return checks[kind]


def _is_date(text: str, pattern: str) -> bool:
    if not re.fullmatch(pattern, text):
        return False
    try:
        return bool(datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text))
    except ValueError:
        return False
