"""Shapes of JSON values: a check that names every invalid field, and masked copies for the log."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, cast

Fault: TypeAlias = tuple[str, str]
"""The path of an invalid field, such as "settings.jbh_time", and the reason."""

MASK: Final = "***"


class Shape(Protocol):
    """The allowed type and limits of a JSON value."""

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield every fault of *value*; *path* is its place in the body."""
        ...

    def masked(self, value: object) -> object:
        """Return a copy of *value* for the log, with secrets and unknown fields replaced by `MASK`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text of *min* to *max* characters that *pattern* matches as a whole."""

    max: int | None = None
    min: int = 0
    options: Collection[str] = ()
    pattern: str = ""
    secret: bool = False

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the fault, if any."""
        if not isinstance(value, str):
            yield path, "Invalid field. A text is expected."
        elif self.max is not None and len(value) > self.max:
            yield path, f"Invalid field. The length is over {self.max} characters."
        elif len(value) < self.min:
            yield path, f"Invalid field. The length is under {self.min} characters."
        elif (self.options and value not in self.options) or (self.pattern and not re.fullmatch(self.pattern, value)):
            yield path, "Invalid field."

    def masked(self, value: object) -> object:
        """Return the text unless it is secret."""
        return value if isinstance(value, str) and not self.secret else MASK


@dataclass(frozen=True, kw_only=True)
class Integer:
    """An integer from *min* to *max*; true and 1.0 are invalid."""

    min: int | None = None
    max: int | None = None
    options: Collection[int] = ()

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the fault, if any."""
        if not isinstance(value, int) or isinstance(value, bool):
            yield path, "Invalid field. A whole number is expected."
        elif self.options and value not in self.options:
            yield path, "Invalid field."
        elif self.min is not None and value < self.min:
            yield path, f"Invalid field. The number is under {self.min}."
        elif self.max is not None and value > self.max:
            yield path, f"Invalid field. The number is over {self.max}."

    def masked(self, value: object) -> object:
        """Return the number."""
        return value if isinstance(value, int) else MASK


@dataclass(frozen=True)
class Flag:
    """True or false; 0 and 1 are invalid."""

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the fault, if any."""
        if not isinstance(value, bool):
            yield path, "Invalid field. True or false is expected."

    def masked(self, value: object) -> object:
        """Return the flag."""
        return value if isinstance(value, bool) else MASK


@dataclass(frozen=True, kw_only=True)
class Nullable:
    """A value of one shape, or null, which clears the field."""

    shape: Shape

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the fault, if any."""
        if value is not None:
            yield from self.shape.faults(value, path)

    def masked(self, value: object) -> object:
        """Return null, or the masked value."""
        return None if value is None else self.shape.masked(value)


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list of *min* to *max* values of one shape."""

    of: Shape
    min: int = 0
    max: int | None = None

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the fault of the list, then the faults of its items."""
        if not isinstance(value, list):
            yield path, "Invalid field. A list is expected."
            return
        items = cast("list[object]", value)
        if self.max is not None and len(items) > self.max:
            yield path, f"Invalid field. There are more than {self.max} items."
        elif len(items) < self.min:
            yield path, f"Invalid field. There are fewer than {self.min} items."
        for number, item in enumerate(items):
            yield from self.of.faults(item, f"{path}[{number}]")

    def masked(self, value: object) -> object:
        """Return the list with each item masked."""
        return [self.of.masked(each) for each in cast("list[object]", value)] if isinstance(value, list) else MASK


@dataclass(frozen=True)
class Fields:
    """An object that has no other keys than *shapes*; an *optional* body may be left out."""

    shapes: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    optional: bool = False

    def faults(self, value: object, path: str = "") -> Iterator[Fault]:
        """Yield the unknown fields, then the missing ones, then the faults of the values."""
        if not isinstance(value, dict):
            yield path or "body", "Invalid field. An object is expected."
            return
        values = cast("dict[str, object]", value)
        prefix = f"{path}." if path else ""
        for name in values:
            if name not in self.shapes:
                yield f"{prefix}{name}", f"Invalid parameter: {name}."
        for name in self.required:
            if name not in values:
                yield f"{prefix}{name}", f"The parameter is required: {name}."
        for name, shape in self.shapes.items():
            if name in values:
                yield from shape.faults(values[name], f"{prefix}{name}")

    def masked(self, value: object) -> object:
        """Return the object with each value masked; of an unknown field only the name stays."""
        if not isinstance(value, dict):
            return MASK
        values = cast("dict[str, object]", value)
        return {name: self.shapes[name].masked(each) if name in self.shapes else MASK for name, each in values.items()}


def fields(required: str = "", /, **shapes: Shape) -> Fields:
    """Return the shape of an object; *required* is the names of the required fields, separated by spaces."""
    return Fields(shapes, tuple(required.split()))


def changes(required: str = "", /, **shapes: Shape) -> Fields:
    """Return the shape of a PATCH body: like `fields`, but null clears a field that is not required."""
    names = required.split()
    return fields(
        required, **{name: shape if name in names else Nullable(shape=shape) for name, shape in shapes.items()}
    )


def alike(shape: Shape, names: str) -> dict[str, Shape]:
    """Return *shape* for each of the *names*, which are separated by spaces."""
    return dict.fromkeys(names.split(), shape)


def one_of(*options: str) -> Text:
    """Return the shape of a text that is one of *options*."""
    return Text(options=options)


def number_of(*options: int) -> Integer:
    """Return the shape of an integer that is one of *options*."""
    return Integer(options=options)


FLAG: Final = Flag()
TEXT: Final = Text()
INTEGER: Final = Integer()
TEXTS: Final = Items(of=TEXT)
EMAIL: Final = Text(pattern=r"\s*[^@\s]+@[^@\s]+\s*")
"""Zoom accepts blanks around an address and removes them."""
