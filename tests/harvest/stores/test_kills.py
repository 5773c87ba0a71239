"""A harvest that is killed again and again stores what one does that is left alone, byte by byte."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.harvested import expected, stored
from support.harvesting import SPRING
from support.kills import (
    ProgressBeforeRows,
    Served,
    TakesOpenForDone,
    an_account,
    digests,
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
    export_tables(store, folder, format="parquet")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_fifty_kills_leave_the_tables_and_parquet_files_of_a_harvest_that_nobody_disturbed(
    served: Served, uninterrupted: Path, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"the kills are those of the seed {seed}")  # noqa: T201  shown when it fails
    job = served.job(tmp_path / "harvest.sqlite")

    landings = kill_often(served, job, 50, random.Random(seed))
    complete = harvest_to_the_end(job)

    assert sum(landing.in_work for landing in landings) >= 45
    assert sum(landing.torn > 0 for landing in landings) >= 25
    finished = [landing.finished for landing in landings]
    assert finished == sorted(finished), "what is settled stays so"
    assert finished[-1] > 100, "they were spread over the work"
    assert complete
    assert digests(job.path) == digests(uninterrupted)
    assert digests(job.path)["partition"][0] == 1_000
    assert parquet(job.path, tmp_path / "killed") == parquet(uninterrupted, tmp_path / "uninterrupted")


def test_a_harvest_that_nobody_disturbed_stores_what_the_account_holds(uninterrupted: Path) -> None:
    tables = stored(uninterrupted)

    wanted = expected(an_account(), *SPRING)
    assert digests(uninterrupted)["rejected_rows"][0] == 20
    for name, rows in tables.items():
        assert rows == [row for row in wanted[name] if not isinstance(row.get("name"), dict)], name


@pytest.mark.parametrize("broken", [TakesOpenForDone, ProgressBeforeRows], ids=lambda kind: kind.__name__)
def test_a_broken_store_does_not_get_through_the_same(
    broken: type[SQLiteStore], served: Served, uninterrupted: Path, tmp_path: Path
) -> None:
    """Ten kills are enough: of three, two find rows that such a store loses."""
    seed = random.randrange(2**32)
    print(f"the kills are those of the seed {seed}")  # noqa: T201  shown when it fails
    job = served.job(tmp_path / "harvest.sqlite", broken)

    kill_often(served, job, 10, random.Random(seed))
    complete = harvest_to_the_end(job)

    assert complete, "it does not even notice"
    assert digests(job.path) != digests(uninterrupted)
    assert parquet(job.path, tmp_path / "killed") != parquet(uninterrupted, tmp_path / "uninterrupted")
