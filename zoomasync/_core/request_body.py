"""Request bodies: checked by the rules of the reference and encoded to JSON.

Types come from the annotations of a struct, limits from their ``Meta(extra=...)``, and rules between fields from the
method ``broken_rules``. They are checked before sending only: a response that breaks them is decoded all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from datetime import UTC, date, datetime
from typing import Protocol, cast, runtime_checkable

import msgspec
from msgspec import Struct, inspect

from ..errors import InvalidArgument


def encode(body: Struct) -> bytes:
    """Return *body* as JSON, or raise `InvalidArgument` for a value that Zoom would reject.

    An aware time is written in UTC with a ``Z``, a naive one without a zone; both to the second. A struct inside *body*
    may be that of a response, as a subclass of the declared one: only the declared fields are written.
    """
    if not isinstance(body, Struct):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without a type checker
        raise InvalidArgument(f"the body must be a struct, such as NewMeeting, not a {type(body).__name__}")
    try:
        checked = msgspec.convert(_plain(body), type(body))
        reason = next(_violations(checked, inspect.type_info(type(body)), "$"), "")
        if not reason:
            return msgspec.json.encode(_serialized(_plain(checked)))
    except (msgspec.ValidationError, TypeError) as error:
        reason = str(error)
    except (OverflowError, ValueError):  # ValidationError and UnicodeEncodeError are ValueErrors too
        reason = "a time or text in it cannot be written as JSON"
    raise InvalidArgument(f"{type(body).__name__}: {reason}")


def _plain(body: Struct) -> object:
    return msgspec.to_builtins(body, builtin_types=(datetime, date))


@runtime_checkable
class _HasRules(Protocol):
    """A struct that has rules between its fields."""

    def broken_rules(self) -> Iterator[str]: ...


def _violations(value: object, type_: inspect.Type, path: str) -> Iterator[str]:
    """Yield a message for each limit and rule that *value* breaks."""
    if value is None or value is msgspec.UNSET:
        return
    if isinstance(type_, inspect.UnionType):
        for choice in type_.types:
            yield from _violations(value, choice, path)
    elif isinstance(type_, inspect.Metadata):
        yield from _limit_violations(value, cast("Mapping[str, int]", type_.extra or {}), path)  # pyright: ignore[reportUnknownMemberType]  msgspec's bare dict
        yield from _violations(value, type_.type, path)
    elif isinstance(value, tuple) and isinstance(type_, inspect.VarTupleType):
        for index, item in enumerate(cast("tuple[object, ...]", value)):
            yield from _violations(item, type_.item_type, f"{path}[{index}]")
    elif isinstance(value, Struct) and isinstance(type_, inspect.StructType):
        for field in type_.fields:
            yield from _violations(getattr(value, field.name), field.type, f"{path}.{field.encode_name}")
        if isinstance(value, _HasRules):
            yield from (f"{rule} - at `{path}`" for rule in value.broken_rules())


def _limit_violations(value: object, limits: Mapping[str, int], path: str) -> Iterator[str]:
    for rule, limit in limits.items():
        size = len(value) if isinstance(value, Sized) else cast("int", value)
        if size > limit if rule in _UPPER_LIMITS else size < limit:
            yield f"Expected {_RULE_TEXTS[rule]} {limit} - at `{path}`"


_UPPER_LIMITS = {"max_length", "max_items", "le"}
_RULE_TEXTS = {
    "max_length": "a length of at most",
    "min_length": "a length of at least",
    "max_items": "a number of items of at most",
    "min_items": "a number of items of at least",
    "le": "at most",
    "ge": "at least",
}


def time_text(moment: datetime) -> str:
    """Return *moment* as Zoom takes it: an aware time in UTC with a ``Z``, a naive one without a zone."""
    plain = moment.astimezone(UTC) if moment.tzinfo else moment
    return plain.replace(tzinfo=None).isoformat(timespec="seconds") + ("Z" if moment.tzinfo else "")


def _serialized(value: object) -> object:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, dict):
        return {key: _serialized(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_serialized(item) for item in cast("Sequence[object]", value)]
    return value
