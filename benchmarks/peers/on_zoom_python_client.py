"""The job on zoom-python-client (https://github.com/cern-vc/zoom-python-client).

It has no method for participants, so the job sends its generic request.
"""

from __future__ import annotations

import os
import time
from importlib import import_module
from typing import Protocol

from .job import Account, Attendance, Meeting, Page, Visit, attendance


class _Response(Protocol):
    def json(self) -> Page: ...


class _Meetings(Protocol):
    def get_meeting(self, meeting_id: str) -> Meeting: ...


class _ZoomApiClient(Protocol):
    meetings: _Meetings

    def make_get_request(self, api_path: str, parameters: dict[str, int | str]) -> _Response: ...


class OnZoomPythonClient:
    """The calls on zoom-python-client. It returns an empty response instead of an error, whose JSON cannot be read."""

    def __init__(self, account: Account) -> None:
        # The library keeps its token in these variables, and the address of its token endpoint is fixed.
        os.environ["ZOOM_ACCESS_TOKEN"] = "token"  # noqa: S105  of no account
        os.environ["ZOOM_ACCESS_TOKEN_EXPIRE"] = str(int(time.time()) + 24 * 3600)
        module = import_module("zoom_python_client.zoom_api_client")
        self._client: _ZoomApiClient = module.ZoomApiClient("account", "id", "secret", api_endpoint=account.base_url)

    def attendance(self, meeting: int) -> Attendance:
        """Return the attendance of a past meeting."""
        visits: list[Visit] = []
        token = ""
        while True:
            parameters: dict[str, int | str] = {"page_size": 300, "next_page_token": token}
            page = self._client.make_get_request(f"/past_meetings/{meeting}/participants", parameters).json()
            visits.extend(page["participants"])
            token = page["next_page_token"]
            if not token:
                return attendance(visits)

    def topic(self, meeting: int) -> str:
        """Return the topic of a meeting."""
        return self._client.meetings.get_meeting(str(meeting))["topic"]
