"""What `/meetings/{meetingId}/polls` answers. An unknown meeting is mostly code 404 here, as the reference says."""

from __future__ import annotations

import secrets
from typing import Final, cast

from ..account.meeting import Json, Poll, ScheduledMeeting
from ..protocol import body_rules as _rules
from ..protocol import query as _query
from ..protocol.errors import Refusal, not_valid
from ..protocol.request import Asked
from . import meeting_rows as _meeting_rows
from .instance_rows import Row

_UNKNOWN: Final = 404
_ORDINARY: Final = 1


def listing(asked: Asked) -> Row:
    """Answer with the polls of a meeting, all of them or the anonymous or the named ones."""
    meeting = _polled(asked)
    chosen = _query.choice(asked.query, "anonymous", ("true", "false"), default="")
    found = [each for each in meeting.polls if not chosen or each.anonymous is (chosen == "true")]
    return {"total_records": len(found), "polls": [_meeting_rows.poll(each) for each in found]}


def create(asked: Asked) -> Row:
    """Add a poll."""
    meeting = _polled(asked)
    poll = _of_body(meeting, asked.body, secrets.token_urlsafe(16))
    meeting.polls.append(poll)
    return _meeting_rows.poll(poll)


def details(asked: Asked) -> Row:
    """Answer with one poll."""
    return _meeting_rows.poll(_named(asked, _polled(asked)))


def replace(asked: Asked) -> None:
    """Put another poll in the place of one, under the same id."""
    meeting = _polled(asked, unknown=3001)
    known = _named(asked, meeting)
    meeting.polls[meeting.polls.index(known)] = _of_body(meeting, asked.body, known.id)


def delete(asked: Asked) -> None:
    """Delete a poll."""
    meeting = _polled(asked)
    meeting.polls.remove(_named(asked, meeting))


def _polled(asked: Asked, *, unknown: int = _UNKNOWN) -> ScheduledMeeting:
    meeting = asked.meeting(unknown=unknown)
    if "polls" in meeting.host.switched_off:
        raise Refusal(400, 4400, "Meeting polls disabled. To enable this feature, enable the Meeting Polls setting.")
    return meeting


def _named(asked: Asked, meeting: ScheduledMeeting) -> Poll:
    for poll in meeting.polls:
        if poll.id == asked.values[1]:
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
