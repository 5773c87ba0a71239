"""Structs of the summaries in `zoom.meetings`."""

from __future__ import annotations

from msgspec import Struct, field

from .field_types import Id, Timestamp
from .pages import TokenPage


class SummaryBasics(Struct, frozen=True, kw_only=True):
    """The fields of every summary of an instance: its meeting or webinar, and its times."""

    meeting_uuid: str
    meeting_id: int | None = None
    meeting_host_id: str | None = None
    meeting_host_email: str | None = None
    meeting_topic: str | None = None
    meeting_start_time: Timestamp | None = None
    meeting_end_time: Timestamp | None = None
    summary_start_time: Timestamp | None = None
    summary_end_time: Timestamp | None = None
    summary_created_time: Timestamp | None = None
    summary_last_modified_time: Timestamp | None = None


class ListedSummary(SummaryBasics, frozen=True, kw_only=True):
    """A summary in the account's listing. *meeting_uuid* identifies its instance in other requests."""

    meeting_uuid: Id


class SummariesPage(TokenPage, frozen=True, kw_only=True):
    """One page of the account's summaries."""

    items: tuple[ListedSummary, ...] = field(name="summaries")
    from_: Timestamp | None = field(default=None, name="from")
    to: Timestamp | None = None


class SummarySection(Struct, frozen=True, kw_only=True):
    """A section of a summary in the older format."""

    label: str | None = None
    summary: str | None = None


class EditedSummary(Struct, frozen=True, kw_only=True):
    """An edited summary in the older format."""

    summary_overview: str | None = None
    summary_details: str | None = None
    next_steps: tuple[str, ...] = ()


class MeetingSummary(SummaryBasics, frozen=True, kw_only=True):
    """The AI Companion's summary of an instance. *summary_content* is Markdown.

    *summary_overview*, *summary_details*, *next_steps* and *edited_summary* are deprecated and may be missing.
    """

    summary_title: str | None = None
    summary_content: str | None = None
    summary_doc_url: str | None = None
    summary_last_modified_user_id: str | None = None
    summary_last_modified_user_email: str | None = None
    summary_overview: str | None = None
    summary_details: tuple[SummarySection, ...] = ()
    next_steps: tuple[str, ...] = ()
    edited_summary: EditedSummary | None = None
