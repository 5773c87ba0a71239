"""The table of docs/rate_limits.md has the limits of the plans, and its code blocks run against a fake account."""

from __future__ import annotations

import re
from pathlib import Path

from support.environment import environment_of
from support.pages import Page, run_blocks

from zoomasync import Label, Plan
from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/rate_limits.md")
BLOCKS = PAGE.take_all()
PLANS = (Plan.FREE, Plan.PRO, Plan.BUSINESS)
IN_ITS_QUOTA = {(Plan.PRO, Label.RESOURCE_INTENSIVE), (Plan.BUSINESS, Label.RESOURCE_INTENSIVE)}


def limits(plan: Plan, label: Label) -> str:
    """Return the cell of *plan* in the row of *label*."""
    rate, per_day = plan.rate(label), plan.per_day(label)
    text = f"{rate:g} per second" if rate >= 1 else f"{rate * 60:g} per minute"
    return text if per_day is None or (plan, label) in IN_ITS_QUOTA else f"{text}, {per_day:,} per day"


def test_table_has_the_limits_of_the_plans() -> None:
    rows = [f"| {label.value} | {' | '.join(limits(plan, label) for plan in PLANS)} |" for label in Label]

    assert [row for row in rows if row not in PAGE.text] == []


async def test_page_blocks_run(tmp_path: Path, valkey_url: str) -> None:
    account = Account()
    account.add_host("Ada", email="ada@lakeside.example")
    async with FakeZoom(account, plan=None) as fake:
        settings = {**environment_of(fake), "REDIS_URL": valkey_url}
        table, waiting, shared = await run_blocks(BLOCKS, tmp_path, settings)

    assert re.search(r"heavy\s+40\s+60,000", table)
    assert waiting.startswith("ada@lakeside.example\n10.0 requests per second")
    assert shared == "ada@lakeside.example\n"
