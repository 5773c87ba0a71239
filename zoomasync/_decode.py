"""JSON bytes to structs, forgiving what Zoom is known to get wrong.

The first try is msgspec's strict decoder, which takes every reply that is as the reference says. Only what it refuses
is decoded again without types, mended by the rules below, and converted:

- an empty string or null where something else is due means that Zoom said nothing: the field's default;
- a number as text, 0 and 1 for booleans, and a number where text is due are converted;
- a time without a zone is UTC, ``MM/DD/YYYY HH:mm`` is a time, and a date may come with a time behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import cache
from typing import Final, TypeVar, cast

import msgspec
from msgspec import inspect

T = TypeVar("T")

_NOTHING: Final = object()
_US_TIME = re.compile(r"(\d{2})/(\d{2})/(\d{4}) (\d{2}):(\d{2})")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")


class NotDecodable(Exception):
    """The body is not what was expected; *path* says where, *reason* why, and neither holds a value of the body."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


def decode(body: bytes, type_: type[T]) -> T:
    """Return *body* as a *type_*, or raise `NotDecodable`."""
    try:
        return cast("T", _decoder(cast("Hashable", type_)).decode(body))
    except msgspec.ValidationError:
        pass  # the JSON is sound, its shape is not: see whether it can be mended
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotDecodable("$", _reason(error)) from None
    try:
        return msgspec.convert(_mend(msgspec.json.decode(body), _shape(cast("Hashable", type_))), type_, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at ")
        raise NotDecodable(path.strip("`") or "$", reason) from None
    except RecursionError as error:
        raise NotDecodable("$", _reason(error)) from None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    # msgspec says where the JSON breaks, UnicodeDecodeError would show the bytes.
    return str(error) if isinstance(error, msgspec.DecodeError) else "it is not UTF-8"


@cache
def _decoder(type_: Hashable) -> msgspec.json.Decoder[object]:
    return msgspec.json.Decoder(type_)


@cache
def _shape(type_: Hashable) -> inspect.Type:
    return inspect.type_info(type_)


def _mend(value: object, shape: inspect.Type) -> object:
    """Return *value* as *shape* wants it, or ``_NOTHING``; what no rule covers is left for msgspec to refuse."""
    if isinstance(shape, inspect.UnionType):
        if value is None and any(isinstance(choice, inspect.NoneType) for choice in shape.types):
            return None
        choices = [choice for choice in shape.types if not isinstance(choice, inspect.NoneType)]
        return _mend(value, choices[0]) if len(choices) == 1 else value
    if isinstance(shape, inspect.StrType):
        return _text(value)
    if isinstance(shape, _MENDED) and (value is None or value == ""):
        return _NOTHING
    mender = _MENDERS.get(type(shape))
    return value if mender is None else mender(value, shape)


def _text(value: object) -> object:
    if value is None:
        return _NOTHING
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _mend_struct(value: object, shape: inspect.Type) -> object:
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, object]", value)
    mended: dict[str, object] = {}
    for field in cast("inspect.StructType", shape).fields:
        if field.encode_name in found:
            content = _mend(found[field.encode_name], field.type)
            if content is not _NOTHING:
                mended[field.encode_name] = content
    return mended


def _mend_items(value: object, shape: inspect.Type) -> object:
    if not isinstance(value, list):
        return value
    item_shape = cast("inspect.VarTupleType", shape).item_type
    return [_mend(item, item_shape) for item in cast("list[object]", value)]


def _mend_time(value: object, _: inspect.Type) -> object:
    if not isinstance(value, str):
        return value
    if match := _US_TIME.fullmatch(value):
        month, day, year, hour, minute = map(int, match.groups())
        parts = (year, month, day, hour, minute)
        return _utc(lambda: datetime(*parts, tzinfo=UTC), otherwise=value)
    return _utc(lambda: datetime.fromisoformat(value), otherwise=value)


def _utc(make: Callable[[], datetime], *, otherwise: str) -> object:
    try:
        moment = make()
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mend_date(value: object, _: inspect.Type) -> object:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else value


_MENDED = (
    inspect.BoolType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.FloatType,
    inspect.IntType,
    inspect.StructType,
    inspect.VarTupleType,
)
_MENDERS: dict[type[inspect.Type], Callable[[object, inspect.Type], object]] = {
    inspect.DateTimeType: _mend_time,
    inspect.DateType: _mend_date,
    inspect.StructType: _mend_struct,
    inspect.VarTupleType: _mend_items,
}

__all__ = ["NotDecodable", "decode"]
