"""Handlers of the templates of meetings and webinars."""

from __future__ import annotations

import secrets
from typing import Final, cast

from ..account.host import Host
from ..account.meeting import MeetingTemplate, ScheduledMeeting
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, missing, no_such_meeting
from .instance_rows import Row

_MAX_TEMPLATES: Final = 40


def listing(request: FakeRequest) -> Row:
    """Return the user's templates, whose type is 1, and those of administrators, whose type is 2."""
    user = request.scheduling_user()
    templates = [each for each in _of_kind(request) if each.host is None or each.host.id == user.id]
    rows = [{"id": each.id, "name": each.name, "type": 1 if each.host else 2} for each in templates]
    return {"total_records": len(rows), "templates": rows}


def create(request: FakeRequest) -> Row:
    """Create a template from one of the user's meetings; `overwrite` replaces the template of the same meeting."""
    user, body, account = request.scheduling_user(), request.body, request.account
    meeting = _meeting(request, user)
    number, name = meeting.id, str(body.get("name") or meeting.topic)
    own = [each for each in _of_kind(request) if each.host and each.host.id == user.id]
    replaced = next((each for each in own if each.meeting_id == number), None) if body.get("overwrite") else None
    if any(each.name == name for each in own if each != replaced):
        raise ErrorResponse(400, 3000, "The template name already exists.")
    if replaced is None and len(own) >= _MAX_TEMPLATES:
        raise ErrorResponse(400, 300, f"The number of templates has reached the limit: {_MAX_TEMPLATES}.")
    template = MeetingTemplate(
        id=replaced.id if replaced else secrets.token_urlsafe(16),
        name=name,
        host=user,
        meeting_id=number,
        save_recurrence=bool(body.get("save_recurrence", False)),
        webinar=request.is_webinar,
    )
    if replaced:
        account.templates[account.templates.index(replaced)] = template
    else:
        account.templates.append(template)
    return {"id": template.id, "name": template.name}


def _of_kind(request: FakeRequest) -> list[MeetingTemplate]:
    return [each for each in request.account.templates if each.webinar is request.is_webinar]


def _meeting(request: FakeRequest, user: Host) -> ScheduledMeeting:
    name = "webinar_id" if request.is_webinar else "meeting_id"
    number = cast("int", request.body.get(name, 0))
    if not number:
        raise missing(name)
    meeting = request.scheduled(number)
    if meeting is None or meeting.deleted:
        raise no_such_meeting(str(number), 400, 3000 if request.is_webinar else 3001, webinar=request.is_webinar)
    if meeting.host.id != user.id:
        raise request.error(400, 3000, "You do not have access to this meeting.")
    return meeting
