"""The responses of the fake's report routes, compared with the account's data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.fake_http import Caller, calling

from zoomasync.testing import (
    Account,
    Activity,
    BillingReport,
    CustomKey,
    FakeZoom,
    Host,
    Instance,
    Invoice,
    OperationLog,
    RecordingStorage,
    TelephoneLeg,
    UpcomingEvent,
    Visit,
)

TODAY = date(2026, 3, 18)
START = datetime(2026, 3, 4, 9, 0, 11, 660_000, tzinfo=UTC)


def new_account() -> Account:
    return Account(today=TODAY)


async def test_past_meeting_has_all_fields() -> None:
    account = new_account()
    host = account.add_host("Nadia Orr", email="nadia@northpier.example", dept="Works")
    instance = account.add_instance(
        host, participants=3, start=START, minutes=42, id=84123450987, type=8, topic="Round"
    )
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get("/past_meetings/84123450987")

    assert response.body == {
        "id": 84123450987,
        "uuid": instance.uuid,
        "host_id": host.id,
        "user_name": "Nadia Orr",
        "user_email": "nadia@northpier.example",
        "dept": "Works",
        "source": "Zoom",
        "topic": "Round",
        "type": 8,
        "start_time": "2026-03-04T09:00:11Z",
        "end_time": "2026-03-04T09:42:11Z",
        "duration": 42,
        "total_minutes": 126,
        "participants_count": 3,
        "has_meeting_summary": False,
    }


async def test_report_meeting_fields() -> None:
    account = new_account()
    instance = account.add_instance(start=START)
    async with calling(FakeZoom(account, plan=None)) as caller:
        body = (await caller.get(f"/report/meetings/{instance.id}")).body

    assert set(body) == {
        *("id", "uuid", "host_id", "user_name", "user_email", "dept", "topic", "type", "start_time", "end_time"),
        *("duration", "total_minutes", "participants_count", "custom_keys", "tracking_fields"),
    }


async def test_instances_oldest_first() -> None:
    account = new_account()
    later = account.add_instance(id=81, start=START, uuid="a==")
    earlier = account.add_instance(id=81, start=START - timedelta(days=7), uuid="b==")
    account.add_instance(id=82, start=START)
    async with calling(FakeZoom(account, plan=None)) as caller:
        full = await caller.get("/past_meetings/81/instances")
        ranged = await caller.get("/past_meetings/81/instances", from_="2026-03-01", to="2026-03-31")

    assert [row["uuid"] for row in full.rows("meetings")] == [earlier.uuid, later.uuid]
    assert [row["uuid"] for row in ranged.rows("meetings")] == [later.uuid]


async def test_number_names_latest_instance() -> None:
    account = new_account()
    later = account.add_instance(id=81, start=START)
    account.add_instance(id=81, start=START - timedelta(days=7))
    async with calling(FakeZoom(account, plan=None)) as caller:
        responses = [await caller.get("/past_meetings/81"), await caller.get("/report/meetings/81")]

    assert [response.body["uuid"] for response in responses] == [later.uuid] * 2


def three_visits() -> list[Visit]:
    end = START + timedelta(minutes=30)
    return [
        Visit(
            user_id="1", name="Ana", id="idAna", user_email="ana@northpier.example", join_time=START, leave_time=end,
            internal_user=True, registrant_id="rG5", fraction_digits=2,
        ),
        Visit(user_id="2", name="", join_time=START, leave_time=None, bo_mtg_id="27510336", customer_key="dock-7"),
        Visit(user_id="3", name="Late", join_time=START, leave_time=end, status="in_waiting_room",
             omitted_keys=frozenset({"failover"})),
    ]  # fmt: skip


async def test_past_participants_per_visit() -> None:
    account = new_account()
    instance = account.add_instance(participants=three_visits())
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get(f"/past_meetings/{instance.id}/participants")

    ana, guest, waiting = response.rows("participants")
    assert ana == {
        "id": "idAna",
        "user_id": "1",
        "name": "Ana",
        "user_email": "ana@northpier.example",
        "join_time": "2026-03-04T09:00:11.66Z",
        "leave_time": "2026-03-04T09:30:11.66Z",
        "duration": 1800,
        "failover": False,
        "status": "in_meeting",
        "internal_user": True,
        "registrant_id": "rG5",
    }
    assert (guest["id"], guest["leave_time"], guest["duration"]) == ("", "", 0)
    assert "registrant_id" not in guest
    assert waiting["status"] == "in_waiting_room"
    assert "failover" not in waiting
    assert (response.body["total_records"], response.body["page_count"], response.body["page_size"]) == (3, 1, 30)


@pytest.mark.parametrize(
    ("digits", "text"),
    [(0, "2026-03-04T09:00:11Z"), (1, "2026-03-04T09:00:11.6Z"), (9, "2026-03-04T09:00:11.660000000Z")],
)
async def test_fraction_digits(digits: int, text: str) -> None:
    account = new_account()
    visits = [
        Visit(user_id=str(n), name=f"G{n}", join_time=START, leave_time=START, fraction_digits=digits) for n in range(2)
    ]
    instance = account.add_instance(participants=visits)
    async with calling(FakeZoom(account, plan=None)) as caller:
        rows = (await caller.get(f"/report/meetings/{instance.id}/participants")).rows("participants")

    assert [row["join_time"] for row in rows] == [text, text]


def test_minutes_are_rounded_up() -> None:
    account = new_account()
    visits = [
        Visit(user_id=str(n), name=f"G{n}", join_time=START, leave_time=START + timedelta(seconds=31)) for n in range(2)
    ]

    assert account.add_instance(participants=visits).total_minutes == 2


@pytest.mark.parametrize(("kind", "type_"), [("meetings", 2), ("webinars", 5)])
async def test_include_fields_registrant_id(kind: str, type_: int) -> None:
    account = new_account()
    instance = account.add_instance(participants=three_visits(), type=type_)
    async with calling(FakeZoom(account, plan=None)) as caller:
        path = f"/report/{kind}/{instance.id}/participants"
        plain = await caller.every(path, "participants")
        full = await caller.every(path, "participants", include_fields="registrant_id")

    assert [row.get("registrant_id") for row in plain] == [None, None, None]
    assert [row.get("registrant_id") for row in full] == ["rG5", "", ""]
    assert [row["participant_user_id"] for row in plain] == ["idAna", "", ""]
    assert [row.get("bo_mtg_id", "missing") for row in plain] == ["missing", "27510336", "missing"]
    assert [row["customer_key"] for row in plain] == ["", "dock-7", ""]


async def test_one_person_participants() -> None:
    """`/past_meetings` returns an empty list for a meeting of one person, the report 404."""
    account = new_account()
    instance = account.add_instance(participants=1)
    async with calling(FakeZoom(account, plan=None)) as caller:
        past = await caller.get(f"/past_meetings/{instance.id}/participants")
        report = await caller.get(f"/report/meetings/{instance.id}/participants")

    assert past.rows("participants") == []
    assert (report.status, report.code) == (404, 3001)


@pytest.mark.parametrize(("kind", "type_"), [("meetings", 2), ("webinars", 9)])
async def test_report_polls(kind: str, type_: int) -> None:
    account = new_account()
    instance = account.add_instance(polls=2, type=type_, start=START)
    async with calling(FakeZoom(account, plan=None)) as caller:
        body = (await caller.get(f"/report/{kind}/{instance.id}/polls")).body

    assert (body["id"], body["uuid"], body["start_time"]) == (instance.id, instance.uuid, "2026-03-04T09:00:11Z")
    assert body["questions"] == [
        {
            "name": f"Guest {number}",
            "first_name": "Guest",
            "last_name": str(number),
            "email": "",
            "question_details": [
                {
                    "question": "Which slot?",
                    "answer": "Morning",
                    "polling_id": "P0lA7bC9dEfGhIjKlMnOpQ",
                    "date_time": "2026-03-04T09:05:11.660Z",
                }
            ],
        }
        for number in (1, 2)
    ]


async def test_past_polls() -> None:
    account = new_account()
    instance = account.add_instance(polls=1, start=START)
    async with calling(FakeZoom(account, plan=None)) as caller:
        (row,) = (await caller.get(f"/past_meetings/{instance.id}/polls")).rows("questions")

    assert set(row) == {"name", "first_name", "last_name", "email", "question_details"}
    assert "2026-03-04T09:05:11Z" in str(row["question_details"])


async def test_qa_past_and_report() -> None:
    """`/past_meetings` joins the answers to a question, and the report lists them."""
    account = new_account()
    instance = account.add_instance(qa=1, start=START)
    async with calling(FakeZoom(account, plan=None)) as caller:
        past = await caller.get(f"/past_meetings/{instance.id}/qa")
        report = await caller.get(f"/report/meetings/{instance.id}/qa")

    assert past.rows("questions") == [
        {"name": "Guest 1", "email": "", "question_details": [{"question": "Question 1?", "answer": "Yes"}]}
    ]
    assert report.rows("questions") == [
        {
            "user_id": "",
            "name": "Guest 1",
            "email": "",
            "question_details": [
                {
                    "question": "Question 1?",
                    "question_id": "q1",
                    "create_time": "2026-03-04T09:10:11.660Z",
                    "question_status": "answered",
                    "answer": "Yes",
                    "answer_details": [
                        {
                            "user_id": "",
                            "name": "Host",
                            "email": "",
                            "content": "Yes",
                            "create_time": "2026-03-04T09:11:11.660Z",
                            "type": "host_answered_publicly",
                        }
                    ],
                }
            ],
        }
    ]


async def test_report_survey() -> None:
    account = new_account()
    instance = account.add_instance(survey=1)
    async with calling(FakeZoom(account, plan=None)) as caller:
        body = (await caller.get(f"/report/meetings/{instance.id}/survey")).body

    assert (body["meeting_id"], body["meeting_uuid"]) == (instance.id, instance.uuid)
    assert (body["survey_id"], body["survey_name"]) == ("sV3yQ7wRTkYpZ1", "After the call")
    assert "Right length?" in str(body["survey_answers"])


async def test_reports_without_data_are_empty() -> None:
    account = new_account()
    instance = account.add_instance()
    async with calling(FakeZoom(account, plan=None)) as caller:
        report = f"/report/meetings/{instance.id}"
        polls, qa, survey = [await caller.get(f"{report}/{kind}") for kind in ("polls", "qa", "survey")]

    assert (polls.rows("questions"), qa.rows("questions"), survey.rows("survey_answers")) == ([], [], [])


async def test_user_meetings_by_type() -> None:
    account = new_account()
    host, other = account.add_host(), account.add_host()
    pair = account.add_instance(host, participants=2, start=START)
    alone = account.add_instance(host, participants=1, start=START)
    joined = account.add_instance(
        other,
        start=START + timedelta(hours=1),
        participants=[
            Visit(user_id="1", name="O", id=other.id, join_time=START, leave_time=START),
            Visit(user_id="2", name="H", id=host.id, join_time=START, leave_time=START),
        ],
    )
    async with calling(FakeZoom(account, plan=None)) as caller:

        async def uuids(user: str, **query: str) -> list[object]:
            path = f"/report/users/{user}/meetings"
            rows = await caller.every(path, "meetings", from_="2026-03-01", to="2026-03-18", **query)
            return [row["uuid"] for row in rows]

        assert await uuids(host.id) == [pair.uuid]
        assert await uuids(host.email, type_="past") == [pair.uuid]
        assert await uuids(host.id, type_="pastOne") == [alone.uuid]
        assert await uuids(host.id, type_="pastJoined") == [pair.uuid, joined.uuid]


async def test_user_meeting_has_all_fields() -> None:
    """The row has times in both of Zoom's formats."""
    account = new_account()
    host = account.add_host("Nadia Orr")
    account.instances.append(
        Instance(
            uuid="k7Qd+2mV==",
            id=81,
            topic="Round",
            type=8,
            host=host,
            start_time=START,
            end_time=START + timedelta(minutes=30),
            schedule_time=START.replace(second=0),
            custom_keys=(CustomKey(key="site", value="north"),),
            participants=(
                Visit(
                    user_id="0",
                    name="Nadia",
                    id=host.id,
                    join_time=START,
                    leave_time=START + timedelta(minutes=1),
                    status="in_waiting_room",
                    internal_user=True,
                ),
                Visit(
                    user_id="1",
                    name="Nadia",
                    id=host.id,
                    join_time=START + timedelta(minutes=1),
                    leave_time=START + timedelta(minutes=30),
                    internal_user=True,
                ),
                Visit(user_id="2", name="Guest", join_time=START, leave_time=START + timedelta(minutes=30)),
            ),
        )
    )
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get(f"/report/users/{host.id}/meetings", from_="2026-03-01", to="2026-03-18")

    (row,) = response.rows("meetings")
    assert (response.body["from"], response.body["to"], response.body["page_number"]) == ("2026-03-01", "2026-03-18", 1)
    assert row == {
        "uuid": "k7Qd+2mV==",
        "id": 81,
        "type": 8,
        "topic": "Round",
        "user_name": "Nadia Orr",
        "user_email": "host1@northpier.example",
        "host_name": "Nadia Orr",
        "host_organization": "Northpier",
        "start_time": "2026-03-04T09:00:11Z",
        "end_time": "2026-03-04T09:30:11Z",
        "duration": 30,
        "total_minutes": 59,
        "participants_count": 2,
        "participants_count_my_account": 1,
        "source": "Zoom",
        "session_key": "",
        "schedule_time": "03/04/2026 09:00",
        "join_time": "03/04/2026 09:01",
        "leave_time": "03/04/2026 09:30",
        "join_waiting_room_time": "03/04/2026 09:00",
        "has_chat": False,
        "has_recording": False,
        "has_screen_share": False,
        "meeting_encryption_status": 2,
        "custom_keys": [{"key": "site", "value": "north"}],
    }


async def test_users_active_and_inactive() -> None:
    """A host is active after an instance with at least two people."""
    account = new_account()
    busy, alone, idle = account.add_host("Busy"), account.add_host("Alone"), account.add_host("Idle")
    account.add_instance(busy, participants=3, minutes=10, start=START)
    account.add_instance(alone, participants=1, start=START)
    async with calling(FakeZoom(account, plan=None)) as caller:
        window = {"from_": "2026-03-01", "to": "2026-03-18"}
        active = await caller.get("/report/users", type_="active", **window)
        inactive = await caller.get("/report/users", type_="inactive", **window)

    (row,) = active.rows("users")
    assert (row["id"], row["meetings"], row["participants"], row["meeting_minutes"]) == (busy.id, 1, 3, 30)
    assert [row["id"] for row in inactive.rows("users")] == [alone.id, idle.id]
    totals = ("total_meetings", "total_participants", "total_meeting_minutes", "total_records")
    assert [active.body[name] for name in totals] == [1, 3, 30, 1]


async def test_range_includes_both_days() -> None:
    account = new_account()
    host = account.add_host()
    for start in ("2026-01-31T23:59:59", "2026-02-01T00:00:00", "2026-02-28T23:59:59", "2026-03-01T00:00:00"):
        account.add_instance(host, start=datetime.fromisoformat(start).replace(tzinfo=UTC))
    async with calling(FakeZoom(account, plan=None)) as caller:
        path = f"/report/users/{host.id}/meetings"
        rows = await caller.every(path, "meetings", from_="2026-02-01", to="2026-02-28")

    assert [row["start_time"] for row in rows] == ["2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"]


async def test_daily_has_days_until_today() -> None:
    account = new_account()
    account.hosts.append(Host(id="new", email="n@x.example", name="New", created=date(2026, 3, 4)))
    account.add_instance(participants=3, minutes=10, start=START)
    async with calling(FakeZoom(account, plan=None)) as caller:
        this_month = await caller.get("/report/daily")
        february = await caller.get("/report/daily", year=2026, month=2)

    assert len(this_month.rows("dates")) == 18
    assert this_month.rows("dates")[3] == {
        "date": "2026-03-04",
        "new_users": 1,
        "meetings": 1,
        "participants": 3,
        "meeting_minutes": 30,
    }
    assert (february.body["year"], february.body["month"], len(february.rows("dates"))) == (2026, 2, 28)


async def test_activities_repeat_range() -> None:
    account = new_account()
    account.activities += [
        Activity(email="a@x.example", time=START),
        Activity(email="b@x.example", time=START - timedelta(40)),
    ]
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get("/report/activities", from_="2026-03-01", to="2026-03-18")
        by_default = await caller.get("/report/activities")

    assert (response.body["from"], response.body["to"]) == ("2026-03-01T00:00:00Z", "2026-03-18T00:00:00Z")
    assert [row["email"] for row in response.rows("activity_logs")] == ["a@x.example"]
    assert "total_records" not in response.body
    assert by_default.rows("activity_logs") == response.rows("activity_logs")


async def test_operation_logs_by_category() -> None:
    """The category of an entry is free text, such as "User Settings" for `user_settings`."""
    account = new_account()
    account.operation_logs += [
        OperationLog(time=START, operator="o", category_type=category, action="Update", operation_detail="d")
        for category in ("User Settings", "user")
    ]
    async with calling(FakeZoom(account, plan=None)) as caller:
        window = {"from_": "2026-03-01", "to": "2026-03-18"}
        response = await caller.get("/report/operationlogs", category_type="user_settings", **window)
        full = await caller.get("/report/operationlogs", **window)

    assert [row["category_type"] for row in response.rows("operation_logs")] == ["User Settings"]
    assert len(full.rows("operation_logs")) == 2
    assert set(response.body) == {"next_page_token", "page_size", "operation_logs"}


async def test_telephone_by_meeting_date() -> None:
    """A range of meeting dates gives the same rows without totals."""
    account = new_account()
    instance = account.add_instance(start=START)
    leg = TelephoneLeg(
        instance=instance,
        start_time=START + timedelta(days=1),
        end_time=START + timedelta(days=1, minutes=40),
        rate=0.045,
    )
    account.telephone_legs.append(leg)
    async with calling(FakeZoom(account, plan=None)) as caller:
        by_leg = await caller.get("/report/telephone", from_="2026-03-05", to="2026-03-05")
        by_meeting = await caller.get(
            "/report/telephone", from_="2026-03-04", to="2026-03-04", query_date_type="meeting_start_time"
        )
        toll = await caller.get("/report/telephone", from_="2026-03-05", to="2026-03-05", type_="2")

    (row,) = by_leg.rows("telephony_usage")
    assert (row["uuid"], row["duration"], row["rate"], row["total"]) == (instance.uuid, 40, 0.045, 1.8)
    assert by_meeting.rows("telephony_usage") == [row]
    assert (by_leg.body["total_records"], by_leg.body["page_count"]) == (1, 1)
    assert not {"total_records", "page_count"} & set(by_meeting.body)
    assert toll.rows("telephony_usage") == []


async def test_upcoming_events_by_type() -> None:
    account = new_account()
    host = account.add_host("Nadia", group_ids=["g1"])
    start = datetime(2026, 3, 20, 13, tzinfo=UTC)
    account.upcoming_events += [
        UpcomingEvent(id="/m==", topic="Round", start_time=start, host=host),
        UpcomingEvent(id="w==", topic="Rail", start_time=start, host=host, webinar=True),
    ]
    async with calling(FakeZoom(account, plan=None)) as caller:

        async def ids(**query: str) -> list[object]:
            response = await caller.get("/report/upcoming_events", from_="2026-03-18", to="2026-04-17", **query)
            return [row["id"] for row in response.rows("upcoming_events")]

        assert await ids() == ["/m==", "w=="]
        assert await ids(type_="webinar") == ["w=="]
        assert await ids(group_id="g1") == ["/m==", "w=="]
        assert await ids(group_id="g2") == []


async def test_cloud_recording_by_group() -> None:
    account = new_account()
    account.recording_storage += [
        RecordingStorage(day=date(2026, 3, 4), usage="812 MB"),
        RecordingStorage(day=date(2026, 3, 4), usage="3 MB", group_id="g1"),
        RecordingStorage(day=date(2026, 2, 4), usage="1 MB"),
    ]
    async with calling(FakeZoom(account, plan=None)) as caller:
        all_groups = await caller.get("/report/cloud_recording", from_="2026-03-01", to="2026-03-17")
        group = await caller.get("/report/cloud_recording", from_="2026-03-01", to="2026-03-17", group_id="g1")

    assert all_groups.rows("cloud_recording_storage") == [
        {"date": "2026-03-04", "usage": "812 MB", "plan_usage": "3 TB", "free_usage": "Unlimited"}
    ]
    assert [row["usage"] for row in group.rows("cloud_recording_storage")] == ["3 MB"]


async def test_billing_amounts_are_text() -> None:
    account = new_account()
    start, end = date(2026, 2, 1), date(2026, 2, 28)
    invoice = Invoice(
        invoice_number="30917", invoice_charge_name="Business", start_date=start, end_date=end, quantity=40,
        total_amount="1600.00", tax_amount="299.19",
    )  # fmt: skip
    account.billing_reports.append(
        BillingReport(
            id="bR1",
            start_date=start,
            end_date=end,
            type=0,
            total_amount="1600.00",
            tax_amount="0",
            invoices=(invoice,),
        )
    )
    async with calling(FakeZoom(account, plan=None)) as caller:
        reports = await caller.get("/report/billing")
        invoices = await caller.get("/report/billing/invoices", billing_id="bR1")

    period = {"start_date": "2026-02-01", "end_date": "2026-02-28"}
    assert reports.body == {
        "currency": "EUR",
        "billing_reports": [{"id": "bR1", **period, "type": 0, "total_amount": "1600.00", "tax_amount": "0"}],
    }
    assert invoices.rows("invoices") == [
        {
            **period,
            "invoice_number": "30917",
            "invoice_charge_name": "Business",
            "quantity": 40,
            "total_amount": "1600.00",
            "tax_amount": "299.19",
        }
    ]


async def test_simulated_account_is_complete() -> None:
    """A crawl from hosts to meetings to participants returns every instance of the range with every visit."""
    fake = FakeZoom(Account.simulated(today=TODAY), plan=None)
    first, last = TODAY - timedelta(days=29), TODAY
    async with calling(fake) as caller:
        visit_counts = await crawl(caller, first, last)

    instances = [each for each in fake.account.instances_between(first, last) if not each.one_person]
    assert visit_counts == {instance.uuid: len(instance.participants) for instance in instances}


async def crawl(caller: Caller, first: date, last: date) -> dict[object, int]:
    visit_counts: dict[object, int] = {}
    window = {"from_": first, "to": last, "page_size": 300}
    for host in await caller.every("/report/users", "users", type_="active", **window):
        for row in await caller.every(f"/report/users/{host['id']}/meetings", "meetings", **window):
            kind = "webinars" if row["type"] in {5, 9} else "meetings"
            encoded = str(row["uuid"]).replace("/", "%252F").replace("+", "%252B").replace("=", "%253D")
            visits = await caller.every(f"/report/{kind}/{encoded}/participants", "participants", page_size=300)
            visit_counts[row["uuid"]] = len(visits)
    return visit_counts
