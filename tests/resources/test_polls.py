"""`zoom.meetings.polls` and `zoom.webinars.polls` against the fake server."""

from __future__ import annotations

import pytest
from support.kinds import WEBINARS, Kind
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound, OutcomeUnknown
from zoomasync.models import NewPoll, NewPolls, PollQuestion
from zoomasync.testing import Account, FakeZoom

DAY = PollQuestion(name="Which day suits you?", type="single", answers=("Monday", "Friday"))


async def test_create_replace_and_delete(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled)
    polls = kind.of(zoom).polls

    created = await polls.create(meeting.id, NewPoll(title="Days", poll_type=1, anonymous=False, questions=(DAY,)))
    assert last_request(fake)[0] == f"POST /v2/{kind}/{meeting.id}/polls"
    assert last_body(fake) == {
        "title": "Days",
        "poll_type": 1,
        "anonymous": False,
        "questions": [{"name": DAY.name, "type": "single", "answers": ["Monday", "Friday"]}],
    }
    assert (created.title, created.status, created.questions[0].answers) == ("Days", "notstart", DAY.answers)

    assert await polls.get(meeting.id, created.id) == created
    assert last_request(fake)[0] == f"GET /v2/{kind}/{meeting.id}/polls/{created.id}"

    await polls.replace(meeting.id, created.id, NewPoll(title="Hours", anonymous=True, questions=(DAY,)))
    assert last_request(fake)[0] == f"PUT /v2/{kind}/{meeting.id}/polls/{created.id}"
    assert [poll.title async for poll in polls.list(meeting.id, anonymous=True)] == ["Hours"]
    assert last_request(fake) == (f"GET /v2/{kind}/{meeting.id}/polls", {"anonymous": "true"})

    await polls.delete(meeting.id, created.id)
    assert last_request(fake)[0] == f"DELETE /v2/{kind}/{meeting.id}/polls/{created.id}"
    assert [poll async for poll in polls.list(meeting.id)] == []


async def test_replace_title_only(zoom: Zoom, account: Account, kind: Kind) -> None:
    """Questions from a response can be sent back unchanged."""
    meeting = account.add_meeting(type=kind.scheduled, polls=1)
    [poll] = [poll async for poll in kind.of(zoom).polls.list(meeting.id)]

    await kind.of(zoom).polls.replace(
        meeting.id, poll.id, NewPoll(title="New title", poll_type=poll.poll_type, questions=poll.questions)
    )

    changed = await kind.of(zoom).polls.get(meeting.id, poll.id)
    assert (changed.title, changed.questions) == ("New title", poll.questions)


async def test_delete_unknown_poll_raises(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled)

    with pytest.raises(BadRequest if kind == WEBINARS else NotFound) as raised:
        await kind.of(zoom).polls.delete(meeting.id, "nothing")

    assert raised.value.code == (4400 if kind == WEBINARS else 404)


async def test_create_batch(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()

    created = await zoom.meetings.polls.create_batch(
        meeting.id, NewPolls(polls=(NewPoll(title="Days", questions=(DAY,)), NewPoll(title="Hours")))
    )

    assert last_request(fake)[0] == f"POST /v2/meetings/{meeting.id}/batch_polls"
    assert last_body(fake) == {
        "polls": [
            {
                "title": "Days",
                "questions": [{"name": DAY.name, "type": "single", "answers": ["Monday", "Friday"]}],
            },
            {"title": "Hours"},
        ]
    }
    assert [poll async for poll in zoom.meetings.polls.list(meeting.id)] == list(created.polls)
    assert [poll.title for poll in meeting.polls] == ["Days", "Hours"]


async def test_lost_batch_raises(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A batch whose response is lost is not sent again, since Zoom may have created the polls."""
    meeting = account.add_meeting()
    fake.drop_connection("meetings.polls.create_batch", after="headers")

    with pytest.raises(OutcomeUnknown):
        await zoom.meetings.polls.create_batch(meeting.id, NewPolls(polls=(NewPoll(title="Days"),)))

    assert [poll.title for poll in meeting.polls] == ["Days"]


async def test_list_with_polls_off_raises(zoom: Zoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(account.add_host(disabled_features=["polls"]), type=kind.scheduled)

    with pytest.raises(BadRequest) as raised:
        await anext(aiter(kind.of(zoom).polls.list(meeting.id)))

    assert raised.value.code == 4400
