"""Meeting templates."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class MeetingTemplate(Struct, frozen=True, kw_only=True):
    """A template; *type* is 1 for a user's, 2 for an administrator's."""

    id: str
    name: str | None = None
    type: Literal[1, 2] | int | None = None


class MeetingTemplates(Struct, frozen=True, kw_only=True):
    """The templates that a user may take."""

    templates: tuple[MeetingTemplate, ...]
    total_records: int | None = None


class NewMeetingTemplate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A template to make of the meeting *meeting_id*. What is None is not sent.

    *overwrite* replaces a template that was made of the same meeting.
    """

    meeting_id: int | None = None
    name: str | None = None
    save_recurrence: bool | None = None
    overwrite: bool | None = None


class MeetingTemplateCreated(Struct, frozen=True, kw_only=True):
    """The receipt of a template."""

    id: str
    name: str | None = None
