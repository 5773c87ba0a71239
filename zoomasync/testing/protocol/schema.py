"""A small notation for what a body may hold, and a check that names whatever does not fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, cast

Fault: TypeAlias = tuple[str, str]
"""Where a body is wrong, such as "settings.jbh_time", and why."""

MASK: Final = "***"


class Shape(Protocol):
    """What a value may be."""

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Tell everything that is wrong with *value*, which stands at *path*."""
        ...

    def masked(self, value: object) -> object:
        """Return a copy of *value* that may be kept and shown: no secret, and nothing that the shape does not know."""
        ...


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text; lengths are in characters, and *pattern* has to match the whole of it."""

    most: int | None = None
    least: int = 0
    options: Collection[str] = ()
    pattern: str = ""
    secret: bool = False

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Tell what is wrong."""
        if not isinstance(value, str):
            yield path, "Invalid field. A text is expected."
        elif self.most is not None and len(value) > self.most:
            yield path, f"Invalid field. The length is over {self.most} characters."
        elif len(value) < self.least:
            yield path, f"Invalid field. The length is under {self.least} characters."
        elif (self.options and value not in self.options) or (self.pattern and not re.fullmatch(self.pattern, value)):
            yield path, "Invalid field."

    def masked(self, value: object) -> object:
        """Hide a secret, and what is no text."""
        return value if isinstance(value, str) and not self.secret else MASK


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number; true and 1.0 are none."""

    least: int | None = None
    most: int | None = None
    options: Collection[int] = ()

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Tell what is wrong."""
        if not isinstance(value, int) or isinstance(value, bool):
            yield path, "Invalid field. A whole number is expected."
        elif self.options and value not in self.options:
            yield path, "Invalid field."
        elif self.least is not None and value < self.least:
            yield path, f"Invalid field. The number is under {self.least}."
        elif self.most is not None and value > self.most:
            yield path, f"Invalid field. The number is over {self.most}."

    def masked(self, value: object) -> object:
        """Show a number."""
        return value if isinstance(value, int) else MASK


@dataclass(frozen=True)
class Flag:
    """True or false; 0 and 1 are neither."""

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Tell what is wrong."""
        if not isinstance(value, bool):
            yield path, "Invalid field. True or false is expected."

    def masked(self, value: object) -> object:
        """Show a flag."""
        return value if isinstance(value, bool) else MASK


@dataclass(frozen=True, kw_only=True)
class Nullable:
    """Something that null clears."""

    shape: Shape

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Tell what is wrong."""
        if value is not None:
            yield from self.shape.faults(value, path)

    def masked(self, value: object) -> object:
        """Show null, else what the shape shows."""
        return None if value is None else self.shape.masked(value)


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list of values of one shape."""

    of: Shape
    least: int = 0
    most: int | None = None

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Tell what is wrong, with the list and then with its items."""
        if not isinstance(value, list):
            yield path, "Invalid field. A list is expected."
            return
        items = cast("list[object]", value)
        if self.most is not None and len(items) > self.most:
            yield path, f"Invalid field. There are more than {self.most} items."
        elif len(items) < self.least:
            yield path, f"Invalid field. There are fewer than {self.least} items."
        for number, item in enumerate(items):
            yield from self.of.faults(item, f"{path}[{number}]")

    def masked(self, value: object) -> object:
        """Show each item as its shape does."""
        return [self.of.masked(each) for each in cast("list[object]", value)] if isinstance(value, list) else MASK


@dataclass(frozen=True)
class Fields:
    """An object whose keys are all known; make it with `fields`. A body that is *optional* may be left out."""

    shapes: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    optional: bool = False

    def faults(self, value: object, path: str = "") -> Iterator[Fault]:
        """Tell what is wrong: what is unknown, then what is missing, then the values."""
        if not isinstance(value, dict):
            yield path or "body", "Invalid field. An object is expected."
            return
        given = cast("dict[str, object]", value)
        prefix = f"{path}." if path else ""
        for name in given:
            if name not in self.shapes:
                yield f"{prefix}{name}", f"Invalid parameter: {name}."
        for name in self.required:
            if name not in given:
                yield f"{prefix}{name}", f"The parameter is required: {name}."
        for name, shape in self.shapes.items():
            if name in given:
                yield from shape.faults(given[name], f"{prefix}{name}")

    def masked(self, value: object) -> object:
        """Show known keys as their shapes do, and of unknown ones the name."""
        if not isinstance(value, dict):
            return MASK
        given = cast("dict[str, object]", value)
        return {name: self.shapes[name].masked(each) if name in self.shapes else MASK for name, each in given.items()}


def fields(required: str = "", /, **shapes: Shape) -> Fields:
    """Return the shape of an object; *required* names the keys that have to be there, with spaces between."""
    return Fields(shapes, tuple(required.split()))


def changes(required: str = "", /, **shapes: Shape) -> Fields:
    """Return the shape of a change: like `fields`, and null clears what need not be there."""
    names = required.split()
    return fields(
        required, **{name: shape if name in names else Nullable(shape=shape) for name, shape in shapes.items()}
    )


def one_of(*options: str) -> Text:
    """Return a text out of *options*."""
    return Text(options=options)


def number_of(*options: int) -> Whole:
    """Return a number out of *options*."""
    return Whole(options=options)


FLAG: Final = Flag()
TEXT: Final = Text()
WHOLE: Final = Whole()
TEXTS: Final = Items(of=TEXT)
EMAIL: Final = Text(pattern=r"\s*[^@\s]+@[^@\s]+\s*")
"""Blanks around an address are taken, and left out."""
