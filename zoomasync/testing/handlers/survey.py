"""Handlers of the survey of meetings and webinars.

The reference does not say what Zoom returns if there is no survey; the fake returns an empty one, and 404 for a
deletion.
"""

from __future__ import annotations

import re
from typing import Final, cast

from ..account.meeting import Json
from ..protocol import body_rules
from ..protocol.request import FakeRequest
from ..protocol.responses import check_faults, invalid, no_such_meeting
from .instance_rows import Row

_LINK: Final = re.compile(r"https?://\S+")
_EMPTY_VALUES: Final[tuple[object, ...]] = (None, "", {})


def details(request: FakeRequest) -> Row:
    """Return the survey; `custom_survey` is missing if none was made in Zoom."""
    of_webinar: Row = {"show_in_the_follow_up_email": False} if request.is_webinar else {}
    survey = request.meeting("surveys").survey
    return {"show_in_the_browser": True, "third_party_survey": "", **of_webinar, **survey}


def update(request: FakeRequest) -> None:
    """Change the given keys, also those within `custom_survey`; null or an empty value removes a key."""
    meeting, body = request.meeting("surveys"), request.body
    link = body.get("third_party_survey")
    if link:
        if not _LINK.fullmatch(str(link)):
            raise invalid("third_party_survey")
        request.check_feature(meeting.host, "third_party_surveys")
    custom = cast("Json | None", body.get("custom_survey")) or {}
    questions = custom.get("questions", [])
    check_faults(body_rules.questions(questions, "custom_survey.questions"))
    changed: Json = {**meeting.survey, **body}
    if custom:
        changed["custom_survey"] = {**cast("Json", meeting.survey.get("custom_survey", {})), **custom}
    meeting.survey = {name: value for name, value in changed.items() if value not in _EMPTY_VALUES}


def delete(request: FakeRequest) -> None:
    """Delete the survey."""
    meeting = request.meeting("surveys")
    if not meeting.survey:
        raise no_such_meeting(request.path_value, webinar=request.is_webinar)
    meeting.survey = {}
