"""Structs of `zoom.meetings.templates` and `zoom.webinars.templates`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from .field_types import Id
from .pages import SinglePage


class NewTemplate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of every template to create. *overwrite* replaces an earlier one from the same meeting or webinar."""

    name: str | None = None
    save_recurrence: bool | None = None
    overwrite: bool | None = None


class NewMeetingTemplate(NewTemplate, frozen=True, kw_only=True, omit_defaults=True):
    """A template to create from the meeting *meeting_id*."""

    meeting_id: int | None = None


class NewWebinarTemplate(NewTemplate, frozen=True, kw_only=True, omit_defaults=True):
    """A template to create from the webinar *webinar_id*."""

    webinar_id: int | None = None


class Template(Struct, frozen=True, kw_only=True):
    """A template of meetings or webinars. *type* is 1 for a user's template, 2 for an administrator's."""

    id: Id
    name: str | None = None
    type: Literal[1, 2] | int | None = None


class TemplatesPage(SinglePage, frozen=True, kw_only=True):
    """The templates that are available to a user."""

    items: tuple[Template, ...] = field(name="templates")
    total_records: int | None = None


class TemplateCreated(Struct, frozen=True, kw_only=True):
    """The id and name of a created template."""

    id: str
    name: str | None = None
