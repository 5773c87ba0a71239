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

_USE_DEFAULT: Final = object()
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_US_TIME = re.compile(r"(\d{2})/(\d{2})/(\d{4}) (\d{2}):(\d{2})")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")


class NotDecodable(Exception):
    """The body is not what was expected; *path* says where, *reason* why, and neither holds a value of the body."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidRow:
    """A row of a reply that is not what the reference says.

    *row* counts from 0 within the reply, *path* and *reason* say what is wrong with it, without its value; *raw* is the
    row as JSON, with all that is in it.
    """

    row: int
    path: str
    reason: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFields:
    """What came in a reply and no struct has a field for.

    *row* counts from 0 within the reply, as in `InvalidRow`. It is None for what lies beside the rows, and for all of a
    reply that lists none.

    *raw* is a JSON object of the unknown keys with their values as they came, to the last digit. An unknown key of a
    struct inside stands at its place: under the name that Zoom gives the field, and in a list under the number of the
    item, as text. Known keys are there only where they lead to such a one::

        {"new": 1.50, "question_details": {"3": {"emoji": "yes"}}}
    """

    row: int | None
    raw: bytes = field(repr=False)


def decode(
    body: bytes,
    type_: type[T],
    on_invalid_row: Callable[[InvalidRow], None] | None = None,
    on_extra_fields: Callable[[ExtraFields], None] | None = None,
) -> T:
    """Return *body* as a *type_*, or raise `NotDecodable`.

    With *on_invalid_row*, rows that cannot be decoded are left out and shown to that instead; with *on_extra_fields*, keys that
    the structs do not know are shown to that. Neither is called where this raises.
    """
    invalid_rows: list[InvalidRow] = []
    try:
        decoded = _decoded(body, type_)
    except NotDecodable:
        if on_invalid_row is None:
            raise
        rest, invalid_rows = _set_apart(body, _shape(cast("Hashable", type_)))
        if not invalid_rows:
            raise
        decoded = _decoded(rest, type_)
    extra_fields = [] if on_extra_fields is None else _unknowns(body, _shape(cast("Hashable", type_)), invalid_rows)
    if on_invalid_row is not None:
        for drift in invalid_rows:
            on_invalid_row(drift)
    if on_extra_fields is not None:
        for unknown in extra_fields:
            on_extra_fields(unknown)
    return decoded


def _decoded(body: bytes, type_: type[T]) -> T:
    try:
        return cast("T", _decoder(cast("Hashable", type_)).decode(body))
    except msgspec.ValidationError:
        pass  # the JSON is sound, its shape is not: see whether it can be mended
    except _BROKEN as error:
        raise NotDecodable("$", _reason(error)) from None
    try:
        coerced = _coerce_root(msgspec.json.decode(body), _shape(cast("Hashable", type_)))
        return msgspec.convert(coerced, type_, strict=False)
    except _BROKEN as error:
        path, reason = _what_and_where(error)
        raise NotDecodable(path, reason) from None


def _set_apart(body: bytes, shape: inspect.Type) -> tuple[bytes, list[InvalidRow]]:
    """Return *body* without the rows that cannot be decoded, and what is wrong with them."""
    rows = _rows(shape)
    if rows is None:
        return body, []
    name, row_type = rows
    try:
        response = _OBJECT.decode(body)
        came = _LIST.decode(response.get(name, b"[]"))
    except _BROKEN:
        return body, []
    good: list[msgspec.Raw] = []
    invalid_rows: list[InvalidRow] = []
    for place, row in enumerate(came):
        try:
            _decoded(row, row_type)
        except NotDecodable as found:
            path = f"$.{name}[{place}]{found.path.removeprefix('$')}"
            raw = bytes(row).decode("utf-8", "replace").encode()
            invalid_rows.append(InvalidRow(row=place, path=path, reason=found.reason, raw=raw))
        else:
            good.append(row)
    return msgspec.json.encode({**response, name: good}), invalid_rows


def _rows(shape: inspect.Type) -> tuple[str, type[object]] | None:
    """Return the name in JSON and the struct of what a reply is about: the list of structs that has no default."""
    for known in shape.fields if isinstance(shape, inspect.StructType) else ():
        rows = known.type.item_type if known.required and isinstance(known.type, inspect.VarTupleType) else None
        if isinstance(rows, inspect.StructType):
            return known.encode_name, rows.cls
    return None


def _unknowns(body: bytes, shape: inspect.Type, invalid_rows: list[InvalidRow]) -> list[ExtraFields]:
    """Return what *shape* does not know of *body*: first what lies beside the rows, then row by row.

    Rows of *drifts* are left out: a drift shows the whole row.
    """
    structs = _structs(shape)
    if structs is None:
        return []
    try:
        # msgspec skips unknown text without looking whether it is UTF-8.
        beside = _unknown(body.decode("utf-8", "replace"), structs)
    except _BROKEN as error:
        raise NotDecodable("$", _reason(error)) from None
    rows = _rows(shape)
    in_rows = cast("dict[str, object]", beside.pop(rows[0], {})) if rows else {}
    rejected = {row.row for row in invalid_rows}
    found = [ExtraFields(row=None, raw=msgspec.json.encode(beside))] if beside else []
    found += [ExtraFields(row=int(place), raw=msgspec.json.encode(keys)) for place, keys in in_rows.items()]
    return [unknown for unknown in found if unknown.row not in rejected]


def _unknown(content: str | msgspec.Raw, shape: inspect.StructType | inspect.VarTupleType) -> dict[str, object]:
    """Return what *shape* does not know of *content*, at its place."""
    try:
        if isinstance(shape, inspect.StructType):
            return _unknown_keys(_OBJECT.decode(content), _known(cast("Hashable", shape.cls)))
        if isinstance(item_shape := _structs(shape.item_type), inspect.StructType):
            return _unknown_of_rows(content, item_shape)
        items = _LIST.decode(content)
    except msgspec.ValidationError:  # a null, or an empty text that means the same
        return {}
    unknown: dict[str, object] = {}
    if item_shape is not None:
        for place, item in enumerate(items):
            if found := _unknown(item, item_shape):
                unknown[str(place)] = found
    return unknown


def _unknown_of_rows(content: str | msgspec.Raw, shape: inspect.StructType) -> dict[str, object]:
    known = _known(cast("Hashable", shape.cls))
    try:
        rows = _OBJECTS.decode(content)  # all at once takes half the time of one by one
    except msgspec.ValidationError:
        found = {str(place): _unknown(row, shape) for place, row in enumerate(_LIST.decode(content))}
        return {place: keys for place, keys in found.items() if keys}
    return {
        str(place): keys
        for place, row in enumerate(rows)
        if (known.inner or not known.names.issuperset(row)) and (keys := _unknown_keys(row, known))
    }


def _unknown_keys(content: dict[str, msgspec.Raw], known: _Known) -> dict[str, object]:
    unknown: dict[str, object] = {}
    if not known.names.issuperset(content):
        unknown.update({name: value for name, value in content.items() if name not in known.names})
    for name, shape in known.inner.items():
        if name in content and (found := _unknown(content[name], shape)):
            unknown[name] = found
    return unknown


@dataclass(frozen=True, slots=True)
class _Known:
    """The keys that a struct knows, and the shapes of those with structs inside."""

    names: frozenset[str | None]
    inner: dict[str, inspect.StructType | inspect.VarTupleType]


@cache
def _known(type_: Hashable) -> _Known:
    struct = cast("inspect.StructType", _shape(type_))
    shapes = {known.encode_name: _structs(known.type) for known in struct.fields}
    inner = {name: shape for name, shape in shapes.items() if shape is not None}
    return _Known(frozenset({*shapes, struct.tag_field}), inner)


def _structs(shape: inspect.Type) -> inspect.StructType | inspect.VarTupleType | None:
    """Return the struct or the list of structs that *shape* is, whatever else it may be, or None."""
    if isinstance(shape, inspect.Metadata):
        return _structs(shape.type)
    if isinstance(shape, inspect.UnionType):
        choices = [found for choice in shape.types if (found := _structs(choice)) is not None]
        return choices[0] if len(choices) == 1 else None
    if isinstance(shape, inspect.VarTupleType):
        return None if _structs(shape.item_type) is None else shape
    return shape if isinstance(shape, inspect.StructType) else None


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


def _coerce(value: object, shape: inspect.Type) -> object:
    """Return *value* as *shape* wants it, or ``_NOTHING``; what no rule covers is left for msgspec to refuse."""
    if isinstance(shape, inspect.Metadata):  # limits, which hold for what is sent
        shape = shape.type
    if isinstance(shape, inspect.UnionType):
        if value is None and any(isinstance(choice, inspect.NoneType) for choice in shape.types):
            return None
        # A literal beside text only names the values known so far.
        choices = [choice for choice in shape.types if not isinstance(choice, inspect.NoneType | inspect.LiteralType)]
        return _coerce(value, choices[0]) if len(choices) == 1 else value
    if isinstance(shape, inspect.StrType):
        return _text(value)
    if isinstance(shape, _COERCED) and (value is None or value == ""):
        return _USE_DEFAULT
    coercion = _COERCIONS.get(type(shape))
    return value if coercion is None else coercion(value, shape)


def _coerce_root(value: object, shape: inspect.Type) -> object:
    """Return *value* mended where it is no field, so that nothing could stand in for it."""
    coerced = _coerce(value, shape)
    return value if coerced is _USE_DEFAULT else coerced


def _text(value: object) -> object:
    if value is None:
        return _USE_DEFAULT
    if isinstance(value, list):  # comma text has come as a list
        items = cast("list[object]", value)
        return ",".join(map(str, items)) if all(isinstance(item, str | int) for item in items) else items
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _coerce_struct(value: object, shape: inspect.Type) -> object:
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, object]", value)
    coerced: dict[str, object] = {}
    for known in cast("inspect.StructType", shape).fields:
        if known.encode_name in found:
            content = _coerce(found[known.encode_name], known.type)
            if content is not _USE_DEFAULT:
                coerced[known.encode_name] = content
    return coerced


def _coerce_items(value: object, shape: inspect.Type) -> object:
    if not isinstance(value, list):
        return value
    item_shape = cast("inspect.VarTupleType", shape).item_type
    return [_coerce_root(item, item_shape) for item in cast("list[object]", value)]


def _coerce_time(value: object, _: inspect.Type) -> object:
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


def _coerce_date(value: object, _: inspect.Type) -> object:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else value


_COERCED = (
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

__all__ = ["ExtraFields", "InvalidRow", "NotDecodable", "decode"]
