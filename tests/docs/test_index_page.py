"""The code blocks of docs/index.md run, against simulated accounts, and its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

from support.environment import environment_of
from support.pages import EXTRAS, Page, run_blocks

from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/index.md")
BLOCKS = PAGE.take_all()
EXTRAS_OF_TESTS = {"dev", "docs", "peers", "spark-tests"}


async def test_page_blocks_run_in_order(tmp_path: Path) -> None:
    account = Account()
    account.add_host("Grace", email="grace@lakeside.example")
    async with FakeZoom(account, plan=None) as fake:
        first, scopes, users, _, _, largest = await run_blocks(BLOCKS, tmp_path, environment_of(fake))

    assert first.splitlines()[0] == "ada@lakeside.example"
    assert first.splitlines()[1].startswith("Round table [")
    assert {"report:read:admin", "user:read:admin"} <= set(scopes.split())
    assert "grace@lakeside.example" in users.splitlines()
    assert len(largest.splitlines()) == 3


def test_table_has_every_extra() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \| ", PAGE.text, re.MULTILINE)) == EXTRAS - EXTRAS_OF_TESTS
