"""The journal: its knowledge of people, the counts of writes, and its file."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from support.syncing import NOW

from zoomasync.errors import ConfigError, StoreError
from zoomasync.sync import Journal, SyncTarget, default_journal
from zoomasync.sync.journal import KnownPerson, Rejection, WriteKind

MEETING = SyncTarget.meeting(81234567890)
OTHER = SyncTarget.webinar(81234567890)
ADA = "ada@x.example"
TOMORROW = NOW + timedelta(days=1)
_PROCESSES = multiprocessing.get_context("forkserver")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    async with Journal(path) as opened:
        yield opened


# --- knowledge


@pytest.mark.parametrize(
    ("kind", "knowledge"), [("add", "adding"), ("cancel", "removing"), ("deny", "removing"), ("approve", "registered")]
)
async def test_write_is_known_before_its_result(journal: Journal, kind: WriteKind, knowledge: str) -> None:
    await journal.begin(MEETING, [" ADA@x.example", "bo@x.example"], kind, NOW)

    known = journal.person(MEETING, ADA)
    assert known is not None
    assert (known.knowledge, known.ours, known.kind, known.since) == (knowledge, False, kind, NOW.timestamp())
    assert journal.people(MEETING) == 2
    assert journal.person(OTHER, ADA) is None


async def test_result_of_addition(journal: Journal) -> None:
    await journal.begin(MEETING, [ADA], "add", NOW)
    begun = journal.person(MEETING, ADA)
    later = NOW + timedelta(seconds=50)
    await journal.record(MEETING, {ADA: "id1"}, "registered", ours=True, now=later)
    await journal.record(MEETING, {ADA: ""}, "registered")

    assert begun is not None
    assert journal.person(MEETING, ADA) == KnownPerson(
        "registered", ours=True, registrant_id="id1", kind="add", since=later.timestamp(), version=begun.version
    )


@pytest.mark.parametrize("kind", ["approve", "cancel"])
async def test_change_of_lost_addition_is_ours(journal: Journal, kind: WriteKind) -> None:
    """A registration that is changed was made, so its addition was, whose response was lost."""
    await journal.begin(MEETING, [ADA], "add", NOW)
    await journal.begin(MEETING, [ADA], kind, NOW)
    await journal.begin(MEETING, ["bo@x.example"], kind, NOW)

    ada, bo = journal.person(MEETING, ADA), journal.person(MEETING, "bo@x.example")
    assert ada is not None
    assert bo is not None
    assert (ada.ours, bo.ours) == (True, False)


async def test_each_write_has_a_new_version(journal: Journal) -> None:
    versions = list[int]()
    for kind in ("add", "cancel", "add"):
        await journal.begin(MEETING, [ADA], kind, NOW)
        known = journal.person(MEETING, ADA)
        versions.append(known.version if known else 0)
        await journal.withdraw(MEETING, {ADA: known}, kind, now=NOW)

    assert versions == sorted({*versions})
    assert 0 not in versions


async def test_withdrawn_write_restores_knowledge(journal: Journal) -> None:
    await journal.record(MEETING, {ADA: "id1"}, "registered", ours=True)
    before = journal.person(MEETING, ADA)
    await journal.begin(MEETING, [ADA, "bo@x.example"], "cancel", NOW)
    await journal.withdraw(MEETING, {ADA: before, "bo@x.example": None}, "cancel", now=NOW)

    assert journal.person(MEETING, ADA) == before
    assert journal.person(MEETING, "bo@x.example") is None


# --- daily limits


@pytest.mark.parametrize(("kind", "most"), [("add", 3), ("approve", 10), ("deny", 10), ("cancel", 10)])
async def test_daily_limit_of_person(journal: Journal, kind: WriteKind, most: int) -> None:
    """All occurrences of a meeting count together, and a webinar with the same number does not."""
    occurrence = SyncTarget.meeting(MEETING.id, "1780000000000")
    for number in range(most):
        assert not journal.is_used_up(MEETING, ADA, kind, NOW)
        await journal.begin(occurrence if number % 2 else MEETING, [ADA], kind, NOW)

    assert journal.is_used_up(MEETING, ADA.upper(), kind, NOW)
    assert journal.is_used_up(occurrence, ADA, kind, NOW)
    assert not journal.is_used_up(OTHER, ADA, kind, NOW)
    assert not journal.is_used_up(MEETING, "bo@x.example", kind, NOW)
    assert not journal.is_used_up(MEETING, ADA, kind, TOMORROW)
    assert not journal.is_used_up(MEETING, ADA, "cancel" if kind == "add" else "add", NOW)


async def test_statuses_count_together(journal: Journal) -> None:
    for _ in range(5):
        await journal.begin(MEETING, [ADA], "approve", NOW)
        await journal.begin(MEETING, [ADA], "deny", NOW)

    assert journal.is_used_up(MEETING, ADA, "cancel", NOW)


async def test_withdrawn_write_does_not_count(journal: Journal) -> None:
    for _ in range(3):
        await journal.begin(MEETING, [ADA], "add", NOW)
        await journal.withdraw(MEETING, {ADA: None}, "add", now=NOW)

    assert not journal.is_used_up(MEETING, ADA, "add", NOW)


@pytest.mark.parametrize("kind", ["add", "cancel"])
async def test_exhausted_until_next_day(journal: Journal, kind: WriteKind) -> None:
    await journal.exhaust(MEETING, ADA, kind, NOW)

    assert journal.is_used_up(MEETING, ADA, kind, NOW)
    assert not journal.is_used_up(MEETING, ADA, kind, TOMORROW)


# --- rejections and seats


async def test_rejection_of_person_ends(journal: Journal) -> None:
    """It counts for some days, and until the person is registered; that of a target counts for its day."""
    rejection = Rejection("add 1234", "the address belongs to a panelist", 3000, "You have been invited.")
    await journal.reject(MEETING, {ADA: rejection, "bo@x.example": rejection, "": rejection}, NOW)
    await journal.record(MEETING, {"bo@x.example": "id2"}, "registered")

    assert journal.rejection(MEETING, ADA, NOW + timedelta(days=6)) == rejection
    assert journal.rejection(MEETING, ADA, NOW + timedelta(days=7)) is None
    assert journal.rejection(MEETING, "bo@x.example", NOW) is None
    assert journal.rejection(MEETING, "", NOW) == rejection
    assert journal.rejection(MEETING, "", TOMORROW) is None
    assert journal.rejection(OTHER, ADA, NOW) is None


async def test_seats_count_for_a_day(journal: Journal) -> None:
    await journal.learn_seats(MEETING, 100, NOW)
    await journal.learn_seats(MEETING, 99, NOW)

    assert (journal.seats(MEETING, NOW), journal.seats(MEETING, TOMORROW), journal.seats(OTHER, NOW)) == (
        99,
        None,
        None,
    )


# --- forgetting


async def test_forget_person_or_target(journal: Journal) -> None:
    """Counts of today's writes stay, since Zoom counts on."""
    occurrence = SyncTarget.meeting(MEETING.id, "1780000000000")
    everywhere = (MEETING, OTHER, occurrence)
    for target in everywhere:
        for _ in range(3):
            await journal.begin(target, [ADA, "bo@x.example"], "add", NOW)
        await journal.reject(target, {ADA: Rejection("add", "x", None, ""), "": Rejection("add", "x", None, "")}, NOW)
        await journal.learn_seats(target, 1, NOW)

    assert await journal.forget(target=OTHER, email=" ADA@x.example") == 1
    assert [journal.people(target) for target in everywhere] == [2, 1, 2]
    assert await journal.forget(email=ADA) == 2
    await journal.begin(occurrence, [ADA], "add", NOW)
    assert await journal.forget(target=occurrence, email=ADA) == 1
    assert [journal.rejection(target, ADA, NOW) for target in everywhere] == [None] * 3
    assert await journal.forget(target=MEETING) == 2, "with its occurrences"
    assert [journal.people(target) for target in everywhere] == [0, 1, 0]
    assert [journal.seats(target, NOW) for target in everywhere] == [None, 1, None]
    assert journal.rejection(MEETING, "", NOW) is None
    assert journal.is_used_up(MEETING, ADA, "add", NOW)
    with pytest.raises(ConfigError, match="forget needs"):
        await journal.forget()


# --- the file


async def test_file_is_private(path: Path) -> None:
    path = path.parent / "state" / "zoomasync" / path.name
    async with Journal(path) as journal:
        await journal.begin(MEETING, [ADA], "add", NOW)
        modes = {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert modes == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_journal_survives_reopening(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.begin(MEETING, [ADA], "add", NOW)
        known = journal.person(MEETING, ADA)
    async with Journal(path) as journal:
        assert journal.person(MEETING, ADA) == known


def _foreign(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE people (email TEXT)")
    yield path.read_bytes()
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA application_id = 1514754131")
        database.execute("PRAGMA user_version = 2")
    yield path.read_bytes()
    yield b"email,first_name\nada@x.example,Ada\n" * 99


@pytest.mark.parametrize("number", [0, 1, 2], ids=["another database", "another version", "no database"])
def test_foreign_file_is_unchanged(path: Path, number: int) -> None:
    content = [*_foreign(path)][number]
    path.write_bytes(content)

    async def open_journal() -> None:
        async with Journal(path):
            pass

    with pytest.raises(ConfigError, match="was left unchanged"):
        anyio.run(open_journal)

    assert path.read_bytes() == content
    assert [*path.parent.iterdir()] == [path]


async def test_unusable_path_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "file" / "journal.sqlite"):
        with pytest.raises(StoreError, match="cannot be opened"):
            async with Journal(path):
                pass


async def test_closed_journal_is_a_config_error(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(ConfigError, match="is not open"):
        journal.person(MEETING, ADA)
    async with journal:
        pass
    with pytest.raises(ConfigError, match="is not open"):
        await journal.begin(MEETING, [ADA], "add", NOW)


async def test_old_days_are_deleted(path: Path) -> None:
    now = datetime.now(UTC)
    async with Journal(path) as journal:
        for days in (0, 1, 4):
            await journal.begin(MEETING, [ADA], "add", now - timedelta(days=days))
    async with Journal(path), anyio.create_task_group():
        pass

    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM write").fetchone() == (2,)
        assert database.execute("SELECT count(*) FROM person").fetchone() == (1,)


def test_default_journal_is_one_per_account() -> None:
    paths = [default_journal(account) for account in ("aCc0", "acC0", "aCc0")]

    assert paths[0] == paths[2] != paths[1]
    assert {path.parent.name for path in paths} == {"zoomasync"}
    assert all("cc0" not in path.name.lower() for path in paths)


# --- several processes


async def test_reads_do_not_disturb_writes(path: Path) -> None:
    """A read during a write does not hold an old snapshot, from which SQLite allows no write."""
    async with Journal(path) as one, Journal(path) as other, anyio.create_task_group() as tasks:
        done = anyio.Event()

        async def write(journal: Journal) -> None:
            for number in range(200):
                await journal.begin(MEETING, [f"p{number}@x.example"], "add", NOW)
            done.set()

        tasks.start_soon(write, one)
        tasks.start_soon(write, other)
        while not done.is_set():
            for number in range(20):
                one.person(MEETING, f"p{number}@x.example")
            await anyio.lowlevel.checkpoint()


def _write(path: Path, kind: str) -> None:
    anyio.run(_write_often, path, kind)


async def _write_often(path: Path, name: str) -> None:
    async with Journal(path) as journal:
        for number in range(100):
            await journal.begin(MEETING, [f"{name}{number}@x.example", ADA], "cancel", NOW)
            await journal.record(MEETING, {f"{name}{number}@x.example": "id"}, "removed", ours=False)


async def test_two_processes_write_one_journal(path: Path) -> None:
    processes = [_PROCESSES.Process(target=_write, args=(path, name), daemon=True) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0]
    async with Journal(path) as journal:
        assert journal.people(MEETING) == 201
        assert journal.is_used_up(MEETING, ADA, "cancel", NOW)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*), count(DISTINCT id) FROM write").fetchone() == (400, 400)
