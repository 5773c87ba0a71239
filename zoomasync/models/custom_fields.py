"""Values that an account or an app attaches to meetings, webinars and users."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from .field_types import limits


class NewTrackingField(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of a meeting for one of the account's tracking fields. *field* is the label of that field."""

    field: str
    value: str | None = None


class CustomKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key and a value that an app attached to a meeting or webinar."""

    key: Annotated[str, limits(max_length=64)] | None = None
    value: Annotated[str, limits(max_length=256)] | None = None


class TrackingField(Struct, frozen=True, kw_only=True):
    """A tracking field of the account and its value for one meeting or webinar."""

    field: str | None = None
    value: str | None = None


class MeetingTrackingField(TrackingField, frozen=True, kw_only=True):
    """A tracking field of a scheduled meeting. *visible* is True if the web portal shows it."""

    visible: bool | None = None


class CustomAttribute(Struct, frozen=True, kw_only=True):
    """A user attribute that the account defines, and its value."""

    key: str | None = None
    name: str | None = None
    value: str | None = None
