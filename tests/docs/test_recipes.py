"""The blocks of docs/recipes.md run, against a fake account."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import anyio
import pytest
from support.environment import environment_of

from zoomasync.harvest import Harvest
from zoomasync.testing import Account, FakeZoom, PollAnswer, PollResponse, Visit

RECIPES = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
NINE = datetime.combine(YESTERDAY, time(9), UTC)

# For root, dlt writes to /var/dlt whatever the environment says.
AS_SOMEBODY = "import os; os.geteuid = lambda: 65534\n"


def needs(*packages: str) -> pytest.MarkDecorator:
    missing = [package for package in packages if find_spec(package) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def blocks(language: str, title: str) -> list[str]:
    """Return the blocks of one recipe."""
    _, _, rest = RECIPES.partition(f"\n## {title}\n")
    return re.findall(rf"^```{language}\n(.*?)^```", rest.partition("\n## ")[0], re.DOTALL | re.MULTILINE)


def lively_account() -> Account:
    """Give an account with yesterday's meetings: somebody waits, leaves and comes back."""
    account = Account(today=YESTERDAY + timedelta(days=1))
    host = account.add_host("Ada")

    def visit(
        name: str, first: int, last: int, status: Literal["in_meeting", "in_waiting_room"] = "in_meeting"
    ) -> Visit:
        begin, end = NINE + timedelta(minutes=first), NINE + timedelta(minutes=last)
        return Visit(user_id=name, name=name, join_time=begin, leave_time=end, status=status)

    people = [visit("Bo", 0, 1, "in_waiting_room"), visit("Bo", 1, 11), visit("Cy", 2, 30), visit("Bo", 20, 30)]
    answer = PollAnswer(question="Lunch?", answer='It\'s "soup"\nagain', polling_id="p", date_time=NINE)
    account.add_instance(
        host,
        start=NINE,
        topic="Round",
        participants=people,
        polls=[PollResponse(name="Bo", email="bo@example.com", answers=(answer,))],
    )
    account.add_instance(host, start=NINE + timedelta(hours=2), topic="Town hall", participants=5)
    account.add_instance(host, start=NINE + timedelta(hours=3), type=9, participants=3)
    return account


async def run(*command: str, folder: Path, **env: str) -> str:
    """Run *command* in *folder*, from where it can write to nowhere else of its own; return what it printed."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    settings = {"HOME": str(home), "TMPDIR": str(home), "DLT_DATA_DIR": str(home), "RUNTIME__DLTHUB_TELEMETRY": "false"}
    with anyio.fail_after(300):
        done = await anyio.run_process(command, cwd=folder, env={**os.environ, **settings, **env}, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


async def exported(folder: Path) -> None:
    """Harvest the account, and export it as the recipe says."""
    async with (
        FakeZoom(lively_account(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=folder / "harvest.sqlite", from_=YESTERDAY, to=YESTERDAY) as harvest,
    ):
        assert (await harvest.run()).complete
    (block,) = blocks("sh", "Ask DuckDB")
    install, export = (shlex.split(line) for line in block.splitlines())
    assert install == ["pip", "install", "zoomasync[cli,parquet]", "duckdb"]
    await run(sys.executable, "-W", "error", "-m", *export, folder=folder)


async def answer(query: str, columns: Sequence[str], folder: Path) -> list[tuple[object, ...]]:
    """Return some *columns* of what DuckDB answers."""
    script = "import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).project(sys.argv[2]).fetchall()))"
    printed = await run(sys.executable, "-c", script, query, ", ".join(columns), folder=folder)
    return [tuple(line) for line in json.loads(printed)]


@needs("duckdb", "pyarrow")
async def test_duckdb_tells_how_long_everybody_was_in_every_meeting(tmp_path: Path) -> None:
    await exported(tmp_path)
    attendance, _ = blocks("sql", "Ask DuckDB")

    rows = await answer(attendance, ("topic", "name", "stays", "minutes"), tmp_path)

    assert rows[:2] == [("Round", "Cy", 1, 28), ("Round", "Bo", 2, 20)]
    assert [(topic, visits) for topic, _, visits, _ in rows[2:]] == [("Town hall", 1)] * 5


@needs("duckdb", "pyarrow")
async def test_duckdb_gives_a_row_for_each_nested_answer(tmp_path: Path) -> None:
    await exported(tmp_path)
    _, answers = blocks("sql", "Ask DuckDB")

    rows = await answer(answers, ("name", "question", "answer"), tmp_path)

    assert rows == [("Bo", "Lunch?", 'It\'s "soup"\nagain')]


@needs("dlt", "duckdb")
async def test_dlt_loads_every_stay_once_however_often_it_runs(tmp_path: Path) -> None:
    (block,) = blocks("python", "Load with dlt")
    async with FakeZoom(lively_account(), plan=None) as fake:
        account = environment_of(fake)
        printed = [await run(sys.executable, "-c", AS_SOMEBODY + block, folder=tmp_path, **account) for _ in range(2)]

    assert [line.strip() for line in printed] == ["[(2, 9)]"] * 2
    assert (tmp_path / "zoom.duckdb").is_file()


def test_every_block_is_run() -> None:
    assert len(re.findall(r"^```\w", RECIPES, re.MULTILINE)) == sum(
        len(blocks(language, title))
        for language, title in (("sh", "Ask DuckDB"), ("sql", "Ask DuckDB"), ("python", "Load with dlt"))
    )
