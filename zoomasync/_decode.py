"""JSON bytes to structs, forgiving what Zoom is known to get wrong.

The first try is msgspec's strict decoder, which takes every reply that is as the reference says. Only what it refuses
is decoded again without types, mended by the rules below, and converted:

- an empty string or null where something else is due means that Zoom said nothing: the field's default;
- a number as text, 0 and 1 for booleans, and a number or a list where text is due are converted;
- a time without a zone is UTC, ``MM/DD/YYYY HH:mm`` is a time, and a date may come with a time behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Final, TypeVar, cast

import msgspec
from msgspec import inspect

T = TypeVar("T")

_NOTHING: Final = object()
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_US_TIME = re.compile(r"(\d{2})/(\d{2})/(\d{4}) (\d{2}):(\d{2})")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")


class NotDecodable(Exception):
    """The body is not what was expected; *path* says where, *reason* why, and neither holds a value of the body."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A row of a page that is not what the reference says.

    *row* counts from 0 within the page, *path* and *reason* say what is wrong with it, without its value; *raw* is the
    row as JSON, with all that is in it.
    """

    row: int
    path: str
    reason: str
    raw: bytes = field(repr=False)


def decode(body: bytes, type_: type[T], on_drift: Callable[[Drift], None] | None = None) -> T:
    """Return *body* as a *type_*, or raise `NotDecodable`.

    With *on_drift*, the rows of a page that cannot be decoded are left out of it and shown to that instead.
    """
    try:
        return cast("T", _decoder(cast("Hashable", type_)).decode(body))
    except msgspec.ValidationError:
        pass  # the JSON is sound, its shape is not: see whether it can be mended
    except _BROKEN as error:
        raise NotDecodable("$", _reason(error)) from None
    try:
        page: object = msgspec.json.decode(body)
        drifts = [] if on_drift is None else _set_apart(page, _shape(cast("Hashable", type_)))
        decoded = _converted(page, type_)
    except _BROKEN as error:
        path, reason = _what_and_where(error)
        raise NotDecodable(path, reason) from None
    if on_drift is not None:
        for drift in drifts:
            on_drift(drift)
    return decoded


def _converted(value: object, type_: type[T]) -> T:
    return msgspec.convert(_mend_whole(value, _shape(cast("Hashable", type_))), type_, strict=False)


def _set_apart(page: object, shape: inspect.Type) -> list[Drift]:
    """Take the rows that cannot be converted out of *page*, and return what is wrong with them."""
    fields = shape.fields if isinstance(shape, inspect.StructType) else ()
    for rows in fields:
        if rows.name == "items" and isinstance(rows.type, inspect.VarTupleType) and isinstance(page, dict):
            row_shape = cast("inspect.StructType", rows.type.item_type)
            return _drifts(cast("dict[str, object]", page), rows.encode_name, row_shape.cls)
    return []


def _drifts(page: dict[str, object], name: str, row_type: type[object]) -> list[Drift]:
    rows = page.get(name)
    if not isinstance(rows, list):
        return []
    good: list[object] = []
    drifts: list[Drift] = []
    for place, row in enumerate(cast("list[object]", rows)):
        try:
            _converted(row, row_type)
        except _BROKEN as error:
            path, reason = _what_and_where(error)
            path = f"$.{name}[{place}]{path.removeprefix('$')}"
            drifts.append(Drift(row=place, path=path, reason=reason, raw=msgspec.json.encode(row)))
        else:
            good.append(row)
    page[name] = good
    return drifts


def _what_and_where(error: Exception) -> tuple[str, str]:
    """Return the path and the reason that *error* tells of."""
    if not isinstance(error, msgspec.ValidationError):
        return "$", _reason(error)
    reason, _, path = str(error).partition(" - at ")
    return path.strip("`") or "$", reason


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
    if isinstance(shape, inspect.Metadata):  # limits, which hold for what is sent
        shape = shape.type
    if isinstance(shape, inspect.UnionType):
        if value is None and any(isinstance(choice, inspect.NoneType) for choice in shape.types):
            return None
        # A literal beside text only names the values known so far.
        choices = [choice for choice in shape.types if not isinstance(choice, inspect.NoneType | inspect.LiteralType)]
        return _mend(value, choices[0]) if len(choices) == 1 else value
    if isinstance(shape, inspect.StrType):
        return _text(value)
    if isinstance(shape, _MENDED) and (value is None or value == ""):
        return _NOTHING
    mender = _MENDERS.get(type(shape))
    return value if mender is None else mender(value, shape)


def _mend_whole(value: object, shape: inspect.Type) -> object:
    """Return *value* mended where it is no field, so that nothing could stand in for it."""
    mended = _mend(value, shape)
    return value if mended is _NOTHING else mended


def _text(value: object) -> object:
    if value is None:
        return _NOTHING
    if isinstance(value, list):  # comma text has come as a list
        items = cast("list[object]", value)
        return ",".join(map(str, items)) if all(isinstance(item, str | int) for item in items) else items
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _mend_struct(value: object, shape: inspect.Type) -> object:
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, object]", value)
    mended: dict[str, object] = {}
    for known in cast("inspect.StructType", shape).fields:
        if known.encode_name in found:
            content = _mend(found[known.encode_name], known.type)
            if content is not _NOTHING:
                mended[known.encode_name] = content
    return mended


def _mend_items(value: object, shape: inspect.Type) -> object:
    if not isinstance(value, list):
        return value
    item_shape = cast("inspect.VarTupleType", shape).item_type
    return [_mend_whole(item, item_shape) for item in cast("list[object]", value)]


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

__all__ = ["Drift", "NotDecodable", "decode"]
