"""Types that fields of many structs share, and the limits of a request field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypeAlias, TypeVar

from msgspec import Meta, UnsetType

T = TypeVar("T")

Timestamp: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""An aware time; in responses always in UTC."""

Day: TypeAlias = date
"""A date under another name, since a field called `date` would hide the type."""

Id: TypeAlias = Annotated[str, Meta(min_length=1)]
"""The id of a listed row, for other calls. They take no empty id, so that a row with one is invalid."""

Change: TypeAlias = T | UnsetType | None
"""A field of a PATCH: ``UNSET`` is not sent, None is sent as null, and any other value, empty or not, is sent."""


def limits(**rules: int) -> Meta:
    """Return the limits of a request field: *max_length*, *min_length*, *ge*, *le*, *max_items*, *min_items*.

    They are checked before a request is sent. A response is never checked against them.
    """
    return Meta(extra=rules)
