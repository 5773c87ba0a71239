"""The blocks of docs/harvest.md run, one after the other, against a fake account."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from support.environment import environment_of
from support.valkey import shared_url

from zoomasync.testing import Account, FakeZoom

PAGE = (Path(__file__).parents[2] / "docs" / "harvest.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
NINE = datetime(2026, 4, 10, 9, tzinfo=UTC)


@pytest.fixture(name="url", scope="module")
def _url() -> Iterator[str]:
    yield from shared_url()


def round_of_two() -> Account:
    account = Account(today=date(2026, 6, 15))
    account.add_instance(start=NINE, id=81528471234, topic="Round", participants=2, minutes=30)
    account.add_instance(start=NINE + timedelta(days=7), id=81528471234, topic="Round", participants=3, minutes=30)
    return account


def commands(url: str, folder: Path) -> list[list[str]]:
    """Return what the blocks run, with addresses of this machine in place of the page's."""
    found: list[list[str]] = []
    for language, block in BLOCKS:
        here = block.replace("redis://redis.internal", url).replace("/mnt/shared", str(folder))
        if language == "python":
            found.append(["-c", here])
        else:
            found += [["-m", *shlex.split(line)] for line in here.splitlines()]
    return found


async def test_every_block_runs_in_the_order_of_the_page(url: str, tmp_path: Path) -> None:
    printed: list[str] = []
    async with FakeZoom(round_of_two(), plan=None) as fake:
        settings = environment_of(fake)
        for command in commands(url, tmp_path):
            with anyio.fail_after(60):
                done = await anyio.run_process(
                    [sys.executable, "-W", "error", *command],
                    cwd=tmp_path,
                    env={**os.environ, **settings},
                    check=False,
                )
            assert (done.returncode, done.stderr.decode()) == (0, ""), command
            printed.append(done.stdout.decode())

    assert len(printed) == 7
    attended = next(text for text in printed if text.startswith("Round"))
    assert [line.split()[-2:] for line in attended.splitlines() if line.startswith(" ")] == [["1", "30"]] * 5
    assert (tmp_path / "spring.sqlite.html").is_file() or (tmp_path / "spring.html").is_file()
    assert len(list((tmp_path / "harvest" / "meeting").glob("*.parquet"))) == 2
