"""A harvest that is killed many times stores the same bytes as an uninterrupted one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.harvested import expected, stored
from support.harvesting import SPRING
from support.kills import (
    InProgressAsDone,
    ProgressBeforeRows,
    Served,
    an_account,
    digests,
    erase_runs,
    harvest_to_the_end,
    kill_often,
    serving,
)

from zoomasync.harvest import SQLiteStore
from zoomasync.harvest.results.export import export_tables


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def uninterrupted(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("uninterrupted") / "harvest.sqlite"
    assert harvest_to_the_end(served.job(path))
    return path


def parquet(store: Path, folder: Path) -> dict[str, bytes]:
    pytest.importorskip("pyarrow", reason="needs the extra parquet")
    erase_runs(store)
    export_tables(store, folder, format="parquet")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_fifty_kills_change_no_byte(served: Served, uninterrupted: Path, tmp_path: Path) -> None:
    """The tables and the exported files are those of an uninterrupted harvest."""
    seed = random.randrange(2**32)
    print(f"seed of the kills: {seed}")  # noqa: T201  shown on a failure
    job = served.job(tmp_path / "harvest.sqlite")

    landings = kill_often(served, job, 50, random.Random(seed))
    complete = harvest_to_the_end(job)

    assert sum(landing.fetching for landing in landings) >= 45
    assert sum(landing.torn > 0 for landing in landings) >= 25
    finished = [landing.finished for landing in landings]
    assert finished == sorted(finished), "final partitions stay final"
    assert finished[-1] > 100, "the kills were spread over the run"
    assert complete
    assert digests(job.path) == digests(uninterrupted)
    assert digests(job.path)["partition"][0] == 1_000
    assert parquet(job.path, tmp_path / "killed") == parquet(uninterrupted, tmp_path / "uninterrupted")


def test_undisturbed_harvest_is_complete(uninterrupted: Path) -> None:
    tables = stored(uninterrupted)

    all_rows = expected(an_account(), *SPRING)
    assert digests(uninterrupted)["rejected_rows"][0] == 20
    for name, rows in tables.items():
        assert rows == [row for row in all_rows[name] if not isinstance(row.get("name"), dict)], name


@pytest.mark.parametrize("broken", [InProgressAsDone, ProgressBeforeRows], ids=lambda kind: kind.__name__)
def test_kills_reveal_a_broken_store(
    broken: type[SQLiteStore], served: Served, uninterrupted: Path, tmp_path: Path
) -> None:
    """Ten kills are enough: two of three hit rows that such a store loses."""
    seed = random.randrange(2**32)
    print(f"seed of the kills: {seed}")  # noqa: T201  shown on a failure
    job = served.job(tmp_path / "harvest.sqlite", broken)

    kill_often(served, job, 10, random.Random(seed))
    complete = harvest_to_the_end(job)

    assert complete, "the broken store notices nothing"
    assert digests(job.path) != digests(uninterrupted)
    assert parquet(job.path, tmp_path / "killed") != parquet(uninterrupted, tmp_path / "uninterrupted")
