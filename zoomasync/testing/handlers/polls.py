"""Handlers of the polls of meetings and webinars.

The code for an unknown meeting is 404, but 3001 for `replace` and `create_batch`. For an unknown poll of a webinar, the
reference has the code 4400 where it is to be deleted, and none where it is read or replaced; the fake takes 4400 too.
"""

from __future__ import annotations

import secrets
from typing import Final, cast

from ..account.meeting import Json, Poll, ScheduledMeeting
from ..protocol import body_rules
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults, missing
from .instance_rows import Row
from .meeting_rows import poll_row

_UNKNOWN_CODE: Final = 404
_MOST_POLLS: Final = 50


def listing(request: FakeRequest) -> Row:
    """Return all polls of a meeting, or only those that are anonymous or that are not."""
    meeting = _meeting(request)
    anonymous = request.query.get("anonymous", "")
    polls = [each for each in meeting.polls if not anonymous or each.anonymous is (anonymous == "true")]
    return {"total_records": len(polls), "polls": [poll_row(each) for each in polls]}


def create(request: FakeRequest) -> Row:
    """Add a poll; the reference states the limit of fifty polls for batches only."""
    [poll] = _add(request, _meeting(request), [request.body])
    return poll_row(poll)


def create_batch(request: FakeRequest) -> Row:
    """Add several polls; an error in one of them adds none."""
    if "polls" not in request.body:
        raise missing("polls")
    polls = _add(request, request.meeting("polls"), cast("list[Json]", request.body["polls"]))
    return {"polls": [poll_row(each) for each in polls]}


def details(request: FakeRequest) -> Row:
    """Return one poll."""
    return poll_row(_poll(request, _meeting(request)))


def replace(request: FakeRequest) -> None:
    """Replace a poll; the id stays the same."""
    meeting = request.meeting("polls")
    poll = _poll(request, meeting)
    meeting.polls[meeting.polls.index(poll)] = _from_body(request, meeting, request.body, poll.id)


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
    if request.is_webinar:
        raise ErrorResponse(400, 4400, "Invalid poll IDs.")
    raise ErrorResponse(404, _UNKNOWN_CODE, "Meeting poll not found.")


def _add(request: FakeRequest, meeting: ScheduledMeeting, bodies: list[Json]) -> list[Poll]:
    if len(meeting.polls) + len(bodies) > _MOST_POLLS:
        raise ErrorResponse(400, 4400, f"You can only add a maximum of {_MOST_POLLS} polls.")
    polls = [_from_body(request, meeting, each, secrets.token_urlsafe(16)) for each in bodies]
    meeting.polls += polls
    return polls


def _from_body(request: FakeRequest, meeting: ScheduledMeeting, body: Json, poll_id: str) -> Poll:
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
        request.check_feature(meeting.host, "advanced_polls")
    return poll
