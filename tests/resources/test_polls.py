"""`zoom.meetings.polls` against the fake server."""

from __future__ import annotations

import pytest
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound
from zoomasync.models import NewPoll, PollQuestion
from zoomasync.testing import Account, FakeZoom

DAY = PollQuestion(name="Which day suits you?", type="single", answers=("Monday", "Friday"))


async def test_create_replace_and_delete(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    polls = zoom.meetings.polls

    created = await polls.create(meeting.id, NewPoll(title="Days", poll_type=1, anonymous=False, questions=(DAY,)))
    assert last_request(fake)[0] == f"POST /v2/meetings/{meeting.id}/polls"
    assert last_body(fake) == {
        "title": "Days",
        "poll_type": 1,
        "anonymous": False,
        "questions": [{"name": DAY.name, "type": "single", "answers": ["Monday", "Friday"]}],
    }
    assert (created.title, created.status, created.questions[0].answers) == ("Days", "notstart", DAY.answers)

    assert await polls.get(meeting.id, created.id) == created
    assert last_request(fake)[0] == f"GET /v2/meetings/{meeting.id}/polls/{created.id}"

    await polls.replace(meeting.id, created.id, NewPoll(title="Hours", anonymous=True, questions=(DAY,)))
    assert last_request(fake)[0] == f"PUT /v2/meetings/{meeting.id}/polls/{created.id}"
    assert [poll.title async for poll in polls.list(meeting.id, anonymous=True)] == ["Hours"]
    assert last_request(fake) == (f"GET /v2/meetings/{meeting.id}/polls", {"anonymous": "true"})

    await polls.delete(meeting.id, created.id)
    assert last_request(fake)[0] == f"DELETE /v2/meetings/{meeting.id}/polls/{created.id}"
    assert [poll async for poll in polls.list(meeting.id)] == []


async def test_replace_title_only(zoom: Zoom, account: Account) -> None:
    """Questions from a response can be sent back unchanged."""
    meeting = account.add_meeting(polls=1)
    [poll] = [poll async for poll in zoom.meetings.polls.list(meeting.id)]

    await zoom.meetings.polls.replace(
        meeting.id, poll.id, NewPoll(title="New title", poll_type=poll.poll_type, questions=poll.questions)
    )

    changed = await zoom.meetings.polls.get(meeting.id, poll.id)
    assert (changed.title, changed.questions) == ("New title", poll.questions)


async def test_delete_unknown_poll_raises(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting()

    with pytest.raises(NotFound) as raised:
        await zoom.meetings.polls.delete(meeting.id, "nothing")

    assert raised.value.code == 404


async def test_list_with_polls_off_raises(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting(account.add_host(disabled_features=["polls"]))

    with pytest.raises(BadRequest) as raised:
        await anext(aiter(zoom.meetings.polls.list(meeting.id)))

    assert raised.value.code == 4400
