"""Instances are found by host or by the history of the account, and a store may change from one to the other."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import pytest
from support.harvested import stored
from support.harvesting import SPRING, TODAY, add_instance_on, calls, harvest, query

from zoomasync.errors import InvalidArgument, PermissionDenied
from zoomasync.harvest.streams import Discovery
from zoomasync.testing import Account, FakeZoom

NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
APRIL = (date(2026, 4, 1), date(2026, 4, 30))
USERS = "GET /report/users"
USER_MEETINGS = "GET /report/users/{userId}/meetings"
HISTORY = "GET /report/history_meetings"
MEETING = "GET /report/meetings/{meetingId}"
INSTANCES = "SELECT uuid, meeting_id, webinar, day FROM instances ORDER BY uuid"
ORDERS = pytest.mark.parametrize(
    ("first", "second"), [("hosts", "history"), ("history", "hosts")], ids=["hosts first", "history first"]
)


def two_hosts() -> Account:
    """Return an account of two hosts with four meetings each and a webinar, in April."""
    account = Account(today=TODAY)
    hosts = [account.add_host() for _ in range(2)]
    for number in range(8):
        add_instance_on(account, date(2026, 4, 3 * number + 1), host=hosts[number % 2])
    add_instance_on(account, date(2026, 4, 30), type=5)
    return account


@ORDERS
async def test_change_of_way_fetches_no_report_again(first: Discovery, second: Discovery, tmp_path: Path) -> None:
    """Both list the same instances, which the table has once."""
    account, store = two_hosts(), tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, APRIL, discover=first, now=NOW)
        instances, rows = query(store, INSTANCES), stored(store)
        start = len(fake.requests)
        assert (await harvest(fake, store, APRIL, discover=second, now=NOW)).complete

        listings = {"hosts": {USERS: 1, USER_MEETINGS: 2}, "history": {HISTORY: 30}}
        assert Counter(calls(fake, start)) == listings[second]
    assert len(instances) == 9
    assert query(store, INSTANCES) == instances
    assert query(store, "SELECT count(*) FROM listed_instances") == [(18,)]
    after = stored(store)
    assert {name: after[name] for name in rows if not name.endswith("_meetings")} == {
        name: rows[name] for name in rows if not name.endswith("_meetings")
    }


@ORDERS
async def test_later_instances_are_found(first: Discovery, second: Discovery, tmp_path: Path) -> None:
    """After the change, the reports of an instance that only the new way lists are fetched."""
    account, store = two_hosts(), tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, APRIL, reports=["meeting"], discover=first, now=NOW)
        late = add_instance_on(account, date(2026, 4, 2))
        start = len(fake.requests)
        await harvest(fake, store, APRIL, reports=["meeting"], discover=second, now=NOW)

        assert calls(fake, start).count(MEETING) == 1
    assert (late.uuid,) in query(store, "SELECT uuid FROM instances")


@pytest.mark.parametrize(("participants", "listed"), [(0, []), (1, []), (2, ["done"]), (None, ["done"])], ids=str)
async def test_one_person_has_no_report(participants: int | None, listed: list[str], tmp_path: Path) -> None:
    """The history lists instances with one person, which have no reports; of an unknown number they may have some."""
    account, store = Account(today=TODAY), tmp_path / "h.sqlite"
    instance = add_instance_on(account, date(2026, 4, 10))
    day = date(2026, 4, 10)
    row = {
        "meeting_uuid": instance.uuid,
        "type": "Meeting",
        "start_time": "2026-04-10T09:00:00Z",
        "participants": participants,
    }
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(HISTORY, status=200, body={"history_meetings": [row]})
        await harvest(fake, store, (day, day), reports=["meeting"], discover="history", now=NOW)

    assert query(store, "SELECT meeting_uuid, participants FROM history_meetings") == [(instance.uuid, participants)]
    assert query(store, "SELECT count(*) FROM instances") == [(len(listed),)]
    assert [state for (state,) in query(store, "SELECT state FROM partition WHERE stream = 'meeting'")] == listed


async def test_history_takes_a_call_per_day(tmp_path: Path) -> None:
    """Or one per page of a day, and none per host."""
    account = Account(today=TODAY)
    hosts = [account.add_host() for _ in range(5)]
    for number in range(10):
        add_instance_on(account, date(2026, 4, 10), host=hosts[number % 5])
    async with FakeZoom(account, plan=None, page_size_cap=4) as fake:
        summary = await harvest(fake, tmp_path / "h.sqlite", APRIL, reports=["meeting"], discover="history", now=NOW)

        assert Counter(calls(fake)) == {HISTORY: 29 + 3, MEETING: 10}
    assert summary.complete


async def test_denied_history_ends_run(tmp_path: Path) -> None:
    """It costs one call, not one per day."""
    body = {"code": 4711, "message": "Invalid access token, does not contain scopes."}
    async with FakeZoom(two_hosts(), plan=None) as fake:
        fake.respond(HISTORY, status=400, body=body, times=99)
        with pytest.raises(PermissionDenied):
            await harvest(fake, tmp_path / "h.sqlite", SPRING, discover="history", now=NOW)

        assert calls(fake) == [HISTORY]


async def test_history_is_listed_until_it_is_final(tmp_path: Path) -> None:
    """A day is listed again until three days after it."""
    store, listed = tmp_path / "h.sqlite", list[int]()
    days = (date(2026, 6, 5), date(2026, 6, 5))
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        for day in range(6, 12):
            start = len(fake.requests)
            now = datetime(2026, 6, day, 3, tzinfo=UTC)
            await harvest(fake, store, days, reports=["meeting"], discover="history", now=now)
            listed.append(calls(fake, start).count(HISTORY))

    assert listed == [1, 1, 1, 1, 0, 0]


async def test_other_ways_are_rejected(tmp_path: Path) -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(InvalidArgument, match="discover must be hosts or history, not 'rooms'"):
            await harvest(fake, tmp_path / "h.sqlite", APRIL, discover=cast("Discovery", "rooms"))
