"""The job on aiozoom (https://github.com/vladisa88/aiozoom).

Its method for participants reads one page of a dashboard, so the job sends its generic request. The library opens a
session for each request, and does not check the status.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from .job import Account, Attendance, Meeting, Page, Visit, attendance


class _Zoom(Protocol):
    async def base_get_request(self, method: str) -> Page: ...

    async def get_meeting(self, meeting_id: str) -> Meeting: ...


class OnAiozoom:
    """The calls on aiozoom."""

    def __init__(self, account: Account) -> None:
        import_module("aiozoom.config").client.base_url = account.base_url  # one for all clients of the process
        zoom = import_module("aiozoom").Zoom
        zoom.configure("token")
        self._client: _Zoom = zoom()

    async def attendance(self, meeting: int) -> Attendance:
        """Return the attendance of a past meeting."""
        visits: list[Visit] = []
        token = ""
        while True:
            query = f"page_size=300&next_page_token={token}"
            page = await self._client.base_get_request(f"past_meetings/{meeting}/participants?{query}")
            visits.extend(page["participants"])
            token = page["next_page_token"]
            if not token:
                return attendance(visits)

    async def topic(self, meeting: int) -> str:
        """Return the topic of a meeting."""
        return (await self._client.get_meeting(str(meeting)))["topic"]

    async def aclose(self) -> None:
        """Do nothing: no connection stays open."""
