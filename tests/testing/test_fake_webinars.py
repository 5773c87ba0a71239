"""Webinars of the fake: creation, lists, changes, simulive webinars, panelists and templates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast
from urllib.parse import quote

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom, Host, Panelist, ScheduledMeeting

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
START = "2026-03-20T09:00:00Z"


def new_account() -> Account:
    account = Account(today=TODAY)
    account.add_host("Nadia Orr", email="nadia@northpier.example")
    return account


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


async def create(body: Json, account: Account | None = None) -> Json:
    account = account or new_account()
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/users/{account.hosts[0].id}/webinars", body)
    assert response.status == 201, response.body
    return response.body


def webinar_at(account: Account, start: datetime) -> ScheduledMeeting:
    return account.add_meeting(type=5, start_time=start, duration=60)


# --- create and list


async def test_created_webinar_is_returned() -> None:
    """A webinar without a type is of type 5, and has all settings but the one that is an instruction."""
    account = new_account()
    body = await create(
        {
            "topic": "Talk",
            "start_time": START,
            "password": "q8-Wz2",
            "template_id": "tP1",
            "tracking_fields": [{"field": "Project", "value": "Harbour"}],
            "settings": {"approval_type": 0, "notify_registrants": True, "contact_email": "kit@x.example"},
        },
        account,
    )

    settings = cast("Json", body.pop("settings"))
    [webinar] = account.scheduled_webinars
    assert {name: value for name, value in body.items() if not name.endswith("_url")} == {
        "id": webinar.id,
        "uuid": webinar.uuid,
        "type": 5,
        "topic": "Talk",
        "agenda": "",
        "host_id": webinar.host.id,
        "host_email": "nadia@northpier.example",
        "start_time": START,
        "duration": 60,
        "timezone": "UTC",
        "created_at": "2026-03-18T08:00:00Z",
        "creation_source": "open_api",
        "is_simulive": False,
        "password": "q8-Wz2",
        "h323_passcode": "q8-Wz2",
        "encrypted_passcode": body["encrypted_passcode"],
        "registrants_confirmation_email": True,
        "template_id": "tP1",
        "tracking_fields": [{"field": "Project", "value": "Harbour"}],
    }
    assert {"start_url", "join_url"} <= body.keys()
    assert (settings["contact_name"], settings["contact_email"]) == ("Nadia Orr", "kit@x.example")
    assert (settings["approval_type"], settings["audio"], settings["on_demand"]) == (0, "both", False)
    assert not {"notify_registrants", "registration_type", "waiting_room"} & settings.keys()


async def test_later_response_lacks_template() -> None:
    """The template and the confirmation by mail are in the response to the creation only."""
    account = new_account()
    created = await create({"template_id": "tP1", "password": "q8"}, account)
    async with calling(fake(account)) as caller:
        read = (await caller.get(f"/webinars/{created['id']}")).body

    assert created.keys() - read.keys() == {"template_id", "registrants_confirmation_email"}


async def test_topic_of_webinar_is_reset() -> None:
    account = new_account()
    webinar = account.add_meeting(type=5)
    async with calling(fake(account)) as caller:
        await caller.patch(f"/webinars/{webinar.id}", {"topic": None})

    assert webinar.topic == (await create({}))["topic"] == "Webinar"


async def test_contact_is_host_by_default() -> None:
    settings = cast("Json", (await create({}))["settings"])

    assert (settings["contact_name"], settings["contact_email"]) == ("Nadia Orr", "nadia@northpier.example")


async def test_webinar_generates_passcode() -> None:
    """A new webinar has a generated passcode unless `default_passcode` is false."""
    assert "password" in await create({})
    assert "password" not in await create({"default_passcode": False})


async def test_webinar_lists() -> None:
    """The scheduled list has what has not expired; the upcoming one what has not ended; both have what is live."""
    account = new_account()
    upcoming = webinar_at(account, NOW + timedelta(days=400))
    ended = webinar_at(account, NOW - timedelta(hours=1))
    running = webinar_at(account, NOW - timedelta(minutes=59))
    expired = webinar_at(account, NOW - timedelta(days=31))
    live = webinar_at(account, NOW - timedelta(days=31))
    live.start()
    webinar_at(account, NOW + timedelta(days=1)).delete()
    timeless = account.add_meeting(type=6)
    path = f"/users/{account.hosts[0].id}/webinars"
    async with calling(fake(account)) as caller:
        scheduled = {row["id"] for row in (await caller.get(path)).rows("webinars")}
        coming = {row["id"] for row in (await caller.get(path, type_="upcoming")).rows("webinars")}

    assert expired.id not in scheduled
    assert scheduled == {each.id for each in (upcoming, ended, running, live, timeless)}
    assert coming == {each.id for each in (upcoming, running, live, timeless)}


async def test_listed_agenda_is_cut() -> None:
    account = new_account()
    await create({"agenda": "x" * 300}, account)
    async with calling(fake(account)) as caller:
        [row] = (await caller.get(f"/users/{account.hosts[0].id}/webinars")).rows("webinars")

    assert (row["agenda"], row["is_simulive"]) == ("x" * 250, False)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"schedule_for": "nobody"}, (400, 300)),
        ({"schedule_for": "closed@northpier.example"}, (400, 3000)),
        ({"schedule_for": "left@northpier.example"}, (400, 3000)),
        ({"schedule_for": "foreign@elsewhere.example"}, (400, 300)),
        ({"schedule_for": "planless@northpier.example"}, (400, 200)),
        ({"schedule_for": "other@northpier.example"}, (201, None)),
        ({"schedule_for": "other@northpier.example", "is_simulive": True}, (400, 300)),
        ({"is_simulive": True, "record_file_id": "none"}, (400, 300)),
        ({"is_simulive": True, "type": 6}, (400, 4505)),
        ({"is_simulive": False, "type": 6, "record_file_id": "none"}, (201, None)),
        ({"type": 9}, (400, 300)),
        ({"recurrence": {"type": 1}}, (400, 300)),
        ({"type": 2}, (400, 300)),
        ({"default_password": False}, (400, 300)),
        ({"simulive_delay_start": {"timeunit": "minute", "time": 11}}, (400, 300)),
        ({"duration": 0}, (400, 300)),
        ({"duration": 1441}, (400, 300)),
        ({"duration": 1440}, (201, None)),
    ],
)
async def test_webinar_body_is_checked(body: Json, error: tuple[int, object]) -> None:
    account = new_account()
    account.add_host(email="closed@northpier.example", disabled_features=["scheduling"])
    account.add_host(email="planless@northpier.example", disabled_features=["webinars"])
    account.add_host(email="left@northpier.example", status="inactive")
    account.add_host(email="foreign@elsewhere.example", other_account=True)
    other = account.add_host(email="other@northpier.example")
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/users/{account.hosts[0].id}/webinars", body)

    assert response.error == error
    for_other = "schedule_for" in body
    assert [each.host == other for each in account.scheduled_webinars] == ([for_other] if error[0] == 201 else [])


@pytest.mark.parametrize(("kind", "longest"), [(1, 90), (2, 12), (3, 3)])
async def test_webinar_interval_is_limited(kind: int, longest: int) -> None:
    """The intervals of webinars are shorter than those of meetings."""
    account = new_account()
    webinar = account.add_meeting(type=9)
    rule = {"type": kind, "weekly_days": "2", "monthly_day": 1, "end_times": 2}
    async with calling(fake(account)) as caller:
        for interval, error in ((longest, None), (longest + 1, 300)):
            body: Json = {"type": 9, "recurrence": {**rule, "repeat_interval": interval}}
            created = await caller.post(f"/users/{webinar.host.id}/webinars", body)
            changed = await caller.patch(f"/webinars/{webinar.id}", body)

            assert (created.code, changed.code) == (error, error)


async def test_simulive_needs_feature() -> None:
    account = new_account()
    host = account.add_host(disabled_features=["simulive"])
    async with calling(fake(account)) as caller:
        simulive = await caller.post(f"/users/{host.id}/webinars", {"is_simulive": True})
        plain = await caller.post(f"/users/{host.id}/webinars", {"is_simulive": False})

    assert (simulive.error, plain.status) == ((400, 300), 201)


# --- changes


@pytest.mark.parametrize(
    ("body", "error", "simulive"),
    [
        ({"is_simulive": False}, (204, None), {"is_simulive": False, "transition_to_live": True}),
        ({"transition_to_live": None}, (204, None), {"is_simulive": True}),
        ({"type": 6}, (400, 4505), {"is_simulive": True, "transition_to_live": True}),
        ({"record_file_id": "none"}, (400, 300), {"is_simulive": True, "transition_to_live": True}),
        ({"schedule_for": "other@northpier.example"}, (400, 300), {"is_simulive": True, "transition_to_live": True}),
    ],
)
async def test_simulive_change(body: Json, error: tuple[int, object], simulive: Json) -> None:
    """A change is checked with the fields that it keeps; an invalid one changes nothing."""
    account = new_account()
    account.add_host(email="other@northpier.example")
    webinar = account.add_meeting(type=5, topic="Talk")
    webinar.simulive = {"is_simulive": True, "transition_to_live": True}
    async with calling(fake(account)) as caller:
        response = await caller.patch(f"/webinars/{webinar.id}", {**body, "topic": "Keynote"})

    assert response.error == error
    assert webinar.simulive == simulive
    assert webinar.topic == ("Keynote" if error[0] == 204 else "Talk")


async def test_occurrence_is_not_simulive() -> None:
    account = new_account()
    webinar = account.add_meeting(type=9)
    query = {"occurrence_id": webinar.occurrences[0].occurrence_id}
    async with calling(fake(account)) as caller:
        response = await caller.patch(f"/webinars/{webinar.id}", {"is_simulive": True, "duration": 15}, **query)

    assert (response.status, webinar.simulive, webinar.occurrences[0].duration) == (204, {}, 15)


async def test_events_webinar_cannot_be_deleted() -> None:
    account = new_account()
    webinar = account.add_meeting(type=5)
    webinar.in_zoom_events = True
    async with calling(fake(account)) as caller:
        response = await caller.delete(f"/webinars/{webinar.id}")

    assert (response.error, webinar.deleted) == ((400, 3000), False)


@pytest.mark.parametrize(("state", "code"), [("waiting", 3000), ("on_premise", 3063)])
async def test_webinar_cannot_end(state: str, code: int) -> None:
    account = new_account()
    webinar = account.add_meeting(type=5)
    if state == "on_premise":
        webinar.on_premise = True
        webinar.start()
    async with calling(fake(account)) as caller:
        ended = await caller.put(f"/webinars/{webinar.id}/status", {"action": "end"})
        recovered = await caller.put(f"/webinars/{webinar.id}/status", {"action": "recover"})

    assert ended.error == (400, code)
    assert recovered.error == (400, 300)


ROUTES = [
    ("GET", "/users/{host}/webinars"),
    ("POST", "/users/{host}/webinars"),
    ("GET", "/users/{host}/webinar_templates"),
    ("GET", "/webinars/{id}"),
    ("PATCH", "/webinars/{id}"),
    ("DELETE", "/webinars/{id}"),
    ("PUT", "/webinars/{id}/status"),
    ("GET", "/webinars/{id}/token"),
    ("POST", "/webinars/{id}/sip_dialing"),
    ("GET", "/webinars/{id}/tracking_sources"),
    ("POST", "/webinars/{id}/invite_links"),
    ("GET", "/webinars/{id}/panelists"),
    ("POST", "/webinars/{id}/panelists"),
    ("DELETE", "/webinars/{id}/panelists"),
    ("DELETE", "/webinars/{id}/panelists/p"),
]
BODIES: dict[str, Json] = {"status": {"action": "end"}, "invite_links": {"attendees": [{"name": "Ada"}], "ttl": 60}}


HOST = Host(id="h", email="h@northpier.example", name="H")


@pytest.mark.parametrize(
    "host",
    [
        replace(HOST, disabled_features=frozenset({"webinars"})),
        replace(HOST, disabled_features=frozenset({"management"})),
        replace(HOST, other_account=True),
        replace(HOST, type=1),
    ],
    ids=["plan", "management", "other account", "basic"],
)
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_permission_for_webinars(method: str, path: str, host: Host) -> None:
    account = new_account()
    account.hosts.append(host)
    webinar = account.add_meeting(host, type=5)
    async with calling(fake(account)) as caller:
        body = BODIES.get(path.rpartition("/")[2], {}) if method in {"POST", "PUT", "PATCH"} else None
        response = await caller.send(method, path.format(host=host.id, id=webinar.id), body)

    unknown = host.other_account and "{host}" in path
    assert response.error == ((404, 1001) if unknown else (400, 200))


@pytest.mark.parametrize(("method", "path"), [each for each in ROUTES if "{id}" in each[1]])
async def test_unknown_webinar_fails(method: str, path: str) -> None:
    """Unknown and deleted webinars have the same error, text instead of a number another."""
    account = new_account()
    webinar = account.add_meeting(type=5)
    webinar.delete()
    async with calling(fake(account)) as caller:
        body = BODIES.get(path.rpartition("/")[2], {}) if method in {"POST", "PUT", "PATCH"} else None
        errors = [(await caller.send(method, path.format(id=id_), body)).error for id_ in (99, webinar.id, "x")]

    unknown = (400, 3000) if "sip" in path else (404, 3001)
    is_ref = (method, path) == ("GET", "/webinars/{id}")
    assert errors == [unknown, unknown, (404, 3001) if is_ref else (400, 300)]


# --- panelists


@pytest.mark.parametrize(
    "body", [{}, {"panelists": []}, {"panelists": [{"name": "Ada"}]}, {"panelists": [{"email": " "}]}]
)
async def test_panelist_needs_address(body: Json) -> None:
    account = new_account()
    webinar = account.add_meeting(type=5)
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/webinars/{webinar.id}/panelists", body)

    assert (response.error, webinar.panelists) == ((400, 300), [])


async def test_panelist_limit_counts_people() -> None:
    """An address that is named twice, or is known, takes one place."""
    account = new_account()
    kit = Panelist(id="pK1", email="kit@x.example")
    webinar = account.add_meeting(type=5, panelists=[kit, Panelist(id="pL2", email="lea@x.example")])
    webinar.panelist_limit = 3
    people: list[Json] = [
        {"email": "Ada@x.example"},
        {"email": "ada@x.example "},
        {"email": "Kit@x.example"},
    ]
    async with calling(fake(account)) as caller:
        path = f"/webinars/{webinar.id}/panelists"
        added = await caller.post(path, {"panelists": people})
        rejected = await caller.post(path, {"panelists": [{"email": "bo@x.example"}]})

    assert (added.status, rejected.error) == (201, (400, 3000))
    assert [(each.id, each.email) for each in webinar.panelists[:2]] == [
        ("pK1", "Kit@x.example"),
        ("pL2", "lea@x.example"),
    ]
    assert len(webinar.panelists) == 3


# --- templates


async def test_webinar_templates_are_apart() -> None:
    """Templates of meetings and of webinars have lists, names and limits of their own."""
    account = new_account()
    user = account.hosts[0].id
    meeting, webinar = account.add_meeting(topic="Talk"), account.add_meeting(type=5, topic="Talk")
    async with calling(fake(account)) as caller:
        of_meeting = await caller.post(f"/users/{user}/meeting_templates", {"meeting_id": meeting.id})
        of_webinar = await caller.post(f"/users/{user}/webinar_templates", {"webinar_id": webinar.id})
        again = await caller.post(f"/users/{user}/webinar_templates", {"webinar_id": webinar.id})
        listed = [
            (await caller.get(f"/users/{user}/{kind}_templates")).rows("templates") for kind in ("meeting", "webinar")
        ]
        wrong = await caller.post(f"/users/{user}/webinar_templates", {"webinar_id": meeting.id})

    assert [[row["id"] for row in rows] for rows in listed] == [[of_meeting.body["id"]], [of_webinar.body["id"]]]
    assert (again.error, wrong.error) == ((400, 3000), (400, 3000))


# --- others


async def test_webinar_is_found_by_own_uuid() -> None:
    """The UUID that a webinar has before it is held finds it too; only `get` takes one."""
    account = new_account()
    webinar = account.add_meeting(type=5)
    uuid = quote(quote(webinar.uuid, safe=""), safe="")
    async with calling(fake(account)) as caller:
        read = await caller.get(f"/webinars/{uuid}")
        changed = await caller.patch(f"/webinars/{uuid}", {"topic": "x"})

    assert (read.body["id"], changed.error) == (webinar.id, (400, 300))


async def test_webinar_instances_need_number() -> None:
    account = new_account()
    instance = account.add_instance(type=5)
    async with calling(fake(account)) as caller:
        response = await caller.get(f"/past_webinars/{quote(quote(instance.uuid, safe=''), safe='')}/instances")

    assert response.error == (400, 300)


@pytest.mark.parametrize("separator", [",", ";", ", "])
async def test_alternative_hosts_cannot_register(separator: str) -> None:
    """The alternative hosts of a webinar are separated by commas, those of a meeting by semicolons."""
    account = new_account()
    hosts = separator.join(("kit@x.example", "lea@x.example"))
    webinar = account.add_meeting(type=5, settings={"alternative_hosts": hosts})
    async with calling(fake(account)) as caller:
        path = f"/webinars/{webinar.id}/registrants"
        errors = [
            (await caller.post(path, {"email": f"{name}@x.example", "first_name": "X"})).error
            for name in ("kit", "lea")
        ]

    assert errors == [(400, 3027)] * 2
