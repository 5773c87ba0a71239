"""How a struct states what Zoom takes. The rules hold for what is sent and are never applied to what is received."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from msgspec import Meta, UnsetType

T = TypeVar("T")

Change: TypeAlias = T | UnsetType | None
"""A field of a change: ``UNSET`` leaves it as it is, None sends null, and anything else, empty or not, is sent."""


def limits(**rules: int) -> Meta:
    """Return the limits of a field: *max_length*, *min_length*, *ge*, *le*, *max_items*, *min_items*."""
    return Meta(extra=rules)
