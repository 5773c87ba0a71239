"""The rows of partitions that are fetched again: those of the last whole fetch, and for snapshots of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.harvesting import TODAY, query

from zoomasync.testing import Account

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")

from support.sparking import Spark, account_on, arrow_rows, harvest_into, lines

Make = Callable[..., Spark]
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"


def test_failed_refetch_keeps_rows(spark_of: Make) -> None:
    """It changes the state, and not the rows, and the next run asks again."""
    spark = spark_of(north=account_on(4))
    spark.run()
    harvest = spark.harvest(refetch={"meeting_participants": None})
    before = lines(harvest.rows("meeting_participants"))
    spark.fakes["north"].respond(PARTICIPANTS, status=500, body={"code": 500, "message": "Try later."}, times=9)
    harvest.run(spark.fakes)
    spark.fakes["north"].clear_responses()

    state = harvest.table().where("stream = 'meeting_participants'").select("state", "error", "rows").collect()
    assert [tuple(line) for line in state] == [("failed", "ServerError", 2)]
    assert lines(harvest.rows("meeting_participants")) == before
    assert ("north", "meeting_participants", "done", None, None, 1, 2) in spark.run()


def test_changed_since_lists_replaced_partitions(spark_of: Make) -> None:
    """A partition that Zoom emptied is one row without a position."""
    now = datetime.now(UTC)  # an empty report of a day that Zoom no longer has would change nothing
    account = Account(today=now.date())
    kept, emptied = (account.add_instance(start=now - timedelta(days=day), polls=2) for day in (5, 6))
    spark = spark_of(north=account)
    days = now.date() - timedelta(days=9), now.date()
    harvest = spark.harvest(["meeting_polls"], days=days, today=now.date())
    harvest.run(spark.fakes)
    first = harvest.run_id
    assert first is not None
    assert harvest.rows("meeting_polls", changed_since=first).count() == 0
    account.instances[:] = [kept, replace(emptied, polls=())]
    again = spark.harvest(["meeting_polls"], days=days, today=now.date(), refetch={"meeting_polls": 10})
    again.run(spark.fakes)

    changed = again.rows("meeting_polls", changed_since=first).select("_part", "_seq", "_run")
    assert lines(changed.where("_seq IS NOT NULL")) == [(kept.uuid, 0, again.run_id), (kept.uuid, 1, again.run_id)]
    assert lines(changed.where("_seq IS NULL")) == [(emptied.uuid, None, again.run_id)]
    assert again.rows("meeting_polls").where("_seq IS NULL").count() == 0


@pytest.mark.parametrize(
    "listings", [[[0, 1], [1, 2], [], [3, 0, 2]], [[], [1, 0], [2, 1]]], ids=["rows first", "none first"]
)
def test_snapshots_equal_sqlite(spark_of: Make, tmp_path: Path, listings: list[list[int]]) -> None:
    """Users who come and go have the same positions and marks as in a store that is harvested at the same times."""
    account = Account(today=TODAY)
    hosts = [account.add_host(f"Ada {number}") for number in range(4)]
    spark, store = spark_of(north=account), tmp_path / "north.sqlite"
    harvest = spark.harvest(["all_users"])
    marks = "SELECT _seq, email, _missing_since IS NULL, _first_seen = _last_seen FROM all_users ORDER BY _part, _seq"
    for number, present in enumerate(listings):
        account.hosts[:] = [hosts[index] for index in present]
        harvest.run(spark.fakes)
        harvest_into(store, spark.fakes["north"], ["all_users"], datetime(2026, 6, 15, number, tzinfo=UTC))

        rows = arrow_rows(harvest.rows("all_users").orderBy("_part", "_seq"))
        assert [
            (
                row["_seq"],
                row["email"],
                int(row["_missing_since"] is None),
                int(row["_first_seen"] == row["_last_seen"]),
            )
            for row in rows
        ] == query(store, marks)


def test_missing_since_the_next_fetch(spark_of: Make) -> None:
    """A row has the times of its first and last listing, and of the fetch that missed it."""
    account = Account(today=TODAY)
    spark = spark_of(north=account)
    ada, bo = account.add_host("Ada"), account.add_host("Bo")
    harvest = spark.harvest(["all_users"])
    for present in ([ada], [ada, bo], [bo], [bo]):
        account.hosts[:] = present
        harvest.run(spark.fakes)

    fetched = [
        line["fetched_at"]
        for line in spark.session.read.format("delta")
        .load(spark.table)
        .where("key = 'active/account'")
        .orderBy("run")
        .collect()
    ]
    seen = harvest.rows("all_users").where("_part = 'active/account'").orderBy("_seq")
    assert [tuple(line) for line in seen.select("_first_seen", "_last_seen", "_missing_since").collect()] == [
        (fetched[0], fetched[1], fetched[2]),
        (fetched[1], fetched[3], None),
    ]


def test_record_written_twice_counts_once(spark_of: Make) -> None:
    """A committed task that is run again adds the same records."""
    account = Account.simulated(7, today=TODAY, hosts=2, idle_hosts=0, months=1, instances_per_month=4)
    spark = spark_of(north=account)
    harvest = spark.harvest(["meeting_participants", "all_users", "daily"])
    harvest.run(spark.fakes)
    tables = ("meeting_participants", "all_users", "instances", "daily")
    before = {table: lines(harvest.rows(table)) for table in tables}
    status = lines(harvest.status())
    records = spark.session.read.format("delta").load(spark.table)
    records.write.format("delta").mode("append").save(spark.table)

    assert {table: lines(harvest.rows(table)) for table in tables} == before
    assert lines(harvest.status()) == status
    assert harvest.table().count() == harvest.table().select("account", "stream", "key").distinct().count()
