"""What belongs to a meeting: polls, registrants, survey and livestream, over real HTTP."""

from __future__ import annotations

import pytest
from support.stories import seen, sent

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound
from zoomasync.models import (
    UNSET,
    CustomSurvey,
    LivestreamSettings,
    LivestreamStatusUpdate,
    LivestreamUpdate,
    NewPoll,
    PollQuestion,
    SurveyQuestion,
    SurveyUpdate,
)
from zoomasync.testing import Account, FakeZoom

SLOT = PollQuestion(name="Which slot suits you?", type="single", answers=("Morning", "Evening"))


# --- polls


async def test_a_poll_is_created_read_replaced_listed_and_deleted(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    polls = zoom.meetings.polls

    created = await polls.create(meeting.id, NewPoll(title="Slots", poll_type=1, anonymous=False, questions=(SLOT,)))
    assert seen(fake)[0] == f"POST /v2/meetings/{meeting.id}/polls"
    assert sent(fake) == {
        "title": "Slots",
        "poll_type": 1,
        "anonymous": False,
        "questions": [{"name": SLOT.name, "type": "single", "answers": ["Morning", "Evening"]}],
    }
    assert (created.title, created.status, created.questions[0].answers) == ("Slots", "notstart", SLOT.answers)

    assert await polls.get(meeting.id, created.id) == created
    assert seen(fake)[0] == f"GET /v2/meetings/{meeting.id}/polls/{created.id}"

    await polls.replace(meeting.id, created.id, NewPoll(title="Days", anonymous=True, questions=(SLOT,)))
    assert seen(fake)[0] == f"PUT /v2/meetings/{meeting.id}/polls/{created.id}"
    assert [poll.title async for poll in polls.list(meeting.id, anonymous=True)] == ["Days"]
    assert seen(fake) == (f"GET /v2/meetings/{meeting.id}/polls", {"anonymous": "true"})

    await polls.delete(meeting.id, created.id)
    assert seen(fake)[0] == f"DELETE /v2/meetings/{meeting.id}/polls/{created.id}"
    assert [poll async for poll in polls.list(meeting.id)] == []


async def test_a_poll_as_read_can_be_put_back_changed(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting(polls=1)
    [poll] = [poll async for poll in zoom.meetings.polls.list(meeting.id)]

    await zoom.meetings.polls.replace(
        meeting.id, poll.id, NewPoll(title="New title", poll_type=poll.poll_type, questions=poll.questions)
    )

    changed = await zoom.meetings.polls.get(meeting.id, poll.id)
    assert (changed.title, changed.questions) == ("New title", poll.questions)


async def test_an_unknown_poll_is_not_found(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting()

    with pytest.raises(NotFound) as refused:
        await zoom.meetings.polls.delete(meeting.id, "nothing")

    assert refused.value.code == 404


async def test_polls_that_are_off_say_so(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting(account.add_host(switched_off=["polls"]))

    with pytest.raises(BadRequest) as refused:
        await anext(aiter(zoom.meetings.polls.list(meeting.id)))

    assert refused.value.code == 4400


# --- survey


async def test_a_survey_is_made_read_changed_and_deleted(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    survey = zoom.meetings.survey
    custom = CustomSurvey(
        title="After the call",
        anonymous=False,
        numbered_questions=True,
        questions=(SurveyQuestion(name="How long?", type="single", answers=("short", "long")),),
    )

    await survey.update(meeting.id, SurveyUpdate(custom_survey=custom, show_in_the_browser=False))
    assert seen(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/survey"
    assert sent(fake)["show_in_the_browser"] is False

    found = await survey.get(meeting.id)
    assert seen(fake)[0] == f"GET /v2/meetings/{meeting.id}/survey"
    assert found.custom_survey
    assert (found.custom_survey.title, found.custom_survey.questions) == (custom.title, custom.questions)

    await survey.delete(meeting.id)
    assert seen(fake)[0] == f"DELETE /v2/meetings/{meeting.id}/survey"
    assert (await survey.get(meeting.id)).custom_survey is None


async def test_a_change_sends_null_and_empty_on_purpose_and_nothing_else(
    zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    meeting = account.add_meeting()
    await zoom.meetings.survey.update(meeting.id, SurveyUpdate(third_party_survey="https://example.com/s"))

    await zoom.meetings.survey.update(meeting.id, SurveyUpdate(third_party_survey=None, custom_survey=UNSET))
    assert sent(fake) == {"third_party_survey": None}
    assert not (await zoom.meetings.survey.get(meeting.id)).third_party_survey

    await zoom.meetings.survey.update(meeting.id, SurveyUpdate(third_party_survey=""))
    assert sent(fake) == {"third_party_survey": ""}


# --- livestream


async def test_a_livestream_is_set_up_started_and_stopped(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    livestream = zoom.meetings.livestream
    target = LivestreamUpdate(stream_url="rtmp://s.example/live", stream_key="k3y", page_url="https://s.example/p")

    await livestream.update(meeting.id, target)
    assert seen(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/livestream"
    assert meeting.livestream.stream_url == target.stream_url

    meeting.start()
    start = LivestreamStatusUpdate(
        action="start", settings=LivestreamSettings(display_name="Harbour", close_caption="off")
    )
    await livestream.update_status(meeting.id, start)
    assert seen(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/livestream/status"
    assert sent(fake) == {"action": "start", "settings": {"display_name": "Harbour", "close_caption": "off"}}
    assert meeting.livestream.running

    await livestream.update_status(meeting.id, LivestreamStatusUpdate(action="stop"))
    assert not meeting.livestream.running


async def test_a_livestream_of_a_meeting_that_is_not_running_is_refused(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting()
    await zoom.meetings.livestream.update(
        meeting.id, LivestreamUpdate(stream_url="rtmp://s.example/l", stream_key="k", page_url="https://s.example/p")
    )

    with pytest.raises(BadRequest) as refused:
        await zoom.meetings.livestream.update_status(meeting.id, LivestreamStatusUpdate(action="start"))

    assert refused.value.code == 4927
