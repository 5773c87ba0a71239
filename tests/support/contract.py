"""Zoom's reference as values: `data/endpoints.toml`, whose head explains its notation, and `data/samples`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from keyword import iskeyword
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

import msgspec

_DATA: Final = Path(__file__).parent.parent / "data"
_TEXTS: Final = frozenset({"text", "url", "email"})
_KINDS: Final = frozenset({"integer", "number", "flag", "day", "time", "localtime", "ref"})
_SPEC: Final = re.compile(
    r"(?:\[(?P<item>[^\]]+)\]|(?P<name>\w+))"
    r"(?P<required>!)?"
    r"(?: (?P<range>-?\d+\.\.-?\d+|[<>]=-?\d+))?"
    r"(?:: (?P<values>.+?))?"
    r"(?: = (?P<default>.+))?"
)
_RULE: Final = re.compile(
    r"(?P<unless>no )?(?P<field>\w+)(?:: (?P<values>.+?))? -> (?P<never>no )?(?P<target>[\w.]+)(?P<rest>.*)"
)


@dataclass(frozen=True, kw_only=True)
class Range:
    """The allowed range of a length in characters, a number of items, or a number."""

    least: int | None = None
    most: int | None = None

    @property
    def limits(self) -> tuple[int, ...]:
        return tuple(limit for limit in (self.least, self.most) if limit is not None)

    def holds(self, size: int) -> bool:
        return (self.least is None or size >= self.least) and (self.most is None or size <= self.most)


@dataclass(frozen=True, kw_only=True, repr=False)
class Spec:
    """The reference's description of one value; *kind* is a type of the notation, "list" or "object"."""

    kind: str
    required: bool = False
    range: Range = field(default_factory=Range)
    values: tuple[str | int, ...] = ()
    default: str | None = None
    item: Spec | None = None
    fields: Mapping[str, Spec] = field(default_factory=lambda: MappingProxyType({}))
    rules: tuple[Rule, ...] = ()

    def __repr__(self) -> str:
        return f"<{self.kind} of {', '.join(self.fields)}>" if self.fields else f"<{self.kind}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class Rule:
    """A condition on one field of an object, and the consequence for another.

    The rule applies if *field* has one of *values* (or any value, if there are none); with *unless*, if *field* is
    missing. *target* must then match *then*, or be missing if *then* is None. A *target* of two names is a field of
    every item of a list.
    """

    text: str
    field: str
    unless: bool
    values: tuple[str | int, ...]
    target: tuple[str, ...]
    then: Spec | None

    def __repr__(self) -> str:
        return f"<{self.text}>"

    def applies(self, body: Mapping[str, object]) -> bool:
        value = body.get(self.field)
        if self.unless:
            return value is None
        return value is not None and (not self.values or value in self.values)


@dataclass(frozen=True, kw_only=True, repr=False)
class Operation:
    """One operation; *items* is the field with the rows of a paged one, and *page_size* its largest page."""

    name: str
    route: str
    label: str
    scopes: tuple[str, ...]
    granular_scopes: tuple[str, ...]
    status: int
    path: Mapping[str, Spec]
    query: Mapping[str, Spec]
    body: Spec | None
    response: Spec | None
    items: str | None
    page_size: int | None
    errors: tuple[tuple[int, int | None], ...]

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @property
    def verb(self) -> str:
        return self.route.partition(" ")[0]


@dataclass(frozen=True)
class Sample:
    """A response as Zoom sends it; *name* is the operation, and *variant* the deviation from the reference, if any."""

    name: str
    variant: str
    body: bytes

    def __str__(self) -> str:
        return f"{self.name}-{self.variant}" if self.variant else self.name


class _Paging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: str
    page_size: int | None = None
    legacy: str | None = None


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    route: str
    label: str
    scopes: tuple[str, ...]
    granular_scopes: tuple[str, ...]
    status: int
    paging: _Paging | None = None
    path: dict[str, str] = {}
    query: dict[str, str] = {}
    body: str | dict[str, str] | None = None
    response: str | dict[str, str] | None = None
    errors: tuple[str, ...] = ()


class _File:
    """The parser of `data/endpoints.toml`."""

    def __init__(self, path: Path) -> None:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        self.shapes = msgspec.convert(tables.pop("shape"), dict[str, dict[str, str]])
        self.rules = msgspec.convert(tables.pop("rules"), dict[str, tuple[str, ...]])
        self.entries = msgspec.convert(tables, dict[str, _Entry])
        self.used: set[str] = set()

    def operations(self) -> dict[str, Operation]:
        return {name: self._operation(name, entry) for name, entry in self.entries.items()}

    def _operation(self, name: str, entry: _Entry) -> Operation:
        paging = entry.paging
        return Operation(
            name=name,
            route=entry.route,
            label=entry.label,
            scopes=entry.scopes,
            granular_scopes=entry.granular_scopes,
            status=entry.status,
            path=self._fields(entry.path),
            query=self._fields(entry.query),
            body=self._shape_or_fields(entry.body, name),
            response=self._shape_or_fields(entry.response, None),
            items=paging.items if paging else None,
            page_size=paging.page_size if paging else None,
            errors=tuple(_error(text) for text in entry.errors),
        )

    def _shape_or_fields(self, value: str | dict[str, str] | None, rules: str | None) -> Spec | None:
        if isinstance(value, str):
            return self._shape(value)
        return None if value is None else self._object(value, rules)

    def _shape(self, name: str) -> Spec:
        self.used.add(name)
        return self._object(self.shapes[name], name)

    def _object(self, field_texts: Mapping[str, str], rules: str | None) -> Spec:
        fields = self._fields(field_texts)
        texts = self.rules.get(rules, ()) if rules else ()
        return Spec(kind="object", fields=fields, rules=tuple(self._rule(text, fields) for text in texts))

    def _fields(self, field_texts: Mapping[str, str]) -> Mapping[str, Spec]:
        return MappingProxyType({name: self._spec(text) for name, text in field_texts.items()})

    def _spec(self, text: str) -> Spec:
        match = _SPEC.fullmatch(text)
        if match is None:
            raise ValueError(f"not in the notation: {text!r}")
        if match["item"]:
            bare = Spec(kind="list", item=self._spec(match["item"]))
        elif match["name"] in _TEXTS:
            bare = Spec(kind="text")
        else:
            bare = Spec(kind=match["name"]) if match["name"] in _KINDS else self._shape(match["name"])
        return replace(
            bare,
            required=bool(match["required"]),
            range=_range(match["range"] or ""),
            values=_values(match["values"] or "", bare.kind),
            default=match["default"],
        )

    def _rule(self, text: str, fields: Mapping[str, Spec]) -> Rule:
        match = _RULE.fullmatch(text)
        if match is None:
            raise ValueError(f"not in the notation: {text!r}")
        target = tuple(match["target"].split("."))
        target_spec = fields[target[0]]
        for name in target[1:]:
            if target_spec.item is None:
                raise ValueError(f"not a list: {text!r}")
            target_spec = target_spec.item.fields[name]
        then = self._spec(target_spec.kind.replace("list", "[text]") + match["rest"])
        return Rule(
            text=text,
            field=match["field"],
            unless=bool(match["unless"]),
            values=_values(match["values"] or "", fields[match["field"]].kind),
            target=target,
            then=None if match["never"] else then,
        )


def _error(text: str) -> tuple[int, int | None]:
    status, _, code = text.partition(" ")
    return int(status), int(code) if code else None


def _range(text: str) -> Range:
    if ".." in text:
        least, most = map(int, text.split(".."))
        return Range(least=least, most=most)
    if text.startswith(">="):
        return Range(least=int(text[2:]))
    return Range(most=int(text[2:])) if text else Range()


def _values(text: str, kind: str) -> tuple[str | int, ...]:
    words = [word.strip().strip("'") for word in text.split("|")] if text else []
    return tuple(int(word) if kind == "integer" else word for word in words)


def _read_samples() -> Iterator[Sample]:
    for path in sorted((_DATA / "samples").glob("*.json")):
        name, _, variant = path.stem.partition("-")
        yield Sample(name, variant, path.read_bytes())


_FILE: Final = _File(_DATA / "endpoints.toml")

OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(_FILE.operations())
"""The operations, by the name of the client's method."""

UNUSED: Final = (_FILE.shapes.keys() - _FILE.used) | (_FILE.rules.keys() - _FILE.used - _FILE.entries.keys())
"""The shapes that no operation uses, and the rules of unknown shapes and operations."""

SAMPLES: Final = tuple(_read_samples())
"""Responses of every operation that has a response body."""


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
