"""What `/meetings/{meetingId}/survey` answers. A meeting without a survey has an empty one, which is our choice."""

from __future__ import annotations

import re
from typing import Final, cast

from ..account.meeting import Json, ScheduledMeeting
from ..protocol import body_rules as _rules
from ..protocol.errors import Refusal, invalid, no_such_meeting, not_valid
from ..protocol.request import FakeRequest
from .instance_rows import Row

_LINK: Final = re.compile(r"https?://\S+")
_BLANK: Final[tuple[object, ...]] = (None, "", {})


def details(request: FakeRequest) -> Row:
    """Answer with the survey; `custom_survey` is missing when there is none made in Zoom."""
    return {"show_in_the_browser": True, "third_party_survey": "", **_surveyed(request).survey}


def update(request: FakeRequest) -> None:
    """Change the survey; the keys of `custom_survey` change one by one, and null or nothing clears."""
    meeting, body = _surveyed(request), request.body
    link = body.get("third_party_survey")
    if link and not _LINK.fullmatch(str(link)):
        raise invalid("third_party_survey")
    if link and "third_party_surveys" in meeting.host.switched_off:
        raise Refusal(400, 3000, "Third-party survey links are not allowed.")
    custom = cast("Json | None", body.get("custom_survey")) or {}
    if faults := list(_rules.questions(custom.get("questions", []), "custom_survey.questions", _rules.SURVEY_ANSWERS)):
        raise not_valid(faults)
    changed: Json = {**meeting.survey, **body}
    if custom:
        changed["custom_survey"] = {**cast("Json", meeting.survey.get("custom_survey", {})), **custom}
    meeting.survey = {name: value for name, value in changed.items() if value not in _BLANK}


def delete(request: FakeRequest) -> None:
    """Delete the survey, if there is one."""
    meeting = _surveyed(request)
    if not meeting.survey:
        raise no_such_meeting(request.path_value)
    meeting.survey = {}


def _surveyed(request: FakeRequest) -> ScheduledMeeting:
    meeting = request.meeting()
    if "surveys" in meeting.host.switched_off:
        raise Refusal(400, 3000, "Meeting survey disabled. To enable this feature, enable the Meeting Survey setting.")
    return meeting
