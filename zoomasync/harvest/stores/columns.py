"""The columns of a stream: which there are, of what type, and what a row puts into them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import TypeAlias, cast, get_args

import msgspec
from msgspec import inspect

from ..streams import Row, Stream

Cell: TypeAlias = str | int | float | None


class Kind(StrEnum):
    """What a column holds; what is no number is text, as SQLite keeps it."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    """0 or 1."""
    TIME = "time"
    """ISO 8601 in UTC, ending in Z."""
    DAY = "day"
    """ISO 8601."""
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; *place* says which struct of a row it comes from."""

    name: str
    kind: Kind
    place: int


BEFORE = (Column("_part", Kind.TEXT, -1), Column("_seq", Kind.INTEGER, -1))
"""The columns before those of a stream: the key of a row's partition, and its place there."""
BEHIND = (Column("_extra", Kind.JSON, -1),)
"""The column behind them: the keys that came and that the reference does not know, if any."""


@cache
def columns(stream: Stream) -> tuple[Column, ...]:
    """Return the columns of *stream*'s own fields, in the order of its structs."""
    return tuple(
        Column(field.name, _kind(inspect.type_info(field.type)), place)
        for place, struct in enumerate(stream.shape)
        for field in msgspec.structs.fields(struct)
        if not _is_rows_of(stream, place, field.type)
    )


class Cells:
    """Turns rows of one stream into cells: column by column, in a fifth of the time that row by row takes."""

    def __init__(self, stream: Stream) -> None:
        own = columns(stream)
        self._getters = [
            (place, cast("Callable[[object], tuple[object, ...]]", _all_of(names)))
            for place in range(len(stream.shape))
            if (names := [column.name for column in own if column.place == place])
        ]
        self._spelled = [(n, _SPELLERS[column.kind]) for n, column in enumerate(own) if column.kind in _SPELLERS]
        self._integers = [(n, column.name) for n, column in enumerate(own) if column.kind is Kind.INTEGER]

    def __call__(self, rows: Sequence[Row]) -> tuple[list[Sequence[Cell]], dict[int, dict[str, int]]]:
        """Return the columns of *rows*, and of which row which numbers are too large for a cell."""
        found: list[Sequence[object]] = [
            column for place, get in self._getters for column in zip(*[get(row[place]) for row in rows], strict=True)
        ]
        too_large: dict[int, dict[str, int]] = {}
        for n, name in self._integers:
            values = cast("Sequence[int | None]", found[n])
            if large := {at: value for at, value in enumerate(values) if value is not None and not _fits(value)}:
                found[n] = [None if at in large else value for at, value in enumerate(values)]
                for at, value in large.items():
                    too_large.setdefault(at, {})[name] = value
        for n, spell in self._spelled:
            found[n] = [None if value is None else spell(value) for value in found[n]]
        return cast("list[Sequence[Cell]]", found), too_large


def utc_text(moment: datetime) -> str:
    """Return *moment* as the cells spell it."""
    if moment.tzinfo is UTC:
        return cast("str", msgspec.to_builtins(moment))  # the same text as below, in a tenth of the time
    with suppress(OverflowError):  # at the ends of the calendar: better in its own zone than not at all
        moment = moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _fits(value: int) -> bool:
    return _SMALLEST <= value <= _LARGEST


_SMALLEST, _LARGEST = -(2**63), 2**63 - 1

_SPELLERS: dict[Kind, Callable[[object], Cell]] = {
    Kind.BOOLEAN: lambda value: int(cast("bool", value)),
    Kind.TIME: lambda value: utc_text(cast("datetime", value)),
    Kind.DAY: lambda value: cast("date", value).isoformat(),
    Kind.JSON: lambda value: msgspec.json.encode(value).decode(),
}

_KINDS: dict[type[inspect.Type], Kind] = {
    inspect.BoolType: Kind.BOOLEAN,
    inspect.DateTimeType: Kind.TIME,
    inspect.DateType: Kind.DAY,
    inspect.FloatType: Kind.REAL,
    inspect.IntType: Kind.INTEGER,
    inspect.LiteralType: Kind.TEXT,
    inspect.StrType: Kind.TEXT,
}


def _all_of(names: Sequence[str]) -> Callable[[object], object]:
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda struct: (get(struct),)


def _is_rows_of(stream: Stream, place: int, type_: object) -> bool:
    """Tell whether a field of a report's head is the list of the rows themselves."""
    return place + 1 < len(stream.shape) and stream.shape[-1] in get_args(type_)


def _kind(shape: inspect.Type) -> Kind:
    if isinstance(shape, inspect.Metadata):
        return _kind(shape.type)
    if isinstance(shape, inspect.UnionType):
        kinds = {_kind(choice) for choice in shape.types if not isinstance(choice, inspect.NoneType)}
        return kinds.pop() if len(kinds) == 1 else Kind.JSON
    return _KINDS.get(type(shape), Kind.JSON)
