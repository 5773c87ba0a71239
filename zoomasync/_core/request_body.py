"""A request's body: checked by the rules of the reference, spelled as Zoom spells, and nothing left to chance.

Types come from the struct's annotations, limits from their ``Meta(extra=...)``, and what holds between fields from the
struct's ``broken_rules``. The limits are for what is sent only: a reply may break them and is read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from datetime import UTC, date, datetime
from typing import Protocol, cast, runtime_checkable

import msgspec
from msgspec import Struct, inspect

from ..errors import InvalidArgument


def encode(body: Struct) -> bytes:
    """Return *body* as JSON, or raise `InvalidArgument` for what Zoom would not take, before anything is sent.

    An aware time becomes UTC with a ``Z``, a naive one stays local; both to the second.
    """
    name = type(body).__name__
    plain: object = msgspec.to_builtins(body, builtin_types=(datetime, date))
    try:
        checked = msgspec.convert(plain, type(body))
    except msgspec.ValidationError as error:
        reason = str(error)
    else:
        reason = next(_broken(checked, inspect.type_info(type(body)), "$"), "")
    if not reason:
        try:
            return msgspec.json.encode(_serialized(plain))
        except (OverflowError, ValueError, UnicodeEncodeError):
            reason = "a time or text of it cannot be spelled in JSON"
    raise InvalidArgument(f"{name}: {reason}")


@runtime_checkable
class _Ruled(Protocol):
    """A struct with rules between its fields."""

    def broken_rules(self) -> Iterator[str]: ...


def _broken(value: object, shape: inspect.Type, path: str) -> Iterator[str]:
    """Say which limits and rules *value* breaks, and where."""
    if value is None or value is msgspec.UNSET:
        return
    if isinstance(shape, inspect.UnionType):
        for choice in shape.types:
            yield from _broken(value, choice, path)
    elif isinstance(shape, inspect.Metadata):
        yield from _broken_limits(value, cast("Mapping[str, int]", shape.extra or {}), path)  # pyright: ignore[reportUnknownMemberType]  msgspec's bare dict
        yield from _broken(value, shape.type, path)
    elif isinstance(value, tuple) and isinstance(shape, inspect.VarTupleType):
        for place, item in enumerate(cast("tuple[object, ...]", value)):
            yield from _broken(item, shape.item_type, f"{path}[{place}]")
    elif isinstance(value, Struct) and isinstance(shape, inspect.StructType):
        for field in shape.fields:
            yield from _broken(getattr(value, field.name), field.type, f"{path}.{field.encode_name}")
        if isinstance(value, _Ruled):
            yield from (f"{rule} - at `{path}`" for rule in value.broken_rules())


def _broken_limits(value: object, limits: Mapping[str, int], path: str) -> Iterator[str]:
    for rule, limit in limits.items():
        size = len(value) if isinstance(value, Sized) else cast("int", value)
        if size > limit if rule in _UPPER else size < limit:
            yield f"Expected {_WORDS[rule]} {limit} - at `{path}`"


_UPPER = {"max_length", "max_items", "le"}
_WORDS = {
    "max_length": "a length of at most",
    "min_length": "a length of at least",
    "max_items": "a number of items of at most",
    "min_items": "a number of items of at least",
    "le": "at most",
    "ge": "at least",
}


def _serialized(value: object) -> object:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(tzinfo=None).isoformat(timespec="seconds") + ("Z" if value.tzinfo else "")
    if isinstance(value, dict):
        return {key: _serialized(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_serialized(item) for item in cast("Sequence[object]", value)]
    return value
