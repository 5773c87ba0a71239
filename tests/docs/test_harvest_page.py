"""The code blocks of docs/harvest.md run in order, against a fake account."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from support.environment import environment_of
from support.pages import Page, run_blocks

from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/harvest.md")
BLOCKS = PAGE.take_all()
NINE_O_CLOCK = datetime(2026, 4, 10, 9, tzinfo=UTC)


def account_with_two_instances() -> Account:
    account = Account(today=date(2026, 6, 15))
    account.add_instance(start=NINE_O_CLOCK, id=81528471234, topic="Round", participants=2, minutes=30)
    account.add_instance(
        start=NINE_O_CLOCK + timedelta(days=7), id=81528471234, topic="Round", participants=3, minutes=30
    )
    return account


async def test_page_blocks_run_in_order(tmp_path: Path) -> None:
    async with FakeZoom(account_with_two_instances(), plan=None) as fake:
        settings = {**environment_of(fake), "ZOOM_PLAN": "business", "ZOOM_HASH_KEY": "a key of the page's reader"}
        outputs = await run_blocks(BLOCKS, tmp_path, settings)

    assert len(outputs) == 10
    assert next(text for text in outputs if text.startswith("(")) == "(2,)\n"
    attendance = next(text for text in outputs if text.startswith("Round"))
    assert [line.split()[-2:] for line in attendance.splitlines() if line.startswith(" ")] == [["1", "30"]] * 5
    assert (tmp_path / "spring.sqlite.html").is_file() or (tmp_path / "spring.html").is_file()
