"""The job on zoomus (https://github.com/prschmid/zoomus): a method for every call, which returns requests' response."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Protocol

from .job import Account, Attendance, Meeting, Page, Visit, attendance


class _Response(Protocol):
    content: bytes

    def raise_for_status(self) -> None: ...


class _PastMeetings(Protocol):
    def get_participants(self, *, meeting_id: str, page_size: int, next_page_token: str) -> _Response: ...


class _Meetings(Protocol):
    def get(self, *, id: int) -> _Response: ...


class _ZoomClient(Protocol):
    past_meeting: _PastMeetings
    meeting: _Meetings


class OnZoomus:
    """The calls on zoomus. Its methods fetch one page, and do not check the status."""

    def __init__(self, account: Account) -> None:
        self._client: _ZoomClient = import_module("zoomus").ZoomClient(
            "id", "secret", "account", base_uri=account.base_url, oauth_uri=account.token_url
        )

    def attendance(self, meeting: int) -> Attendance:
        """Return the attendance of a past meeting."""
        visits: list[Visit] = []
        token = ""
        while True:
            response = self._client.past_meeting.get_participants(
                meeting_id=str(meeting), page_size=300, next_page_token=token
            )
            response.raise_for_status()
            page: Page = json.loads(response.content)
            visits.extend(page["participants"])
            token = page["next_page_token"]
            if not token:
                return attendance(visits)

    def topic(self, meeting: int) -> str:
        """Return the topic of a meeting."""
        response = self._client.meeting.get(id=meeting)
        response.raise_for_status()
        found: Meeting = json.loads(response.content)
        return found["topic"]
