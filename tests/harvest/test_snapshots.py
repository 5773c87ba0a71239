"""Lists that change are fetched in every run; rows that Zoom no longer lists are marked, and stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.harvesting import TODAY, add_instance_on, calls, harvest, query

from zoomasync.harvest import Summary
from zoomasync.testing import Account, FakeZoom, Host
from zoomasync.testing.account.host import UserStatus
from zoomasync.testing.account.records import BillingReport, UpcomingEvent

MAY = (date(2026, 5, 1), date(2026, 5, 31))
LIST_USERS = "GET /users"
LIST_RECORDINGS = "GET /users/{userId}/recordings"
FAILURE = {"code": 500, "message": "Internal error."}
NO_USER = {"code": 1001, "message": "User does not exist."}

Seen = list[tuple[object, ...]]


def night(number: int) -> datetime:
    """Return the time of the run number *number*: the runs are a day apart."""
    return datetime(2026, 6, 1, 3, tzinfo=UTC) + timedelta(days=number)


def clock_at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def text(number: int | None) -> str | None:
    """Return the time of that run as the store has it."""
    return None if number is None else f"{night(number):%Y-%m-%dT%H:%M:%SZ}"


class Nights:
    """Runs into *store*, a day apart."""

    def __init__(self, fake: FakeZoom, store: Path, reports: Sequence[str]) -> None:
        self.fake = fake
        self.store = store
        self._reports = reports
        self.number = 0

    async def run(self) -> Summary:
        self.number += 1
        # With one worker, calls have an order.
        return await harvest(self.fake, self.store, MAY, reports=self._reports, workers=1, now=night(self.number))

    def seen(self, table: str, name: str) -> Seen:
        """Return the position of each row of *table*, its column *name*, and when it was seen."""
        columns = f"_part, _seq, {name}, _first_seen, _last_seen, _missing_since"
        return query(self.store, f"SELECT {columns} FROM {table} ORDER BY _part, _seq")  # noqa: S608  our own names


@asynccontextmanager
async def nights(account: Account, store: Path, *reports: str, pages: int = 300) -> AsyncGenerator[Nights, None]:
    """Serve *account*, whose clock is that of the runs."""
    async with FakeZoom(account, plan=None, page_size_cap=pages) as fake:
        yield Nights(fake, store, reports)


def three_hosts() -> Account:
    account = Account(today=TODAY)
    for name in ("Ada", "Bo", "Cy"):
        account.add_host(name)
    return account


def row(part: str, seq: int, name: str, first: int, last: int, missing: int | None = None) -> tuple[object, ...]:
    """Return a row as `Nights.seen` does, with the numbers of runs in place of times."""
    return (part, seq, name, text(first), text(last), text(missing))


# Users.


async def test_users_are_listed_every_night(tmp_path: Path) -> None:
    """A row keeps its position, and the time at which it was first seen."""
    async with nights(three_hosts(), tmp_path / "h.sqlite", "all_users") as runs:
        for _ in range(3):
            assert (await runs.run()).complete

        assert calls(runs.fake) == [LIST_USERS] * 9
        assert runs.seen("all_users", "display_name") == [
            row("active/account", number, name, 1, 3) for number, name in enumerate(("Ada", "Bo", "Cy"))
        ]
    assert query(runs.store, "SELECT DISTINCT _run FROM all_users") == query(runs.store, "SELECT max(name) FROM run")


async def test_missing_user_is_marked(tmp_path: Path) -> None:
    account = three_hosts()
    async with nights(account, tmp_path / "h.sqlite", "all_users") as runs:
        await runs.run()
        account.hosts.pop(1)
        account.add_host("Di", id="di")
        for _ in range(2):
            await runs.run()

        assert runs.seen("all_users", "display_name") == [
            row("active/account", 0, "Ada", 1, 3),
            row("active/account", 1, "Bo", 1, 1, missing=2),
            row("active/account", 2, "Cy", 1, 3),
            row("active/account", 3, "Di", 2, 3),
        ]
    assert query(runs.store, "SELECT rows FROM partition WHERE key = 'active/account'") == [(3,)]


async def test_user_comes_back(tmp_path: Path) -> None:
    """It keeps its position and the time at which it was first seen, and is no longer missing."""
    account = three_hosts()
    async with nights(account, tmp_path / "h.sqlite", "all_users") as runs:
        await runs.run()
        bo = account.hosts.pop(1)
        await runs.run()
        account.hosts.append(bo)
        await runs.run()

        assert runs.seen("all_users", "display_name")[1] == row("active/account", 1, "Bo", 1, 3)


async def test_user_changes_status(tmp_path: Path) -> None:
    """The row is missing under the old status, and new under the other one."""
    account = three_hosts()
    async with nights(account, tmp_path / "h.sqlite", "all_users") as runs:
        await runs.run()
        account.other_users.append(replaced(account.hosts.pop(), "inactive"))
        await runs.run()

        assert runs.seen("all_users", "display_name")[2:] == [
            row("active/account", 2, "Cy", 1, 1, missing=2),
            row("inactive/account", 0, "Cy", 2, 2),
        ]


def replaced(host: Host, status: UserStatus) -> Host:
    return replace(host, status=status)


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_partial_list_changes_nothing(page: int, tmp_path: Path) -> None:
    account = three_hosts()
    async with nights(account, tmp_path / "h.sqlite", "all_users", pages=1) as runs:
        await runs.run()
        before = query(runs.store, "SELECT * FROM all_users")
        account.hosts.pop(0)
        account.add_host("Di", id="di")
        runs.fake.respond(LIST_USERS, status=500, body=FAILURE, on_request=page, times=3)
        summary = await runs.run()

        assert [failure.key for failure in summary.failures] == ["active/account"]
        assert query(runs.store, "SELECT * FROM all_users") == before
        await runs.run()
        assert [seen[-1] for seen in runs.seen("all_users", "id")] == [text(3), None, None, None]


async def test_empty_list_marks_all_rows(tmp_path: Path) -> None:
    account = three_hosts()
    async with nights(account, tmp_path / "h.sqlite", "all_users") as runs:
        await runs.run()
        account.hosts.clear()
        await runs.run()

        assert [seen[2:] for seen in runs.seen("all_users", "display_name")] == [
            (name, text(1), text(1), text(2)) for name in ("Ada", "Bo", "Cy")
        ]
    assert query(runs.store, "SELECT state, rows FROM partition WHERE key = 'active/account'") == [("empty", 0)]


async def test_change_of_user_is_stored(tmp_path: Path) -> None:
    account = three_hosts()
    async with nights(account, tmp_path / "h.sqlite", "all_users") as runs:
        await runs.run()
        account.hosts[1] = replace(account.hosts[1], dept="Sales")
        await runs.run()

        assert runs.seen("all_users", "dept")[1] == row("active/account", 1, "Sales", 1, 2)


# Lists of the account.


async def test_past_event_is_marked(tmp_path: Path) -> None:
    account = three_hosts()
    event = UpcomingEvent(id="e1==", topic="Demo", start_time=night(2) + timedelta(hours=1), host=account.hosts[0])
    account.upcoming_events.append(event)
    store = tmp_path / "h.sqlite"
    for moment in (night(1), night(3)):
        async with FakeZoom(account, plan=None, now=clock_at(moment)) as fake:
            await harvest(fake, store, MAY, reports=["upcoming_events"], now=moment)

    assert query(store, "SELECT id, _first_seen, _last_seen, _missing_since FROM upcoming_events") == [
        ("e1==", text(1), text(1), text(3))
    ]
    days = "SELECT from_, to_ FROM partition WHERE stream = 'upcoming_events'"
    assert query(store, days) == [("2026-06-04", "2026-07-04")]


async def test_bill_is_listed_every_night(tmp_path: Path) -> None:
    """Its invoices are fetched again for a month after the end of the billing period only."""
    account = three_hosts()
    for month, end in ((4, 30), (5, 31)):
        account.billing_reports.append(
            BillingReport(
                id=f"b{month}",
                start_date=date(2026, month, 1),
                end_date=date(2026, month, end),
                type=0,
                total_amount="20.00",
                tax_amount="0.00",
            )
        )
    april_and_may = (date(2026, 4, 1), MAY[1])
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        for number in (1, 2, 40, 41):
            await harvest(fake, store, april_and_may, reports=["billing_invoices"], now=night(number))
        sent = Counter(calls(fake))

    assert sent == {"GET /report/billing": 4, "GET /report/billing/invoices": 1 + 3}
    assert query(store, "SELECT id, currency, _first_seen, _last_seen FROM billing ORDER BY id") == [
        ("b4", "EUR", text(1), text(41)),
        ("b5", "EUR", text(1), text(41)),
    ]


# Recordings.


def recorded() -> Account:
    """Return an account of two hosts with a recording of two files each, in May."""
    account = Account(today=TODAY)
    for name in ("Ada", "Bo"):
        host = account.add_host(name)
        account.add_recording(add_instance_on(account, date(2026, 5, 4), host=host), files=2)
    return account


async def test_deleted_file_is_marked(tmp_path: Path) -> None:
    account = recorded()
    async with nights(account, tmp_path / "h.sqlite", "recordings") as runs:
        await runs.run()
        account.recordings[0].files[1].deleted_at = night(1)
        await runs.run()

        ada = account.hosts[0].id
        assert [seen[3:] for seen in runs.seen("recordings", "file_id") if seen[0] == f"{ada}/2026-05"] == [
            (text(1), text(2), None),
            (text(1), text(1), text(2)),
        ]


async def test_recordings_of_gone_user(tmp_path: Path) -> None:
    """They are asked for in two more runs, and again once the user is back."""
    account = recorded()
    bo = account.hosts[1]
    async with nights(account, tmp_path / "h.sqlite", "recordings") as runs:
        await runs.run()
        before = runs.seen("recordings", "file_id")
        account.hosts.remove(bo)
        asked: list[int] = []
        for _ in range(4):
            start = len(runs.fake.requests)
            assert (await runs.run()).complete
            asked.append(calls(runs.fake, start).count(LIST_RECORDINGS))
        kept = [seen for seen in runs.seen("recordings", "file_id") if str(seen[0]).startswith(bo.id)]
        account.hosts.append(bo)
        await runs.run()

        back = [seen[3:] for seen in runs.seen("recordings", "file_id") if str(seen[0]).startswith(bo.id)]
    assert kept == [seen for seen in before if str(seen[0]).startswith(bo.id)]
    assert len(kept) == 2
    assert asked == [2, 2, 1, 1]
    assert back == [(text(1), text(6), None)] * 2


async def test_files_share_extra_fields(tmp_path: Path) -> None:
    """Each file of a recording has the extra fields of the recording, and an invalid recording costs no other one."""
    account = recorded()
    files = [{"id": "f1", "file_type": "MP4"}, {"id": "f2", "file_type": "M4A", "new": 1}]
    body: dict[str, object] = {
        "meetings": [
            {"uuid": "u1", "recording_files": []},
            {"uuid": "u2", "id": {"number": 1}, "recording_files": files},
            {"uuid": "u3", "mood": "good", "recording_files": files},
        ]
    }
    async with nights(account, tmp_path / "h.sqlite", "recordings") as runs:
        runs.fake.respond(LIST_RECORDINGS, status=200, body=body)
        await runs.run()

        extra = '{"mood":"good","recording_files":{"1":{"new":1}}}'
        columns = "_seq, uuid, file_id, _extra"
        rows = query(runs.store, f"SELECT {columns} FROM recordings WHERE uuid = 'u3'")  # noqa: S608  our own names
        assert rows == [(0, "u3", "f1", extra), (1, "u3", "f2", extra)]
        assert query(runs.store, "SELECT _seq, path FROM rejected_rows") == [(2, "$.meetings[1].id")]


async def test_pages_of_invalid_recordings(tmp_path: Path) -> None:
    """The positions of invalid recordings do not collide, although recordings without files have no rows."""
    fault: dict[str, object] = {"uuid": "u", "id": {"number": 1}, "recording_files": []}
    empty: dict[str, object] = {"uuid": "u", "recording_files": []}
    pages: list[dict[str, object]] = [
        {"next_page_token": "next", "meetings": [empty, fault]},
        {"meetings": [fault, empty]},
    ]
    async with nights(recorded(), tmp_path / "h.sqlite", "recordings") as runs:
        for number, body in enumerate(pages, start=1):
            runs.fake.respond(LIST_RECORDINGS, status=200, body=body, on_request=number)
        await runs.run()

        assert query(runs.store, "SELECT _seq FROM rejected_rows ORDER BY 1") == [(0,), (1,)]
