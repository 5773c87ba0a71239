"""Decoding of response bodies: JSON to structs.

msgspec's strict decoder is tried first; it accepts every response that matches the reference. A response that it
rejects is decoded to plain data, coerced (see `coercion`) and converted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeVar, cast, get_args

import msgspec
from msgspec import inspect

from .coercion import coerce
from .extra_fields import RAW_LIST, RAW_OBJECT, ExtraFields, extra_fields_in

T = TypeVar("T")

_JSON_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(eq=False, repr=False)
class InvalidBody(Exception):
    """A body that cannot be decoded. *path* is the place of the fault, *reason* its description without any value."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidRow:
    """A row of a response that cannot be decoded.

    *row* is its index in the response, from 0. *path* and *reason* describe the fault without showing the value. *raw*
    is the whole row as JSON.
    """

    row: int
    path: str
    reason: str
    raw: bytes = field(repr=False)


def decode(
    body: bytes,
    type_: type[T],
    on_invalid_row: Callable[[InvalidRow], None] | None = None,
    on_extra_fields: Callable[[ExtraFields], None] | None = None,
) -> T:
    """Return *body* as a *type_*, or raise `InvalidBody`.

    With *on_invalid_row*, rows that cannot be decoded are left out of the result and passed to it. With
    *on_extra_fields*, keys that the structs do not know are passed to it; keys of an invalid row are not, since
    `InvalidRow` holds the whole row. Neither is called when this function raises.
    """
    invalid_rows: list[InvalidRow] = []
    try:
        decoded = _decode(body, type_)
    except InvalidBody:
        if on_invalid_row is None:
            raise
        valid, invalid_rows = _without_invalid_rows(body, cast("Hashable", type_))
        if not invalid_rows:
            raise
        decoded = _decode(valid, type_)
    extra_fields = [] if on_extra_fields is None else _extra_fields(body, cast("Hashable", type_), invalid_rows)
    if on_invalid_row is not None:
        for invalid_row in invalid_rows:
            on_invalid_row(invalid_row)
    if on_extra_fields is not None:
        for extra in extra_fields:
            on_extra_fields(extra)
    return decoded


def _decode(body: bytes, type_: type[T]) -> T:
    try:
        return cast("T", _decoder(cast("Hashable", type_)).decode(body))
    except msgspec.ValidationError:
        pass  # valid JSON of another shape, which coercion may correct
    except _JSON_ERRORS as error:
        raise InvalidBody("$", _reason(error)) from None
    try:
        coerced = coerce(msgspec.json.decode(body), _type_info(cast("Hashable", type_)))
        return msgspec.convert(coerced, type_, strict=False)
    except _JSON_ERRORS as error:
        reason, path = _reason_and_path(error)
        raise InvalidBody(path, reason) from None


def _without_invalid_rows(body: bytes, type_: Hashable) -> tuple[bytes, list[InvalidRow]]:
    """Return *body* without the rows that cannot be decoded, and these rows."""
    rows_field = _rows_field(type_)
    if rows_field is None:
        return body, []
    name, row_type = rows_field
    try:
        content = RAW_OBJECT.decode(body)
        rows = RAW_LIST.decode(content.get(name, b"[]"))
    except _JSON_ERRORS:
        return body, []
    valid: list[msgspec.Raw] = []
    invalid: list[InvalidRow] = []
    for index, row in enumerate(rows):
        try:
            _decode(row, row_type)
        except InvalidBody as fault:
            path = f"$.{name}[{index}]{fault.path.removeprefix('$')}"
            raw = bytes(row).decode("utf-8", "replace").encode()
            invalid.append(InvalidRow(row=index, path=path, reason=fault.reason, raw=raw))
        else:
            valid.append(row)
    return msgspec.json.encode({**content, name: valid}), invalid


@cache
def _rows_field(type_: Hashable) -> tuple[str, type[object]] | None:
    """Return the JSON key and the type of the rows: the first required list that holds structs or is called items."""
    info = _type_info(type_)
    if not isinstance(info, inspect.StructType):
        return None
    types = {field.name: field.type for field in msgspec.structs.fields(info.cls)}
    for known in info.fields:
        if known.required and isinstance(known.type, inspect.VarTupleType):
            if isinstance(known.type.item_type, inspect.StructType):
                return known.encode_name, known.type.item_type.cls
            if known.name == "items":
                return known.encode_name, cast("type[object]", get_args(types[known.name])[0])
    return None


def _extra_fields(body: bytes, type_: Hashable, invalid_rows: list[InvalidRow]) -> list[ExtraFields]:
    rows_field = _rows_field(type_)
    try:
        found = extra_fields_in(body, _type_info(type_), rows_field and rows_field[0])
    except _JSON_ERRORS as error:
        raise InvalidBody("$", _reason(error)) from None
    left_out = {invalid_row.row for invalid_row in invalid_rows}
    return [extra for extra in found if extra.row not in left_out]


def _reason_and_path(error: Exception) -> tuple[str, str]:
    if not isinstance(error, msgspec.ValidationError):
        return _reason(error), "$"
    reason, _, path = str(error).partition(" - at ")
    # msgspec shows the value of an unknown literal, which may be personal data.
    reason = re.sub(r"(?s)(Invalid enum value).*", r"\1", reason)
    return reason, path.strip("`") or "$"


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply"
    # The text of a UnicodeDecodeError would show bytes of the body.
    return str(error) if isinstance(error, msgspec.DecodeError) else "the body is not UTF-8"


@cache
def _decoder(type_: Hashable) -> msgspec.json.Decoder[object]:
    return msgspec.json.Decoder(type_)


@cache
def _type_info(type_: Hashable) -> inspect.Type:
    return inspect.type_info(type_)


__all__ = ["ExtraFields", "InvalidBody", "InvalidRow", "decode"]
