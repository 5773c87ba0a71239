"""A store of version 2, as zoomasync 0.1.0 wrote it, becomes one of version 3."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import pytest
from support.harvesting import QUICK, TODAY, query
from support.kills import open_and_die

from zoomasync.errors import ConfigError
from zoomasync.harvest import Harvest, SQLiteStore, Summary, export_tables, read_attendance, read_status, write_report
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom

GOLDEN = Path(__file__).parents[2] / "data" / "store_version_2.sql"
APRIL_AND_MAY = (date(2026, 4, 1), date(2026, 5, 31))
QA = "GET /report/meetings/{meetingId}/qa"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
TABLES = {"drift": "rejected_rows", "traffic": "call_samples"}
STATES = {
    "waiting": "pending",
    "open": "in_progress",
    "gone": "not_found",
    "refused": "rejected",
    "parked": "deferred",
}
ADDED = {"host_id"}
"""The columns of reports that version 0.1.0 did not have: its rows lack them, and they come after its columns."""

Lines = list[tuple[object, ...]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The golden store: April is harvested but for a failed and two deferred reports, May was interrupted."""
    path = tmp_path / "h.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(GOLDEN.read_text(encoding="utf-8"))
    return path


def golden_account() -> Account:
    """Return the account that the golden store was harvested from."""
    account = Account(today=TODAY)
    host = account.add_host("Ada Brink", id="host-1", email="ada@northpier.example")
    for number, (month, day, type_) in enumerate([(4, 10, 2), (4, 12, 2), (4, 15, 5), (5, 5, 2), (5, 6, 2)], start=1):
        account.add_instance(
            host,
            start=datetime(2026, month, day, 9, tzinfo=UTC),
            uuid=f"uuid/{number}==",
            id=84_000_000_000 + number,
            type=type_,
            participants=3,
            polls=1,
        )
    first = account.instances[0]
    people = list(first.participants)
    people[1] = replace(people[1], user_email="odd@northpier.example", name=cast("str", {"first": "Odd"}))
    people[2] = replace(people[2], attentiveness_score="97%")
    account.instances[0] = replace(first, participants=tuple(people))
    return account


async def run(fake: FakeZoom, store: Path) -> Summary:
    """Harvest with one worker, so that calls have an order."""
    from_, to = APRIL_AND_MAY
    async with (
        fake.client(retry=QUICK) as zoom,
        Harvest(zoom, store=store, from_=from_, to=to, workers=1) as harvest,
    ):
        return await harvest.run()


async def migrate(store: Path) -> None:
    async with SQLiteStore(store, STREAMS.values()):
        pass


def contents(path: Path) -> dict[str, Lines]:
    """Return all lines of all tables, without the columns that were added."""
    tables = {
        name: ", ".join(str(column[1]) for column in columns if column[1] not in ADDED)
        for name, columns in schema(path).items()
    }
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {
            name: database.execute(f'SELECT {columns} FROM "{name}"').fetchall()  # noqa: S608  our own names
            for name, columns in tables.items()
        }


def schema(path: Path) -> dict[str, Lines]:
    """Return the columns of all tables."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: database.execute(f'PRAGMA table_info("{name}")').fetchall() for name in names}


def columns_of_tables(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """Return the columns of all tables, without their order."""
    return {name: {column[1:] for column in columns} for name, columns in schema(path).items()}


def version(path: Path) -> object:
    return query(path, "PRAGMA user_version")[0][0]


async def test_migration_keeps_every_line(store: Path) -> None:
    old = contents(store)
    await migrate(store)
    new = contents(store)

    assert version(store) == 3
    assert {lines[5] for lines in old["partition"]} == {*STATES, "done", "empty", "failed"}
    expected = [
        (*line[:5], STATES.get(str(line[5]), line[5]), *line[6:], int(line[5] == "gone"))
        for line in old.pop("partition")
    ]
    assert new.pop("partition") == expected
    for name, lines in old.items():
        assert new[TABLES.get(name, name)] == lines
    assert all(new[name] for name in ("rejected_rows", "call_samples", "run"))


async def test_migrated_schema_is_version_3(store: Path, tmp_path: Path) -> None:
    await migrate(store)
    await migrate(tmp_path / "fresh.sqlite")

    assert columns_of_tables(store) == columns_of_tables(tmp_path / "fresh.sqlite")


async def test_migration_drops_rows_without_id(store: Path) -> None:
    """Partitions of an empty UUID or user id are removed; the stored rows stay and lead to no partition."""
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE user_meetings SET uuid = '' WHERE uuid = 'uuid/5=='")
        database.execute("UPDATE partition SET key = '' WHERE key = 'uuid/5=='")
        database.execute("UPDATE partition SET key = '/2026-05' WHERE key = 'host-1/2026-05'")
        database.execute("UPDATE user_meetings SET _part = '/2026-05' WHERE _part = 'host-1/2026-05'")
        database.execute("UPDATE users SET id = '' WHERE _part = '2026-05'")
    account = golden_account()
    del account.instances[3:]
    async with FakeZoom(account, plan=None) as fake:
        summary = await run(fake, store)

    assert summary.complete
    assert query(store, "SELECT key FROM partition WHERE key = '' OR key LIKE '/%'") == []
    assert query(store, "SELECT uuid FROM user_meetings WHERE _part = '/2026-05'") == [("uuid/4==",), ("",)]


async def test_migrated_store_resumes(store: Path, tmp_path: Path) -> None:
    """The resumed harvest fetches the unfinished partitions, and the one that was not found once more."""
    not_found = {"code": 3001, "message": "It does not exist."}
    async with FakeZoom(golden_account(), plan=None, page_size_cap=2) as fake:
        fake.respond(QA, status=404, body=not_found, on_request=3)
        resumed = await run(fake, store)
        calls = Counter(str(request.route) for request in fake.requests if request.label)
    async with FakeZoom(golden_account(), plan=None, page_size_cap=2) as fake:
        too_old = {"code": 12702, "message": "Can not access a meeting a year ago."}
        fake.respond(QA, status=404, body=not_found)
        fake.respond(QA, status=400, body=too_old, on_request=2)
        fresh = await run(fake, tmp_path / "fresh.sqlite")

    assert resumed.complete
    assert fresh.complete
    assert calls == {
        "GET /report/meetings/{meetingId}": 1,
        PARTICIPANTS: 4,
        "GET /report/meetings/{meetingId}/polls": 3,
        QA: 3,
        "GET /report/meetings/{meetingId}/survey": 2,
        "GET /report/webinars/{webinarId}/participants": 2,
        "GET /report/webinars/{webinarId}/polls": 1,
    }
    tables = [(contents(path), path) for path in (store, tmp_path / "fresh.sqlite")]
    for name in (*STREAMS, "rejected_rows", "harvest"):
        one, other = (lines.get(name) for lines, _ in tables)
        assert one == other, name
    columns = "stream, key, from_, to_, calls, state, pages, rows, invalid_rows, deferred_until, error, warning"
    one, other = (query(path, f"SELECT {columns} FROM partition") for _, path in tables)  # noqa: S608  our own names
    assert one == other


@pytest.mark.parametrize("statements", range(4, 90, 9))
async def test_migration_survives_a_kill(statements: int, store: Path) -> None:
    """A process that dies after *statements* statements leaves a complete store of version 2 or 3."""
    old = contents(store)
    died = await open_and_die(store, statements)

    if version(store) == 2:
        assert died
        assert contents(store) == old
    await migrate(store)
    assert version(store) == 3
    assert contents(store)["rejected_rows"] == old["drift"]


async def test_kills_hit_both_versions(store: Path) -> None:
    """The statements of the test above reach from before the migration to behind it."""
    assert await open_and_die(store, 12)
    assert version(store) == 2
    assert not await open_and_die(store, 89)
    assert version(store) == 3


READERS: dict[str, Callable[[Path], object]] = {
    "status": read_status,
    "report": write_report,
    "export": lambda path: export_tables(path, path.parent),
    "attendance": lambda path: read_attendance(path, 84_000_000_001),
}


@pytest.mark.parametrize("reader", READERS)
def test_reader_names_the_migration(reader: str, store: Path) -> None:
    """A reader does not change a version 2 store, and its error says what to do."""
    before = store.read_bytes()
    with pytest.raises(
        ConfigError, match=r"of version 2, .*: run `zoomasync harvest` on it once to migrate it"
    ) as caught:
        READERS[reader](store)

    assert "\n" not in str(caught.value)
    assert store.read_bytes() == before
