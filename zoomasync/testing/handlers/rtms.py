"""Handler of the real-time media streams (RTMS) that apps receive of the participants of a running meeting."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, cast

from ..account.meeting import Json, RtmsStatus
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, missing

_RESULTS: Final = MappingProxyType[str, RtmsStatus | None](
    {"start": "running", "stop": None, "pause": "paused", "resume": "running"}
)


def update_status(request: FakeRequest) -> None:
    """Start, stop, pause or resume the stream of one participant, by default the host.

    The fake authorizes every app. The reference does not say which error an action has that does not fit the state of a
    stream that has been started; the fake sends that of a failed operation.
    """
    meeting, body = request.meeting(), request.body
    for name in ("action", "settings"):
        if body.get(name) is None:
            raise missing(name)
    action, settings = str(body["action"]), cast("Json", body["settings"])
    if meeting.status != "started":
        raise ErrorResponse(400, 3000, f"Meeting {meeting.id} has not started.")
    if not meeting.host.has("rtms"):
        raise ErrorResponse(403, 13267, "RTMS app disabled.")
    name = str(settings.get("participant_user_id", meeting.host.id))
    user = request.account.host(name)
    if user is None:
        raise ErrorResponse(400, 2312, f"User does not exist: {name}.")
    if action == "start" and user.id != meeting.host.id and not {user.id, user.email} & {*meeting.alternative_hosts}:
        raise ErrorResponse(403, 2308, f"User '{name}' is not allowed to start the RTMS app.")
    stream = str(settings["client_id"]), user.id
    status = meeting.rtms_streams.pop(stream, None)
    result = _RESULTS[action]
    if status is None and action != "start":
        raise ErrorResponse(400, 13277, f"Unable to '{action}' the RTMS app for user '{name}'.")
    if status is not None and (action == "start" or status == result):
        meeting.rtms_streams[stream] = status
        raise ErrorResponse(400, 2310, "Failed to perform RTMS app operation.")
    if result is not None:
        meeting.rtms_streams[stream] = result
