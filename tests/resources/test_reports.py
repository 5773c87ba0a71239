"""The reports of `zoom.reports` on the account and its users, against the fake server."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.stories import last_request

from zoomasync import Zoom
from zoomasync.errors import EmbeddedError, InvalidArgument, MissingScope, NotFound
from zoomasync.models.reports import (
    BillingInvoice,
    BillingReport,
    CloudRecordingStorage,
    Host,
    MeetingActivity,
    OperationLog,
    SignInActivity,
    UpcomingEvent,
    UserMeeting,
)
from zoomasync.testing import Account, Activity, FakeZoom, Invoice, RecordingStorage, RemoteSupport, TelephoneLeg
from zoomasync.testing import BillingReport as FakeBillingReport
from zoomasync.testing import MeetingActivity as FakeMeetingActivity
from zoomasync.testing import OperationLog as FakeOperationLog
from zoomasync.testing import UpcomingEvent as FakeUpcomingEvent

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
IN_MAY = {"from": "2026-05-01", "to": "2026-05-31"}


async def test_activities(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.activities.append(Activity(email="ivo@northpier.example", time=MAY, type="Sign out", version="6.4.1"))

    listed = [activity async for activity in zoom.reports.activities(from_=FIRST, to=LAST)]

    assert last_request(fake) == ("GET /v2/report/activities", IN_MAY)
    assert listed == [
        SignInActivity(
            email="ivo@northpier.example",
            time=MAY,
            type="Sign out",
            ip_address="203.0.113.24",
            client_type="Browser",
            version="6.4.1",
        )
    ]


async def test_activities_range_is_days(zoom: Zoom) -> None:
    """*from_* and *to* of a page are days, although Zoom sends them with a time."""
    pages = [page async for page in zoom.reports.activities(from_=FIRST, to=LAST, page_size=30).pages()]

    assert [(page.from_, page.to, page.page_size) for page in pages] == [(FIRST, LAST, 30)]


async def test_billing_periods(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.billing_reports.append(billing_period())

    [page] = [page async for page in zoom.reports.billing().pages()]

    assert last_request(fake) == ("GET /v2/report/billing", {})
    assert (page.currency, page.next_page_token) == ("EUR", "")
    assert page.items == (
        BillingReport(id="bR1", type=0, start_date=FIRST, end_date=LAST, total_amount="1840.50", tax_amount="344.20"),
    )


async def test_billing_invoices_of_period(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.billing_reports.append(billing_period())

    invoices = [invoice async for invoice in zoom.reports.billing_invoices("bR1")]

    assert last_request(fake) == ("GET /v2/report/billing/invoices", {"billing_id": "bR1"})
    assert invoices == [
        BillingInvoice(
            invoice_number="30917",
            invoice_charge_name="Business monthly",
            start_date=FIRST,
            end_date=LAST,
            quantity=40,
            total_amount="1600.00",
            tax_amount="299.19",
        ),
    ]


async def test_billing_invoices_unknown_raises(zoom: Zoom) -> None:
    with pytest.raises(NotFound) as raised:
        await anext(aiter(zoom.reports.billing_invoices("bR9")))

    assert raised.value.code == 5010


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


async def test_cloud_recording_storage(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.recording_storage.append(RecordingStorage(day=FIRST, usage="812 MB", group_id="g1"))

    days = [day async for day in zoom.reports.cloud_recording(FIRST, date(2026, 5, 30), group_id="g1")]

    assert last_request(fake) == (
        "GET /v2/report/cloud_recording",
        {"from": "2026-05-01", "to": "2026-05-30", "group_id": "g1"},
    )
    assert days == [CloudRecordingStorage(date=FIRST, usage="812 MB", plan_usage="3 TB", free_usage="Unlimited")]


async def test_daily_usage_of_month(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.add_instance(participants=4, start=MAY, minutes=30)

    days = [day async for day in zoom.reports.daily(year=2026, month=5)]

    assert last_request(fake) == ("GET /v2/report/daily", {"year": "2026", "month": "5"})
    fourth = days[3]
    assert (fourth.date, fourth.meetings, fourth.participants, fourth.meeting_minutes) == (date(2026, 5, 4), 1, 4, 120)
    assert len(days) == 31


async def test_history_of_features(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host("Nadia Orr", dept="Works", group_ids=("g1",))
    instance = account.add_instance(host, start=MAY, type=9, participants=4, minutes=20, polls=1, topic="Crane dates")
    account.add_instance(start=MAY, topic="Crane dates")

    listed = [
        meeting
        async for meeting in zoom.reports.history_meetings(
            FIRST,
            LAST,
            date_type="end_time",
            meeting_type="webinar",
            report_type="poll",
            search_key="crane",
            group_id="g1",
            meeting_feature=["reaction", "poll"],
        )
    ]

    assert last_request(fake) == (
        "GET /v2/report/history_meetings",
        IN_MAY
        | {"date_type": "end_time", "meeting_type": "webinar", "report_type": "poll", "search_key": "crane"}
        | {"group_id": "g1", "meeting_feature": "reaction,poll", "page_size": "300"},
    )
    (meeting,) = listed
    assert (meeting.meeting_uuid, meeting.meeting_id, meeting.type) == (instance.uuid, instance.id, "Webinar")
    assert (meeting.host_display_name, meeting.department, meeting.group) == ("Nadia Orr", "Works", ("g1",))
    assert (meeting.start_time, meeting.end_time) == (MAY, MAY + timedelta(minutes=20))
    assert (meeting.participants, meeting.duration, meeting.total_participant_minutes) == (4, 20, 80)
    assert (meeting.unique_viewers, meeting.max_concurrent_views) == (3, 3)
    assert meeting.feature_used
    assert (meeting.feature_used.poll, meeting.feature_used.reaction) == (True, False)


async def test_meeting_activities_of_person(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The time of an action has no zone in the response, and is decoded as UTC."""
    time = MAY + timedelta(milliseconds=216)
    for name in ("Ivo Lind", "Nadia Orr"):
        account.meeting_activities.append(FakeMeetingActivity(meeting_number=85012345678, time=time, operator=name))

    listed = [
        activity
        async for activity in zoom.reports.meeting_activities(
            FIRST, LAST, "Meeting Started", meeting_number=85012345678, search_key="ivo"
        )
    ]

    assert last_request(fake) == (
        "GET /v2/report/meeting_activities",
        IN_MAY
        | {"activity_type": "Meeting Started", "meeting_number": "85012345678", "search_key": "ivo"}
        | {"page_size": "300"},
    )
    assert listed == [
        MeetingActivity(
            meeting_number="850 1234 5678",
            activity_time=time,
            operator="Ivo Lind",
            operator_email="",
            activity_category="Meeting Started",
            activity_detail="Meeting Started",
        )
    ]


async def test_operation_logs_of_category(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
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

    listed = [entry async for entry in zoom.reports.operation_logs(FIRST, LAST, category_type="recording")]

    assert last_request(fake)[1] == IN_MAY | {"category_type": "recording", "page_size": "300"}
    assert listed == [
        OperationLog(
            time=MAY,
            operator="admin@northpier.example",
            category_type="Recording",
            action="Update",
            operation_detail="x",
        )
    ]


async def test_remote_support(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The times of waiting and of the support are text."""
    instance = account.add_instance(start=MAY)
    start = MAY + timedelta(minutes=3, seconds=28)
    account.remote_supports.append(
        RemoteSupport(
            instance=instance,
            request_time=start - timedelta(seconds=88),
            start_time=start,
            end_time=start + timedelta(hours=1, minutes=2),
            supporter_name="Nadia Orr",
            supportee_name="Tom",
        )
    )

    [log] = [log async for log in zoom.reports.remote_support(FIRST, LAST, page_size=20)]

    assert last_request(fake) == ("GET /v2/report/remote_support", IN_MAY | {"page_size": "20"})
    assert (log.meeting_uuid, log.meeting_number, log.meeting_start_time) == (instance.uuid, instance.id, MAY)
    assert (log.supporter_name, log.supportee_name) == ("Nadia Orr", "Tom")
    assert (log.start_time, log.wait_time, log.duration) == (start, "01:28", "1:02:00")


async def test_telephone_by_date_type(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The range applies to the start of the leg by default, or to the time that *query_date_type* names."""
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

    assert last_request(fake)[1] == IN_MAY | {"type": "2", "query_date_type": "meeting_start_time", "page_size": "300"}
    assert by_meeting == []
    (leg,) = legs
    assert (leg.uuid, leg.meeting_id, leg.type, leg.start_time) == (instance.uuid, instance.id, "Toll", start)
    assert (leg.duration, leg.rate, leg.total) == (40, 0.045, 1.8)


async def test_upcoming_events_of_type(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    host = account.add_host("Ivo Lind", dept="Rail")
    start = datetime(2026, 6, 20, 13, tzinfo=UTC)
    account.upcoming_events.append(
        FakeUpcomingEvent(id="vB4n==", topic="Rail", start_time=start, host=host, webinar=True)
    )

    events = [
        event async for event in zoom.reports.upcoming_events(date(2026, 6, 15), date(2026, 7, 14), type_="webinar")
    ]

    assert last_request(fake)[1] == {"from": "2026-06-15", "to": "2026-07-14", "type": "webinar", "page_size": "300"}
    assert events == [
        UpcomingEvent(id="vB4n==", topic="Rail", start_time=start, dept="Rail", host_id=host.id, host_name="Ivo Lind")
    ]


async def test_users_active_in_range(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    active, _ = account.add_host("Nadia Orr", dept="Works"), account.add_host("Idle")
    account.add_instance(active, participants=3, start=MAY, minutes=20)

    pages = [page async for page in zoom.reports.users(FIRST, LAST, type_="active").pages()]

    assert last_request(fake)[1] == IN_MAY | {"type": "active", "page_size": "300"}
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


async def test_user_meetings_of_user(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """All times are aware, also those that Zoom sends without a zone."""
    host = account.add_host("Nadia Orr", email="nadia+orr@northpier.example")
    instance = account.add_instance(host, start=MAY + timedelta(seconds=11), topic="بندر")

    meetings = [meeting async for meeting in zoom.reports.user_meetings(host.email, FIRST, LAST, type_="past")]

    assert last_request(fake) == (
        "GET /v2/report/users/nadia%2Borr%40northpier.example/meetings",
        IN_MAY | {"type": "past", "page_size": "300"},
    )
    (meeting,) = meetings
    assert (meeting.uuid, meeting.id, meeting.topic) == (instance.uuid, instance.id, "بندر")
    assert meeting.start_time == MAY + timedelta(seconds=11)
    assert meeting.join_time == MAY  # to the minute


def test_user_meeting_is_webinar() -> None:
    webinars = [type_ for type_ in (None, *range(11)) if UserMeeting(uuid="u", type=type_).is_webinar]

    assert webinars == [5, 6, 9]


async def test_error_in_http_200_raises(zoom: Zoom, fake: FakeZoom) -> None:
    """An error body with HTTP 200 is not an empty report."""
    fake.respond("GET /report/users", status=200, body={"code": 200, "message": "Only available for Paid account: a1."})

    with pytest.raises(EmbeddedError, match="Only available for Paid account"):
        await anext(aiter(zoom.reports.users(FIRST, LAST)))


async def test_missing_scope_is_named(zoom: Zoom, fake: FakeZoom) -> None:
    """The error names the scope in its older and in its granular form."""
    fake.respond("GET /report/daily", status=400, body={"code": 4711, "message": "No scope."})

    with pytest.raises(MissingScope) as raised:
        await anext(aiter(zoom.reports.daily(year=2026, month=5)))

    assert str(raised.value).startswith(
        "GET /report/daily -> 400 (Zoom code 4711): No scope. "
        "Needs one of: report:read:admin, report:read:daily_usage:admin"
    )


@pytest.mark.parametrize(
    ("from_", "to", "message"),
    [
        (LAST, FIRST, "after"),
        (FIRST, date(2026, 6, 1), "more than 31 days"),
        (datetime(2026, 5, 1, tzinfo=UTC), LAST, "takes a date"),
    ],
    ids=["reversed", "over-31-days", "datetime"],
)
async def test_invalid_range_raises(from_: date, to: date, message: str, zoom: Zoom, fake: FakeZoom) -> None:
    """An invalid range raises before a request is sent."""
    with pytest.raises(InvalidArgument, match=message):
        zoom.reports.users(from_, to)

    assert fake.requests == ()


async def test_invalid_arguments_raise(zoom: Zoom, fake: FakeZoom) -> None:
    """An invalid month or billing id raises before a request is sent."""
    with pytest.raises(InvalidArgument, match="month"):
        zoom.reports.daily(year=2026, month=13)
    with pytest.raises(InvalidArgument, match="billing_id"):
        zoom.reports.billing_invoices("")

    assert fake.requests == ()
