"""The export of the partitions that changed since a run or a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.harvesting import TODAY, add_instance_on, harvest, query
from support.stores import StoreWriter, run_row

from zoomasync.errors import ConfigError, InvalidArgument
from zoomasync.harvest import export_tables
from zoomasync.testing import Account, FakeZoom

FIRST, SECOND, THIRD = (f"2026-06-0{day}T11:00:00.250000Z" for day in (1, 2, 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store of three runs, each of which fetched one partition; the third was killed."""
    ends = {FIRST: "2026-06-01T12:00:00Z", SECOND: "2026-06-02T12:00:00Z", THIRD: None}
    with StoreWriter(tmp_path / "h.sqlite", "users") as store:
        for number, (name, end) in enumerate(ends.items(), 1):
            store.insert("run", run_row(number, name=name, started_at=f"{name[:19]}Z", ended_at=end))
            add(store, f"part {number}", run=name)
    return tmp_path / "h.sqlite"


def add(store: StoreWriter, key: str, run: str | None, *, last_run: str | None = None, state: str = "done") -> None:
    """Add a partition with one row, which *run* has stored, and *last_run* tried to fetch last."""
    store.add("users", key, [{"id": key}], state=state)
    store.execute("UPDATE partition SET run = ?, last_run = ? WHERE key = ?", run, last_run or run, key)


def exported(path: Path, since: str | date | None) -> Mapping[str, list[Mapping[str, object]]]:
    """Return the rows of the exported tables."""
    out = path.parent / "out"
    names = export_tables(path, out, format="ndjson", changed_since=since)
    return {name: [json.loads(line) for line in (out / f"{name}.ndjson").read_bytes().splitlines()] for name in names}


def parts(path: Path, since: str | date | None) -> list[object]:
    """Return the partitions that are listed, and check that their rows are exported, and no others."""
    tables = exported(path, since)
    listed = [row["_part"] for row in tables["partitions"]]
    assert [row["_part"] for row in tables["users"]] == listed
    return listed


def test_all_partitions_without_time(path: Path) -> None:
    assert parts(path, None) == ["part 1", "part 2", "part 3"]


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (FIRST, ["part 2", "part 3"]),
        (SECOND, ["part 3"]),
        (THIRD, []),
        ("2026-06-01T12:00:00.5Z", ["part 1", "part 2", "part 3"]),  # the first run ended in this second
        ("2026-06-01T12:00:01Z", ["part 2", "part 3"]),
        ("2026-06-02T11:30:00Z", ["part 2", "part 3"]),  # during the second run
        ("2026-06-02", ["part 2", "part 3"]),
        ("2026-06-09", ["part 3"]),  # nothing shows when the third run ended
        ("2026-05-01", ["part 1", "part 2", "part 3"]),
        ("2026-06-02T14:30:00+02:00", ["part 3"]),
        (date(2026, 6, 2), ["part 2", "part 3"]),
        (datetime(2026, 6, 2, 14, 30, tzinfo=timezone(timedelta(hours=2))), ["part 3"]),
        (datetime(2026, 6, 2, 11, 0, 0, 250_000, tzinfo=UTC), ["part 3"]),
    ],
    ids=str,
)
def test_partitions_since(since: str | date, expected: list[str], path: Path) -> None:
    """A run's name stands for its end; after another time, all that runs may have fetched later counts."""
    assert parts(path, since) == expected


def test_failed_and_missing_partitions_are_listed(path: Path) -> None:
    """A partition whose later fetch failed, or that is still to be fetched, is listed with its stored rows."""
    with StoreWriter(path, "users") as store:
        add(store, "failed again", FIRST, last_run=THIRD, state="failed")
        add(store, "to be refetched", FIRST, state="pending")

    tables = exported(path, SECOND)

    states = {row["_part"]: row["state"] for row in tables["partitions"]}
    assert states == {"failed again": "failed", "part 3": "done", "to be refetched": "pending"}
    assert {row["id"] for row in tables["users"]} == set(states)


def test_never_fetched_partition_has_no_rows(path: Path) -> None:
    with StoreWriter(path, "users") as store:
        store.add("users", "new", [], state="pending")
        store.add("users", "half", [{"id": "half"}], state="in_progress")

    tables = exported(path, THIRD)

    assert [(row["_part"], row["run"]) for row in tables["partitions"]] == [("half", None), ("new", None)]
    assert tables["users"] == []


def test_emptied_partition_is_listed(path: Path) -> None:
    with StoreWriter(path, "users") as store:
        store.execute("UPDATE partition SET state = 'empty', rows = 0, last_run = ? WHERE key = 'part 1'", THIRD)
        store.execute("DELETE FROM users WHERE _part = 'part 1'")

    tables = exported(path, SECOND)

    assert [row["_part"] for row in tables["partitions"]] == ["part 1", "part 3"]
    assert [row["_part"] for row in tables["users"]] == ["part 3"]


def test_rejected_rows_of_changed_partitions(path: Path) -> None:
    with StoreWriter(path, "users") as store:
        for key, run in (("old", FIRST), ("new", THIRD)):
            store.add("users", key, [], invalid_row="{}")
            store.execute("UPDATE partition SET run = ?, last_run = ? WHERE key = ?", run, run, key)

    assert [row["_part"] for row in exported(path, SECOND)["rejected_rows"]] == ["new"]


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-01", "2026-06-02T25:00:00Z"])
def test_wrong_time(since: str, path: Path) -> None:
    with pytest.raises(InvalidArgument, match="must be the name of a run or a time in ISO 8601"):
        export_tables(path, path.parent / "out", format="csv", changed_since=since)

    assert list((path.parent / "out").iterdir()) == []


def test_store_without_account(path: Path) -> None:
    """A store of an earlier version names its account after the next run."""
    with StoreWriter(path, "users") as store:
        store.execute("UPDATE harvest SET account_id = NULL")

    with pytest.raises(ConfigError, match="run `zoomasync harvest` on it once"):
        export_tables(path, path.parent / "out", format="csv")


async def test_instances_and_runs_are_complete(tmp_path: Path) -> None:
    """The instances do not belong to one partition: with changes, all of them are exported."""
    account = Account(today=TODAY)
    add_instance_on(account, date(2026, 4, 10))
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        for _ in range(2):
            await harvest(fake, store, reports=["meeting"])
    (first,), (second,) = query(store, "SELECT name FROM run ORDER BY id")

    tables = exported(store, str(second))

    assert [row["name"] for row in tables["runs"]] == [first, second]
    assert [row["uuid"] for row in tables["instances"]] == [account.instances[0].uuid]
    assert tables["partitions"] == tables["user_meetings"] == []


async def test_clock_that_was_set_back(tmp_path: Path) -> None:
    """A run that begins before the last one, by the machine's clock, comes after it all the same."""
    store, last = tmp_path / "h.sqlite", "2099-01-01T00:00:00.999999Z"
    account, days = Account(today=TODAY), (date(2026, 4, 1), date(2026, 4, 30))
    add_instance_on(account, date(2026, 4, 10))
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, days, reports=["meeting"])
        with closing(sqlite3.connect(store)) as database, database:
            database.execute("UPDATE run SET name = ?", (last,))
            database.execute("UPDATE partition SET run = ?1, last_run = ?1", (last,))
        await harvest(fake, store, days, reports=["meeting"], refetch={"meeting": None})

    assert query(store, "SELECT max(name) FROM run") == [("2099-01-01T00:00:01.000000Z",)]
    assert len(exported(store, last)["meeting"]) == 1
