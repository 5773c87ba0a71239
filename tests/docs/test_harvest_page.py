"""The code blocks of docs/harvest.md run in order, against a fake account."""

from __future__ import annotations

import os
import re
import shlex
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
from support.environment import environment_of, run_command

from zoomasync.testing import Account, FakeZoom

PAGE = (Path(__file__).parents[2] / "docs" / "harvest.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
NINE_O_CLOCK = datetime(2026, 4, 10, 9, tzinfo=UTC)


def account_with_two_instances() -> Account:
    account = Account(today=date(2026, 6, 15))
    account.add_instance(start=NINE_O_CLOCK, id=81528471234, topic="Round", participants=2, minutes=30)
    account.add_instance(
        start=NINE_O_CLOCK + timedelta(days=7), id=81528471234, topic="Round", participants=3, minutes=30
    )
    return account


async def outputs_of(language: str, block: str, folder: Path, settings: dict[str, str]) -> list[str]:
    """Run a block, and return what it prints, or each of its commands."""
    if language == "sh":
        runs = [
            await run_command(*shlex.split(line.removeprefix("zoomasync ")), folder=folder, **settings)
            for line in block.splitlines()
        ]
    else:
        with anyio.fail_after(60):
            command = [sys.executable, "-W", "error", "-c", block]
            done = await anyio.run_process(command, cwd=folder, env={**os.environ, **settings}, check=False)
        runs = [(done.returncode, done.stdout.decode(), done.stderr.decode())]
    assert [(code, errors) for code, _, errors in runs] == [(0, "")] * len(runs), block
    return [output for _, output, _ in runs]


async def test_page_blocks_run_in_order(tmp_path: Path) -> None:
    outputs: list[str] = []
    async with FakeZoom(account_with_two_instances(), plan=None) as fake:
        settings = {**environment_of(fake), "ZOOM_PLAN": "business", "ZOOM_HASH_KEY": "a key of the page's reader"}
        for language, block in BLOCKS:
            outputs += await outputs_of(language, block, tmp_path, settings)

    assert len(outputs) == 10
    assert next(text for text in outputs if text.startswith("(")) == "(2,)\n"
    attendance = next(text for text in outputs if text.startswith("Round"))
    assert [line.split()[-2:] for line in attendance.splitlines() if line.startswith(" ")] == [["1", "30"]] * 5
    assert (tmp_path / "spring.sqlite.html").is_file() or (tmp_path / "spring.html").is_file()
