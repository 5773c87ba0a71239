"""Response bodies as Zoom sends them, for the servers of the measurements."""

from __future__ import annotations

import json
from typing import Final

ROWS: Final = 300
"""The rows of the longest page that Zoom sends."""
MEETING_NUMBER: Final = 84_000_000_001


def participants_page(*, rows: int = ROWS, next_page_token: str = "") -> bytes:
    """Return a page of the participants report of a meeting, as long as those of Zoom: some 290 bytes per row."""
    people = [
        {
            "id": f"q{number:021d}",
            "user_id": str(16_778_240 + number),
            "name": f"Guest {number} of Harbour & Söhne",
            "user_email": f"guest{number}@northpier.example",
            "join_time": f"2026-05-04T12:{number % 60:02d}:00Z",
            "leave_time": f"2026-05-04T13:{number % 60:02d}:00Z",
            "duration": 3600,
            "registrant_id": "",
            "failover": False,
            "status": "in_meeting",
            "participant_user_id": f"q{number:021d}",
        }
        for number in range(rows)
    ]
    head = {"page_count": 1, "page_size": rows, "total_records": rows, "next_page_token": next_page_token}
    return json.dumps(head | {"participants": people}, separators=(",", ":"), ensure_ascii=False).encode()


def meeting() -> bytes:
    """Return one meeting of about a kilobyte."""
    return json.dumps(
        {
            "uuid": "4444AAAiAAAAAiAiAiiAii==",
            "id": MEETING_NUMBER,
            "host_id": "q000000000000000000001",
            "host_email": "host@northpier.example",
            "topic": "Harbour planning",
            "type": 2,
            "status": "waiting",
            "start_time": "2026-06-04T12:00:00Z",
            "duration": 60,
            "timezone": "Europe/Berlin",
            "agenda": "Berths, tugs and the weekly report of the pilots",
            "created_at": "2026-05-01T08:30:00Z",
            "start_url": "https://us02web.zoom.us/s/84000000001?zak=" + "a" * 120,
            "join_url": "https://us02web.zoom.us/j/84000000001?pwd=" + "b" * 32,
            "password": "123456",
            "settings": {
                "host_video": True,
                "participant_video": False,
                "join_before_host": False,
                "mute_upon_entry": True,
                "watermark": False,
                "use_pmi": False,
                "approval_type": 0,
                "audio": "both",
                "auto_recording": "none",
                "waiting_room": True,
                "meeting_authentication": False,
            },
        },
        separators=(",", ":"),
    ).encode()
