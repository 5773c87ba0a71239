"""The notation of `reference.toml`, whose head explains it: values, rules between fields, and their parser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from types import MappingProxyType
from typing import Final

_FORMS: Final = MappingProxyType(
    {
        "email": r"\s*[^@\s]+@[^@\s]+\s*",  # Zoom accepts blanks around an address and removes them
        "secret": "",
        "text": "",
        "url": r"[a-z][a-z0-9+.-]*://\S+",
    }
)
"""The kinds of text, with the pattern that a request has to match."""
_KINDS: Final = frozenset({"integer", "number", "flag", "day", "time", "localtime", "ref"})
_SPEC: Final = re.compile(
    r"(?:\[(?P<item>[^\]]+)\]|(?P<name>\w+))"
    r"(?P<required>!)?"
    r"(?: (?P<range>-?\d+\.\.-?\d+|[<>]=-?\d+))?"
    r"(?: /(?P<pattern>.+)/)?"
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
        """The ends of the range that are given."""
        return tuple(limit for limit in (self.least, self.most) if limit is not None)

    def holds(self, size: float) -> bool:
        """Return whether *size* is in the range."""
        return (self.least is None or size >= self.least) and (self.most is None or size <= self.most)


@dataclass(frozen=True, kw_only=True, repr=False)
class Spec:
    """The reference's description of one value; *kind* is a type of the notation, "list" or "object".

    *form* tells kinds of "text" apart: url, email, secret or text. A request has to match *pattern*. *lacks* are the
    fields of the shape that this operation does not have.
    """

    kind: str
    form: str = ""
    required: bool = False
    range: Range = field(default_factory=Range)
    pattern: str = ""
    values: tuple[str | int, ...] = ()
    default: str | None = None
    item: Spec | None = None
    fields: Mapping[str, Spec] = field(default_factory=lambda: MappingProxyType({}))
    rules: tuple[Rule, ...] = ()
    lacks: frozenset[str] = frozenset()

    def without(self, path: Sequence[str]) -> Spec:
        """Return the description without the field at *path*, which passes through lists."""
        if self.item is not None:
            return replace(self, item=self.item.without(path))
        fields = dict(self.fields)
        name, *rest = path
        if rest:
            fields[name] = fields[name].without(rest)
            return replace(self, fields=MappingProxyType(fields))
        del fields[name]
        return replace(self, fields=MappingProxyType(fields), lacks=self.lacks | {name})

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
        """Return whether *body* meets the condition."""
        value = body.get(self.field)
        if self.unless:
            return value is None
        return value is not None and (not self.values or value in self.values)


class Shapes:
    """The named shapes and rules of the file; it remembers which of them were *used*."""

    def __init__(self, shapes: Mapping[str, Mapping[str, str]], rules: Mapping[str, tuple[str, ...]]) -> None:
        self._shapes = shapes
        self._rules = rules
        self._specs: dict[str, Spec] = {}
        """The values by their texts, most of which occur many times."""
        self.used: set[str] = set()

    @property
    def unused(self) -> set[str]:
        """The shapes that nothing has used, and the rules of shapes and operations that nothing has used."""
        return (self._shapes.keys() | self._rules.keys()) - self.used

    def shape_or_fields(self, value: str | Mapping[str, str] | None, rules: str, without: Iterable[str]) -> Spec | None:
        """Return the shape named *value*, or an object with the given fields and the rules named *rules*.

        The result lacks the fields *without*, whose names are joined by dots.
        """
        if value is None:
            return None
        whole = self._shape(value) if isinstance(value, str) else self._object(value, rules)
        return reduce(Spec.without, (path.split(".") for path in without), whole)

    def fields(self, texts: Mapping[str, str]) -> Mapping[str, Spec]:
        """Return the values that *texts* describe."""
        return MappingProxyType({name: self._spec(text) for name, text in texts.items()})

    def _shape(self, name: str) -> Spec:
        return self._object(self._shapes[name], name)

    def _object(self, field_texts: Mapping[str, str], name: str) -> Spec:
        self.used.add(name)
        fields = self.fields(field_texts)
        return Spec(
            kind="object", fields=fields, rules=tuple(self._rule(text, fields) for text in self._rules.get(name, ()))
        )

    def _spec(self, text: str) -> Spec:
        if text not in self._specs:
            self._specs[text] = self._parsed(text)
        return self._specs[text]

    def _parsed(self, text: str) -> Spec:
        match = _SPEC.fullmatch(text)
        if match is None:
            raise ValueError(f"not in the notation: {text!r}")
        if match["item"]:
            bare = Spec(kind="list", item=self._spec(match["item"]))
        elif match["name"] in _FORMS:
            bare = Spec(kind="text", form=match["name"], pattern=_FORMS[match["name"]])
        else:
            bare = Spec(kind=match["name"]) if match["name"] in _KINDS else self._shape(match["name"])
        return replace(
            bare,
            required=bool(match["required"]),
            range=_range(match["range"] or ""),
            pattern=match["pattern"] or bare.pattern,
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
        # A list may be shortened, so that the type of its items does not matter here.
        kind = "[text]" if target_spec.kind == "list" else "text" if target_spec.kind == "object" else target_spec.kind
        then = self._spec(kind + match["rest"])
        return Rule(
            text=text,
            field=match["field"],
            unless=bool(match["unless"]),
            values=_values(match["values"] or "", fields[match["field"]].kind),
            target=target,
            then=None if match["never"] else then,
        )


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
