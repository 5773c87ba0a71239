"""Reports: what is called, what the server sees, what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.stories import seen

from zoomasync import Zoom
from zoomasync.errors import EmbeddedError, InvalidArgument, NotFound, PermissionDenied
from zoomasync.models import (
    BillingInvoice,
    BillingReport,
    CloudRecordingStorage,
    Host,
    OperationLog,
    SignInActivity,
    UpcomingEvent,
)
from zoomasync.testing import Account, Activity, FakeZoom, Invoice, RecordingStorage, TelephoneLeg
from zoomasync.testing import BillingReport as FakeBillingReport
from zoomasync.testing import OperationLog as FakeOperationLog
from zoomasync.testing import UpcomingEvent as FakeUpcomingEvent

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
IN_MAY = {"from": "2026-05-01", "to": "2026-05-31"}


async def test_activities_tell_who_signed_in_and_out(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.activities.append(Activity(email="ivo@northpier.example", time=MAY, type="Sign out", version="6.4.1"))

    found = [activity async for activity in zoom.reports.activities(from_=FIRST, to=LAST)]

    assert seen(fake) == ("GET /v2/report/activities", IN_MAY)
    assert found == [
        SignInActivity(
            email="ivo@northpier.example",
            time=MAY,
            type="Sign out",
            ip_address="203.0.113.24",
            client_type="Browser",
            version="6.4.1",
        )
    ]


async def test_activities_echo_days_although_zoom_writes_times(zoom: Zoom) -> None:
    pages = [page async for page in zoom.reports.activities(from_=FIRST, to=LAST, page_size=30).pages()]

    assert [(page.from_, page.to, page.page_size) for page in pages] == [(FIRST, LAST, 30)]


async def test_billing_lists_the_periods(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.billing_reports.append(billing_period())

    billing = await zoom.reports.billing()

    assert seen(fake) == ("GET /v2/report/billing", {})
    assert billing.currency == "EUR"
    assert billing.billing_reports == (
        BillingReport(id="bR1", type=0, start_date=FIRST, end_date=LAST, total_amount="1840.50", tax_amount="344.20"),
    )


async def test_billing_invoices_list_the_charges_of_a_period(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.billing_reports.append(billing_period())

    invoices = await zoom.reports.billing_invoices("bR1")

    assert seen(fake) == ("GET /v2/report/billing/invoices", {"billing_id": "bR1"})
    assert invoices.invoices == (
        BillingInvoice(
            invoice_number="30917",
            invoice_charge_name="Business monthly",
            start_date=FIRST,
            end_date=LAST,
            quantity=40,
            total_amount="1600.00",
            tax_amount="299.19",
        ),
    )


async def test_billing_invoices_of_an_unknown_period_are_not_found(zoom: Zoom) -> None:
    with pytest.raises(NotFound) as refused:
        await zoom.reports.billing_invoices("bR9")

    assert refused.value.code == 5010


def billing_period() -> FakeBillingReport:
    charge = Invoice(
        invoice_number="30917",
        invoice_charge_name="Business monthly",
        start_date=FIRST,
        end_date=LAST,
        quantity=40,
        total_amount="1600.00",
        tax_amount="299.19",
    )
    return FakeBillingReport(
        id="bR1",
        start_date=FIRST,
        end_date=LAST,
        type=0,
        total_amount="1840.50",
        tax_amount="344.20",
        invoices=(charge,),
    )


async def test_cloud_recording_tells_the_storage_of_every_day(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.recording_storage.append(RecordingStorage(day=FIRST, usage="812 MB", group_id="g1"))

    report = await zoom.reports.cloud_recording(FIRST, date(2026, 5, 30), group_id="g1")

    assert seen(fake) == (
        "GET /v2/report/cloud_recording",
        {"from": "2026-05-01", "to": "2026-05-30", "group_id": "g1"},
    )
    assert report.cloud_recording_storage == (
        CloudRecordingStorage(date=FIRST, usage="812 MB", plan_usage="3 TB", free_usage="Unlimited"),
    )


async def test_daily_counts_the_days_of_a_month(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.add_instance(participants=4, start=MAY, minutes=30)

    report = await zoom.reports.daily(year=2026, month=5)

    assert seen(fake) == ("GET /v2/report/daily", {"year": "2026", "month": "5"})
    fourth = report.dates[3]
    assert (fourth.date, fourth.meetings, fourth.participants, fourth.meeting_minutes) == (date(2026, 5, 4), 1, 4, 120)
    assert len(report.dates) == 31


async def test_meeting_tells_of_one_ended_meeting(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(participants=3, start=MAY, minutes=42, uuid="/b9Xc0Y//Q1mZ2nW3oV4pA==")

    report = await zoom.reports.meeting(instance.uuid)

    assert seen(fake)[0] == "GET /v2/report/meetings/%252Fb9Xc0Y%252F%252FQ1mZ2nW3oV4pA%253D%253D"
    assert (report.uuid, report.id, report.duration, report.participants_count) == (instance.uuid, instance.id, 42, 3)
    assert (report.start_time, report.end_time) == (MAY, MAY + timedelta(minutes=42))


async def test_meeting_participants_come_stay_by_stay_through_a_rate_limit(
    zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    instance = account.add_instance(participants=650, start=MAY)
    fake.throttle("GET /report/meetings/{meetingId}/participants", on_request=2, retry_after="0")

    people = [person async for person in zoom.reports.meeting_participants(instance.id)]

    assert [person.user_id for person in people] == [visit.user_id for visit in instance.participants]
    assert people[1].id == people[1].participant_user_id == ""  # a guest


async def test_meeting_participants_carry_their_registration_when_asked(
    zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    instance = account.add_instance(participants=2, start=MAY)

    people = [person async for person in zoom.reports.meeting_participants(instance.id, include_fields="registrant_id")]

    assert seen(fake)[1]["include_fields"] == "registrant_id"
    assert [person.registrant_id for person in people] == [visit.registrant_id for visit in instance.participants]


async def test_meeting_polls_tell_who_answered_what_and_when(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, polls=2)

    report = await zoom.reports.meeting_polls(instance.uuid)

    assert seen(fake)[0].endswith("/polls")
    answer = instance.polls[0].answers[0]
    detail = report.questions[0].question_details[0]
    assert (detail.question, detail.answer, detail.polling_id) == (answer.question, answer.answer, answer.polling_id)
    assert detail.date_time
    assert abs(detail.date_time - answer.date_time) < timedelta(milliseconds=1)


async def test_meeting_qa_tells_every_answer(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, qa=1)

    report = await zoom.reports.meeting_qa(instance.uuid)

    assert seen(fake)[0].endswith("/qa")
    asked = instance.qa[0].questions[0]
    question = report.questions[0].question_details[0]
    assert (question.question, question.question_id, question.question_status) == (
        asked.question,
        asked.question_id,
        asked.question_status,
    )
    assert [answer.content for answer in question.answer_details] == [answer.content for answer in asked.answers]


async def test_meeting_survey_tells_who_answered_what(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=MAY, survey=2)

    report = await zoom.reports.meeting_survey(instance.uuid)

    assert seen(fake)[0].endswith("/survey")
    assert instance.survey
    assert (report.meeting_uuid, report.survey_id, report.survey_name) == (
        instance.uuid,
        instance.survey.id,
        instance.survey.name,
    )
    assert [person.name for person in report.survey_answers] == [each.name for each in instance.survey.responses]


async def test_operation_logs_tell_who_changed_what(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    for category in ("Recording", "user"):
        account.operation_logs.append(
            FakeOperationLog(
                time=MAY,
                operator="admin@northpier.example",
                category_type=category,
                action="Update",
                operation_detail="x",
            )
        )

    found = [entry async for entry in zoom.reports.operation_logs(FIRST, LAST, category_type="recording")]

    assert seen(fake)[1] == IN_MAY | {"category_type": "recording", "page_size": "300"}
    assert found == [
        OperationLog(
            time=MAY,
            operator="admin@northpier.example",
            category_type="Recording",
            action="Update",
            operation_detail="x",
        )
    ]


async def test_telephone_lists_call_legs_by_the_time_asked_for(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(start=datetime(2026, 4, 30, 23, 50, tzinfo=UTC))
    start = datetime(2026, 5, 1, 0, 5, tzinfo=UTC)
    account.telephone_legs.append(
        TelephoneLeg(
            instance=instance,
            start_time=start,
            end_time=start + timedelta(minutes=40),
            report_type="2",
            type="Toll",
            rate=0.045,
        )
    )

    legs = [leg async for leg in zoom.reports.telephone(FIRST, LAST, type_="2")]
    by_meeting = [
        leg async for leg in zoom.reports.telephone(FIRST, LAST, type_="2", query_date_type="meeting_start_time")
    ]

    assert seen(fake)[1] == IN_MAY | {"type": "2", "query_date_type": "meeting_start_time", "page_size": "300"}
    assert by_meeting == []
    (leg,) = legs
    assert (leg.uuid, leg.meeting_id, leg.type, leg.start_time) == (instance.uuid, instance.id, "Toll", start)
    assert (leg.duration, leg.rate, leg.total) == (40, 0.045, 1.8)


async def test_upcoming_events_list_what_is_to_come(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host("Ivo Lind", dept="Rail")
    start = datetime(2026, 6, 20, 13, tzinfo=UTC)
    account.upcoming_events.append(
        FakeUpcomingEvent(id="vB4n==", topic="Rail", start_time=start, host=host, webinar=True)
    )

    events = [
        event async for event in zoom.reports.upcoming_events(date(2026, 6, 15), date(2026, 7, 14), type_="webinar")
    ]

    assert seen(fake)[1] == {"from": "2026-06-15", "to": "2026-07-14", "type": "webinar", "page_size": "300"}
    assert events == [
        UpcomingEvent(id="vB4n==", topic="Rail", start_time=start, dept="Rail", host_id=host.id, host_name="Ivo Lind")
    ]


async def test_users_list_the_hosts_who_were_active(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    active, _ = account.add_host("Nadia Orr", dept="Works"), account.add_host("Idle")
    account.add_instance(active, participants=3, start=MAY, minutes=20)

    pages = [page async for page in zoom.reports.users(FIRST, LAST, type_="active").pages()]

    assert seen(fake)[1] == IN_MAY | {"type": "active", "page_size": "300"}
    (page,) = pages
    assert page.items == (
        Host(
            id=active.id,
            email=active.email,
            user_name="Nadia Orr",
            type=2,
            dept="Works",
            meetings=1,
            participants=3,
            meeting_minutes=60,
        ),
    )
    assert (page.total_records, page.total_meetings, page.from_, page.to) == (1, 1, FIRST, LAST)


async def test_user_meetings_list_what_a_user_held_with_times_that_can_be_compared(
    zoom: Zoom, fake: FakeZoom, account: Account
) -> None:
    host = account.add_host("Nadia Orr", email="nadia+orr@northpier.example")
    instance = account.add_instance(host, start=MAY + timedelta(seconds=11), topic="بندر")

    meetings = [meeting async for meeting in zoom.reports.user_meetings(host.email, FIRST, LAST, type_="past")]

    assert seen(fake) == (
        "GET /v2/report/users/nadia%2Borr%40northpier.example/meetings",
        IN_MAY | {"type": "past", "page_size": "300"},
    )
    (meeting,) = meetings
    assert (meeting.uuid, meeting.id, meeting.topic) == (instance.uuid, instance.id, "بندر")
    assert meeting.start_time == MAY + timedelta(seconds=11)
    assert meeting.join_time == MAY  # Zoom writes it to the minute, without a zone


async def test_webinar_tells_of_one_ended_webinar(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=9, participants=5, start=MAY)

    report = await zoom.reports.webinar(instance.id)

    assert seen(fake) == (f"GET /v2/report/webinars/{instance.id}", {})
    assert (report.uuid, report.type, report.participants_count) == (instance.uuid, 9, 5)


async def test_webinar_participants_come_stay_by_stay(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=9, participants=301, start=MAY)

    people = [person async for person in zoom.reports.webinar_participants(instance.uuid)]

    assert seen(fake)[0].startswith("GET /v2/report/webinars/")
    assert [person.user_id for person in people] == [visit.user_id for visit in instance.participants]


async def test_webinar_polls_tell_who_answered_what(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    instance = account.add_instance(type=9, start=MAY, polls=1)

    report = await zoom.reports.webinar_polls(instance.uuid)

    assert seen(fake)[0].endswith("/polls")
    assert [person.email for person in report.questions] == [response.email for response in instance.polls]


async def test_a_refusal_inside_http_200_is_never_an_empty_report(zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond("GET /report/users", status=200, body={"code": 200, "message": "Only available for Paid account: a1."})

    with pytest.raises(EmbeddedError, match="Only available for Paid account"):
        await anext(aiter(zoom.reports.users(FIRST, LAST)))


async def test_a_missing_permission_names_the_scopes_in_either_spelling(zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond("GET /report/daily", status=400, body={"code": 200, "message": "No permission."})

    with pytest.raises(PermissionDenied) as refused:
        await zoom.reports.daily(year=2026, month=5)

    assert str(refused.value).startswith(
        "GET /report/daily -> 400 (Zoom code 200): No permission. "
        "Needs one of: report:read:admin, report:read:daily_usage:admin"
    )


@pytest.mark.parametrize(
    ("from_", "to", "message"),
    [
        (LAST, FIRST, "upside down"),
        (FIRST, date(2026, 6, 1), "more than 31 days"),
        (datetime(2026, 5, 1, tzinfo=UTC), LAST, "takes a date"),
    ],
    ids=["upside down", "over a month", "a time"],
)
async def test_a_range_that_cannot_be_is_refused_where_it_is_given(
    from_: date, to: date, message: str, zoom: Zoom, fake: FakeZoom
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        zoom.reports.users(from_, to)

    assert fake.requests == ()


async def test_what_no_month_and_no_bill_has_is_refused_before_anything_is_sent(zoom: Zoom, fake: FakeZoom) -> None:
    with pytest.raises(InvalidArgument, match="month"):
        await zoom.reports.daily(year=2026, month=13)
    with pytest.raises(InvalidArgument, match="billing_id"):
        await zoom.reports.billing_invoices("")

    assert fake.requests == ()
