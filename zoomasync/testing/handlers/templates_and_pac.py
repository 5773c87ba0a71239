"""What a user's templates and audio conferences answer."""

from __future__ import annotations

import secrets
from typing import Final, cast

from ..account.meeting import MeetingTemplate
from ..protocol.errors import Refusal, invalid, no_such_meeting
from ..protocol.request import FakeRequest
from . import meeting_rows as _meeting_rows
from .instance_rows import Row

_MOST_TEMPLATES: Final = 40


def templates(request: FakeRequest) -> Row:
    """Answer with the user's own templates and the administrators'."""
    user = request.scheduling_user()
    found = [each for each in request.account.templates if each.host is None or each.host.id == user.id]
    return {"total_records": len(found), "templates": [_meeting_rows.template(each) for each in found]}


def create_template(request: FakeRequest) -> Row:
    """Make a template of a meeting of the user's; with `overwrite` it replaces the one made of the same meeting."""
    user, body, account = request.scheduling_user(), request.body, request.account
    number = cast("int", body.get("meeting_id", 0))
    if not number:
        raise invalid("meeting_id", "The parameter is required: meeting_id.")
    meeting = account.scheduled_meeting(number)
    if meeting is None or meeting.deleted:
        raise no_such_meeting(str(number), status=400)
    if meeting.host.id != user.id:
        raise Refusal(400, 3000, "You do not have access to this meeting.")
    name = str(body.get("name") or meeting.topic)
    own = [each for each in account.templates if each.host and each.host.id == user.id]
    before = next((each for each in own if each.meeting_id == number), None) if body.get("overwrite") else None
    if any(each.name == name for each in own if each != before):
        raise Refusal(400, 3000, "The template name already exists.")
    if before is None and len(own) >= _MOST_TEMPLATES:
        raise Refusal(400, 300, f"The number of templates has reached the limit: {_MOST_TEMPLATES}.")
    made = MeetingTemplate(
        id=before.id if before else secrets.token_urlsafe(16),
        name=name,
        host=user,
        meeting_id=number,
        save_recurrence=bool(body.get("save_recurrence", False)),
    )
    if before:
        account.templates[account.templates.index(before)] = made
    else:
        account.templates.append(made)
    return {"id": made.id, "name": made.name}


def pac_accounts(request: FakeRequest) -> Row:
    """Answer with the user's personal audio conferences."""
    user = request.user()
    if user.pac_accounts is None:
        raise Refusal(400, 2024, "User does not have PAC enabled.")
    return {"pac_accounts": [_meeting_rows.pac_account(each) for each in user.pac_accounts]}
