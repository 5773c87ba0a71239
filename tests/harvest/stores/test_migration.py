"""A store of version 2, as zoomasync 0.1.0 wrote it, or of version 3 becomes one of version 4."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import pytest
from support.harvesting import QUICK, TODAY, query
from support.kills import open_and_die

from zoomasync import __version__
from zoomasync.errors import ConfigError
from zoomasync.harvest import Harvest, SQLiteStore, Summary, export_tables, read_attendance, read_status, write_report
from zoomasync.harvest.stores import Scope
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom

DATA = Path(__file__).parents[2] / "data"
APRIL_AND_MAY = (date(2026, 4, 1), date(2026, 5, 31))
QA = "GET /report/meetings/{meetingId}/qa"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
OF_ONE_RUN = {"fetched_at", "tracking_id", "detail", "not_found_runs"}
_COMMA = '", "'
STATES = {
    "waiting": "pending",
    "open": "in_progress",
    "gone": "not_found",
    "refused": "rejected",
    "parked": "deferred",
}
ADDED = {
    *("_account", "_fetched_at", "_run", "_version", "host_id"),
    *("account_id", "account_label", "run", "stored_at", "stored_from", "stored_to", "last_run"),
}
"""The columns that version 2 did not have."""

Lines = list[tuple[object, ...]]


@pytest.fixture(params=[2, 3])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The golden store: April is harvested but for a failed and two deferred reports, May was interrupted.

    In the store of version 3, the last listing of April failed.
    """
    return golden_store(tmp_path / "h.sqlite", cast("int", request.param))


@pytest.fixture
def store_2(tmp_path: Path) -> Path:
    return golden_store(tmp_path / "h.sqlite", 2)


def golden_store(path: Path, number: int) -> Path:
    """Write the golden store of version *number* to *path*, and return *path*."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript((DATA / f"store_version_{number}.sql").read_text(encoding="utf-8"))
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


def contents(path: Path, columns: Mapping[str, Sequence[str]] | None = None) -> dict[str, Lines]:
    """Return all lines of all tables, or of these *columns*, which may be missing in the tables."""
    columns = columns or {name: [str(column[1]) for column in table] for name, table in schema(path).items()}
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {
            name: database.execute(f'SELECT "{_COMMA.join(names)}" FROM "{name}"').fetchall()  # noqa: S608  our own names
            for name, names in columns.items()
        }


def schema(path: Path) -> dict[str, Lines]:
    """Return the columns of all tables."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: database.execute(f'PRAGMA table_info("{name}")').fetchall() for name in names}


def columns_of_tables(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """Return the columns of all tables, without their order."""
    return {name: {column[1:] for column in columns} for name, columns in schema(path).items()}


def old_columns(path: Path) -> dict[str, list[str]]:
    """Return the columns of version 2 of the tables with rows, by their names in version 4."""
    return {
        name: [str(column[1]) for column in columns if column[1] not in ADDED]
        for name, columns in schema(path).items()
        if name not in {"stream", "staged_rows", "history_meetings", "webinar_qa", "webinar_survey"}
    }


def version(path: Path) -> object:
    return query(path, "PRAGMA user_version")[0][0]


async def test_version_2_keeps_every_line(store_2: Path) -> None:
    old = contents(store_2)
    await migrate(store_2)
    new = contents(store_2, {name: names for name, names in old_columns(store_2).items() if name in STREAMS})

    assert {lines[5] for lines in old["partition"]} == {*STATES, "done", "empty", "failed"}
    expected = [
        (*line[:5], STATES.get(str(line[5]), line[5]), *line[6:], int(line[5] == "gone")) for line in old["partition"]
    ]
    assert [line[:16] for line in query(store_2, "SELECT * FROM partition")] == expected
    assert new == {name: old.get(name, []) for name in new}
    assert query(store_2, "SELECT stream, _part, _seq, path, reason, raw FROM rejected_rows") == old["drift"]
    assert query(store_2, "SELECT * FROM call_samples") == old["traffic"]
    assert query(store_2, "SELECT id, started_at, ended_at, outcome, host, process FROM run") == old["run"]


async def test_version_3_keeps_every_line(tmp_path: Path) -> None:
    store = golden_store(tmp_path / "h.sqlite", 3)
    columns = {name: [str(column[1]) for column in table] for name, table in schema(store).items()}
    old = contents(store, columns)
    await migrate(store)

    assert {lines[5] for lines in old["partition"]} == {*STATES.values(), "done", "empty", "failed"}
    assert contents(store, columns) == old


async def test_rows_are_those_of_the_last_run(store: Path) -> None:
    """The rows of a whole fetch have its time, and the run that made it; a fetch in progress has neither."""
    await migrate(store)

    assert query(store, "SELECT key FROM partition WHERE state IN ('done', 'empty') AND run IS NULL") == []
    assert query(store, "SELECT run IS NOT NULL FROM partition WHERE key = 'host-1/2026-04'") == [(1,)]
    assert query(store, "SELECT key FROM partition WHERE state = 'in_progress' AND run IS NOT NULL") == []
    assert query(store, "SELECT run FROM partition WHERE run NOT IN (SELECT name FROM run)") == []
    stored = "(stored_at, stored_from, stored_to, last_run) IS NOT (fetched_at, from_, to_, run)"
    assert query(store, f"SELECT key FROM partition WHERE run IS NOT NULL AND {stored}") == []  # noqa: S608  our own names
    assert query(store, "SELECT key FROM partition WHERE (last_run IS NULL) != (fetched_at IS NULL)") == []
    for table in ("user_meetings", "meeting_participants"):
        unequal = (
            f"SELECT _part FROM {table} t JOIN partition p ON p.stream = '{table}' AND p.key = t._part "  # noqa: S608  our own names
            "WHERE (t._fetched_at, t._run, t._version, t._account) IS NOT (p.fetched_at, p.run, NULL, NULL)"
        )
        assert query(store, unequal) == []
    assert query(store, "SELECT count(DISTINCT name), count(*) FROM run") == query(
        store, "SELECT count(*), count(name) FROM run"
    )


async def test_migrated_schema_is_version_4(store: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.sqlite"
    scope = Scope(account_id="account", days=APRIL_AND_MAY, streams=tuple(STREAMS.values()), today=TODAY)
    for path in (store, fresh):
        async with SQLiteStore(path, STREAMS.values()) as opened, opened.run(scope, lambda _: None):
            pass

    assert version(store) == 4
    assert columns_of_tables(store) == columns_of_tables(fresh)


async def test_migration_drops_rows_without_id(store_2: Path) -> None:
    """Partitions of an empty UUID or user id are removed; the stored rows stay and lead to no partition."""
    with closing(sqlite3.connect(store_2)) as database, database:
        database.execute("UPDATE user_meetings SET uuid = '' WHERE uuid = 'uuid/5=='")
        database.execute("UPDATE partition SET key = '' WHERE key = 'uuid/5=='")
        database.execute("UPDATE partition SET key = '/2026-05' WHERE key = 'host-1/2026-05'")
        database.execute("UPDATE user_meetings SET _part = '/2026-05' WHERE _part = 'host-1/2026-05'")
        database.execute("UPDATE users SET id = '' WHERE _part = '2026-05'")
    account = golden_account()
    del account.instances[3:]
    async with FakeZoom(account, plan=None) as fake:
        summary = await run(fake, store_2)

    assert summary.complete
    assert query(store_2, "SELECT key FROM partition WHERE key = '' OR key LIKE '/%'") == []
    assert query(store_2, "SELECT uuid FROM user_meetings WHERE _part = '/2026-05'") == [("uuid/4==",), ("",)]


async def test_migrated_store_resumes(store: Path, tmp_path: Path) -> None:
    """The resumed harvest fetches the unfinished partitions, and the one that was not found once more."""
    failed_listing = query(store, "SELECT key FROM partition WHERE stream = 'user_meetings' AND state = 'failed'")
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
        **({"GET /report/users/{userId}/meetings": 2} if failed_listing else {}),
        "GET /report/meetings/{meetingId}": 1,
        PARTICIPANTS: 4,
        "GET /report/meetings/{meetingId}/polls": 3,
        QA: 3,
        "GET /report/meetings/{meetingId}/survey": 2,
        "GET /report/webinars/{webinarId}/participants": 2,
        "GET /report/webinars/{webinarId}/polls": 1,
        "GET /report/webinars/{webinarId}/qa": 1,
        "GET /report/webinars/{webinarId}/survey": 1,
    }
    columns = {name: names for name, names in old_columns(store).items() if name not in {"call_samples", "run"}}
    columns["partition"] = [name for name in columns["partition"] if name not in OF_ONE_RUN]
    assert contents(store, columns) == contents(tmp_path / "fresh.sqlite", columns)


async def test_run_fills_in_the_account(store: Path) -> None:
    """Rows of both versions have it, and the new ones their lineage."""
    async with FakeZoom(golden_account(), plan=None) as fake:
        account_id = fake.credentials.account_id
        await run(fake, store)

    assert query(store, "SELECT account_id FROM harvest") == [(account_id,)]
    for table in ("users", "user_meetings", "meeting_participants", "rejected_rows"):
        assert query(store, f"SELECT DISTINCT _account FROM {table}") == [(account_id,)]  # noqa: S608  our own names
    (name,) = query(store, "SELECT name FROM run ORDER BY id DESC LIMIT 1")
    lineage = "SELECT DISTINCT _run, _version FROM meeting_participants WHERE _part = 'uuid/5=='"
    assert query(store, lineage) == [(*name, __version__)]


async def test_rejected_row_is_replaced(store: Path) -> None:
    """A migrated table has its columns in another order than a new one."""
    async with FakeZoom(golden_account(), plan=None) as fake, fake.client() as zoom:
        account_id = zoom.account_id
        from_, to = APRIL_AND_MAY
        async with Harvest(zoom, store=store, from_=from_, to=to, refetch={"meeting_participants": None}) as harvest:
            await harvest.run()

    columns = "_account, stream, _part, _seq, path, _version"
    assert query(store, f"SELECT {columns} FROM rejected_rows") == [  # noqa: S608  our own names
        (account_id, "meeting_participants", "uuid/1==", 1, "$.participants[1].name", __version__)
    ]


KILLS = range(4, 121, 29)


@pytest.mark.parametrize("statements", KILLS)
async def test_migration_survives_a_kill(statements: int, store: Path) -> None:
    """A process that dies after *statements* statements leaves a complete store of the old version or of version 4."""
    old, old_version = contents(store), version(store)
    died = await open_and_die(store, statements)

    if version(store) == old_version:
        assert died
        assert contents(store) == old
    await migrate(store)
    assert version(store) == 4
    assert len(contents(store)["rejected_rows"]) == 1


async def test_kills_hit_both_versions(store: Path) -> None:
    """The statements of the test above reach from before the migration to behind it."""
    old_version = version(store)
    assert await open_and_die(store, KILLS[2])
    assert version(store) == old_version
    assert not await open_and_die(store, KILLS[-1])
    assert version(store) == 4


READERS: dict[str, Callable[[Path], object]] = {
    "status": read_status,
    "report": write_report,
    "export": lambda path: export_tables(path, path.parent),
    "attendance": lambda path: read_attendance(path, 84_000_000_001),
}


@pytest.mark.parametrize("reader", READERS)
def test_reader_names_the_migration(reader: str, store: Path) -> None:
    """A reader does not change an old store, and its error says what to do."""
    before = store.read_bytes()
    with pytest.raises(
        ConfigError, match=r"of version [23], .*: run `zoomasync harvest` on it once to migrate it"
    ) as caught:
        READERS[reader](store)

    assert "\n" not in str(caught.value)
    assert store.read_bytes() == before
