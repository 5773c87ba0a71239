"""What belongs to a meeting: polls, registrants, survey and livestream, over real HTTP."""

from __future__ import annotations

import pytest
from support.stories import seen, sent

from zoomasync import Zoom
from zoomasync.errors import BadRequest, InvalidArgument, NotFound, ResourceLimitReached
from zoomasync.models import (
    UNSET,
    CustomAnswer,
    CustomQuestion,
    CustomSurvey,
    LivestreamSettings,
    LivestreamStatusUpdate,
    LivestreamUpdate,
    NewPoll,
    NewRegistrant,
    PollQuestion,
    RegistrantKey,
    RegistrantStatusUpdate,
    RegistrationQuestionsUpdate,
    StandardQuestion,
    SurveyQuestion,
    SurveyUpdate,
)
from zoomasync.testing import Account, FakeZoom

SLOT = PollQuestion(name="Which slot suits you?", type="single", answers=("Morning", "Evening"))
ADA = NewRegistrant(email="ada@northpier.example", first_name="Ada", last_name="Byrne")


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
    assert [poll.title for poll in (await polls.list(meeting.id, anonymous=True)).polls] == ["Days"]
    assert seen(fake) == (f"GET /v2/meetings/{meeting.id}/polls", {"anonymous": "true"})

    await polls.delete(meeting.id, created.id)
    assert seen(fake)[0] == f"DELETE /v2/meetings/{meeting.id}/polls/{created.id}"
    assert (await polls.list(meeting.id)).polls == ()


async def test_a_poll_as_read_can_be_put_back_changed(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting(polls=1)
    (poll,) = (await zoom.meetings.polls.list(meeting.id)).polls

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
    meeting = account.add_meeting(account.add_host(disabled_features=["polls"]))

    with pytest.raises(BadRequest) as refused:
        await zoom.meetings.polls.list(meeting.id)

    assert refused.value.code == 4400


# --- registrants


async def test_registrants_survive_a_rate_limit(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A 429 in the middle of a listing loses nothing and repeats nothing."""
    meeting = account.add_meeting(registrants=650)
    fake.throttle("GET /meetings/{meetingId}/registrants", on_request=2, retry_after="0")

    emails = [r.email async for r in zoom.meetings.registrants.list(meeting.id)]

    assert emails == [r.email for r in meeting.registrants]
    assert {r.query["page_size"] for r in fake.requests if r.label} == {"300"}


async def test_a_registrant_is_added_found_and_removed(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(approval_type=0)
    registrants = zoom.meetings.registrants

    added = await registrants.add(
        meeting.id,
        NewRegistrant(email=ADA.email, first_name="Ada", custom_questions=(CustomAnswer(title="Q", value=""),)),
    )
    assert seen(fake) == (f"POST /v2/meetings/{meeting.id}/registrants", {})
    assert sent(fake) == {
        "email": ADA.email,
        "first_name": "Ada",
        "custom_questions": [{"title": "Q", "value": ""}],
    }
    assert (added.id, bool(added.join_url)) == (meeting.id, True)

    found = await registrants.get(meeting.id, added.registrant_id)
    assert seen(fake)[0] == f"GET /v2/meetings/{meeting.id}/registrants/{added.registrant_id}"
    assert (found.email, found.first_name, found.status) == (ADA.email, "Ada", "approved")

    await registrants.remove(meeting.id, added.registrant_id)
    assert seen(fake)[0] == f"DELETE /v2/meetings/{meeting.id}/registrants/{added.registrant_id}"
    assert [each async for each in registrants.list(meeting.id)] == []


async def test_registrants_move_between_pending_approved_denied_and_cancelled(
    zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    meeting = account.add_meeting(approval_type=1)
    registrants = zoom.meetings.registrants
    added = await registrants.add(meeting.id, ADA)
    assert added.join_url is None

    async def update(action: str) -> None:
        keys = (RegistrantKey(id=added.registrant_id, email=ADA.email),)
        await registrants.update_status(meeting.id, RegistrantStatusUpdate(action=action, registrants=keys))

    async def statuses() -> list[str]:
        return [
            status
            for status in ("pending", "approved", "denied")
            if [each async for each in registrants.list(meeting.id, status=status)]
        ]

    assert await statuses() == ["pending"]
    await update("approve")
    assert seen(fake)[0] == f"PUT /v2/meetings/{meeting.id}/registrants/status"
    assert sent(fake)["action"] == "approve"
    assert await statuses() == ["approved"]
    await update("deny")
    assert await statuses() == ["denied"]
    await update("cancel")
    assert await statuses() == []


async def test_adding_the_same_person_again_gives_the_same_registration_three_times_a_day(
    zoom: Zoom, account: Account
) -> None:
    meeting = account.add_meeting()
    first = await zoom.meetings.registrants.add(meeting.id, ADA)
    again = NewRegistrant(email=ADA.email.upper(), first_name="Ada")
    assert (await zoom.meetings.registrants.add(meeting.id, again)).registrant_id == first.registrant_id
    await zoom.meetings.registrants.add(meeting.id, again)

    with pytest.raises(ResourceLimitReached):
        await zoom.meetings.registrants.add(meeting.id, again)
    await zoom.meetings.registrants.add(meeting.id, NewRegistrant(email="bo@northpier.example", first_name="Bo"))


async def test_a_full_meeting_and_its_own_host_are_refused(zoom: Zoom, account: Account) -> None:
    meeting = account.add_meeting(registrants=2, capacity=2)
    with pytest.raises(BadRequest) as full:
        await zoom.meetings.registrants.add(meeting.id, ADA)

    roomy = account.add_meeting()
    host = NewRegistrant(email=roomy.host.email, first_name="Host")
    with pytest.raises(BadRequest) as own:
        await zoom.meetings.registrants.add(roomy.id, host)

    assert (full.value.code, own.value.code) == (3043, 3027)


async def test_occurrences_are_chosen_by_their_ids(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting(type=8, settings={"registration_type": 2})
    first, second, *_ = [occurrence.occurrence_id for occurrence in meeting.occurrences]

    added = await zoom.meetings.registrants.add(meeting.id, ADA, occurrence_ids=[first, second])

    assert seen(fake)[1] == {"occurrence_ids": f"{first},{second}"}
    assert added.registrant_id
    assert [each async for each in zoom.meetings.registrants.list(meeting.id, occurrence_id=second)]


async def test_more_than_thirty_in_one_change_of_status_are_refused_before_it_is_sent(
    zoom: Zoom, fake: FakeZoom
) -> None:
    keys = tuple(RegistrantKey(id=f"r{number}") for number in range(31))

    with pytest.raises(InvalidArgument, match=r"a number of items of at most 30 - at `\$\.registrants`"):
        await zoom.meetings.registrants.update_status(1, RegistrantStatusUpdate(action="approve", registrants=keys))

    assert fake.requests == ()


async def test_registration_questions_round_trip(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    standard = StandardQuestion(field_name="org", required=True)
    custom = CustomQuestion(title="Lunch?", type="single", required=False, answers=("yes", "no"))

    await zoom.meetings.registrants.update_questions(
        meeting.id, RegistrationQuestionsUpdate(questions=(standard,), custom_questions=(custom,))
    )
    assert seen(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/registrants/questions"

    found = await zoom.meetings.registrants.questions(meeting.id)
    assert seen(fake)[0] == f"GET /v2/meetings/{meeting.id}/registrants/questions"
    assert standard in found.questions
    assert found.custom_questions == (custom,)

    await zoom.meetings.registrants.update_questions(meeting.id, RegistrationQuestionsUpdate(custom_questions=()))
    assert sent(fake) == {"custom_questions": []}
    assert (await zoom.meetings.registrants.questions(meeting.id)).custom_questions == ()


async def test_meetings_that_are_not_ours_to_manage_are_refused(zoom: Zoom, account: Account) -> None:
    elsewhere = account.add_meeting(account.add_host(other_account=True))
    private = account.add_meeting(account.add_host(disabled_features=["management"]))
    codes: list[int | None] = []

    for meeting in (elsewhere, private):
        with pytest.raises(BadRequest) as refused:
            await zoom.meetings.registrants.add(meeting.id, ADA)
        codes.append(refused.value.code)

    assert codes == [1010, 3003]


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
