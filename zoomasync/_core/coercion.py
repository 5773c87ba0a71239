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
from typing import Final, cast

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
_COLON_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}):([0-9]{3})")
_US_TIME = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4}) ([0-9]{2}):([0-9]{2})")
_SINCE_1970 = re.compile(r"([1-9][0-9]{9})([0-9]{3})?")
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


def coerce(value: object, type_: inspect.Type) -> object:
    """Return *value* (plain JSON data) coerced to *type_*, ready for ``msgspec.convert(..., strict=False)``.

    A value that no rule covers is returned unchanged, so that the conversion reports it.
    """
    # A value outside a struct field has no default.
    coerced = _coerce(value, type_)
    return value if coerced is _USE_DEFAULT else coerced


def _coerce(value: object, type_: inspect.Type) -> object:
    """Return the coerced *value*, or ``_USE_DEFAULT``."""
    if isinstance(type_, inspect.Metadata):
        type_ = type_.type
    if isinstance(type_, inspect.UnionType):
        if value is None and any(isinstance(choice, inspect.NoneType) for choice in type_.types):
            return None
        # A literal beside `str` lists the values that are known so far, and accepts others.
        choices = [choice for choice in type_.types if not isinstance(choice, inspect.NoneType | inspect.LiteralType)]
        return _coerce(value, choices[0]) if len(choices) == 1 else value
    if isinstance(type_, inspect.StrType):
        return _coerce_text(value)
    if isinstance(type_, _EMPTY_MEANS_DEFAULT) and (value is None or value == ""):
        return _USE_DEFAULT
    coercion = _COERCIONS.get(type(type_))
    return value if coercion is None else coercion(value, type_)


def _coerce_text(value: object) -> object:
    if value is None:
        return _USE_DEFAULT
    if isinstance(value, list):  # Zoom has sent lists in fields that are documented as comma-separated text
        items = cast("list[object]", value)
        return ",".join(map(str, items)) if all(isinstance(item, str | int) for item in items) else items
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _coerce_struct(value: object, type_: inspect.Type) -> object:
    if not isinstance(value, dict):
        return value
    content = cast("dict[str, object]", value)
    coerced: dict[str, object] = {}
    for field in cast("inspect.StructType", type_).fields:
        if field.encode_name in content:
            field_value = _coerce(content[field.encode_name], field.type)
            if field_value is not _USE_DEFAULT:
                coerced[field.encode_name] = field_value
    return coerced


def _coerce_items(value: object, type_: inspect.Type) -> object:
    if not isinstance(value, list):
        return value
    item_type = cast("inspect.VarTupleType", type_).item_type
    return [coerce(item, item_type) for item in cast("list[object]", value)]


def _coerce_time(value: object, _: inspect.Type) -> object:
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


def _coerce_date(value: object, type_: inspect.Type) -> object:
    moment = _coerce_time(value, type_)
    return moment.date() if isinstance(moment, datetime) else moment


_EMPTY_MEANS_DEFAULT = (
    inspect.BoolType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.FloatType,
    inspect.IntType,
    inspect.StructType,
    inspect.VarTupleType,
)
_COERCIONS: dict[type[inspect.Type], Callable[[object, inspect.Type], object]] = {
    inspect.DateTimeType: _coerce_time,
    inspect.DateType: _coerce_date,
    inspect.StructType: _coerce_struct,
    inspect.VarTupleType: _coerce_items,
}
