"""What `/meetings/{meetingId}/polls` answers. An unknown meeting is mostly code 404 here, as the reference says."""

from __future__ import annotations

import secrets
from typing import Final, cast

from ..account.meeting import Json, Poll, ScheduledMeeting
from ..protocol import body_rules as _rules
from ..protocol import query as _query
from ..protocol.errors import Refusal, not_valid
from ..protocol.request import FakeRequest
from . import meeting_rows as _meeting_rows
from .instance_rows import Row

_UNKNOWN: Final = 404
_ORDINARY: Final = 1


def listing(request: FakeRequest) -> Row:
    """Answer with the polls of a meeting, all of them or the anonymous or the named ones."""
    meeting = _polled(request)
    chosen = _query.choice(request.query, "anonymous", ("true", "false"), default="")
    found = [each for each in meeting.polls if not chosen or each.anonymous is (chosen == "true")]
    return {"total_records": len(found), "polls": [_meeting_rows.poll(each) for each in found]}


def create(request: FakeRequest) -> Row:
    """Add a poll."""
    meeting = _polled(request)
    poll = _of_body(meeting, request.body, secrets.token_urlsafe(16))
    meeting.polls.append(poll)
    return _meeting_rows.poll(poll)


def details(request: FakeRequest) -> Row:
    """Answer with one poll."""
    return _meeting_rows.poll(_named(request, _polled(request)))


def replace(request: FakeRequest) -> None:
    """Put another poll in the place of one, under the same id."""
    meeting = _polled(request, unknown_code=3001)
    known = _named(request, meeting)
    meeting.polls[meeting.polls.index(known)] = _of_body(meeting, request.body, known.id)


def delete(request: FakeRequest) -> None:
    """Delete a poll."""
    meeting = _polled(request)
    meeting.polls.remove(_named(request, meeting))


def _polled(request: FakeRequest, *, unknown_code: int = _UNKNOWN) -> ScheduledMeeting:
    meeting = request.meeting(unknown_code=unknown_code)
    if "polls" in meeting.host.switched_off:
        raise Refusal(400, 4400, "Meeting polls disabled. To enable this feature, enable the Meeting Polls setting.")
    return meeting


def _named(request: FakeRequest, meeting: ScheduledMeeting) -> Poll:
    for poll in meeting.polls:
        if poll.id == request.path_values[1]:
            return poll
    raise Refusal(404, _UNKNOWN, "Meeting poll not found.")


def _of_body(meeting: ScheduledMeeting, body: Json, poll_id: str) -> Poll:
    kind = cast("int", body.get("poll_type", _ORDINARY))
    if faults := list(_rules.questions(body.get("questions", []), "questions", _rules.POLL_ANSWERS)):
        raise not_valid(faults)
    if kind != _ORDINARY and "advanced_polls" in meeting.host.switched_off:
        raise Refusal(400, 4400, "Advanced meeting polls disabled.")
    return Poll(
        id=poll_id,
        title=str(body.get("title", "")),
        poll_type=kind,
        anonymous=bool(body.get("anonymous", False)),
        questions=tuple(cast("list[Json]", body.get("questions", []))),
    )
