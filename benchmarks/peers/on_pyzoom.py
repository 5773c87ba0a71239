"""The job on pyzoom (https://github.com/licht1stein/pyzoom): models of pydantic, and a raw client that reads all pages.

Its own method for participants asks for pages of 30 people, and its model has no times. So the job uses the raw client,
as its README does.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Protocol

from .job import Account, Attendance, Page, attendance


class _RawClient(Protocol):
    def get_all_pages(self, endpoint: str, query: dict[str, int]) -> Page: ...


class _Meeting(Protocol):
    topic: str


class _Meetings(Protocol):
    def get_meeting(self, meeting_id: int) -> _Meeting: ...


class _ZoomClient(Protocol):
    raw: _RawClient
    meetings: _Meetings


class OnPyzoom:
    """The calls on pyzoom."""

    def __init__(self, account: Account) -> None:
        logging.getLogger().addHandler(logging.NullHandler())  # else it would print its errors
        self._client: _ZoomClient = import_module("pyzoom").ZoomClient("token", base_url=account.base_url)

    def attendance(self, meeting: int) -> Attendance:
        """Return the attendance of a past meeting."""
        pages = self._client.raw.get_all_pages(f"/past_meetings/{meeting}/participants", {"page_size": 300})
        return attendance(pages["participants"])

    def topic(self, meeting: int) -> str:
        """Return the topic of a meeting."""
        return self._client.meetings.get_meeting(meeting).topic
