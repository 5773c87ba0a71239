"""Keys of a response that no struct has a field for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache
from types import NoneType
from typing import Final, TypeAlias, cast

import msgspec
from msgspec import inspect

from .type_info import type_info

RAW_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
RAW_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])

_Container: TypeAlias = inspect.StructType | inspect.VarTupleType
"""A struct, or a list that holds structs at some depth."""


class ExtraFields(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of a response that no struct has a field for.

    *row* is the index of the row in the response, from 0. It is None for keys beside the rows, and for all keys of a
    response without rows.

    *raw* is a JSON object of these keys with their values exactly as Zoom sent them. A key inside a nested struct is
    nested in the same way: under the name of the field, and in a list under the index of the item, as text. Known keys
    appear only as the path to an extra one::

        {"new": 1.50, "question_details": {"3": {"emoji": "yes"}}}

    With *on_invalid_row*, a field outside the rows whose value cannot be decoded is reported like a key without a
    field.
    """

    row: int | None
    raw: bytes

    def __repr__(self) -> str:
        return f"ExtraFields(row={self.row})"


def extra_fields_in(
    body: bytes, type_: Hashable, rows_key: str, invalid_fields: Sequence[str] = ()
) -> list[ExtraFields]:
    """Return the extra fields of *body*: first those beside the rows, then row by row.

    *rows_key* is the JSON key of the list of rows, if any, and *invalid_fields* are the keys beside the rows that count
    as extra. Raises a msgspec error for a *body* that is not JSON.
    """
    if not invalid_fields and _has_known_keys_only(body, type_):
        return []
    container = _container(type_info(type_))
    if container is None:
        return []
    # msgspec skips text in unknown keys without checking that it is UTF-8.
    text = body.decode("utf-8", "replace")
    keys = _extra_keys(text, container)
    if invalid_fields:
        values = RAW_OBJECT.decode(text)
        keys.update((key, values[key]) for key in invalid_fields)
    rows = cast("dict[str, object]", keys.pop(rows_key, {})) if rows_key else {}
    found = [ExtraFields(row=None, raw=msgspec.json.encode(keys))] if keys else []
    return found + [ExtraFields(row=int(row), raw=msgspec.json.encode(row_keys)) for row, row_keys in rows.items()]


def _has_known_keys_only(body: bytes, type_: Hashable) -> bool:
    """Return whether *body* surely has no extra keys. This takes a quarter of the time of a search for them."""
    try:
        _keys_decoder(type_).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # a ValidationError is a DecodeError
        return False
    return True


@cache
def _keys_decoder(type_: Hashable) -> msgspec.json.Decoder[object]:
    return msgspec.json.Decoder(_keys_type(type_info(type_), ()))


def _keys_type(type_: inspect.Type, around: tuple[type, ...]) -> type:
    """Return a type that has the structs of *type_* without other keys, and takes any values in them.

    *around* are the structs that *type_* is a part of. A struct inside itself can only be null.
    """
    container = _container(type_)
    if container is None:
        return msgspec.Raw
    if isinstance(container, inspect.VarTupleType):
        return cast("type", list.__class_getitem__(_keys_type(container.item_type, around)))
    if container.cls in around:
        return NoneType
    types = {field.encode_name: _keys_type(field.type, (*around, container.cls)) for field in container.fields}
    if container.tag_field is not None:
        types[container.tag_field] = msgspec.Raw
    names = {f"field_{number}": key for number, key in enumerate(types)}
    fields = [(name, types[key], None) for name, key in names.items()]
    return msgspec.defstruct("Keys", fields, rename=names, forbid_unknown_fields=True)


def _extra_keys(content: str | msgspec.Raw, type_: _Container) -> dict[str, object]:
    """Return the extra keys of *content*, nested as they are there."""
    try:
        if isinstance(type_, inspect.StructType):
            return _keys_of_object(RAW_OBJECT.decode(content), _known_keys(cast("Hashable", type_.cls)))
        item_type = _container(type_.item_type)
        if isinstance(item_type, inspect.StructType):
            return _keys_of_objects(content, item_type)
        items = RAW_LIST.decode(content)
    except msgspec.ValidationError:  # null, or an empty text in place of an object or a list
        return {}
    return {} if item_type is None else _keys_of_items(items, item_type)


def _keys_of_objects(content: str | msgspec.Raw, type_: inspect.StructType) -> dict[str, object]:
    known = _known_keys(cast("Hashable", type_.cls))
    try:
        objects = _OBJECTS.decode(content)  # decoding all at once takes half the time
    except msgspec.ValidationError:
        return _keys_of_items(RAW_LIST.decode(content), type_)
    return {
        str(index): keys
        for index, content in enumerate(objects)
        if (known.nested or not known.names.issuperset(content)) and (keys := _keys_of_object(content, known))
    }


def _keys_of_items(items: list[msgspec.Raw], type_: _Container) -> dict[str, object]:
    found = {str(index): _extra_keys(item, type_) for index, item in enumerate(items)}
    return {index: keys for index, keys in found.items() if keys}


def _keys_of_object(content: dict[str, msgspec.Raw], known: _KnownKeys) -> dict[str, object]:
    extra: dict[str, object] = {}
    if not known.names.issuperset(content):
        extra.update({name: value for name, value in content.items() if name not in known.names})
    for name, type_ in known.nested.items():
        if name in content and (keys := _extra_keys(content[name], type_)):
            extra[name] = keys
    return extra


class _KnownKeys(msgspec.Struct, frozen=True):
    """The JSON keys of a struct, and the types of those that hold structs."""

    names: frozenset[str | None]
    nested: dict[str, _Container]


@cache
def _known_keys(struct: Hashable) -> _KnownKeys:
    type_ = cast("inspect.StructType", type_info(struct))
    types = {known.encode_name: _container(known.type) for known in type_.fields}
    nested = {name: container for name, container in types.items() if container is not None}
    return _KnownKeys(frozenset({*types, type_.tag_field}), nested)


def _container(type_: inspect.Type) -> _Container | None:
    """Return the struct, or the list of structs, that a value of *type_* may be."""
    if isinstance(type_, inspect.Metadata):
        return _container(type_.type)
    if isinstance(type_, inspect.UnionType):
        choices = [container for choice in type_.types if (container := _container(choice)) is not None]
        return choices[0] if len(choices) == 1 else None
    if isinstance(type_, inspect.VarTupleType):
        return None if _container(type_.item_type) is None else type_
    return type_ if isinstance(type_, inspect.StructType) else None
