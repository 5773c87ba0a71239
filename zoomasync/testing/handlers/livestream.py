"""Handlers of the livestream of meetings and webinars."""

from __future__ import annotations

from dataclasses import replace

from ..account.meeting import Json
from ..protocol import body_rules
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults, invalid, missing
from .instance_rows import Row


def details(request: FakeRequest) -> Row:
    """Return the target of the livestream; the reference does not say what Zoom returns if none is set.

    The fake returns empty texts. For disabled livestreams it raises the errors of `update`.
    """
    livestream = request.meeting("livestreams").livestream
    return {
        "stream_url": livestream.stream_url,
        "stream_key": livestream.stream_key,
        "page_url": livestream.page_url,
        "resolution": livestream.resolution,
    }


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
    """Start or stop the livestream of a running meeting or webinar; change the layout of a meeting's.

    A webinar needs a target; the settings of its running livestream cannot change, for which no code is documented.
    """
    meeting, action = request.meeting("livestreams"), request.body.get("action")
    if action is None:
        raise missing("action")
    if action == "mode" and request.is_webinar:
        raise invalid("action")
    check_faults(body_rules.livestream_settings(request.body))
    if meeting.settings.get("encryption_type") == "e2ee":
        raise ErrorResponse(400, 4400, "Live streaming is not available for end-to-end encrypted meetings.")
    if meeting.status != "started":
        raise request.error(400, 200 if request.is_webinar else 4927, "The meeting has not started.")
    livestream, changes = meeting.livestream, request.body.get("settings", {})
    if request.is_webinar and not livestream.stream_url:
        raise ErrorResponse(400, 3000, "The webinar has no custom streaming service.")
    if request.is_webinar and livestream.running and changes:
        raise invalid("settings")
    if action == "stop":
        meeting.livestream = replace(livestream, running=False)
    else:
        settings: Json = {**livestream.settings, **(changes if isinstance(changes, dict) else {})}
        meeting.livestream = replace(livestream, running=livestream.running or action == "start", settings=settings)
