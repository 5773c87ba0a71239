"""The tasks of a job have equal numbers of accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

import pytest

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")

from zoomasync.harvest.arrow import ArrowBatch, lines_batch
from zoomasync.harvest.columns import Column, Kind
from zoomasync.integrations.spark._frames import collected, frame_of, mapped
from zoomasync.integrations.spark._spread import spread

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from zoomasync.integrations.spark._fetch import TaskBatch


def accounts_and_keys(batches: Iterable[TaskBatch]) -> Iterator[ArrowBatch]:
    """Yield the accounts of a task in one text, and the number of its rows."""
    cells = [cell for batch in batches for cell in batch.to_pydict()["account"]]
    if cells:
        columns = (Column("accounts", Kind.TEXT), Column("rows", Kind.INTEGER))
        yield lines_batch(columns, [(" ".join(sorted(set(cells))), len(cells))])


@pytest.mark.parametrize(("accounts", "parts", "sizes"), [(3, 1, {3}), (24, 1, {8}), (2, 3, {2}), (16, 2, {8})])
def test_tasks_have_equal_numbers_of_accounts(sail: SparkSession, accounts: int, parts: int, sizes: set[int]) -> None:
    """Each account is in so many tasks, and no row is lost."""
    names = [f"account-{number}" for number in range(accounts)]
    tasks = frame_of(sail, [(name, f"key {key}") for name in names for key in range(50)], "account string, key string")
    found = collected(mapped(spread(sail, tasks, names, parts), accounts_and_keys, "accounts string, rows bigint"))

    together = [str(line[0]).split() for line in found]
    assert {len(each) for each in together} == sizes
    assert set(Counter(name for each in together for name in each).values()) == {parts}
    assert sum(cast("int", line[1]) for line in found) == 50 * accounts
