"""Handlers of `/meetings/{meetingId}/polls`; the error code for an unknown meeting is 404 for all but one of them."""

from __future__ import annotations

import secrets
from typing import Final, cast

from ..account.meeting import Json, Poll, ScheduledMeeting
from ..protocol import body_rules
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults, check_feature
from .instance_rows import Row
from .meeting_rows import poll_row

_UNKNOWN_CODE: Final = 404


def listing(request: FakeRequest) -> Row:
    """Return all polls of a meeting, or only those that are anonymous or that are not."""
    meeting = _meeting(request)
    anonymous = request.query.get("anonymous", "")
    polls = [each for each in meeting.polls if not anonymous or each.anonymous is (anonymous == "true")]
    return {"total_records": len(polls), "polls": [poll_row(each) for each in polls]}


def create(request: FakeRequest) -> Row:
    """Add a poll."""
    meeting = _meeting(request)
    poll = _from_body(meeting, request.body, secrets.token_urlsafe(16))
    meeting.polls.append(poll)
    return poll_row(poll)


def details(request: FakeRequest) -> Row:
    """Return one poll."""
    return poll_row(_poll(request, _meeting(request)))


def replace(request: FakeRequest) -> None:
    """Replace a poll; the id stays the same."""
    meeting = request.meeting("polls")
    poll = _poll(request, meeting)
    meeting.polls[meeting.polls.index(poll)] = _from_body(meeting, request.body, poll.id)


def delete(request: FakeRequest) -> None:
    """Delete a poll."""
    meeting = _meeting(request)
    meeting.polls.remove(_poll(request, meeting))


def _meeting(request: FakeRequest) -> ScheduledMeeting:
    return request.meeting("polls", unknown_code=_UNKNOWN_CODE)


def _poll(request: FakeRequest, meeting: ScheduledMeeting) -> Poll:
    for poll in meeting.polls:
        if poll.id == request.path_values[1]:
            return poll
    raise ErrorResponse(404, _UNKNOWN_CODE, "Meeting poll not found.")


def _from_body(meeting: ScheduledMeeting, body: Json, poll_id: str) -> Poll:
    questions = cast("list[Json]", body.get("questions", []))
    check_faults(body_rules.questions(questions, "questions"))
    poll = Poll(
        id=poll_id,
        title=str(body.get("title", "")),
        poll_type=cast("int", body.get("poll_type", 1)),
        anonymous=bool(body.get("anonymous", False)),
        questions=tuple(questions),
    )
    if poll.is_advanced:
        check_feature(meeting.host, "advanced_polls")
    return poll
