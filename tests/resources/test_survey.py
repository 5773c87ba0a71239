"""`zoom.meetings.survey` against the fake server."""

from __future__ import annotations

from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.models import UNSET, CustomSurvey, SurveyQuestion, SurveyUpdate
from zoomasync.testing import Account, FakeZoom


async def test_update_get_and_delete(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    survey = zoom.meetings.survey
    custom = CustomSurvey(
        title="After the call",
        anonymous=False,
        numbered_questions=True,
        questions=(SurveyQuestion(name="How long?", type="single", answers=("short", "long")),),
    )

    await survey.update(meeting.id, SurveyUpdate(custom_survey=custom, show_in_the_browser=False))
    assert last_request(fake)[0] == f"PATCH /v2/meetings/{meeting.id}/survey"
    assert last_body(fake)["show_in_the_browser"] is False

    read = await survey.get(meeting.id)
    assert last_request(fake)[0] == f"GET /v2/meetings/{meeting.id}/survey"
    assert read.custom_survey
    assert (read.custom_survey.title, read.custom_survey.questions) == (custom.title, custom.questions)

    await survey.delete(meeting.id)
    assert last_request(fake)[0] == f"DELETE /v2/meetings/{meeting.id}/survey"
    assert (await survey.get(meeting.id)).custom_survey is None


async def test_update_sends_null_and_empty(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """None is sent as null, an empty text is sent, and UNSET is not."""
    meeting = account.add_meeting()
    await zoom.meetings.survey.update(meeting.id, SurveyUpdate(third_party_survey="https://example.com/s"))

    await zoom.meetings.survey.update(meeting.id, SurveyUpdate(third_party_survey=None, custom_survey=UNSET))
    assert last_body(fake) == {"third_party_survey": None}
    assert not (await zoom.meetings.survey.get(meeting.id)).third_party_survey

    await zoom.meetings.survey.update(meeting.id, SurveyUpdate(third_party_survey=""))
    assert last_body(fake) == {"third_party_survey": ""}
