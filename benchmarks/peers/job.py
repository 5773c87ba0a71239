"""The job of all programs: the attendance of past meetings, and the topics of meetings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypedDict

from zoomasync import Plan

from ..bodies import MEETING_NUMBER, ROWS, meeting, participants_page

SECONDS: Final = 3600
"""The duration of every visit."""
TOPIC: Final = "Harbour planning"
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105  a path
TOKEN: Final = b'{"access_token":"token","token_type":"bearer","expires_in":3600}'
_ALWAYS_SENT: Final = {"h323_password": "123456", "pstn_password": "123456", "encrypted_password": "c" * 32}
_SETTINGS_ALWAYS_SENT: Final = {
    "cn_meeting": False,
    "in_meeting": False,
    "enforce_login": False,
    "registrants_email_notification": True,
}


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a program asks, by the URL of its server, and its *plan*, for which the peers have no use."""

    url: str
    plan: Plan

    @property
    def base_url(self) -> str:
        """The address of the API."""
        return f"{self.url}/v2"

    @property
    def token_url(self) -> str:
        """The address of the token endpoint."""
        return f"{self.url}{TOKEN_PATH}"


class Attendance(NamedTuple):
    """The answer for one meeting: its visits, and their seconds in all."""

    visits: int
    seconds: int


class Visit(TypedDict):
    """A row, as a library without models returns it; only the field that the job reads."""

    duration: int


class Page(TypedDict):
    """A page, as a library without models returns it."""

    participants: list[Visit]
    next_page_token: str


class Meeting(TypedDict):
    """A meeting, as a library without models returns it; only the field that the job reads."""

    topic: str


CANNED_ATTENDANCE: Final = Attendance(ROWS, ROWS * SECONDS)


def attendance(visits: Sequence[Visit]) -> Attendance:
    """Return the attendance of the meeting with these *visits*."""
    return Attendance(len(visits), sum(visit["duration"] for visit in visits))


def full_meeting() -> bytes:
    """Return a meeting of about a kilobyte, with the fields without which the model of pyzoom raises an error."""
    body: dict[str, object] = json.loads(meeting())
    settings: dict[str, object] = json.loads(meeting())["settings"]
    body |= {**_ALWAYS_SENT, "settings": settings | _SETTINGS_ALWAYS_SENT}
    return json.dumps(body, separators=(",", ":")).encode()


def canned_bodies() -> dict[str, bytes]:
    """Return the bodies of one meeting by path, for a server of canned bodies."""
    return {
        TOKEN_PATH: TOKEN,
        f"/v2/past_meetings/{MEETING_NUMBER}/participants": participants_page(),
        f"/v2/meetings/{MEETING_NUMBER}": full_meeting(),
    }
