"""Scheduled meetings of the fake: creation, lists, status, tokens and summaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom, Feature, Host, Summary, SummarySection

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)


def new_account() -> Account:
    return Account(today=TODAY)


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


def weekly(**rule: object) -> Json:
    return {"type": 8, "recurrence": {"type": 2, "weekly_days": "2,4", "end_times": 3, **rule}}


async def create(body: Json, account: Account | None = None) -> Json:
    account = account or new_account()
    account.add_host("Nadia Orr", email="nadia@northpier.example")
    async with calling(fake(account)) as caller:
        response = await caller.post("/users/nadia@northpier.example/meetings", body)
    assert response.status == 201, response.body
    return response.body


async def test_created_meeting_is_listed() -> None:
    account = new_account()
    host = account.add_host()
    async with calling(fake(account)) as caller:
        instant = (await caller.post(f"/users/{host.id}/meetings", {"topic": "Crane", "agenda": "x" * 300})).body
        scheduled = await caller.post(
            f"/users/{host.id}/meetings", {"start_time": "2026-03-20T09:00:00Z", "topic": "Rail"}
        )
        listing = await caller.get(f"/users/{host.id}/meetings")

    assert (instant["type"], scheduled.body["type"]) == (1, 2)
    (row,) = listing.rows("meetings")
    assert row == {
        "uuid": scheduled.body["uuid"],
        "id": scheduled.body["id"],
        "host_id": host.id,
        "topic": "Rail",
        "type": 2,
        "start_time": "2026-03-20T09:00:00Z",
        "duration": 60,
        "timezone": "UTC",
        "agenda": "",
        "created_at": "2026-03-18T08:00:00Z",
        "join_url": scheduled.body["join_url"],
    }
    totals = ("next_page_token", "page_number", "page_size", "page_count", "total_records")
    assert [listing.body[name] for name in totals] == ["", 1, 30, 1, 1]


async def test_create_returns_all_fields() -> None:
    body = await create(
        {
            "topic": "Crane",
            "type": 2,
            "start_time": "2026-03-20T09:00:00Z",
            "password": "q8-Wz2",
            "tracking_fields": [{"field": "Project", "value": "Harbour"}],
            "settings": {
                "approval_type": 0,
                "waiting_room": True,
                "join_before_host": True,
                "use_pmi": True,
                "continuous_meeting_chat": {"enable": True},
                "authentication_exception": [{"name": "Kit", "email": "kit@elsewhere.example"}],
            },
        }
    )

    settings = cast("Json", body["settings"])
    assert (body["host_email"], body["status"], body["creation_source"]) == (
        "nadia@northpier.example",
        "waiting",
        "open_api",
    )
    assert {"start_url", "join_url", "registration_url", "chat_join_url", "encrypted_password"} <= set(body)
    assert [body[name] for name in ("password", "h323_password", "pstn_password")] == ["q8-Wz2"] * 3
    assert body["tracking_fields"] == [{"field": "Project", "value": "Harbour", "visible": True}]
    assert body["pmi"] == "5550100201"
    assert (settings["approval_type"], settings["waiting_room"], settings["join_before_host"]) == (0, True, False)
    assert settings["audio"] == "both"
    assert "channel_id" in cast("Json", settings["continuous_meeting_chat"])
    assert "join_url" in str(settings["authentication_exception"])
    assert not {"occurrences", "recurrence", "assistant_id"} & set(body)


async def test_create_generates_passcode() -> None:
    """A new meeting has a generated passcode unless `default_password` is false."""
    assert "password" in await create({"type": 2})
    assert "password" not in await create({"type": 2, "default_password": False})


async def test_create_returns_occurrences() -> None:
    """The id of an occurrence is its start in milliseconds."""
    body = await create({**weekly(), "start_time": "2026-03-18T09:00:00Z", "duration": 45})

    assert body["recurrence"] == {"type": 2, "weekly_days": "2,4", "end_times": 3}
    assert body["occurrences"] == [
        {"occurrence_id": f"{millis}000", "start_time": start, "duration": 45, "status": "available"}
        for millis, start in [
            (1773824400, "2026-03-18T09:00:00Z"),
            (1774256400, "2026-03-23T09:00:00Z"),
            (1774429200, "2026-03-25T09:00:00Z"),
        ]
    ]


async def test_create_adjusts_start() -> None:
    """A start without a zone is in the meeting's time zone, and a start in the past becomes the present."""
    local = await create({"start_time": "2026-07-01T09:00:00", "timezone": "Europe/Lisbon"})
    past = await create({"start_time": "2026-03-01T09:00:00Z"})

    assert (local["start_time"], local["timezone"]) == ("2026-07-01T08:00:00Z", "Europe/Lisbon")
    assert past["start_time"] == "2026-03-18T08:00:00Z"


async def test_no_fixed_time_has_no_start() -> None:
    body = await create({"type": 3, "start_time": "2026-03-20T09:00:00Z"})

    assert not {"start_time", "registration_url"} & set(body)


async def test_create_for_another_user() -> None:
    account = new_account()
    host = account.add_host()
    body = await create({"schedule_for": host.email, "start_time": "2026-03-20T09:00:00Z"}, account)

    assert (body["host_id"], body["assistant_id"]) == (host.id, account.hosts[1].id)


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({"schedule_for": "nobody"}, (400, 300), "schedule_for"),
        ({"schedule_for": "host2@northpier.example", "type": 1}, (400, 3000), None),
        ({"schedule_for": "host2@northpier.example"}, (400, 3000), None),
        ({"type": 3, "recurrence": {"type": 1}}, (400, 300), "recurrence"),
        ({"type": 8}, (400, 300), "recurrence"),
        (weekly(end_date_time="2026-04-01T00:00:00Z"), (400, 300), "recurrence.end_times"),
        (weekly(repeat_interval=51), (400, 300), "recurrence.repeat_interval"),
        ({"type": 8, "recurrence": {"type": 2}}, (400, 300), "recurrence.weekly_days"),
        ({"type": 8, "recurrence": {"type": 3, "monthly_week": 1}}, (400, 300), "recurrence.monthly_week_day"),
        ({"type": 8, "recurrence": {"type": 1, "end_date_time": "2026-02-30T00:00:00Z"}}, (400, 300),
         "recurrence.end_date_time"),
        ({"type": 8, "start_time": "2026-04-02T09:00:00Z",
          "recurrence": {"type": 1, "end_date_time": "2026-04-01T00:00:00Z"}}, (400, 300), "recurrence.end_date_time"),
        ({"start_time": "2026-02-30T09:00:00Z"}, (400, 300), "start_time"),
        ({"start_time": "9999-12-31T09:00:00Z"}, (400, 300), "start_time"),
        ({"start_time": "0001-01-01T00:00:00", "timezone": "Asia/Tokyo"}, (400, 300), "start_time"),
        ({"timezone": "Mars/Olympus"}, (400, 300), "timezone"),
        ({"timezone": "../../etc/passwd"}, (400, 300), "timezone"),
    ],
)  # fmt: skip
async def test_create_rejects_invalid_body(body: Json, error: tuple[int, int], field: str | None) -> None:
    account = new_account()
    host = account.add_host()
    account.add_host(disabled_features=["scheduling"])
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/users/{host.id}/meetings", body)

    assert response.error == error
    assert ("errors" in response.body and response.error_field) == (field or False)
    assert account.scheduled_meetings == []


@pytest.mark.parametrize("path", ["meetings", "webinars"])
@pytest.mark.parametrize("status", ["inactive", "pending"])
async def test_only_active_users_schedule(path: str, status: Literal["inactive", "pending"]) -> None:
    account = new_account()
    user = account.add_host(status=status)
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/users/{user.email}/{path}", {})

    assert response.error == (400, 3000)


@pytest.mark.parametrize(("kind", "path"), [(8, "meetings"), (9, "webinars")])
async def test_without_occurrences_not_upcoming(kind: Literal[8, 9], path: str) -> None:
    """A meeting or webinar whose occurrences are all deleted is not upcoming."""
    account = new_account()
    meeting = account.add_meeting(type=kind)
    listing = f"/users/{meeting.host.id}/{path}"
    async with calling(fake(account)) as caller:
        before = (await caller.get(listing, type_="upcoming")).rows(path)
        for each in meeting.occurrences:
            await caller.delete(f"/{path}/{meeting.id}", occurrence_id=each.occurrence_id)
        after = (await caller.get(listing, type_="upcoming")).rows(path)

    assert (len(before), after) == (1, [])


async def test_list_types_select_by_time() -> None:
    account = new_account()
    host, other = account.add_host(), account.add_host()
    account.add_meeting(host, start_time=NOW - timedelta(days=200))
    expired = account.add_meeting(host, start_time=NOW - timedelta(days=40))
    past = account.add_meeting(host, start_time=NOW - timedelta(days=2))
    running = account.add_meeting(host, start_time=NOW - timedelta(days=1))
    running.start()
    coming = account.add_meeting(host, start_time=NOW + timedelta(days=2))
    far = account.add_meeting(host, start_time=NOW + timedelta(days=300))
    series = account.add_meeting(host, type=8, start_time=NOW - timedelta(days=9))
    open_ended = account.add_meeting(host, type=3)
    account.add_meeting(host).delete()
    account.add_meeting(other)
    account.add_meeting(host, type=1)
    async with calling(fake(account)) as caller:

        async def ids(**query: object) -> list[object]:
            return [row["id"] for row in await caller.every(f"/users/{host.id}/meetings", "meetings", **query)]

        assert await ids() == [m.id for m in (past, running, coming, far, series, open_ended)]
        assert await ids(type_="live") == [running.id]
        assert await ids(type_="upcoming") == [m.id for m in (running, coming, series, open_ended)]
        assert await ids(type_="upcoming_meetings") == await ids(type_="upcoming")
        assert await ids(type_="previous_meetings") == [m.id for m in (expired, past, running)]
        assert await ids(from_="2026-03-20", to="2026-03-20") == [coming.id]
        assert await ids(from_="2026-03-23", to="2026-03-23") == [series.id]


async def test_list_range_uses_timezone() -> None:
    account = new_account()
    meeting = account.add_meeting(start_time=datetime(2026, 3, 20, 20, tzinfo=UTC))
    async with calling(fake(account)) as caller:
        window = {"from_": "2026-03-21", "to": "2026-03-21"}
        utc = await caller.get(f"/users/{meeting.host.id}/meetings", **window)
        tokyo = await caller.get(f"/users/{meeting.host.id}/meetings", **window, timezone="Asia/Tokyo")

    assert (len(utc.rows("meetings")), len(tokyo.rows("meetings"))) == (0, 1)


async def test_list_row_agenda_and_pmi() -> None:
    """A row has the first 250 characters of the agenda, and the personal meeting id."""
    account = new_account()
    meeting = account.add_meeting(settings={"use_pmi": True})
    meeting.agenda = "x" * 300
    async with calling(fake(account)) as caller:
        (row,) = (await caller.get(f"/users/{meeting.host.id}/meetings")).rows("meetings")

    assert (row["agenda"], row["pmi"]) == ("x" * 250, meeting.host.pmi)


async def test_upcoming_includes_invitations() -> None:
    """The list covers the next 24 hours of meetings that the user hosts, may host, or is invited to."""
    account = new_account()
    host, other = account.add_host(), account.add_host()
    own = account.add_meeting(host, start_time=NOW + timedelta(hours=23))
    account.add_meeting(host, start_time=NOW + timedelta(hours=24))
    account.add_meeting(host, start_time=NOW - timedelta(minutes=1))
    series = account.add_meeting(host, type=8, start_time=NOW - timedelta(days=7) + timedelta(hours=2))
    reduced = account.add_meeting(host, type=8, start_time=NOW + timedelta(hours=3))
    reduced.occurrences = (replace(reduced.occurrences[0], status="deleted"), *reduced.occurrences[1:])
    start = NOW + timedelta(hours=1)
    invited = account.add_meeting(other, start_time=start, settings={"meeting_invitees": [{"email": host.email}]})
    alternative = account.add_meeting(other, start_time=start, settings={"alternative_hosts": f"x@y.example;{host.id}"})
    account.add_meeting(other, start_time=start)
    account.add_meeting(host, start_time=start).delete()
    async with calling(fake(account)) as caller:
        response = await caller.get(f"/users/{host.email}/upcoming_meetings")
        unknown = await caller.get("/users/nobody/upcoming_meetings")

    rows = response.rows("meetings")
    assert [(row["id"], row["is_host"]) for row in rows] == [
        (invited.id, False),
        (alternative.id, False),
        (series.id, True),
        (own.id, True),
    ]
    assert rows[2]["start_time"] == "2026-03-18T10:00:00Z"
    assert response.body["total_records"] == 4
    assert set(rows[0]) == {
        *("id", "topic", "type", "start_time", "duration", "timezone", "created_at", "join_url", "passcode"),
        *("use_pmi", "is_host", "is_all_day"),
    }
    assert unknown.error == (404, 3001)


async def test_fake_uses_given_clock() -> None:
    account = new_account()
    meeting = account.add_meeting(start_time=NOW + timedelta(hours=30))
    times = [NOW]
    async with calling(FakeZoom(account, plan=None, now=lambda: times[-1])) as caller:
        path = f"/users/{meeting.host.id}/upcoming_meetings"
        before = await caller.get(path)
        times.append(NOW + timedelta(hours=7))
        after = await caller.get(path)

    assert (before.body["total_records"], after.body["total_records"]) == (0, 1)


async def test_status_ends_and_recovers() -> None:
    """A running meeting can be ended, and a deleted one recovered; other combinations fail."""
    account = new_account()
    meeting = account.add_meeting()
    path = f"/meetings/{meeting.id}/status"
    meeting.start()
    async with calling(fake(account)) as caller:
        ended = await caller.put(path, {"action": "end"})
        again = await caller.put(path, {"action": "end"})
        not_deleted = await caller.put(path, {"action": "recover"})
        meeting.delete()
        deleted = await caller.put(path, {"action": "end"})
        polls = await caller.get(f"/meetings/{meeting.id}/polls")
        recovered = await caller.put(path, {"action": "recover"})
        no_action = await caller.put(path, {})

    assert (ended.status, ended.body, meeting.status) == (204, {}, "waiting")
    assert [response.error for response in (again, not_deleted, deleted)] == [(400, 4927), (400, 3000), (404, 3001)]
    assert (polls.status, recovered.status, meeting.deleted) == (404, 204, False)
    assert no_action.error_field == "action"


async def test_end_on_premise_meeting_fails() -> None:
    account = new_account()
    meeting = account.add_meeting()
    meeting.on_premise = True
    meeting.start()
    async with calling(fake(account)) as caller:
        response = await caller.put(f"/meetings/{meeting.id}/status", {"action": "end"})

    assert (response.error, meeting.status) == ((400, 3063), "started")


async def test_caption_token_is_url() -> None:
    account = new_account()
    meeting = account.add_meeting()
    async with calling(fake(account)) as caller:
        response = await caller.get(f"/meetings/{meeting.id}/token", type_="closed_caption_token")
        wrong = await caller.get(f"/meetings/{meeting.id}/token", type_="zak")

    assert str(response.body["token"]).startswith("https://")
    assert f"id={meeting.id}&" in str(response.body["token"])
    assert wrong.error_field == "type"


async def test_sip_address_has_passcode() -> None:
    account = new_account()
    meeting = account.add_meeting()
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/meetings/{meeting.id}/sip_dialing", {"passcode": "7731"})
        no_passcode = await caller.post(f"/meetings/{meeting.id}/sip_dialing", None)

    assert response.status == no_passcode.status == 200
    assert (
        response.body["sip_dialing"]
        == f"{meeting.id}.7731....{response.body['participant_identifier_code']}@zoomcrc.example"
    )
    assert (response.body["expire_in"], response.body["paid_crc_plan_participant"]) == (7200, True)


async def test_summary_by_uuid_encoded_twice() -> None:
    account = new_account()
    summary = Summary(
        title="Crane",
        overview="It slipped.",
        sections=(SummarySection(label="Date", summary="Nine days."),),
        next_steps=("Call",),
        edited=True,
    )
    instance = account.add_instance(uuid="/b9X//==", summary=summary)
    async with calling(fake(account)) as caller:
        body = (await caller.get("/meetings/%252Fb9X%252F%252F%253D%253D/meeting_summary")).body

    assert (body["meeting_uuid"], body["meeting_id"], body["summary_title"]) == ("/b9X//==", instance.id, "Crane")
    assert body["summary_content"] == "It slipped.\n\n## Date\nNine days.\n\n## Next steps\n- Call"
    assert body["summary_details"] == [{"label": "Date", "summary": "Nine days."}]
    assert body["edited_summary"] == {
        "summary_overview": "It slipped.",
        "summary_details": "Nine days.",
        "next_steps": ["Call"],
    }
    assert body["summary_last_modified_user_email"] == instance.host.email


async def test_summary_markdown_only() -> None:
    account = new_account()
    instance = account.add_instance(uuid="b9X==", summary=Summary(title="Crane", overview="Fine.", markdown_only=True))
    async with calling(fake(account)) as caller:
        body = (await caller.get(f"/meetings/{instance.uuid}/meeting_summary")).body

    assert body["summary_content"] == "Fine."
    assert not {"summary_overview", "summary_details", "next_steps", "edited_summary"} & set(body)


async def test_summary_unavailable() -> None:
    """A summary can be missing, withheld, or unavailable for a Basic host; a number is not a valid id."""
    account = new_account()
    basic = Host(id="b", email="b@northpier.example", name="B", type=1)
    account.add_instance(uuid="none")
    account.add_instance(uuid="mail", summary=Summary(title="", overview="", withheld="email_only"))
    account.add_instance(uuid="trash", summary=Summary(title="", overview="", withheld="trash"))
    account.add_instance(basic, uuid="basic", summary=True)
    async with calling(fake(account)) as caller:
        responses = [
            await caller.get(f"/meetings/{name}/meeting_summary") for name in ("none", "mail", "trash", "basic")
        ]
        number = await caller.get(f"/meetings/{account.instances[0].id}/meeting_summary")

    assert [response.error for response in responses] == [(404, 3001), (403, 2305), (403, 2305), (400, 200)]
    assert responses[1].body["message"] != responses[2].body["message"]
    assert number.error == (400, 300)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/meetings/99/token", (404, 3001)),
        ("GET", "/meetings/99/survey", (404, 3001)),
        ("GET", "/meetings/99/registrants", (404, 3001)),
        ("GET", "/meetings/99/polls", (404, 404)),
        ("GET", "/meetings/9x/token", (400, 300)),
        ("POST", "/meetings/99/sip_dialing", (404, 3001)),
        ("GET", "/users/nobody/meetings", (404, 1001)),
        ("GET", "/users/me/meetings", (404, 1001)),
        ("GET", "/users/nobody/meeting_templates", (404, 1001)),
        ("GET", "/users/nobody/pac", (404, 1001)),
    ],
)
async def test_unknown_id_is_not_found(method: str, path: str, expected: tuple[int, int]) -> None:
    async with calling(fake(new_account())) as caller:
        response = await caller.send(method, path)

    assert response.error == expected


@pytest.mark.parametrize(
    ("feature", "method", "path", "expected"),
    [
        ("scheduling", "GET", "/users/{host}/meetings", 3161),
        ("scheduling", "POST", "/users/{host}/meetings", 3161),
        ("scheduling", "GET", "/users/{host}/meeting_templates", 3161),
        ("scheduling", "GET", "/meetings/{id}/registrants", 3161),
        ("captions", "GET", "/meetings/{id}/token", 3000),
        ("sip", "POST", "/meetings/{id}/sip_dialing", 3000),
        ("surveys", "GET", "/meetings/{id}/survey", 3000),
        ("polls", "GET", "/meetings/{id}/polls", 4400),
        ("livestreams", "PATCH", "/meetings/{id}/livestream/status", 3000),
    ],
)
async def test_disabled_feature_fails(feature: Feature, method: str, path: str, expected: int) -> None:
    account = new_account()
    host = Host(id="h", email="h@x.example", name="H", disabled_features=frozenset({feature}))
    meeting = account.add_meeting(host)
    account.hosts.append(host)
    async with calling(fake(account)) as caller:
        body: Json | None = None if method == "GET" else {}
        response = await caller.send(method, path.format(host=host.id, id=meeting.id), body)

    assert response.error == (400, expected)


async def test_webinar_is_no_meeting() -> None:
    """A webinar has a number of the same kind as a meeting, but routes of its own."""
    account = new_account()
    webinar = account.add_meeting(type=9)
    async with calling(fake(account)) as caller:
        response = await caller.get(f"/meetings/{webinar.id}/polls")
        other = account.add_meeting()

    assert account.scheduled_webinars == [webinar]
    assert len(webinar.occurrences) == 4
    assert other.id == webinar.id + 1
    assert response.error == (404, 404)
