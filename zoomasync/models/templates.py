"""Structs of `zoom.meetings.templates`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from .field_types import Id
from .pages import SinglePage


class NewMeetingTemplate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A template to create from the meeting *meeting_id*. *overwrite* replaces an earlier one from that meeting."""

    meeting_id: int | None = None
    name: str | None = None
    save_recurrence: bool | None = None
    overwrite: bool | None = None


class MeetingTemplate(Struct, frozen=True, kw_only=True):
    """A meeting template. *type* is 1 for a user's template, 2 for an administrator's."""

    id: Id
    name: str | None = None
    type: Literal[1, 2] | int | None = None


class MeetingTemplatesPage(SinglePage, frozen=True, kw_only=True):
    """The templates that are available to a user."""

    items: tuple[MeetingTemplate, ...] = field(name="templates")
    total_records: int | None = None


class MeetingTemplateCreated(Struct, frozen=True, kw_only=True):
    """The id and name of a created template."""

    id: str
    name: str | None = None
