"""The code blocks of the README run, against a fake account."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import anyio
import pytest
from support.environment import environment_of, run_command

from zoomasync.harvest import Harvest
from zoomasync.testing import Account, FakeZoom

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def section(title: str) -> str:
    _, _, rest = README.partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


def imported_names(block: str) -> str:
    """Return the names that *block* imports from the package."""
    return str(re.findall(r"zoomasync\S* import (.*)", block)[0])


@pytest.mark.parametrize("block", blocks("python"), ids=imported_names)
async def test_python_block_runs(block: str, tmp_path: Path) -> None:
    async with FakeZoom(plan=None) as fake:
        settings = environment_of(fake)
        with anyio.fail_after(60):
            process = await anyio.run_process(
                [sys.executable, "-W", "error", "-c", block], cwd=tmp_path, env={**os.environ, **settings}, check=False
            )

    assert (process.returncode, process.stderr.decode()) == (0, "")


@pytest.mark.parametrize("title", ["Run it", "Test it"])
def test_section_is_one_command(title: str) -> None:
    (block,) = blocks("sh", section(title))

    assert block.count("\n") == 1
    assert block.startswith("python3 -m venv .venv && ")


async def test_registrants_command_writes_results(tmp_path: Path) -> None:
    (block,) = blocks("sh", section("Sync registrants"))
    command = block.strip().removeprefix(".venv/bin/zoomasync ").split()
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
    (query,) = blocks("sql")

    with closing(sqlite3.connect(store)) as database:
        rows = database.execute(query).fetchall()

    assert [(topic, people) for topic, _, people, _ in rows] == [("Town hall", 5), ("Round", 3)]
