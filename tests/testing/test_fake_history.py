"""The fake's history of all meetings and webinars, and its reports on actions and remote support."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.fake_http import Caller, calling

from zoomasync.testing import Account, FakeZoom, Instance, MeetingActivity, RemoteSupport, TelephoneLeg

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
START = datetime(2026, 3, 4, 9, tzinfo=UTC)
MARCH: dict[str, object] = {"from_": "2026-03-01", "to": "2026-03-18"}


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


async def history(caller: Caller, **query: object) -> list[object]:
    rows = await caller.every("/report/history_meetings", "history_meetings", **{**MARCH, **query})
    return [row["meeting_uuid"] for row in rows]


async def of_all_users(caller: Caller) -> list[object]:
    """Return the UUIDs that the reports on all users list, with one person or more."""
    return [
        row["uuid"]
        for host in caller.fake.account.hosts
        for type_ in ("past", "pastOne")
        for row in await caller.every(f"/report/users/{host.id}/meetings", "meetings", type_=type_, **MARCH)
    ]


async def test_history_is_that_of_users() -> None:
    """The history lists the instances that the reports on all users list, each once and the oldest first."""
    account = Account.simulated(today=TODAY)
    async with calling(fake(account)) as caller:
        listed = await history(caller, page_size=17)
        of_users = await of_all_users(caller)

    assert len(listed) > 50
    assert sorted(map(str, listed)) == sorted(map(str, of_users))
    starts = {each.uuid: each.start_time for each in account.instances}
    assert listed == sorted(listed, key=lambda uuid: (starts[str(uuid)], uuid))


async def test_history_hides_unlisted() -> None:
    """An instance is in neither list before the time at which Zoom lists it."""
    account = Account(today=TODAY)
    account.add_instance(start=START, listed_at=NOW + timedelta(seconds=1))
    late = account.add_instance(start=START, listed_at=NOW, reports_ready_at=NOW + timedelta(days=1))
    async with calling(fake(account)) as caller:
        listed, of_users = await history(caller), await of_all_users(caller)

    assert listed == of_users == [late.uuid]


async def test_lists_lack_other_accounts() -> None:
    """No list has the users of another account, or their instances."""
    account = Account(today=TODAY)
    own = account.add_instance(account.add_host(), start=START)
    other = account.add_host(other_account=True)
    account.add_instance(other, start=START)
    async with calling(fake(account)) as caller:
        listed = await history(caller)
        hosts = (await caller.get("/report/users", **MARCH)).rows("users")
        day = (await caller.get("/report/daily", year=2026, month=3)).rows("dates")[3]
        of_other = await caller.get(f"/report/users/{other.id}/meetings", **MARCH)

    assert (listed, [row["id"] for row in hosts], day["meetings"]) == ([own.uuid], [own.host.id], 1)
    assert of_other.error == (404, 1001)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "mwp"),
        ({"meeting_type": "all"}, "mwp"),
        ({"meeting_type": "meeting"}, "mp"),
        ({"meeting_type": "webinar"}, "w"),
        ({"report_type": "all"}, "mwp"),
        ({"report_type": "poll"}, "w"),
        ({"report_type": "survey"}, "m"),
        ({"report_type": "qa"}, "p"),
        ({"report_type": "resource"}, ""),
        ({"report_type": "reaction"}, ""),
        ({"search_key": "CRANE"}, "m"),
        ({"search_key": "8600000"}, "w"),
        ({"group_id": "g1"}, "w"),
        ({"meeting_feature": "poll"}, "w"),
        ({"meeting_feature": "poll,telephone_usage"}, "mw"),
        ({"meeting_feature": "avatar"}, ""),
        ({"meeting_feature": "meeting_summary"}, "p"),
        ({"to": "2026-03-04"}, "mw"),
        ({"date_type": "end_time", "to": "2026-03-04"}, "w"),
        ({"date_type": "end_time", "from_": "2026-03-05"}, "mp"),
    ],
)
async def test_history_filters(query: dict[str, object], expected: str) -> None:
    account = Account(today=TODAY)
    one, two = account.add_host(), account.add_host(group_ids=["g1"])
    meeting = account.add_instance(one, uuid="m", start=START, minutes=60 * 20, topic="Crane", survey=1)
    account.add_instance(two, uuid="w", start=START, type=9, id=86000000000, polls=1)
    account.add_instance(one, uuid="p", start=START + timedelta(days=9), participants=1, qa=1, summary=True)
    account.telephone_legs.append(TelephoneLeg(instance=meeting, start_time=START, end_time=START))
    async with calling(fake(account)) as caller:
        assert "".join(map(str, await history(caller, **query))) == expected


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"group_id": "g9"}, (403, 12703)),
        ({"to": "2026-04-02"}, (400, 300)),
        ({"meeting_feature": "poll,telepathy"}, (400, 300)),
        ({"meeting_type": "party"}, (400, 300)),
        ({"next_page_token": "t"}, (400, 300)),
    ],
)
async def test_history_invalid_query(query: dict[str, object], error: tuple[int, int]) -> None:
    async with calling(fake(Account(today=TODAY))) as caller:
        response = await caller.get("/report/history_meetings", **{**MARCH, **query})

    assert response.error == error


@pytest.mark.parametrize("type_", [2, 5], ids=["meeting", "webinar"])
async def test_only_webinars_have_viewers(type_: int) -> None:
    account = Account(today=TODAY)
    account.add_instance(start=START, type=type_, participants=3)
    async with calling(fake(account)) as caller:
        (row,) = (await caller.get("/report/history_meetings", **MARCH)).rows("history_meetings")

    assert {"unique_viewers", "max_concurrent_views"} & row.keys() == (
        {"unique_viewers", "max_concurrent_views"} if type_ == 5 else set()
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Nadia", "Ivo", "Tom"]),
        ({"activity_type": "Meeting Ended"}, ["Tom"]),
        ({"meeting_number": 850}, []),
        ({"meeting_number": 85012345678}, ["Nadia"]),
        ({"search_key": "IVO"}, ["Ivo"]),
        ({"search_key": "tom@x.example"}, ["Tom"]),
        ({"from_": "2026-03-05"}, ["Tom"]),
        ({"to": "2026-03-04"}, ["Nadia", "Ivo"]),
    ],
)
async def test_activity_filters(query: dict[str, object], expected: list[str]) -> None:
    account = Account(today=TODAY)
    account.meeting_activities += [
        MeetingActivity(meeting_number=85012345678, time=START, operator="Nadia"),
        MeetingActivity(meeting_number=5550100200, time=START, operator="Ivo"),
        MeetingActivity(
            meeting_number=5550100200,
            time=START + timedelta(days=1),
            operator="Tom",
            operator_email="tom@x.example",
            type="Meeting Ended",
            detail="for all",
        ),
    ]
    every: dict[str, object] = {**MARCH, "activity_type": "All Activities"}
    async with calling(fake(account)) as caller:
        response = await caller.get("/report/meeting_activities", **{**every, **query})
        whole = (await caller.get("/report/meeting_activities", **every)).rows("meeting_activity_logs")

    assert [row["operator"] for row in response.rows("meeting_activity_logs")] == expected
    assert (whole[1]["meeting_number"], whole[2]["activity_detail"]) == ("555 010 0200", "for all")


@pytest.mark.parametrize(("first", "count"), [("2026-03-04", 1), ("2026-03-05", 0)])
async def test_remote_support_by_start(first: str, count: int) -> None:
    account = Account(today=TODAY)
    account.remote_supports.append(remote_support(account.add_instance(start=START)))
    async with calling(fake(account)) as caller:
        response = await caller.get("/report/remote_support", from_=first, to="2026-03-18")

    assert len(response.rows("remote_support_logs")) == count


def remote_support(instance: Instance) -> RemoteSupport:
    """Return a support that was requested before midnight, started after it and ended on another day."""
    midnight = datetime(2026, 3, 4, tzinfo=UTC)
    return RemoteSupport(
        instance=instance,
        request_time=midnight - timedelta(seconds=1),
        start_time=midnight,
        end_time=midnight + timedelta(days=1),
        supporter_name="Nadia",
    )
