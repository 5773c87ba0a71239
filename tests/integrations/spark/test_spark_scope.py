"""The partitions that a run on Spark fetches: the rules are those of a store, and days and streams may change."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest
from support.harvesting import TODAY
from support.spark_accounts import calls_of

from zoomasync.harvest.partitions import NOT_FOUND_RUNS, State
from zoomasync.harvest.stores.base import Refetch, Scope
from zoomasync.harvest.stores.sqlite.partition_table import begin_run
from zoomasync.harvest.stores.sqlite.schema import OWN_TABLES
from zoomasync.harvest.streams import STREAMS

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")

from support.sparking import MAY, Spark, account_on, lines

from zoomasync.integrations.spark._frames import frame_of
from zoomasync.integrations.spark._scope import RunScope, is_due

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Make = Callable[..., Spark]
JUNE = (date(2026, 6, 1), date(2026, 6, 15))

# A stream of each way to be refreshed, of the account, of months, of days and of parents.
NAMES = ("users", "activities", "meeting", "billing", "billing_invoices", "recordings", "meeting_registrants")
LAST_DAYS = (date(2026, 4, 30), date(2026, 5, 4), date(2026, 5, 30), date(2026, 5, 31), date(2026, 6, 1))
FETCHED_AFTER = (timedelta(hours=1), timedelta(days=3), timedelta(days=4), timedelta(days=40))
STATES = (State.DONE, State.EMPTY, State.NOT_FOUND, State.REJECTED, State.FAILED, State.DEFERRED, State.PENDING)
CASES = [
    (name, day, after, state, runs)
    for name, day, after, state, runs in product(NAMES, LAST_DAYS, FETCHED_AFTER, STATES, (1, 2))
    # A store adds the part of a snapshot that was not found again with its task: there are no tasks here.
    if not (STREAMS[name].refresh.snapshot and state is State.NOT_FOUND and runs == NOT_FOUND_RUNS)
]


@pytest.mark.parametrize("recheck_from", [None, date(2026, 5, 4)], ids=["plain", "recheck"])
@pytest.mark.parametrize("refetch", [None, date(2026, 5, 30)], ids=["plain", "refetch"])
def test_rules_equal_sqlite(sail: SparkSession, recheck_from: date | None, refetch: date | None) -> None:
    """A run fetches the same partitions again as one into SQLite, of every stream, state, day and age."""
    streams = tuple(STREAMS[name] for name in NAMES)
    again = () if refetch is None else tuple(Refetch(stream=STREAMS[name], since=refetch) for name in NAMES[:3])
    scope = RunScope(
        run="2026-06-15T00:00:00.000000Z",
        days=MAY,
        streams=streams,
        today=TODAY,
        discover="hosts",
        recheck_from=recheck_from,
        refetch=again,
    )
    in_store = Scope(account_id="a", days=MAY, streams=streams, today=TODAY, recheck_from=recheck_from, refetch=again)

    assert due_on_spark(sail, scope) == pending_in_sqlite(in_store)


def pending_in_sqlite(scope: Scope) -> set[int]:
    """Return the numbers of the cases that are pending once a run has begun."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(OWN_TABLES)
        first, last = (day.isoformat() for day in scope.days)
        database.execute("INSERT INTO harvest (id, from_, to_, account_id) VALUES (1, ?, ?, 'a')", (first, last))
        database.executemany("INSERT INTO stream VALUES (?, 1)", [(name,) for name in NAMES])
        database.executemany(
            "INSERT INTO partition (stream, key, from_, to_, calls, state, fetched_at, not_found_runs) "
            "VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
            [
                (name, f"case {number}", str(day), str(day), state, f"{fetched(day, after):%Y-%m-%dT%H:%M:%SZ}", runs)
                for number, (name, day, after, state, runs) in enumerate(CASES)
            ],
        )
        begin_run(database, "a store", scope)
        pending = database.execute("SELECT key FROM partition WHERE state = 'pending' AND key LIKE 'case %'")
        # A store keeps the pending partitions of other months, too, and leaves them alone.
        return {number for (key,) in pending if in_months(number := int(key.partition(" ")[2]))}


def in_months(number: int) -> bool:
    name, day, *_ = CASES[number]
    return name == "billing" or day.month == MAY[0].month


def due_on_spark(sail: SparkSession, scope: RunScope) -> set[int]:
    cases = frame_of(
        sail,
        [
            (number, name, day, fetched(day, after), state.value, runs)
            for number, (name, day, after, state, runs) in enumerate(CASES)
        ],
        "number int, stream string, day date, fetched_at timestamp, state string, not_found_runs int",
    )
    tasks = cases.selectExpr(
        "number",
        "stream",
        "day AS first_day",
        "day AS last_day",
        "struct('2026-06-01' AS run, fetched_at, state, day AS first_day, day AS last_day, not_found_runs) AS last",
        "false AS is_late",
    )
    return {line["number"] for line in tasks.where(is_due(scope)).select("number").collect()}


def fetched(day: date, after: timedelta) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + after


def test_recent_days_are_listed_again(spark_of: Make) -> None:
    """A month that was not over when it was listed is listed again, with the days that were added."""
    spark = spark_of(north=account_on(4))
    first = date(2026, 6, 1), date(2026, 6, 10)
    spark.run(["daily", "users"], days=first)
    spark.run(["daily", "users"], days=(date(2026, 6, 5), date(2026, 6, 15)))

    ranges = [
        (request.query["from"], request.query["to"])
        for request in spark.fakes["north"].requests
        if request.route == "GET /report/users"
    ]
    assert ranges == [("2026-06-01", "2026-06-10"), ("2026-06-01", "2026-06-15")]


def test_later_stream_covers_earlier_days(spark_of: Make) -> None:
    """A stream that is added later is fetched for all days of the account, and then only for those of the run."""
    spark = spark_of(north=account_on(4, 5))
    spark.run()
    spark.run(["meeting", "daily"], days=JUNE)
    found = spark.harvest().table().where("stream IN ('meeting', 'daily')").select("stream", "last_day")
    before = calls_of(spark.fakes)
    spark.run(["meeting", "daily"], days=(date(2026, 4, 1), date(2026, 4, 30)))

    assert lines(found) == [
        ("daily", date(2026, 4, 30)),
        ("daily", date(2026, 5, 31)),
        ("daily", date(2026, 6, 15)),
        ("meeting", date(2026, 5, 4)),
        ("meeting", date(2026, 5, 5)),
    ]
    assert calls_of(spark.fakes) == {"north": before["north"] + 2}  # the hosts of April, and its daily usage


def test_run_sorts_after_a_clock_that_was_fast(spark_of: Make) -> None:
    """A run has a later name than all records, also if the clock of its driver is slow."""
    spark = spark_of(north=account_on(4))
    harvest = spark.harvest(["all_users"])
    harvest.run(spark.fakes)
    records = spark.session.read.format("delta").load(spark.table)
    records.selectExpr(
        *("'2199-01-01T00:00:00.000000Z' AS run" if name == "run" else f"`{name}`" for name in records.columns)
    ).write.format("delta").mode("append").save(spark.table)
    again = spark.harvest(["all_users"])
    again.run(spark.fakes)

    assert again.run_id == "2199-01-01T00:00:00.000001Z"
    assert {line["_run"] for line in again.rows("all_users").select("_run").collect()} == {again.run_id}
