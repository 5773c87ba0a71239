"""Fields that hold secrets, and the base of the structs that have such fields."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Final, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import UNSET, Struct

T = TypeVar("T")


class _Hidden:
    """The mark of a secret field, and its text in a repr."""

    def __repr__(self) -> str:
        return "<hidden>"


_HIDDEN: Final = _Hidden()

Secret: TypeAlias = Annotated[T, _HIDDEN]
"""A field whose value the repr hides, in a `MaskedStruct`: a password, a key, or a link that holds one."""


class MaskedStruct(Struct, frozen=True):
    """A struct whose repr hides the values of its `Secret` fields, in logs and in tracebacks with local variables."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """Return the fields as `rich` prints them."""
        secret = _secret_fields(type(self))
        values: list[tuple[str, object]] = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return [
            (name, value if name not in secret or value is None or value is UNSET else _HIDDEN)
            for name, value in values
        ]


@cache
def _secret_fields(struct: type[Struct]) -> frozenset[str]:
    return frozenset(field.name for field in msgspec.structs.fields(struct) if is_secret(field.type))


def is_secret(type_: object) -> bool:
    """Return whether a field of this type is a `Secret`, or holds one directly."""
    return type_ is _HIDDEN or any(is_secret(argument) for argument in get_args(type_))
