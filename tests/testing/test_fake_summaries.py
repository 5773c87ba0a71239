"""The fake's list of summaries, and their deletion."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom, Host, Summary

NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
BASIC = Host(id="b", email="b@northpier.example", name="B", type=1)


def new_account() -> Account:
    return Account(today=date(2026, 3, 18))


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


@pytest.mark.parametrize(
    ("window", "minutes"),
    [
        ({}, [0, 1, 2]),
        ({"from_": "2026-03-10T09:01:00Z"}, [1, 2]),
        ({"to": "2026-03-10T09:01:00Z"}, [0, 1]),
        ({"from_": "2026-03-10T09:01:00Z", "to": "2026-03-10T09:01:00Z"}, [1]),
    ],
)
async def test_list_by_creation(window: dict[str, str], minutes: list[int]) -> None:
    """A summary is created when the instance ends."""
    account = new_account()
    end = datetime(2026, 3, 10, 9, tzinfo=UTC)
    start = end - timedelta(minutes=30)
    for number in range(3):
        account.add_instance(start=start + timedelta(minutes=number), minutes=30, summary=True)
    async with calling(fake(account)) as caller:
        response = await caller.get("/meetings/meeting_summaries", **window)

    created = [row["summary_created_time"] for row in response.rows("summaries")]
    assert created == [f"2026-03-10T09:{minute:02d}:00Z" for minute in minutes]
    assert {response.body[name] for name in ("from", "to") if name in response.body} == set(window.values())


async def test_list_leaves_out_unavailable() -> None:
    """The list has no summary that a call for it would reject, or that is not ready."""
    account = new_account()
    later = NOW + timedelta(minutes=1)
    account.add_instance()
    account.add_instance(BASIC, summary=True)
    for reason in ("email_only", "ip_rule", "trash"):
        account.add_instance(summary=Summary(title="", overview="", withheld=reason))
    account.add_instance(summary=True, listed_at=later)
    account.add_instance(summary=True, reports_ready_at=later)
    ready = account.add_instance(summary=True, listed_at=NOW, reports_ready_at=NOW)
    async with calling(fake(account)) as caller:
        rows = (await caller.get("/meetings/meeting_summaries")).rows("summaries")

    assert [row["meeting_uuid"] for row in rows] == [ready.uuid]


async def test_list_has_pages() -> None:
    account = new_account()
    uuids = {account.add_instance(summary=True).uuid for _ in range(5)}
    async with calling(fake(account)) as caller:
        rows = await caller.every("/meetings/meeting_summaries", "summaries", page_size=2)
        reversed_ = await caller.get(
            "/meetings/meeting_summaries", from_="2026-03-11T00:00:00Z", to="2026-03-10T00:00:00Z"
        )

    assert {row["meeting_uuid"] for row in rows} == uuids
    assert reversed_.error_field == "from"


async def test_delete_of_unavailable_fails() -> None:
    account = new_account()
    account.add_instance(uuid="none")
    account.add_instance(uuid="mail", summary=Summary(title="", overview="", withheld="email_only"))
    account.add_instance(BASIC, uuid="basic", summary=True)
    async with calling(fake(account)) as caller:
        responses = [
            await caller.delete(f"/meetings/{name}/meeting_summary")
            for name in ("none", "unknown", "mail", "basic", account.instances[0].id)
        ]

    assert [response.error for response in responses] == [
        (404, 3001),
        (404, 3001),
        (403, 2305),
        (400, 200),
        (400, 300),
    ]


async def test_delete_keeps_other_instances() -> None:
    """Another instance of the same meeting keeps its summary."""
    account = new_account()
    one, other = (account.add_instance(id=85012345678, summary=True) for _ in range(2))
    async with calling(fake(account)) as caller:
        deleted = await caller.delete(f"/meetings/{one.uuid}/meeting_summary")

    assert deleted.status == 204
    assert [each.summary.withheld for each in account.instances if each.summary] == ["trash", ""]
    assert account.instances[1] == other
