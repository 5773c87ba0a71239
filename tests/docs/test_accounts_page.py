"""The program of docs/accounts.md runs, against two fake accounts."""

from __future__ import annotations

import json
from pathlib import Path

from support.environment import environment_of
from support.pages import Page, run_python

from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/accounts.md")
(SETTINGS,) = PAGE.take("json")
(PROGRAM,) = PAGE.take("python")


def account_with_hosts(number: int) -> Account:
    account = Account()
    for _ in range(number):
        account.add_host()
    return account


async def test_program_counts_users(tmp_path: Path) -> None:
    settings: dict[str, dict[str, str]] = json.loads(SETTINGS)
    async with FakeZoom(account_with_hosts(3)) as north, FakeZoom(account_with_hosts(5)) as south:
        for name, fake in (("north", north), ("south", south)):
            assert settings[name].keys() - {"ZOOM_PLAN"} <= environment_of(fake).keys()
            settings[name].update(environment_of(fake))
        (tmp_path / "accounts.json").write_text(json.dumps(settings), encoding="utf-8")
        output = await run_python(PROGRAM, tmp_path)

    assert sorted(output.splitlines()) == ["north 3", "south 5"]
