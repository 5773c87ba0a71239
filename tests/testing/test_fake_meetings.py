"""Scheduled meetings in the fake: made, listed, ended, recovered, and what is asked of a single one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom, Feature, Host, Summary, SummarySection

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)


def account() -> Account:
    return Account(today=TODAY)


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


def weekly(**rule: object) -> Json:
    return {"type": 8, "recurrence": {"type": 2, "weekly_days": "2,4", "end_times": 3, **rule}}


async def created(body: Json, ours: Account | None = None) -> Json:
    ours = ours or account()
    ours.add_host("Nadia Orr", email="nadia@northpier.example")
    async with calling(fake(ours)) as caller:
        answer = await caller.post("/users/nadia@northpier.example/meetings", body)
    assert answer.status == 201, answer.body
    return answer.body


async def test_a_created_meeting_can_be_listed() -> None:
    ours = account()
    host = ours.add_host()
    async with calling(fake(ours)) as caller:
        made = (await caller.post(f"/users/{host.id}/meetings", {"topic": "Crane", "agenda": "x" * 300})).body
        timed = await caller.post(f"/users/{host.id}/meetings", {"start_time": "2026-03-20T09:00:00Z", "topic": "Rail"})
        listing = await caller.get(f"/users/{host.id}/meetings")

    assert (made["type"], timed.body["type"]) == (1, 2)
    (row,) = listing.rows("meetings")
    assert row == {
        "uuid": timed.body["uuid"],
        "id": timed.body["id"],
        "host_id": host.id,
        "topic": "Rail",
        "type": 2,
        "start_time": "2026-03-20T09:00:00Z",
        "duration": 60,
        "timezone": "UTC",
        "agenda": "",
        "created_at": "2026-03-18T08:00:00Z",
        "join_url": timed.body["join_url"],
    }
    totals = ("next_page_token", "page_number", "page_size", "page_count", "total_records")
    assert [listing.body[name] for name in totals] == ["", 1, 30, 1, 1]


async def test_a_new_meeting_comes_back_in_full() -> None:
    body = await created(
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


async def test_a_passcode_is_made_up_unless_only_an_explicit_one_is_wanted() -> None:
    assert "password" in await created({"type": 2})
    assert "password" not in await created({"type": 2, "default_password": False})


async def test_a_recurring_meeting_has_its_dates_with_ids_in_milliseconds() -> None:
    body = await created({**weekly(), "start_time": "2026-03-18T09:00:00Z", "duration": 45})

    assert body["recurrence"] == {"type": 2, "weekly_days": "2,4", "end_times": 3}
    assert body["occurrences"] == [
        {"occurrence_id": f"{millis}000", "start_time": start, "duration": 45, "status": "available"}
        for millis, start in [
            (1773824400, "2026-03-18T09:00:00Z"),
            (1774256400, "2026-03-23T09:00:00Z"),
            (1774429200, "2026-03-25T09:00:00Z"),
        ]
    ]


async def test_a_start_without_a_zone_is_local_and_a_past_one_is_moved_to_now() -> None:
    local = await created({"start_time": "2026-07-01T09:00:00", "timezone": "Europe/Lisbon"})
    past = await created({"start_time": "2026-03-01T09:00:00Z"})

    assert (local["start_time"], local["timezone"]) == ("2026-07-01T08:00:00Z", "Europe/Lisbon")
    assert past["start_time"] == "2026-03-18T08:00:00Z"


async def test_a_meeting_without_fixed_time_has_no_start() -> None:
    body = await created({"type": 3, "start_time": "2026-03-20T09:00:00Z"})

    assert not {"start_time", "registration_url"} & set(body)


async def test_a_meeting_can_be_scheduled_for_somebody_else() -> None:
    ours = account()
    host = ours.add_host()
    body = await created({"schedule_for": host.email, "start_time": "2026-03-20T09:00:00Z"}, ours)

    assert (body["host_id"], body["assistant_id"]) == (host.id, ours.hosts[1].id)


@pytest.mark.parametrize(
    ("body", "refusal", "field"),
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
        ({"start_time": "2026-02-30T09:00:00Z"}, (400, 300), "start_time"),
        ({"start_time": "9999-12-31T09:00:00Z"}, (400, 300), "start_time"),
        ({"start_time": "0001-01-01T00:00:00", "timezone": "Asia/Tokyo"}, (400, 300), "start_time"),
        ({"timezone": "Mars/Olympus"}, (400, 300), "timezone"),
        ({"timezone": "../../etc/passwd"}, (400, 300), "timezone"),
    ],
)  # fmt: skip
async def test_a_meeting_that_makes_no_sense_is_refused(
    body: Json, refusal: tuple[int, int], field: str | None
) -> None:
    ours = account()
    host = ours.add_host()
    ours.add_host(disabled_features=["scheduling"])
    async with calling(fake(ours)) as caller:
        answer = await caller.post(f"/users/{host.id}/meetings", body)

    assert answer.refusal == refusal
    assert ("errors" in answer.body and answer.refused_field) == (field or False)
    assert ours.scheduled_meetings == []


async def test_the_lists_tell_past_running_and_coming_meetings_apart() -> None:
    ours = account()
    host, other = ours.add_host(), ours.add_host()
    ours.add_meeting(host, start_time=NOW - timedelta(days=200))
    lapsed = ours.add_meeting(host, start_time=NOW - timedelta(days=40))
    past = ours.add_meeting(host, start_time=NOW - timedelta(days=2))
    running = ours.add_meeting(host, start_time=NOW - timedelta(days=1))
    running.start()
    coming = ours.add_meeting(host, start_time=NOW + timedelta(days=2))
    far = ours.add_meeting(host, start_time=NOW + timedelta(days=300))
    series = ours.add_meeting(host, type=8, start_time=NOW - timedelta(days=9))
    open_ended = ours.add_meeting(host, type=3)
    ours.add_meeting(host).delete()
    ours.add_meeting(other)
    ours.add_meeting(host, type=1)
    async with calling(fake(ours)) as caller:

        async def ids(**query: object) -> list[object]:
            return [row["id"] for row in await caller.every(f"/users/{host.id}/meetings", "meetings", **query)]

        assert await ids() == [m.id for m in (past, running, coming, far, series, open_ended)]
        assert await ids(type_="live") == [running.id]
        assert await ids(type_="upcoming") == [m.id for m in (running, coming, series, open_ended)]
        assert await ids(type_="upcoming_meetings") == await ids(type_="upcoming")
        assert await ids(type_="previous_meetings") == [m.id for m in (lapsed, past, running)]
        assert await ids(from_="2026-03-20", to="2026-03-20") == [coming.id]
        assert await ids(from_="2026-03-23", to="2026-03-23") == [series.id]


async def test_a_range_of_days_goes_by_the_given_zone() -> None:
    ours = account()
    meeting = ours.add_meeting(start_time=datetime(2026, 3, 20, 20, tzinfo=UTC))
    async with calling(fake(ours)) as caller:
        window = {"from_": "2026-03-21", "to": "2026-03-21"}
        utc = await caller.get(f"/users/{meeting.host.id}/meetings", **window)
        tokyo = await caller.get(f"/users/{meeting.host.id}/meetings", **window, timezone="Asia/Tokyo")

    assert (len(utc.rows("meetings")), len(tokyo.rows("meetings"))) == (0, 1)


async def test_a_list_cuts_what_a_meeting_is_about_and_shows_a_personal_id() -> None:
    ours = account()
    meeting = ours.add_meeting(settings={"use_pmi": True})
    meeting.agenda = "x" * 300
    async with calling(fake(ours)) as caller:
        (row,) = (await caller.get(f"/users/{meeting.host.id}/meetings")).rows("meetings")

    assert (row["agenda"], row["pmi"]) == ("x" * 250, meeting.host.pmi)


async def test_upcoming_meetings_are_those_of_the_next_day_own_and_invited() -> None:
    ours = account()
    host, other = ours.add_host(), ours.add_host()
    own = ours.add_meeting(host, start_time=NOW + timedelta(hours=23))
    ours.add_meeting(host, start_time=NOW + timedelta(hours=24))
    ours.add_meeting(host, start_time=NOW - timedelta(minutes=1))
    series = ours.add_meeting(host, type=8, start_time=NOW - timedelta(days=7) + timedelta(hours=2))
    thinned = ours.add_meeting(host, type=8, start_time=NOW + timedelta(hours=3))
    thinned.occurrences = (replace(thinned.occurrences[0], status="deleted"), *thinned.occurrences[1:])
    start = NOW + timedelta(hours=1)
    invited = ours.add_meeting(other, start_time=start, settings={"meeting_invitees": [{"email": host.email}]})
    helped = ours.add_meeting(other, start_time=start, settings={"alternative_hosts": f"x@y.example;{host.id}"})
    ours.add_meeting(other, start_time=start)
    ours.add_meeting(host, start_time=start).delete()
    async with calling(fake(ours)) as caller:
        answer = await caller.get(f"/users/{host.email}/upcoming_meetings")
        stranger = await caller.get("/users/nobody/upcoming_meetings")

    rows = answer.rows("meetings")
    assert [(row["id"], row["is_host"]) for row in rows] == [
        (invited.id, False),
        (helped.id, False),
        (series.id, True),
        (own.id, True),
    ]
    assert rows[2]["start_time"] == "2026-03-18T10:00:00Z"
    assert answer.body["total_records"] == 4
    assert set(rows[0]) == {
        *("id", "topic", "type", "start_time", "duration", "timezone", "created_at", "join_url", "passcode"),
        *("use_pmi", "is_host", "is_all_day"),
    }
    assert stranger.refusal == (404, 3001)


async def test_the_clock_is_the_tests_own() -> None:
    ours = account()
    meeting = ours.add_meeting(start_time=NOW + timedelta(hours=30))
    moments = [NOW]
    async with calling(FakeZoom(ours, plan=None, now=lambda: moments[-1])) as caller:
        path = f"/users/{meeting.host.id}/upcoming_meetings"
        before = await caller.get(path)
        moments.append(NOW + timedelta(hours=7))
        after = await caller.get(path)

    assert (before.body["total_records"], after.body["total_records"]) == (0, 1)


async def test_a_running_meeting_can_be_ended_and_a_deleted_one_recovered() -> None:
    ours = account()
    meeting = ours.add_meeting()
    path = f"/meetings/{meeting.id}/status"
    meeting.start()
    async with calling(fake(ours)) as caller:
        ended = await caller.put(path, {"action": "end"})
        again = await caller.put(path, {"action": "end"})
        living = await caller.put(path, {"action": "recover"})
        meeting.delete()
        gone = await caller.put(path, {"action": "end"})
        unseen = await caller.get(f"/meetings/{meeting.id}/polls")
        recovered = await caller.put(path, {"action": "recover"})
        without = await caller.put(path, {})

    assert (ended.status, ended.body, meeting.status) == (204, {}, "waiting")
    assert [answer.refusal for answer in (again, living, gone)] == [(400, 4927), (400, 3000), (404, 3001)]
    assert (unseen.status, recovered.status, meeting.deleted) == (404, 204, False)
    assert without.refused_field == "action"


async def test_an_on_premise_meeting_cannot_be_ended() -> None:
    ours = account()
    meeting = ours.add_meeting()
    meeting.on_premise = True
    meeting.start()
    async with calling(fake(ours)) as caller:
        answer = await caller.put(f"/meetings/{meeting.id}/status", {"action": "end"})

    assert (answer.refusal, meeting.status) == ((400, 3063), "started")


async def test_a_caption_token_is_a_whole_address() -> None:
    ours = account()
    meeting = ours.add_meeting()
    async with calling(fake(ours)) as caller:
        answer = await caller.get(f"/meetings/{meeting.id}/token", type_="closed_caption_token")
        wrong = await caller.get(f"/meetings/{meeting.id}/token", type_="zak")

    assert str(answer.body["token"]).startswith("https://")
    assert f"id={meeting.id}&" in str(answer.body["token"])
    assert wrong.refused_field == "type"


async def test_a_sip_address_holds_the_passcode_and_lapses() -> None:
    ours = account()
    meeting = ours.add_meeting()
    async with calling(fake(ours)) as caller:
        answer = await caller.post(f"/meetings/{meeting.id}/sip_dialing", {"passcode": "7731"})
        bare = await caller.post(f"/meetings/{meeting.id}/sip_dialing", None)

    assert answer.status == bare.status == 200
    assert (
        answer.body["sip_dialing"]
        == f"{meeting.id}.7731....{answer.body['participant_identifier_code']}@zoomcrc.example"
    )
    assert (answer.body["expire_in"], answer.body["paid_crc_plan_participant"]) == (7200, True)


async def test_a_summary_is_found_by_a_uuid_encoded_twice() -> None:
    ours = account()
    written = Summary(
        title="Crane",
        overview="It slipped.",
        sections=(SummarySection(label="Date", summary="Nine days."),),
        next_steps=("Call",),
        edited=True,
    )
    instance = ours.add_instance(uuid="/b9X//==", summary=written)
    async with calling(fake(ours)) as caller:
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


async def test_the_newest_summaries_are_markdown_alone() -> None:
    ours = account()
    instance = ours.add_instance(uuid="b9X==", summary=Summary(title="Crane", overview="Fine.", markdown_only=True))
    async with calling(fake(ours)) as caller:
        body = (await caller.get(f"/meetings/{instance.uuid}/meeting_summary")).body

    assert body["summary_content"] == "Fine."
    assert not {"summary_overview", "summary_details", "next_steps", "edited_summary"} & set(body)


async def test_a_summary_may_be_missing_withheld_or_for_licensed_hosts_alone() -> None:
    ours = account()
    basic = Host(id="b", email="b@northpier.example", name="B", type=1)
    ours.add_instance(uuid="none")
    ours.add_instance(uuid="mail", summary=Summary(title="", overview="", withheld="email_only"))
    ours.add_instance(uuid="trash", summary=Summary(title="", overview="", withheld="trash"))
    ours.add_instance(basic, uuid="basic", summary=True)
    async with calling(fake(ours)) as caller:
        answers = [await caller.get(f"/meetings/{name}/meeting_summary") for name in ("none", "mail", "trash", "basic")]
        number = await caller.get(f"/meetings/{ours.instances[0].id}/meeting_summary")

    assert [answer.refusal for answer in answers] == [(404, 3001), (403, 2305), (403, 2305), (400, 200)]
    assert answers[1].body["message"] != answers[2].body["message"]
    assert number.refusal == (400, 300)


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
async def test_what_is_not_scheduled_is_not_found(method: str, path: str, expected: tuple[int, int]) -> None:
    async with calling(fake(account())) as caller:
        answer = await caller.send(method, path)

    assert answer.refusal == expected


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
async def test_what_is_switched_off_is_refused(feature: Feature, method: str, path: str, expected: int) -> None:
    ours = account()
    host = Host(id="h", email="h@x.example", name="H", disabled_features=frozenset({feature}))
    meeting = ours.add_meeting(host)
    ours.hosts.append(host)
    async with calling(fake(ours)) as caller:
        body: Json | None = None if method == "GET" else {}
        answer = await caller.send(method, path.format(host=host.id, id=meeting.id), body)

    assert answer.refusal == (400, expected)
