"""The code blocks of docs/recipes.md run, against a fake account."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Literal

import anyio
import pytest
from support.environment import environment_of
from support.harvesting import QUICK
from support.pages import Page, run_shell

from zoomasync.harvest import Harvest, export_tables
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom, PollAnswer, PollResponse, RecordingFile, Visit

PAGE = Page("docs/recipes.md")
CHANGES = "Load changes into a lakehouse"
(EXPORT,) = PAGE.take("sh", "Query with DuckDB")
ATTENDANCE, ANSWERS = PAGE.take("sql", "Query with DuckDB")
FULL, CHANGED = PAGE.take("sh", CHANGES)
LOAD, WATERMARK, MERGE = PAGE.take("sql", CHANGES)
(INSTALL_DLT,) = PAGE.take("sh", "Load with dlt")
(DLT,) = PAGE.take("python", "Load with dlt")
(RECORDINGS,) = PAGE.take("python", "Save last month's recordings")
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
NINE_O_CLOCK = datetime.combine(YESTERDAY, time(9), UTC)

# For root, dlt ignores the environment and writes to /var/dlt.
NOT_AS_ROOT = "import os; os.geteuid = lambda: 65534\n"


def needs(*packages: str) -> pytest.MarkDecorator:
    missing = [package for package in packages if find_spec(package) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def account_with_visits() -> Account:
    """Make an account with meetings of yesterday; one person waits, leaves and rejoins."""
    account = Account(today=YESTERDAY + timedelta(days=1))
    host = account.add_host("Ada")

    def visit(
        name: str, first: int, last: int, status: Literal["in_meeting", "in_waiting_room"] = "in_meeting"
    ) -> Visit:
        begin, end = NINE_O_CLOCK + timedelta(minutes=first), NINE_O_CLOCK + timedelta(minutes=last)
        return Visit(user_id=name, name=name, join_time=begin, leave_time=end, status=status)

    people = [visit("Bo", 0, 1, "in_waiting_room"), visit("Bo", 1, 11), visit("Cy", 2, 30), visit("Bo", 20, 30)]
    answer = PollAnswer(question="Lunch?", answer='It\'s "soup"\nagain', polling_id="p", date_time=NINE_O_CLOCK)
    account.add_instance(
        host,
        start=NINE_O_CLOCK,
        topic="Round",
        participants=people,
        polls=[PollResponse(name="Bo", email="bo@example.com", answers=(answer,))],
    )
    account.add_instance(host, start=NINE_O_CLOCK + timedelta(hours=2), topic="Town hall", participants=5)
    account.add_instance(host, start=NINE_O_CLOCK + timedelta(hours=3), type=9, participants=3)
    return account


def environment_in(folder: Path, **env: str) -> dict[str, str]:
    """Return the environment of a program whose home and temporary files are in *folder* too."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    settings = {"HOME": str(home), "TMPDIR": str(home), "DLT_DATA_DIR": str(home), "RUNTIME__DLTHUB_TELEMETRY": "false"}
    return {**os.environ, **settings, **env}


async def run_until(lines: int, *command: str, folder: Path, **env: str) -> str:
    """Kill *command* when it has printed so many *lines*, and return them."""
    output = b""
    async with await anyio.open_process(command, cwd=folder, env=environment_in(folder, **env)) as process:
        with anyio.fail_after(300):
            while output.count(b"\n") < lines:
                assert process.stdout
                output += await process.stdout.receive()
        await anyio.sleep(0.2)  # the next load has begun
        process.kill()
    return output.decode()


async def run(*command: str, folder: Path, **env: str) -> str:
    """Run *command* in *folder*; return its output."""
    with anyio.fail_after(300):
        process = await anyio.run_process(command, cwd=folder, env=environment_in(folder, **env), check=False)
    assert process.returncode == 0, process.stderr.decode()
    return process.stdout.decode()


async def export_account(folder: Path) -> None:
    """Harvest the account, and export it with the command of the recipe."""
    async with (
        FakeZoom(account_with_visits(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=folder / "harvest.sqlite", from_=YESTERDAY, to=YESTERDAY) as harvest,
    ):
        assert (await harvest.run()).complete
    await run_shell(EXPORT, folder)


async def query_duckdb(query: str, columns: Sequence[str], folder: Path) -> list[tuple[object, ...]]:
    """Return *columns* of the result of *query* in DuckDB."""
    script = "import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).project(sys.argv[2]).fetchall()))"
    output = await run(sys.executable, "-c", script, query, ", ".join(columns), folder=folder)
    return [tuple(line) for line in json.loads(output)]


@needs("duckdb", "pyarrow")
async def test_duckdb_lists_attendance(tmp_path: Path) -> None:
    await export_account(tmp_path)

    rows = await query_duckdb(ATTENDANCE, ("topic", "name", "visits", "minutes"), tmp_path)

    assert rows[:2] == [("Round", "Cy", 1, 28), ("Round", "Bo", 2, 20)]
    assert [(topic, visits) for topic, _, visits, _ in rows[2:]] == [("Town hall", 1)] * 5


@needs("duckdb", "pyarrow")
async def test_duckdb_lists_poll_answers(tmp_path: Path) -> None:
    await export_account(tmp_path)

    rows = await query_duckdb(ANSWERS, ("name", "question", "answer"), tmp_path)

    assert rows == [("Bo", "Lunch?", 'It\'s "soup"\nagain')]


def statements(block: str, reports: Iterable[str]) -> Iterator[str]:
    """Yield the statements of *block*, those of one report for each of *reports*."""
    for statement in block.split(";"):
        names = reports if "meeting_participants" in statement else [""]
        yield from (statement.replace("meeting_participants", name) for name in names)


async def harvest_all(fake: FakeZoom, store: Path) -> None:
    """Harvest all reports of yesterday, and some of them again."""
    refetch = {"meeting_polls": None, "meeting_participants": None}
    async with (
        fake.client(retry=QUICK) as zoom,
        Harvest(zoom, store=store, from_=YESTERDAY, to=YESTERDAY, reports=["all"], refetch=refetch) as harvest,
    ):
        await harvest.run()


@needs("duckdb", "pyarrow")
async def test_changes_give_a_full_export(tmp_path: Path) -> None:
    """After the documented statements, every table is that of a full export."""
    import duckdb  # noqa: PLC0415  may be missing

    store = tmp_path / "harvest.sqlite"
    account = account_with_visits()
    async with FakeZoom(account, plan=None) as fake:
        await harvest_all(fake, store)
        await run_shell(FULL, tmp_path)
        tables = [file.stem for file in (tmp_path / "export").iterdir()]
        reports = set(tables) & set(STREAMS)
        with duckdb.connect() as lake:
            lake.execute(f"SET file_search_path = '{tmp_path}'")
            for statement in statements(LOAD, reports):
                lake.execute(statement)
            ((since,),) = lake.sql(WATERMARK).fetchall()

            account.instances[0] = replace(account.instances[0], polls=())
            account.add_instance(start=NINE_O_CLOCK + timedelta(hours=4), participants=4, qa=2)
            account.add_host("Dee")
            fake.respond("GET /report/meetings/{meetingId}/participants", status=500, body=b"", times=3)
            await harvest_all(fake, store)
            await run_shell(CHANGED.replace("2026-06-15T02:00:04.518270Z", since), tmp_path)
            for statement in statements(MERGE, reports):
                lake.execute(statement)

            export_tables(store, tmp_path / "now")
            for table in tables:
                one, two = f'FROM "{table}"', f"FROM 'now/{table}.parquet'"
                assert lake.sql(f"({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one})").fetchall() == [], table
            listed = lake.sql("SELECT stream, state FROM 'changes/partitions.parquet' ORDER BY ALL").fetchall()
            assert [state for stream, state in listed if stream == "meeting_polls"] == ["empty"] * 3
            assert [state for stream, state in listed if stream == "meeting_participants"] == ["done", "done", "failed"]
            assert [state for stream, state in listed if stream == "meeting"] == ["done"]


DLT_TABLES = (
    "SELECT * EXCLUDE (_fetched_at, _run) FROM reports.history_meetings ORDER BY _part, _seq",
    "SELECT * EXCLUDE (_fetched_at, _run) FROM reports.meeting_participants ORDER BY _part, _seq",
    "SELECT stream, key, state, rows FROM reports.partitions ORDER BY stream, key",
)


async def dlt_tables(folder: Path) -> list[str]:
    """Return the content of the loaded tables, without the time and the run of each row, a line per table."""
    script = (
        "import duckdb, sys; database = duckdb.connect('zoom.duckdb', read_only=True)\n"
        "for query in sys.argv[1:]: print(database.sql(query).fetchall())"
    )
    return (await run(sys.executable, "-c", script, *DLT_TABLES, folder=folder)).splitlines()


def loaded(output: str) -> int:
    """Return the number of partitions that a program has loaded."""
    return sum(int(line.split()[0]) for line in output.splitlines())


@needs("dlt", "duckdb", "pyarrow")
async def test_dlt_load_survives_a_kill(tmp_path: Path) -> None:
    """The next run fetches no partition that was loaded, and the tables are those of an undisturbed load."""
    await run_shell(INSTALL_DLT, tmp_path)
    assert "BATCH = 500  #" in DLT
    program = (sys.executable, "-u", "-c", NOT_AS_ROOT + DLT.replace("BATCH = 500  #", "BATCH = 12  #"))
    account = account_with_visits()
    for minute in range(20):
        account.add_instance(account.hosts[0], start=NINE_O_CLOCK + timedelta(minutes=minute), participants=3)
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    killed.mkdir()
    undisturbed.mkdir()
    async with FakeZoom(account, plan=None) as fake:
        settings = {"ZOOM_PLAN": "business", **environment_of(fake)}
        before = await run_until(3, *program, folder=killed, **settings)
        after, whole = [await run(*program, folder=folder, **settings) for folder in (killed, undisturbed)]

    tables = await dlt_tables(undisturbed)
    assert await dlt_tables(killed) == tables
    assert tables[1].count("in_meeting") == 4 + 5 + 20 * 3 - 1
    assert loaded(whole) == 1 + 22
    assert 0 < loaded(after) - 1 <= 1 + 22 - loaded(before)


@pytest.mark.parametrize("status", ["active", "inactive"])
async def test_recordings_survive_a_kill(tmp_path: Path, status: Literal["active", "inactive"]) -> None:
    """The run after `kill -9` completes the files of all users."""
    contents = {f"file{number}": Random(number).randbytes(9_000_000) for number in range(8)}
    account = Account()
    last_month = datetime.now(UTC).replace(day=1) - timedelta(days=2)
    hosts = cycle([account.add_host(email=f"a/{number}@example.com", status=status) for number in range(3)])
    for host, (file, content) in zip(hosts, contents.items(), strict=False):
        instance = account.add_instance(host, start=last_month)
        account.add_recording(instance, files=[RecordingFile(id=file, content=content)])
    program, folder = (sys.executable, "-u", "-c", RECORDINGS), tmp_path / "recordings"
    async with FakeZoom(account, plan=None) as fake:
        settings = environment_of(fake)
        async with await anyio.open_process(program, cwd=tmp_path, env={**os.environ, **settings}) as process:
            with anyio.fail_after(60):
                assert process.stdout
                await process.stdout.receive()  # the path of the first file
            process.kill()
        await run(*program, folder=tmp_path, **settings)
        again = await run(*program, folder=tmp_path, **settings)

    # Hashes: a difference of megabytes would be printed.
    saved = {path.stem.rpartition("_")[2]: sha256(path.read_bytes()).digest() for path in folder.glob("*/*")}
    assert saved == {file: sha256(content).digest() for file, content in contents.items()}
    assert len(list(folder.iterdir())) == 3
    assert again == ""
