"""The reports of `zoom.reports` on one instance, against the fake server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from support.stories import last_request

from zoomasync import Zoom
from zoomasync.testing import Account, FakeZoom

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


async def test_meeting_by_uuid(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(participants=3, start=MAY, minutes=42, uuid="/b9Xc0Y//Q1mZ2nW3oV4pA==")

    report = await zoom.reports.meeting(instance.uuid)

    assert last_request(fake)[0] == "GET /v2/report/meetings/%252Fb9Xc0Y%252F%252FQ1mZ2nW3oV4pA%253D%253D"
    assert (report.uuid, report.id, report.duration, report.participants_count) == (instance.uuid, instance.id, 42, 3)
    assert (report.start_time, report.end_time) == (MAY, MAY + timedelta(minutes=42))


async def test_meeting_participants_survive_429(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A 429 in the middle of a listing loses no visit and repeats none."""
    instance = account.add_instance(participants=650, start=MAY)
    fake.throttle("GET /report/meetings/{meetingId}/participants", on_request=2, retry_after="0")

    people = [person async for person in zoom.reports.meeting_participants(instance.id)]

    assert [person.user_id for person in people] == [visit.user_id for visit in instance.participants]
    assert people[1].id == people[1].participant_user_id == ""  # a guest


async def test_participants_registrant_id(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The field comes if *include_fields* requests it."""
    instance = account.add_instance(participants=2, start=MAY)

    people = [person async for person in zoom.reports.meeting_participants(instance.id, include_fields="registrant_id")]

    assert last_request(fake)[1]["include_fields"] == "registrant_id"
    assert [person.registrant_id for person in people] == [visit.registrant_id for visit in instance.participants]


async def test_meeting_polls_by_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, polls=2)

    report = await zoom.reports.meeting_polls(instance.uuid)

    assert last_request(fake)[0].endswith("/polls")
    answer = instance.polls[0].answers[0]
    detail = report.questions[0].question_details[0]
    assert (detail.question, detail.answer, detail.polling_id) == (answer.question, answer.answer, answer.polling_id)
    assert detail.date_time
    assert abs(detail.date_time - answer.date_time) < timedelta(milliseconds=1)


async def test_meeting_qa_with_answers(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, qa=1)

    report = await zoom.reports.meeting_qa(instance.uuid)

    assert last_request(fake)[0].endswith("/qa")
    expected = instance.qa[0].questions[0]
    question = report.questions[0].question_details[0]
    assert (question.question, question.question_id, question.question_status) == (
        expected.question,
        expected.question_id,
        expected.question_status,
    )
    assert [answer.content for answer in question.answer_details] == [answer.content for answer in expected.answers]


async def test_meeting_survey_by_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, survey=2)

    report = await zoom.reports.meeting_survey(instance.uuid)

    assert last_request(fake)[0].endswith("/survey")
    assert instance.survey
    assert (report.meeting_uuid, report.survey_id, report.survey_name) == (
        instance.uuid,
        instance.survey.id,
        instance.survey.name,
    )
    assert [person.name for person in report.survey_answers] == [each.name for each in instance.survey.responses]


async def test_webinar_by_number(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=9, participants=5, start=MAY)

    report = await zoom.reports.webinar(instance.id)

    assert last_request(fake) == (f"GET /v2/report/webinars/{instance.id}", {})
    assert (report.uuid, report.type, report.participants_count) == (instance.uuid, 9, 5)


async def test_webinar_participants(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=9, participants=301, start=MAY)

    people = [person async for person in zoom.reports.webinar_participants(instance.uuid)]

    assert last_request(fake)[0].startswith("GET /v2/report/webinars/")
    assert [person.user_id for person in people] == [visit.user_id for visit in instance.participants]


async def test_webinar_polls_by_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=9, start=MAY, polls=1)

    report = await zoom.reports.webinar_polls(instance.uuid)

    assert last_request(fake)[0].endswith("/polls")
    assert [person.email for person in report.questions] == [response.email for response in instance.polls]


async def test_webinar_qa_by_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=5, start=MAY, qa=2)

    report = await zoom.reports.webinar_qa(instance.id)

    assert last_request(fake) == (f"GET /v2/report/webinars/{instance.id}/qa", {})
    assert (report.uuid, [person.name for person in report.questions]) == (instance.uuid, ["Guest 1", "Guest 2"])


async def test_webinar_survey_by_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=5, start=MAY, survey=2)

    report = await zoom.reports.webinar_survey(instance.id)

    assert last_request(fake) == (f"GET /v2/report/webinars/{instance.id}/survey", {})
    assert instance.survey
    assert (report.webinar_id, report.webinar_uuid) == (instance.id, instance.uuid)
    assert (report.survey_id, report.survey_name) == (instance.survey.id, instance.survey.name)
    assert [person.name for person in report.survey_answers] == ["Guest 1", "Guest 2"]
