"""Handlers of `/meetings/{meetingId}/survey`.

The reference does not say what Zoom returns for a meeting without a survey; the fake returns an empty one.
"""

from __future__ import annotations

import re
from typing import Final, cast

from ..account.meeting import Json, ScheduledMeeting
from ..protocol import body_rules
from ..protocol.errors import ErrorResponse, invalid, no_such_meeting, not_valid
from ..protocol.request import FakeRequest
from .instance_rows import Row

_LINK: Final = re.compile(r"https?://\S+")
_EMPTY_VALUES: Final[tuple[object, ...]] = (None, "", {})


def details(request: FakeRequest) -> Row:
    """Return the survey; `custom_survey` is missing if none was made in Zoom."""
    return {"show_in_the_browser": True, "third_party_survey": "", **_meeting(request).survey}


def update(request: FakeRequest) -> None:
    """Change the given keys, also those within `custom_survey`; null or an empty value removes a key."""
    meeting, body = _meeting(request), request.body
    link = body.get("third_party_survey")
    if link and not _LINK.fullmatch(str(link)):
        raise invalid("third_party_survey")
    if link and "third_party_surveys" in meeting.host.disabled_features:
        raise ErrorResponse(400, 3000, "Third-party survey links are not allowed.")
    custom = cast("Json | None", body.get("custom_survey")) or {}
    if faults := list(
        body_rules.questions(custom.get("questions", []), "custom_survey.questions", body_rules.SURVEY_ANSWERS)
    ):
        raise not_valid(faults)
    changed: Json = {**meeting.survey, **body}
    if custom:
        changed["custom_survey"] = {**cast("Json", meeting.survey.get("custom_survey", {})), **custom}
    meeting.survey = {name: value for name, value in changed.items() if value not in _EMPTY_VALUES}


def delete(request: FakeRequest) -> None:
    """Delete the survey."""
    meeting = _meeting(request)
    if not meeting.survey:
        raise no_such_meeting(request.path_value)
    meeting.survey = {}


def _meeting(request: FakeRequest) -> ScheduledMeeting:
    meeting = request.meeting()
    if "surveys" in meeting.host.disabled_features:
        raise ErrorResponse(
            400, 3000, "Meeting survey disabled. To enable this feature, enable the Meeting Survey setting."
        )
    return meeting
