"""`zoom.meetings.survey` and `zoom.webinars.survey` against the fake server."""

from __future__ import annotations

from support.kinds import Kind
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.models import UNSET, CustomSurvey, SurveyQuestion, SurveyUpdate
from zoomasync.testing import Account, FakeZoom


async def test_update_get_and_delete(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    meeting = account.add_meeting(type=kind.scheduled)
    survey = kind.of(zoom).survey
    custom = CustomSurvey(
        title="After the call",
        anonymous=False,
        numbered_questions=True,
        questions=(SurveyQuestion(name="How long?", type="single", answers=("short", "long")),),
    )

    await survey.update(meeting.id, SurveyUpdate(custom_survey=custom, show_in_the_browser=False))
    assert last_request(fake)[0] == f"PATCH /v2/{kind}/{meeting.id}/survey"
    assert last_body(fake)["show_in_the_browser"] is False

    read = await survey.get(meeting.id)
    assert last_request(fake)[0] == f"GET /v2/{kind}/{meeting.id}/survey"
    assert read.custom_survey
    assert (read.custom_survey.title, read.custom_survey.questions) == (custom.title, custom.questions)

    await survey.delete(meeting.id)
    assert last_request(fake)[0] == f"DELETE /v2/{kind}/{meeting.id}/survey"
    assert (await survey.get(meeting.id)).custom_survey is None


async def test_survey_in_follow_up_mail(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    before = await zoom.webinars.survey.get(webinar.id)

    await zoom.webinars.survey.update(webinar.id, SurveyUpdate(show_in_the_follow_up_email=True))

    assert last_body(fake) == {"show_in_the_follow_up_email": True}
    after = await zoom.webinars.survey.get(webinar.id)
    assert (before.show_in_the_follow_up_email, after.show_in_the_follow_up_email) == (False, True)


async def test_update_sends_null_and_empty(zoom: Zoom, fake: FakeZoom, account: Account, kind: Kind) -> None:
    """None is sent as null, an empty text is sent, and UNSET is not."""
    meeting = account.add_meeting(type=kind.scheduled)
    await kind.of(zoom).survey.update(meeting.id, SurveyUpdate(third_party_survey="https://example.com/s"))

    await kind.of(zoom).survey.update(meeting.id, SurveyUpdate(third_party_survey=None, custom_survey=UNSET))
    assert last_body(fake) == {"third_party_survey": None}
    assert not (await kind.of(zoom).survey.get(meeting.id)).third_party_survey

    await kind.of(zoom).survey.update(meeting.id, SurveyUpdate(third_party_survey=""))
    assert last_body(fake) == {"third_party_survey": ""}
