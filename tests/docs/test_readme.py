"""The code blocks of the README run, against a fake account."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from support.environment import environment_of, run_command
from support.pages import Page, run_python

from zoomasync.harvest import Harvest
from zoomasync.testing import Account, FakeZoom

README = Page("README.md")
(RUN_IT,) = README.take("sh", "Run it")
(TEST_IT,) = README.take("sh", "Test it")
(REGISTRANTS,) = README.take("sh", "Sync registrants")
(QUERY,) = README.take("sql")
PROGRAMS = README.take("python")


def imported_names(block: str) -> str:
    """Return the names that *block* imports from the package."""
    return str(re.findall(r"zoomasync\S* import (.*)", block)[0])


@pytest.mark.parametrize("program", PROGRAMS, ids=imported_names)
async def test_program_runs(program: str, tmp_path: Path) -> None:
    async with FakeZoom(plan=None) as fake:
        await run_python(program, tmp_path, environment_of(fake))


@pytest.mark.parametrize("block", [RUN_IT, TEST_IT], ids=["run", "test"])
def test_section_is_one_command(block: str) -> None:
    """`.ci/run` runs it in a fresh checkout."""
    assert block.count("\n") == 1
    assert block.startswith("python3 -m venv .venv && ")


async def test_registrants_command_writes_results(tmp_path: Path) -> None:
    command = REGISTRANTS.strip().removeprefix(".venv/bin/zoomasync ").split()
    (tmp_path / "people.csv").write_text(
        "webinar_id,email,first_name\n81234567890,ada@lakeside.example,Ada\n", encoding="utf-8"
    )

    code, output, _ = await run_command(*command, "--simulate", "--yes", folder=tmp_path)

    assert (code, "1 added" in output) == (0, True)
    assert (tmp_path / "results.csv").read_text(encoding="utf-8").splitlines()[1].startswith("81234567890,ada@")


async def test_sql_block_sorts_by_size(tmp_path: Path) -> None:
    account = Account()
    start = datetime.combine(account.today - timedelta(days=1), time(9), UTC)
    account.add_instance(start=start, topic="Round", participants=3, minutes=30)
    account.add_instance(start=start, topic="Town hall", participants=5, minutes=60)
    store = tmp_path / "harvest.sqlite"
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=store, from_=start.date(), to=start.date()) as harvest,
    ):
        await harvest.run()

    with closing(sqlite3.connect(store)) as database:
        rows = database.execute(QUERY).fetchall()

    assert [(topic, people) for topic, _, people, _ in rows] == [("Town hall", 5), ("Round", 3)]
