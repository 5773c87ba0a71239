"""The job on httpx and pydantic: one client with a token, and models of the fields that Zoom documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Protocol

from pydantic import BaseModel

from .job import Account, Attendance


class _Participant(BaseModel):
    id: str
    user_id: str
    name: str
    user_email: str
    join_time: datetime
    leave_time: datetime
    duration: int
    registrant_id: str
    failover: bool
    status: str
    participant_user_id: str | None = None


class _Page(BaseModel):
    page_count: int
    page_size: int
    total_records: int
    next_page_token: str
    participants: list[_Participant]


class _Settings(BaseModel):
    host_video: bool
    participant_video: bool
    join_before_host: bool
    mute_upon_entry: bool
    watermark: bool
    use_pmi: bool
    approval_type: int
    audio: str
    auto_recording: str
    waiting_room: bool
    meeting_authentication: bool


class _Meeting(BaseModel):
    uuid: str
    id: int
    host_id: str
    host_email: str
    topic: str
    type: int
    status: str
    start_time: datetime | None = None
    duration: int
    timezone: str
    agenda: str = ""
    created_at: datetime
    start_url: str
    join_url: str
    password: str = ""
    settings: _Settings


class _Response(Protocol):
    content: bytes

    def raise_for_status(self) -> object: ...


class _Client(Protocol):
    async def get(self, url: str, *, params: Mapping[str, int | str] | None = None) -> _Response: ...

    async def aclose(self) -> None: ...


class OnHttpx:
    """The calls on httpx and pydantic."""

    def __init__(self, account: Account) -> None:
        self._client: _Client = import_module("httpx").AsyncClient(
            base_url=account.base_url, headers={"Authorization": "Bearer token"}
        )

    async def attendance(self, meeting: int) -> Attendance:
        """Return the attendance of a past meeting."""
        visits: list[_Participant] = []
        params: dict[str, int | str] = {"page_size": 300}
        while True:
            response = await self._client.get(f"/past_meetings/{meeting}/participants", params=params)
            response.raise_for_status()
            page = _Page.model_validate_json(response.content)
            visits.extend(page.participants)
            if not page.next_page_token:
                return Attendance(len(visits), sum(visit.duration for visit in visits))
            params["next_page_token"] = page.next_page_token

    async def topic(self, meeting: int) -> str:
        """Return the topic of a meeting."""
        response = await self._client.get(f"/meetings/{meeting}")
        response.raise_for_status()
        return _Meeting.model_validate_json(response.content).topic

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
