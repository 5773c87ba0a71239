"""What `/meetings/{meetingId}/livestream` answers."""

from __future__ import annotations

from dataclasses import replace

from ..account.meeting import Json, ScheduledMeeting
from ..protocol import body_rules as _rules
from ..protocol.errors import Refusal, invalid, not_valid
from ..protocol.request import FakeRequest


def update(request: FakeRequest) -> None:
    """Set where a meeting is streamed to."""
    meeting, body = _streamed(request), request.body
    known = meeting.livestream
    meeting.livestream = replace(
        known,
        stream_url=str(body["stream_url"]),
        stream_key=str(body["stream_key"]),
        page_url=str(body["page_url"]),
        resolution=str(body.get("resolution", known.resolution) or ""),
    )


def update_status(request: FakeRequest) -> None:
    """Start or stop the stream of a running meeting, or change how it looks."""
    meeting, action = _streamed(request), request.body.get("action")
    if action is None:
        raise invalid("action", "The parameter is required: action.")
    if faults := list(_rules.livestream_settings(request.body)):
        raise not_valid(faults)
    if meeting.settings.get("encryption_type") == "e2ee":
        raise Refusal(400, 4400, "Live streaming is not available for end-to-end encrypted meetings.")
    if meeting.status != "started":
        raise Refusal(400, 4927, "The meeting has not started.")
    known, given = meeting.livestream, request.body.get("settings", {})
    if action == "stop":
        meeting.livestream = replace(known, running=False)
    else:
        settings: Json = {**known.settings, **(given if isinstance(given, dict) else {})}
        meeting.livestream = replace(known, running=known.running or action == "start", settings=settings)


def _streamed(request: FakeRequest) -> ScheduledMeeting:
    meeting = request.meeting()
    if "livestreams" in meeting.host.switched_off:
        raise Refusal(400, 3000, "Live streaming is not enabled for this meeting.")
    return meeting
