"""Handlers of `/meetings/{meetingId}/livestream`."""

from __future__ import annotations

from dataclasses import replace

from ..account.meeting import Json
from ..protocol import body_rules
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults, missing


def update(request: FakeRequest) -> None:
    """Set the URLs, the key and the resolution of the livestream."""
    meeting, body = request.meeting("livestreams"), request.body
    livestream = meeting.livestream
    meeting.livestream = replace(
        livestream,
        stream_url=str(body["stream_url"]),
        stream_key=str(body["stream_key"]),
        page_url=str(body["page_url"]),
        resolution=str(body.get("resolution", livestream.resolution) or ""),
    )


def update_status(request: FakeRequest) -> None:
    """Start or stop the livestream of a running meeting, or change its layout."""
    meeting, action = request.meeting("livestreams"), request.body.get("action")
    if action is None:
        raise missing("action")
    check_faults(body_rules.livestream_settings(request.body))
    if meeting.settings.get("encryption_type") == "e2ee":
        raise ErrorResponse(400, 4400, "Live streaming is not available for end-to-end encrypted meetings.")
    if meeting.status != "started":
        raise ErrorResponse(400, 4927, "The meeting has not started.")
    livestream, changes = meeting.livestream, request.body.get("settings", {})
    if action == "stop":
        meeting.livestream = replace(livestream, running=False)
    else:
        settings: Json = {**livestream.settings, **(changes if isinstance(changes, dict) else {})}
        meeting.livestream = replace(livestream, running=livestream.running or action == "start", settings=settings)
