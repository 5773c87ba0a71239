"""Decoding of response bodies: JSON to structs.

msgspec's strict decoder is tried first; it accepts every response that matches the reference. A response that it
rejects is decoded to plain data, coerced (see `coercion`) and converted. If that fails and invalid rows may be left
out, its parts are decoded one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeVar, cast, get_args

import msgspec
from msgspec import Struct, inspect

from .coercion import Coercion, coercion_to
from .extra_fields import RAW_LIST, ExtraFields, extra_fields_in
from .type_info import decoder, type_info

T = TypeVar("T")

_JSON_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(eq=False, repr=False)
class InvalidBody(Exception):
    """A body that cannot be decoded. *path* is the place of the fault, *reason* its description without any value."""

    path: str
    reason: str


class InvalidRow(Struct, frozen=True, kw_only=True):
    """A row of a response that cannot be decoded.

    *row* is its index in the response, from 0. *path* and *reason* describe the fault without showing the value. *raw*
    is the whole row as JSON; the repr hides it.
    """

    row: int
    path: str
    reason: str
    raw: bytes

    def __repr__(self) -> str:
        return f"InvalidRow(row={self.row}, path={self.path!r}, reason={self.reason!r})"


def decode(
    body: bytes,
    type_: type[T],
    on_invalid_row: Callable[[InvalidRow], None] | None = None,
    on_extra_fields: Callable[[ExtraFields], None] | None = None,
) -> T:
    """Return *body* as a *type_*, or raise `InvalidBody`.

    With *on_invalid_row*, rows that cannot be decoded are left out of the result and passed to it. A field outside the
    rows that cannot be decoded takes its default then, if that is None or an empty list. With *on_extra_fields*, keys
    that the structs do not know are passed to it, and so are the values of these fields. Keys of an invalid row are
    not, since `InvalidRow` holds the whole row. Neither is called when this function raises.
    """
    invalid_rows: list[InvalidRow] = []
    invalid_fields: list[str] = []
    try:
        decoded = _decode(body, type_)
    except InvalidBody:
        parts = _parts(cast("Hashable", type_))
        if on_invalid_row is None or parts is None:
            raise
        decoded = _decode_valid_parts(body, type_, parts, invalid_rows, invalid_fields)
        body = _replace_half_pairs(body, rb"\\ufffd")
    extra_fields = [] if on_extra_fields is None else _extra_fields(body, type_, invalid_rows, invalid_fields)
    if on_invalid_row is not None:
        for invalid_row in invalid_rows:
            on_invalid_row(invalid_row)
    if on_extra_fields is not None:
        for extra in extra_fields:
            on_extra_fields(extra)
    return decoded


def decode_strictly(
    body: bytes, type_: type[T], on_extra_fields: Callable[[ExtraFields], None] | None = None
) -> T | None:
    """Return *body* as a *type_* like `decode` if it needs no coercion; otherwise None."""
    try:
        decoded = cast("T", decoder(cast("Hashable", type_)).decode(body))
        extra_fields = [] if on_extra_fields is None else _extra_fields(body, type_, [], [])
    except (*_JSON_ERRORS, InvalidBody):
        return None
    if on_extra_fields is not None:
        for extra in extra_fields:
            on_extra_fields(extra)
    return decoded


def _decode(body: bytes, type_: type[T]) -> T:
    try:
        return cast("T", decoder(cast("Hashable", type_)).decode(body))
    except msgspec.ValidationError:
        pass  # valid JSON of another shape, which coercion may correct
    except _JSON_ERRORS as error:
        raise _invalid_body(error, body) from None
    try:
        coerced = _coercion(cast("Hashable", type_))(msgspec.json.decode(body))
        return msgspec.convert(coerced, type_, strict=False)
    except _JSON_ERRORS as error:
        raise _invalid_body(error, body) from None


def _decode_valid_parts(
    body: bytes, type_: type[T], parts: _Parts, invalid_rows: list[InvalidRow], invalid_fields: list[str]
) -> T:
    """Decode *body* without the rows and optional fields that cannot be decoded, and append these to the lists.

    Raises `InvalidBody` for any other fault.
    """
    # msgspec rejects half a surrogate pair even in text that it skips, but there it accepts bytes that are not UTF-8.
    values = parts.split(_replace_half_pairs(body, _MARK + rb"\1"))
    rows: list[object] = []
    for index, row in enumerate(parts.take_rows(values)):
        raw = _MARKED.sub(rb"\\\1", row)
        try:
            rows.append(_decode(raw, parts.row_type))
        except InvalidBody as fault:
            path = f"$.{parts.rows_key}[{index}]{fault.path.removeprefix('$')}"
            raw = raw.decode("utf-8", "replace").encode()
            invalid_rows.append(InvalidRow(row=index, path=path, reason=fault.reason, raw=raw))
    valid = {key: value for key, value in values.items() if key not in parts.optional}
    decoded = _decode(msgspec.json.encode(valid), type_)
    for key in (key for key in values if key in parts.optional):
        try:
            decoded = _decode(msgspec.json.encode(valid | {key: values[key]}), type_)
        except InvalidBody:
            invalid_fields.append(key)
        else:
            valid[key] = values[key]
    if not parts.rows_key:
        return decoded
    return cast("T", msgspec.structs.replace(cast("Struct", decoded), **{parts.rows_field: tuple(rows)}))


class _Parts(Struct, frozen=True):
    """The parts of a response: the rows, and other fields by their JSON key.

    The list of rows is the first required list that holds structs or is called items; a response without one has an
    empty *rows_key*. The fields that *optional* names have a default that says that Zoom sent no value.
    """

    keys: tuple[str, ...]
    decoder: msgspec.json.Decoder[Struct]
    optional: frozenset[str]
    rows_key: str = ""
    rows_field: str = ""
    row_type: type[object] = object

    def split(self, body: bytes) -> dict[str, msgspec.Raw]:
        """Return the JSON values of *body* by key, without the keys that no field has. Raises `InvalidBody`."""
        try:
            values = msgspec.structs.astuple(self.decoder.decode(body))
        except _JSON_ERRORS as error:
            raise _invalid_body(error, body) from None
        return {key: value for key, value in zip(self.keys, values, strict=True) if value is not _MISSING}

    def take_rows(self, values: dict[str, msgspec.Raw]) -> list[bytes]:
        """Return the rows in *values*, and replace them by an empty list. A value that is no list is left there."""
        try:
            rows = RAW_LIST.decode(values.get(self.rows_key, b""))
        except _JSON_ERRORS:
            return []
        values[self.rows_key] = msgspec.Raw(b"[]")
        return [bytes(row) for row in rows]


@cache
def _parts(type_: Hashable) -> _Parts | None:
    """Return the parts of a *type_* that is a struct, and a JSON object."""
    info = type_info(type_)
    if not isinstance(info, inspect.StructType) or info.array_like:
        return None
    keys = [known.encode_name for known in info.fields] + ([info.tag_field] if info.tag_field else [])
    names = {f"field_{number}": key for number, key in enumerate(keys)}
    raw = msgspec.defstruct("RawFields", [(name, msgspec.Raw, _MISSING) for name in names], rename=names)
    optional = {known.encode_name for known in info.fields if known.default is None or known.default == ()}
    parts = _Parts(tuple(keys), msgspec.json.Decoder(raw), frozenset(optional))
    types = {each.name: each.type for each in msgspec.structs.fields(info.cls)}
    for known in info.fields:
        if known.required and isinstance(known.type, inspect.VarTupleType):
            if isinstance(known.type.item_type, inspect.StructType):
                row_type = known.type.item_type.cls
            elif known.name == "items":
                row_type = get_args(types[known.name])[0]
            else:
                continue
            return msgspec.structs.replace(parts, rows_key=known.encode_name, rows_field=known.name, row_type=row_type)
    return parts


def _extra_fields(
    body: bytes, type_: type[object], invalid_rows: list[InvalidRow], invalid_fields: list[str]
) -> list[ExtraFields]:
    parts = _parts(cast("Hashable", type_))
    rows_key = parts.rows_key if parts else ""
    try:
        found = extra_fields_in(body, cast("Hashable", type_), rows_key, invalid_fields)
    except _JSON_ERRORS as error:
        raise _invalid_body(error, body) from None
    left_out = {invalid_row.row for invalid_row in invalid_rows}
    return [extra for extra in found if extra.row not in left_out]


def _invalid_body(error: Exception, body: bytes) -> InvalidBody:
    """Return the fault that *error* describes, without any value of *body*."""
    if isinstance(error, msgspec.ValidationError):
        reason, _, path = str(error).partition(" - at ")
        # msgspec shows the value of an unknown literal, which may be personal data.
        return InvalidBody(path.strip("`") or "$", re.sub(r"(?s)(Invalid enum value).*", r"\1", reason))
    if isinstance(error, RecursionError):
        return InvalidBody("$", "the JSON is nested too deeply")
    if _MARKED.search(body) or _replace_half_pairs(body, b"") != body:
        return InvalidBody("$", "a text has half a surrogate pair")
    # The text of a UnicodeDecodeError would show bytes of the body.
    return InvalidBody("$", str(error) if isinstance(error, msgspec.DecodeError) else "the body is not UTF-8")


def _replace_half_pairs(body: bytes, replacement: bytes) -> bytes:
    r"""Return *body* with *replacement* for each escape of half a surrogate pair; ``\1`` is ``ud83d`` of ``\ud83d``."""
    return _ESCAPE.sub(lambda match: match.expand(replacement) if match[1] else match[0], body)


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_MARK = b"\xff"  # never part of UTF-8
_MARKED = re.compile(_MARK + rb"(u[dD][89a-fA-F][0-9a-fA-F]{2})")
_MISSING = msgspec.Raw()


@cache
def _coercion(type_: Hashable) -> Coercion:
    return coercion_to(type_info(type_))


__all__ = ["ExtraFields", "InvalidBody", "InvalidRow", "decode", "decode_strictly"]
