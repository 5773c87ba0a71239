"""The rows of a partition are those of its last whole fetch, also after a later one that failed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from support.harvesting import QUICK, TODAY, UNLIMITED, ZoomAt, add_instance_on, calls, harvest, query

from zoomasync import Label, __version__
from zoomasync.errors import InvalidArgument, StoreError
from zoomasync.harvest import Harvest, read_status
from zoomasync.rate_limits import LocalRateLimiter, Permit
from zoomasync.testing import Account, FakeZoom

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
APRIL = (date(2026, 4, 1), date(2026, 4, 30))
MAY = (date(2026, 5, 1), date(2026, 5, 31))
USER_MEETINGS = "GET /report/users/{userId}/meetings"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
LOGS = "GET /report/operationlogs"
HISTORY = "GET /report/history_meetings"
USERS = "GET /report/users"
REPORTS = ["meeting_participants"]
AGAIN: Mapping[str, int | None] = {"meeting_participants": None}
FAULTS = {
    "failed": {"status": 500, "body": {"code": 500, "message": "Internal error."}, "times": 9},
    "rejected": {"status": 400, "body": {"code": 12702, "message": "Can not access a meeting a year ago."}},
    "not_found": {"status": 404, "body": {"code": 3001, "message": "Meeting does not exist."}},
    "deferred": {
        "status": 429,
        "headers": {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-11-27T00:00:00Z"},
        "body": {"code": 429, "message": "You have reached the maximum daily rate limit for this API."},
    },
}
COUNTS = "SELECT pages, rows, invalid_rows, run, stored_at FROM partition WHERE stream = 'meeting_participants'"
ROWS = "SELECT * FROM meeting_participants ORDER BY _part, _seq"
INVALID = "SELECT * FROM rejected_rows"

Lines = list[tuple[object, ...]]


def five_people() -> Account:
    """Return an account with one instance of five people."""
    account = Account(today=TODAY)
    add_instance_on(account, date(2026, 4, 10), participants=5)
    return account


def stored(store: Path) -> tuple[Lines, Lines, Lines]:
    """Return the rows, the invalid rows and the counts of the partition."""
    return query(store, ROWS), query(store, INVALID), query(store, COUNTS)


def state(store: Path) -> object:
    return query(store, "SELECT state FROM partition WHERE stream = 'meeting_participants'")[0][0]


@asynccontextmanager
async def harvested(store: Path, account: Account) -> AsyncGenerator[FakeZoom, None]:
    """Serve *account*, after a harvest that found one invalid row on the second of three pages."""
    async with FakeZoom(account, plan=None, page_size_cap=2) as fake:
        fake.respond(
            PARTICIPANTS,
            status=200,
            body={"next_page_token": "", "participants": [{"id": "a", "name": "Ada"}, {"id": "b", "duration": "long"}]},
        )
        await harvest(fake, store, APRIL, reports=REPORTS)
        yield fake


# A refetch that is not whole.


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("expected", FAULTS)
async def test_bad_refetch_keeps_rows(expected: str, page: int, tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with harvested(store, five_people()) as fake:
        before = stored(store)
        fake.respond(PARTICIPANTS, **FAULTS[expected], on_request=page)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  one fault of each kind
        summary = await harvest(fake, store, APRIL, reports=REPORTS, refetch=AGAIN)

    assert stored(store) == before
    assert state(store) == expected
    assert query(store, "SELECT count(*) FROM staged_rows") == [(0,)]
    assert next(stream.rows for stream in summary.streams if stream.name == "meeting_participants") == 0
    assert [len(rows) for rows in before] == [1, 1, 1]


async def test_shortened_refetch_keeps_rows(tmp_path: Path) -> None:
    """Zoom shortens the range to the days that it still keeps."""
    store = tmp_path / "h.sqlite"
    listings = "SELECT state, pages, rows, run FROM partition WHERE stream = 'user_meetings'"
    async with FakeZoom(five_people(), plan=None) as fake:
        await harvest(fake, store, APRIL, reports=REPORTS)
        before = query(store, "SELECT * FROM user_meetings"), query(store, listings)
        body: dict[str, object] = {"from": "2026-04-20", "to": "2026-04-30", "meetings": []}
        fake.respond(USER_MEETINGS, status=200, body=body)
        summary = await harvest(fake, store, APRIL, reports=REPORTS, refetch={"user_meetings": None})

    assert (query(store, "SELECT * FROM user_meetings"), query(store, listings)) == before
    ((listing_state, _, rows, _),) = before[1]
    assert (listing_state, rows) == ("done", 1)
    assert [(partition.stream, partition.rows, partition.warning) for partition in summary.warnings] == [
        ("user_meetings", 0, "Zoom returned 2026-04-20 to 2026-04-30 only")
    ]


async def test_shortened_refetch_of_nothing(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(five_people(), plan=None) as fake:
        fake.respond(USER_MEETINGS, status=200, body={"meetings": []})
        await harvest(fake, store, APRIL, reports=REPORTS)
        fake.respond(USER_MEETINGS, status=200, body={"from": "2026-04-20", "to": "2026-04-30", "meetings": []})
        await harvest(fake, store, APRIL, reports=REPORTS, refetch={"user_meetings": None})

    assert query(store, "SELECT state, rows FROM partition WHERE stream = 'user_meetings'") == [("empty", 0)]


@pytest.mark.parametrize("now", [datetime(2026, 10, 10, 12, tzinfo=UTC), datetime(2027, 2, 1, 12, tzinfo=UTC)])
@pytest.mark.parametrize("stream", ["operation_logs", "history_meetings"])
async def test_expired_days_keep_rows(stream: str, now: datetime, tmp_path: Path) -> None:
    """These lists show no range: a success without rows is all that Zoom has after six months."""
    store, day = tmp_path / "h.sqlite", (date(2026, 4, 10), date(2026, 4, 10))
    rows = f"SELECT * FROM {stream}"  # noqa: S608  our own names
    async with FakeZoom(five_people(), plan=None) as fake:
        fake.respond(LOGS, status=200, body={"operation_logs": [{"time": "2026-04-10T03:00:00Z", "action": "Sign in"}]})
        await harvest(fake, store, day, reports=[stream], now=NOON)
        before = query(store, rows)
        for route, name in ((LOGS, "operation_logs"), (HISTORY, "history_meetings")):
            fake.respond(route, status=200, body={name: []})
        summary = await harvest(fake, store, day, reports=[stream], refetch={stream: None}, now=now)

    assert len(before) == 1
    assert query(store, rows) == before
    assert [partition.warning for partition in summary.warnings] == [
        "Zoom no longer keeps these days; the rows of an earlier fetch stay"
    ]


async def test_days_to_come_are_not_missing(tmp_path: Path) -> None:
    """Zoom may shorten a range to today. The rows of the next day are stored all the same."""
    store = tmp_path / "h.sqlite"
    hosts = [{"id": "ada"}, {"id": "bo"}]
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        for number, day in enumerate((14, 15), start=1):
            body = {"from": "2026-06-01", "to": f"2026-06-{day}", "users": hosts[:number]}
            fake.respond(USERS, status=200, body=body)
            now = NOON + timedelta(days=day - 15)
            summary = await harvest(fake, store, (date(2026, 6, 1), date(2026, 6, 30)), reports=["users"], now=now)
            assert summary.warnings == ()

    assert query(store, "SELECT id FROM users") == [("ada",), ("bo",)]


class HeldAfter(LocalRateLimiter):
    """A rate limiter that gives so many permits, and then none."""

    def __init__(self, permits: int) -> None:
        super().__init__(UNLIMITED)
        self.left = permits

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        self.left -= 1
        if self.left < 0:
            await anyio.sleep_forever()
        return await super().acquire(label, priority=priority, max_wait=max_wait)


@asynccontextmanager
async def refetching(fake: FakeZoom, store: Path, *, pages: int) -> AsyncGenerator[None, None]:
    """Fetch the report again; run the block once so many *pages* are stored, and cancel the run then."""
    async with (
        fake.client(retry=QUICK, rate_limiter=HeldAfter(pages)) as zoom,
        Harvest(zoom, store=store, from_=APRIL[0], to=APRIL[1], reports=REPORTS, refetch=AGAIN) as running,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(running.run)
        with anyio.fail_after(30):
            while query(store, "SELECT count(*) FROM staged_rows") != [(pages,)]:  # noqa: ASYNC110  there is no event
                await anyio.sleep(0.005)
        yield
        tasks.cancel_scope.cancel()


async def test_rows_remain_during_refetch(tmp_path: Path) -> None:
    """Nobody sees a part of the new rows, and a cancellation drops them."""
    store = tmp_path / "h.sqlite"
    async with harvested(store, five_people()) as fake:
        before = stored(store)
        async with refetching(fake, store, pages=2):
            assert (state(store), stored(store)) == ("in_progress", before)
        assert stored(store) == before

        await harvest(fake, store, APRIL, reports=REPORTS)
    assert len(query(store, ROWS)) == 5
    assert query(store, INVALID) == []


async def test_killed_refetch_keeps_rows(tmp_path: Path) -> None:
    """The files at the moment of a kill have the old rows, and the next run puts the new ones in their place."""
    store, killed = tmp_path / "h.sqlite", tmp_path / "killed.sqlite"
    async with harvested(store, five_people()) as fake:
        before = stored(store)
        async with refetching(fake, store, pages=2):
            for suffix in ("", "-wal"):
                shutil.copy(f"{store}{suffix}", f"{killed}{suffix}")
        assert (state(killed), stored(killed)) == ("in_progress", before)
        await harvest(fake, killed, MAY, reports=REPORTS)
        assert query(killed, "SELECT count(*) FROM staged_rows") == [(0,)]
        start = len(fake.requests)
        summary = await harvest(fake, killed, APRIL, reports=REPORTS)

        assert calls(fake, start) == [PARTICIPANTS] * 3
    assert summary.complete
    assert len(query(killed, ROWS)) == 5


async def test_replacement_is_one_transaction(tmp_path: Path) -> None:
    """If the fourth of the new rows cannot be stored, the old ones stay."""
    store = tmp_path / "h.sqlite"
    async with harvested(store, five_people()) as fake:
        before = stored(store)
        full = "CREATE TRIGGER full BEFORE INSERT ON meeting_participants WHEN NEW._seq = 3 "
        with closing(sqlite3.connect(store)) as database:
            database.execute(full + "BEGIN SELECT raise(ABORT, 'disk full'); END")
        with pytest.raises(StoreError, match="disk full"):
            await harvest(fake, store, APRIL, reports=REPORTS, refetch=AGAIN)

    assert stored(store) == before


# A whole refetch.


async def test_whole_refetch_replaces_rows(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with harvested(store, five_people()) as fake:
        ((first_run,),) = query(store, "SELECT DISTINCT _run FROM meeting_participants")
        summary = await harvest(fake, store, APRIL, reports=REPORTS, refetch=AGAIN)

    assert summary.complete
    assert query(store, "SELECT _seq, name FROM meeting_participants") == [
        (0, "Host 1"),
        *((number, f"Guest {number}") for number in range(1, 5)),
    ]
    assert query(store, INVALID) == []
    ((pages, rows, invalid_rows, run, _),) = query(store, COUNTS)
    assert (pages, rows, invalid_rows) == (3, 5, 0)
    assert [(first_run,), (run,)] == query(store, "SELECT name FROM run ORDER BY id")


async def test_empty_refetch_removes_rows(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with harvested(store, five_people()) as fake:
        fake.respond(PARTICIPANTS, status=200, body={"participants": []})
        await harvest(fake, store, APRIL, reports=REPORTS, refetch=AGAIN, now=NOON)

    assert (query(store, ROWS), query(store, INVALID), state(store)) == ([], [], "empty")
    assert query(store, "SELECT pages, rows, invalid_rows FROM partition WHERE stream = 'meeting_participants'") == [
        (1, 0, 0)
    ]


async def test_failed_refetch_is_repeated(tmp_path: Path) -> None:
    """The next run fetches the partition without being told, and then never again."""
    store = tmp_path / "h.sqlite"
    sent: list[int] = []
    async with harvested(store, five_people()) as fake:
        fake.respond(PARTICIPANTS, status=500, body=b"", times=3)
        for refetch in (AGAIN, None, None):
            start = len(fake.requests)
            await harvest(fake, store, APRIL, reports=REPORTS, refetch=refetch)
            sent.append(calls(fake, start).count(PARTICIPANTS))

    assert sent == [3, 3, 0]
    assert read_status(store).complete


# The option.


async def test_refetch_takes_days(tmp_path: Path) -> None:
    """Partitions of the last days of the run are fetched again; all others, and other tables, are not."""
    account = Account(today=TODAY)
    for day in range(24, 31):
        add_instance_on(account, date(2026, 4, day))
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, APRIL, reports=["meeting_participants", "meeting"])
        start = len(fake.requests)
        await harvest(
            fake, store, APRIL, reports=["meeting_participants", "meeting"], refetch={"meeting_participants": 3}
        )

        assert calls(fake, start) == [PARTICIPANTS] * 3
    days = "SELECT from_ FROM partition WHERE run = (SELECT max(name) FROM run) ORDER BY from_"
    assert query(store, days) == [(str(APRIL[1] - timedelta(days=number)),) for number in (2, 1, 0)]


@pytest.mark.parametrize(
    ("refetch", "message"),
    [
        ({"meeting_qa": None}, "refetch names 'meeting_qa', which this harvest does not fetch: choose from users, "),
        ({"secrets": None}, "refetch names 'secrets'"),
        ({"meeting_participants": 0}, "refetch must be a whole number, 1 or more"),
    ],
    ids=["not selected", "unknown", "no days"],
)
async def test_invalid_refetch_opens_nothing(refetch: dict[str, int | None], message: str, tmp_path: Path) -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(InvalidArgument, match=message):
            await harvest(fake, tmp_path / "h.sqlite", APRIL, reports=REPORTS, refetch=refetch)

    assert not (tmp_path / "h.sqlite").exists()


# Lineage.


async def test_rows_have_their_lineage(tmp_path: Path) -> None:
    """The account, key and position of a row survive a refetch; its time, run and version are those of the fetch."""
    store = tmp_path / "h.sqlite"
    lineage: list[Lines] = []
    async with FakeZoom(five_people(), plan=None) as fake:
        account_id = fake.credentials.account_id
        (uuid,) = (instance.uuid for instance in fake.account.instances)
        for refetch in (None, AGAIN):
            await harvest(fake, store, APRIL, reports=REPORTS, refetch=refetch)
            lineage.append(
                query(store, "SELECT _account, _part, _seq, _fetched_at, _run, _version FROM meeting_participants")
            )

    runs = query(store, "SELECT name FROM run ORDER BY id")
    assert [[row[:3] for row in rows] for rows in lineage] == [[(account_id, uuid, seq) for seq in range(5)]] * 2
    assert [{row[4:] for row in rows} for rows in lineage] == [{(*name, __version__)} for name in runs]
    ((fetched_at,),) = query(store, "SELECT fetched_at FROM partition WHERE stream = 'meeting_participants'")
    assert {row[3] for row in lineage[1]} == {fetched_at}
    assert runs[0] < runs[1]


class Ticking(ZoomAt):
    """A client to which Zoom's clock is a second later at each look."""

    @property
    def server_time(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


async def test_rows_of_a_fetch_have_one_time(tmp_path: Path) -> None:
    """Pages are fetched one after the other; their rows have the time of the first."""
    store = tmp_path / "h.sqlite"
    async with (
        FakeZoom(five_people(), plan=None, page_size_cap=1) as fake,
        Ticking(fake, NOON) as zoom,
        Harvest(zoom, store=store, from_=APRIL[0], to=APRIL[1], reports=REPORTS) as running,
    ):
        await running.run()

    times = query(store, "SELECT DISTINCT _fetched_at FROM meeting_participants")
    assert len(times) == 1
    assert times == query(store, "SELECT fetched_at FROM partition WHERE stream = 'meeting_participants'")
