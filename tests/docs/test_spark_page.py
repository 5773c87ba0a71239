"""The code blocks of docs/spark.md, and the example, run against fake accounts, on Sail."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

import anyio
import pytest
from support.environment import environment_of
from support.pages import Page, run_shell
from support.spark_accounts import fakes_of, serving

from zoomasync.testing import Account

ROOT = Path(__file__).parents[2]
PAGE = Page("docs/spark.md")
(INSTALL,) = PAGE.take("sh", "Five minutes on Sail")
(SECRETS,) = PAGE.take("json", "Five minutes on Sail")
(PROGRAM,) = PAGE.take("python", "Five minutes on Sail")
(SHARED,) = PAGE.take("python", "One run at a time, or Redis")
(MERGE,) = PAGE.take("python", "Merge what has changed")
JOBS = {
    "Databricks": PAGE.leave("python", "Databricks", reason="needs a workspace of Databricks"),
    "Airflow": PAGE.leave("python", "Airflow", reason="needs Airflow and its provider of Spark"),
}
PAGE.leave("sh", "cron", reason="a line of a crontab, for a program on a cluster")
NEEDED = [package for package in ("pyspark", "pysail", "pandas", "pyarrow") if find_spec(package) is None]
needs_spark = pytest.mark.skipif(
    bool(NEEDED), reason=f"needs {', '.join(NEEDED)}: pip install 'zoomasync[spark-tests]'"
)

REFETCH = """
harvest = SparkHarvest(spark, "./zoom", client, from_=date(2026, 4, 1), to=date(2026, 5, 31),
                       reports=["meeting_participants"], refetch={"meeting_participants": None})
harvest.run(accounts)
"""
COUNT = """
print(*sorted(map(tuple, spark.sql("SELECT account, count(*) FROM participants GROUP BY account").collect())))
"""


def run(*command: str, folder: Path) -> str:
    """Run *command* in *folder*, and return its output."""

    async def run_it() -> str:
        with anyio.fail_after(300):
            environ = {**os.environ, "RUST_LOG": "error"}
            done = await anyio.run_process((sys.executable, *command), cwd=folder, env=environ, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return anyio.run(run_it)


@needs_spark
def test_program_and_merge(tmp_path: Path) -> None:
    """The program of the page counts the visits, and a merge of fetches that are repeated changes nothing."""
    accounts = {name: Account(today=date(2026, 6, 15)) for name in ("north", "south")}
    for account in accounts.values():
        account.add_instance(start=datetime(2026, 5, 4, 9, tzinfo=UTC), participants=3)
    fakes = fakes_of(accounts)
    with serving(fakes):
        secrets = {name: environment_of(fake) for name, fake in fakes.items()}
        assert secrets["north"].keys() > json.loads(SECRETS)["north"].keys()
        (tmp_path / "accounts.json").write_text(json.dumps(secrets), encoding="utf-8")

        output = run("-c", PROGRAM + SHARED + MERGE + COUNT + REFETCH + MERGE + COUNT, folder=tmp_path)

    assert output.splitlines()[-2:] == ["('north', 3) ('south', 3)"] * 2


@pytest.mark.parametrize("title", JOBS)
def test_job_is_valid(title: str) -> None:
    (program,) = JOBS[title]

    compile(program, title, "exec")


async def test_extra_exists(tmp_path: Path) -> None:
    assert await run_shell(INSTALL, tmp_path) == []


@needs_spark
def test_example(tmp_path: Path) -> None:
    output = run(str(ROOT / "examples/spark/harvest.py"), "--accounts", "2", folder=tmp_path)

    assert "The second run sent 0 requests." in output
    assert re.search(r"company-1\|meeting_participants\| done", output)
    assert list(tmp_path.iterdir()) == []
