"""Request bodies: checked by the rules of the reference and encoded to JSON.

Types come from the annotations of a struct, limits from their ``Meta(extra=...)``, and rules between fields from the
method ``broken_rules``. They are checked before sending only: a response that breaks them is decoded all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from datetime import UTC, date, datetime
from functools import cache
from typing import Protocol, TypeAlias, cast

import msgspec
from msgspec import Struct, inspect

from ..errors import InvalidArgument
from .type_info import decoder, type_info


def encode(body: Struct) -> bytes:
    """Return *body* as JSON, or raise `InvalidArgument` for a value that Zoom would reject.

    An aware time is written in UTC with a ``Z``, a naive one without a zone; both to the second. A struct inside *body*
    may be that of a response, as a subclass of the declared one: only the declared fields are written.
    """
    if not isinstance(body, Struct):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without a type checker
        raise InvalidArgument(f"the body must be a struct, such as NewMeeting, not a {type(body).__name__}")
    try:
        plain = _plain(body)
        decoder(type(body))  # builds what the conversion needs, under a lock
        checked = msgspec.convert(plain, type(body))
        violation = _check_of_body(type(body))(checked)
        if violation is None:
            return msgspec.json.encode(_serialized(_plain(checked)))
        reason = f"{violation[0]} - at `${violation[1]}`"
    except (msgspec.ValidationError, TypeError) as error:
        reason = str(error)
    except (OverflowError, ValueError):  # ValidationError and UnicodeEncodeError are ValueErrors too
        reason = "a time or text in it cannot be written as JSON"
    raise InvalidArgument(f"{type(body).__name__}: {reason}")


def _plain(body: Struct) -> object:
    return msgspec.to_builtins(body, builtin_types=(datetime, date))


class _HasRules(Protocol):
    """A struct that has rules between its fields."""

    def broken_rules(self) -> Iterator[str]: ...


_Violation: TypeAlias = tuple[str, str]
"""A message about a limit or rule that a value breaks, and the path of the place inside the value."""

_Check: TypeAlias = Callable[[object], _Violation | None]
"""A function that returns the first violation in a value."""


@cache
def _check_of_body(struct: type[Struct]) -> _Check:
    return _check_of_struct(cast("inspect.StructType", type_info(struct)), {})


def _check_of(type_: inspect.Type, structs: dict[type, _Check]) -> _Check | None:
    """Return the check of values of *type_*, or None if it has no limits and no structs.

    *structs* has the checks of the structs around it, which it may hold again.
    """
    if isinstance(type_, inspect.UnionType):
        return _first_of([_check_of(choice, structs) for choice in type_.types])
    if isinstance(type_, inspect.Metadata):
        limits = cast("Mapping[str, int]", type_.extra or {})  # pyright: ignore[reportUnknownMemberType]  msgspec's bare dict
        return _first_of([_check_of_limits(limits) if limits else None, _check_of(type_.type, structs)])
    if isinstance(type_, inspect.VarTupleType):
        check_item = _check_of(type_.item_type, structs)
        return check_item and _check_of_items(check_item)
    if isinstance(type_, inspect.StructType):
        return structs.get(type_.cls) or _check_of_struct(type_, structs)
    return None


def _first_of(checks: Sequence[_Check | None]) -> _Check | None:
    """Return one check for all *checks*, in their order."""
    present = [check for check in checks if check is not None]
    if len(present) <= 1:
        return present[0] if present else None
    return lambda value: next((violation for check in present if (violation := check(value))), None)


def _check_of_struct(type_: inspect.StructType, structs: dict[type, _Check]) -> _Check:
    fields: list[tuple[str, str, _Check]] = []
    has_rules = hasattr(type_.cls, _HasRules.broken_rules.__name__)

    def check(value: object) -> _Violation | None:
        if not isinstance(value, Struct):
            return None
        for name, key, check_field in fields:
            if violation := check_field(getattr(value, name)):
                return violation[0], f".{key}{violation[1]}"
        rule = next(cast("_HasRules", value).broken_rules(), None) if has_rules else None
        return None if rule is None else (rule, "")

    structs[type_.cls] = check
    for field in type_.fields:
        check_field = _check_of(field.type, structs)
        if check_field is not None:
            fields.append((field.name, field.encode_name, check_field))
    return check


def _check_of_items(check_item: _Check) -> _Check:
    def check(value: object) -> _Violation | None:
        if not isinstance(value, tuple):
            return None
        for index, item in enumerate(cast("tuple[object, ...]", value)):
            if violation := check_item(item):
                return violation[0], f"[{index}]{violation[1]}"
        return None

    return check


def _check_of_limits(limits: Mapping[str, int]) -> _Check:
    def check(value: object) -> _Violation | None:
        if value is None or value is msgspec.UNSET:
            return None
        size = value if isinstance(value, (int, float)) else len(cast("Sized", value))
        for rule, limit in limits.items():
            if size > limit if rule in _UPPER_LIMITS else size < limit:
                return f"Expected {_RULE_TEXTS[rule]} {limit}", ""
        return None

    return check


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
    if isinstance(value, (list, tuple)):
        return [_serialized(item) for item in cast("Sequence[object]", value)]
    return value
