"""Coercion of the inconsistencies that Zoom is known for in its responses.

- An empty string or null in a field of another type means that Zoom gave no value: the field takes its default.
- A number as text, 0 and 1 for booleans, and a number or a list in a text field are converted.
- A time is ISO 8601 (extended or basic, to the minute or finer), the same with a colon before the milliseconds, a date
  for its midnight, ``MM/DD/YYYY HH:mm``, or the time since 1970 as a number or as text: 10 digits are seconds (from
  2001 to 2286), 13 digits are milliseconds. Without a zone it is UTC. A day may be written in the same ways. Any other
  text or number is invalid, so that no digits are read as a wrong year; the year of a date is used as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, cast

import msgspec
from msgspec import inspect

_USE_DEFAULT: Final = object()
_INVALID_TIME: Final = "invalid"  # a number would be a time in the lax conversion, as would text of digits
_ZONE = r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_ISO_TIME = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?{_ZONE})?"
    rf"|[0-9]{{8}}T[0-9]{{4}}(?:[0-9]{{2}}(?:[.,][0-9]+)?)?{_ZONE}",
    re.IGNORECASE,
)
_USUAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(Z)?")
_COLON_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}):([0-9]{3})")
_US_TIME = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4}) ([0-9]{2}):([0-9]{2})")
_SINCE_1970 = re.compile(r"([1-9][0-9]{9})([0-9]{3})?")
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


Coercion: TypeAlias = Callable[[object], object]
"""A function that coerces a value to one type, or returns ``_USE_DEFAULT``."""


def coercion_to(type_: inspect.Type) -> Coercion:
    """Return a function that coerces plain JSON data to *type_*, ready for ``msgspec.convert(..., strict=False)``.

    It returns a value that no rule covers unchanged, so that the conversion reports it.
    """
    return _outside_fields(_coercion(type_, {}))


def _outside_fields(coercion: Coercion) -> Coercion:
    """Return *coercion* for values that have no default, since they are not in a field of a struct."""

    def coerce(value: object) -> object:
        return value if (coerced := coercion(value)) is _USE_DEFAULT else coerced

    return coerce


def _coercion(type_: inspect.Type, structs: dict[type, Coercion]) -> Coercion:
    """Return the coercion to *type_*. *structs* has the coercions to the structs around it, which it may hold again."""
    target, is_nullable = _target(type_)
    if isinstance(target, inspect.StrType):
        return _coerce_optional_text if is_nullable else _coerce_text
    if isinstance(target, inspect.DateTimeType):
        return _coercion_to_time(is_nullable=is_nullable)
    if isinstance(target, inspect.StructType):
        coercion = structs.get(target.cls) or _coercion_to_struct(target, structs)
    elif isinstance(target, inspect.VarTupleType):
        coercion = _coercion_to_items(target, structs)
    elif type(target) in _COERCIONS:
        coercion = _COERCIONS[type(target)]
    else:
        return _unchanged
    return _or_default(coercion, is_nullable=is_nullable)


def _target(type_: inspect.Type) -> tuple[inspect.Type, bool]:
    """Return the type that a value for *type_* is coerced to, and whether null is a value too."""
    is_nullable = False
    while True:
        if isinstance(type_, inspect.Metadata):
            type_ = type_.type
        elif isinstance(type_, inspect.UnionType):
            is_nullable |= any(isinstance(choice, inspect.NoneType) for choice in type_.types)
            # A literal beside `str` lists the values that are known so far, and accepts others.
            without = inspect.NoneType | inspect.LiteralType
            choices = [choice for choice in type_.types if not isinstance(choice, without)]
            if len(choices) != 1:
                return inspect.AnyType(), is_nullable
            type_ = choices[0]
        else:
            return type_, is_nullable


def _or_default(coercion: Coercion, *, is_nullable: bool) -> Coercion:
    """Return *coercion* for a type in which an empty text, and null unless it is a value, mean the default."""
    for_null = None if is_nullable else _USE_DEFAULT

    def coerce(value: object) -> object:
        if value is None:
            return for_null
        return _USE_DEFAULT if value == "" else coercion(value)

    return coerce


def _unchanged(value: object) -> object:
    return value


def _coerce_text(value: object) -> object:
    return _USE_DEFAULT if value is None else _coerce_optional_text(value)


def _coerce_optional_text(value: object) -> object:
    if isinstance(value, list):  # Zoom has sent lists in fields that are documented as comma-separated text
        items = cast("list[object]", value)
        return ",".join(map(str, items)) if all(isinstance(item, str | int) for item in items) else items
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _coercion_to_struct(type_: inspect.StructType, structs: dict[type, Coercion]) -> Coercion:
    fields: list[tuple[str, type | None, Coercion]] = []

    def coerce(value: object) -> object:
        if not isinstance(value, dict):
            return value
        content = cast("dict[str, object]", value)
        coerced: dict[str, object] = {}
        for name, plain_type, coercion in fields:
            if name in content:
                field_value = content[name]
                # Most values have the right type, and need no call.
                if type(field_value) is not plain_type and (field_value := coercion(field_value)) is _USE_DEFAULT:
                    continue
                coerced[name] = field_value
        return coerced

    structs[type_.cls] = coerce
    for field in type_.fields:
        plain_type = _PLAIN_TYPES.get(type(_target(field.type)[0]))
        fields.append((field.encode_name, plain_type, _coercion(field.type, structs)))
    return coerce


def _coercion_to_items(type_: inspect.VarTupleType, structs: dict[type, Coercion]) -> Coercion:
    coercion = _coercion(type_.item_type, structs)

    def coerce(value: object) -> object:
        if not isinstance(value, list):
            return value
        items = cast("list[object]", value)
        return [item if (coerced := coercion(item)) is _USE_DEFAULT else coerced for item in items]

    return coerce


def _coercion_to_time(*, is_nullable: bool) -> Coercion:
    coerce_others = _or_default(_read_time, is_nullable=is_nullable)

    def coerce(value: object) -> object:
        if isinstance(value, str) and (match := _USUAL_TIME.fullmatch(value)):
            return value if match[1] else f"{value}Z"  # the conversion reads it in less time than `_read_time`
        return coerce_others(value)

    return coerce


def _coerce_date(value: object) -> object:
    moment = _read_time(value)
    return moment.date() if isinstance(moment, datetime) else moment


def _read_time(value: object) -> object:
    """Return the time that *value* is, or else a value that the conversion reports."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return _parse_time(str(value))
    except ValueError:
        return _INVALID_TIME


def _parse_time(text: str) -> datetime:
    """Return the time that *text* is, or raise `ValueError`."""
    if match := _SINCE_1970.fullmatch(text):
        return _1970 + timedelta(seconds=int(match[1]), milliseconds=int(match[2] or 0))
    if match := _US_TIME.fullmatch(text):
        month, day, year, hour, minute = map(int, match.groups())
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    if match := _COLON_TIME.fullmatch(text):
        text = ".".join(match.groups())
    try:
        moment = msgspec.convert(text, datetime)  # as the decoder does, which rounds fractions in its own way
    except msgspec.ValidationError:
        # `fromisoformat` accepts any character before the time, and so most text of digits.
        if not _ISO_TIME.fullmatch(text):
            raise
        moment = datetime.fromisoformat(text.upper())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_PLAIN_TYPES: dict[type[inspect.Type], type] = {
    inspect.BoolType: bool,
    inspect.FloatType: float,
    inspect.IntType: int,
    inspect.StrType: str,
}
_COERCIONS: dict[type[inspect.Type], Coercion] = {
    inspect.BoolType: _unchanged,
    inspect.FloatType: _unchanged,
    inspect.IntType: _unchanged,
    inspect.DateType: _coerce_date,
}
