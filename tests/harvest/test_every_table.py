"""Every table of a harvest has the rows of the account, with either way to find its instances."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from support.harvested import TABLES, expected, stored
from support.harvesting import SPRING, TODAY, ZoomAt

from zoomasync.harvest import Harvest
from zoomasync.harvest.streams import Discovery
from zoomasync.testing import Account, FakeZoom

NOW = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
LISTED_BY = {"hosts": "user_meetings", "history": "history_meetings"}


def instances(store: Path) -> list[dict[str, object]]:
    """Return the rows of `instances` without their lineage, in the order of the UUIDs."""
    with closing(sqlite3.connect(store)) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM instances ORDER BY uuid").fetchall()
    return [{name: row[name] for name in row.keys() if not name.startswith("_")} for row in rows]  # noqa: SIM118


@pytest.mark.parametrize("discover", ["hosts", "history"])
async def test_every_table_has_the_rows_of_the_account(discover: Discovery, tmp_path: Path) -> None:
    account = Account.simulated(11, today=TODAY, months=4, instances_per_month=12)
    account.add_instance(account.hosts[0], start=datetime(2026, 5, 4, 9, tzinfo=UTC), type=5, survey=2)
    tables = set(TABLES) - {"instances"} - ({"user_meetings", "history_meetings"} - {LISTED_BY[discover]})
    store = tmp_path / "harvest.sqlite"
    async with (
        FakeZoom(account, plan=None, now=lambda: NOW) as fake,
        ZoomAt(fake, NOW) as zoom,
        Harvest(
            zoom, store=store, from_=SPRING[0], to=SPRING[1], reports=["all", "substitutes"], discover=discover
        ) as harvest,
    ):
        await harvest.run()

    rows = expected(account, *SPRING, tables, now=NOW)
    assert stored(store) == rows
    assert {name for name in tables if not rows[name]} == set(), "the account has rows for every table"


async def test_both_discoveries_find_the_same_instances(tmp_path: Path) -> None:
    account = Account.simulated(12, today=TODAY, months=4, instances_per_month=12)
    found: list[list[dict[str, object]]] = []
    async with FakeZoom(account, plan=None, now=lambda: NOW) as fake, ZoomAt(fake, NOW) as zoom:
        for discover in get_args(Discovery):
            store = tmp_path / f"{discover}.sqlite"
            async with Harvest(
                zoom, store=store, from_=SPRING[0], to=SPRING[1], reports=["meeting"], discover=discover
            ) as harvest:
                await harvest.run()
            found.append(instances(store))

    wanted = expected(account, *SPRING, ["instances"], now=NOW)["instances"]
    hosts, history = found
    assert hosts == wanted
    unknown = {"type": None, "host_id": None}
    assert history == [{**row, **unknown} for row in wanted]
