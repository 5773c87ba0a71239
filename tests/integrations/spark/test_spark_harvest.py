"""A harvest on Spark has the rows and states of one into SQLite, resumes, and stops account by account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args
from urllib.parse import unquote

import pytest
from support.harvesting import TODAY, query
from support.spark_accounts import calls_of, clients_of

from zoomasync import Plan, ServerToServer
from zoomasync.harvest.columns import Kind
from zoomasync.harvest.instances import INSTANCE_COLUMNS
from zoomasync.harvest.streams import STREAMS, Discovery
from zoomasync.testing import Account

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")

from support.sparking import Lines, Spark, account_on, arrow_rows, harvest_into, lines, store_cells, table_cells

Make = Callable[..., Spark]
SURVEY = "GET /report/meetings/{meetingId}/survey"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
EVERYTHING = ("all", "substitutes", "history_meetings")


def simulated(seed: int) -> Account:
    """Return an account with rows in every table; an instance has a row that cannot be decoded."""
    account = Account.simulated(seed, today=TODAY, hosts=4, idle_hosts=1, months=2, instances_per_month=6)
    *others, last = account.instances
    people = (*last.participants, replace(last.participants[-1], attentiveness_score="97%"))
    account.instances[:] = [*others, replace(last, participants=people)]
    return account


def test_rows_equal_sqlite(spark_of: Make, tmp_path: Path) -> None:
    """Two accounts have the rows and the states of two stores, in every table."""
    spark = spark_of(north=simulated(7), south=simulated(8))
    harvest = spark.harvest(EVERYTHING)
    harvest.run(spark.fakes)
    tables = {stream: arrow_rows(harvest.rows(stream)) for stream in STREAMS}
    columns = ("stream", "key", "state", "rows", "pages", "invalid_rows")
    days = ("CAST(first_day AS STRING)", "CAST(last_day AS STRING)")
    states = lines(harvest.table().selectExpr("account", *columns, *days))
    names = ["_account", "_part", "_seq", *(column.name for column in INSTANCE_COLUMNS if column.kind is not Kind.TIME)]
    instances = lines(harvest.rows("instances").selectExpr("account", *names, "CAST(day AS STRING)"))
    rejected = lines(harvest.rows("rejected_rows").select("account", "stream", "_part", "_seq", "path", "raw"))
    for name, fake in spark.fakes.items():
        store = tmp_path / f"{name}.sqlite"
        harvest_into(store, fake, EVERYTHING)

        for stream, rows in tables.items():
            assert table_cells(name, rows, stream) == store_cells(store, stream), stream
        assert of_account(name, states) == query(
            store,
            f"SELECT {', '.join(columns)}, from_, to_ FROM partition ORDER BY stream, key",  # noqa: S608  our own names
        )
        in_store = query(store, f"SELECT {', '.join(names)}, day FROM instances")  # noqa: S608  our own names
        assert of_account(name, instances) == sorted(in_store, key=repr)
        assert of_account(name, rejected) == query(store, "SELECT stream, _part, _seq, path, raw FROM rejected_rows")


def of_account(account: str, found: Lines) -> Lines:
    return [line[1:] for line in found if line[0] == account]


def test_finished_partitions_cost_no_call(spark_of: Make) -> None:
    """The second run lists nothing again either, since all days are long over."""
    spark = spark_of(north=account_on(4, 5), south=account_on(6))
    first = spark.run()
    before = calls_of(spark.fakes)

    assert spark.run() == first
    assert calls_of(spark.fakes) == before
    assert ("north", "meeting_participants", "done", None, None, 2, 4) in first


def test_rounds_are_bounded_by_calls(spark_of: Make) -> None:
    """With one call per account and round, the oldest instances come first, and the rows are the same."""
    spark = spark_of(north=account_on(6, 4), south=account_on(7))
    harvest = spark.harvest(calls=1)
    harvest.run(spark.fakes)

    asked = [str(request.raw_path) for request in spark.fakes["north"].requests if request.route == PARTICIPANTS]
    by_day = sorted(spark.fakes["north"].account.instances, key=lambda instance: instance.start_time)
    assert [unquote(path.split("/")[4]) for path in asked] == [instance.uuid for instance in by_day]
    assert harvest.rows("meeting_participants").count() == 6


# Accounts that stop.


def test_rejected_credentials_stop_one_account(spark_of: Make) -> None:
    """They cost at most two token requests, and the other account is complete."""
    spark = spark_of(north=account_on(4), south=account_on(4))
    credentials, base_url = spark.clients.addresses["north"]
    wrong = ServerToServer(credentials.account_id, credentials.client_id, "wrong", token_url=credentials.token_url)
    spark.clients = replace(spark.clients, addresses={**spark.clients.addresses, "north": (wrong, base_url)})

    result = spark.run(("instances", "account"))

    stops = [line for line in result if line[2] == "stopped"]
    assert [line[:4] for line in stops] == [("north", None, "stopped", "Unauthorized")]
    assert ("north", "users", "pending", None, None, 1, 0) in result
    assert ("south", "meeting_participants", "done", None, None, 1, 2) in result
    assert len(spark.fakes["north"].requests) == 1


def test_daily_quota_stops_one_account(spark_of: Make) -> None:
    """Partitions that were not tried are not recorded, and a run of the next day fetches them."""
    north, south = account_on(*range(1, 21)), account_on(4)
    today = spark_of(north=north, south=south, plan=replace(Plan.BUSINESS, heavy_per_day=6))
    first = today.run()
    second = spark_of(north=north, south=south).run()

    counts = {line[2]: line[5] for line in first if line[:2] == ("north", "meeting_participants")}
    assert [line[:4] for line in first if line[2] == "stopped"] == [("north", None, "stopped", "DailyLimitReached")]
    assert counts["done"] == 4
    assert sum(cast("int", count) for count in counts.values()) == 20
    assert ("south", "meeting_participants", "done", None, None, 1, 2) in first
    assert ("north", "meeting_participants", "done", None, None, 20, 40) in second


def test_denied_stream_costs_one_call(spark_of: Make) -> None:
    """The other streams are complete in all rounds, and the next run asks once again."""
    spark = spark_of(north=account_on(4, 5, 6))
    fake = spark.fakes["north"]
    fake.respond(SURVEY, status=400, body={"code": 4711, "message": "does not contain scopes:[report:x]."}, times=999)
    for number in (1, 2):
        result = spark.run(("meeting_participants", "meeting_survey"), calls=2)

        assert [request.route for request in fake.requests].count(SURVEY) == number
        assert [line[:4] for line in result if line[2] == "stopped"] == [
            ("north", "meeting_survey", "stopped", "MissingScope")
        ]
        assert ("north", "meeting_survey", "pending", None, None, 3 - number, 0) in result
        assert ("north", "meeting_participants", "done", None, None, 3, 6) in result


def test_denied_partition_does_not_stop_its_stream(spark_of: Make) -> None:
    """A stream of which Zoom has returned partitions before continues after the first denial."""
    spark = spark_of(north=account_on(4))
    spark.run()
    for day in (5, 6):
        spark.fakes["north"].account.add_instance(start=datetime(2026, 5, day, 9, tzinfo=UTC))
    spark.fakes["north"].respond(PARTICIPANTS, status=400, body={"code": 200, "message": "Not for this host."})

    result = spark.run(recheck_days=31)

    assert [line for line in result if line[2] == "stopped"] == []
    assert ("north", "meeting_participants", "done", None, None, 2, 4) in result
    assert [line[:4] for line in result if line[2] == "failed"] == [
        ("north", "meeting_participants", "failed", "PermissionDenied")
    ]


def test_another_account_is_rejected(spark_of: Make) -> None:
    """A name of which the records are of another account stops before its first call."""
    spark = spark_of(north=account_on(4), south=account_on(5))
    spark.run()
    addresses = spark.clients.addresses
    spark.clients = replace(spark.clients, addresses={"north": addresses["south"], "south": addresses["south"]})
    before = calls_of(spark.fakes)

    result = spark.run(("meeting_participants", "daily"))

    assert [line[:4] for line in result if line[2] == "stopped"] == [("north", None, "stopped", "ConfigError")]
    assert calls_of(spark.fakes) == {"north": before["north"], "south": before["south"] + 1}


def test_estimate_lists_and_counts(spark_of: Make) -> None:
    """It lists the instances, as the run does not have to do again, and has the time of the remaining calls."""
    spark = spark_of(north=account_on(4, 5), south=account_on(6))
    spark.clients = replace(spark.clients, plan=replace(Plan.BUSINESS, heavy=1, heavy_per_day=100))
    began = datetime.now(UTC)
    estimate = arrow_rows(spark.harvest(("meeting_participants", "meeting", "past_meeting")).estimate(spark.fakes))
    before = calls_of(spark.fakes)
    spark.clients = clients_of(spark.fakes)
    spark.run(("meeting_participants", "meeting", "past_meeting"))

    assert {(line["account"], line["stream"]): (line["partitions"], line["calls"]) for line in estimate} == {
        ("north", "meeting"): (2, 2),
        ("north", "meeting_participants"): (2, 2),
        ("north", "past_meeting"): (2, 2),
        ("south", "meeting"): (1, 1),
        ("south", "meeting_participants"): (1, 1),
        ("south", "past_meeting"): (1, 1),
    }
    seconds = {
        line["account"]: (cast("datetime", line["earliest_finish"]) - began).total_seconds()
        for line in estimate
        if line["stream"] == "meeting"
    }
    assert 4 <= seconds["north"] < 60
    assert before == {"north": 2, "south": 2}
    assert calls_of(spark.fakes) == {"north": 8, "south": 5}


def test_both_discoveries_find_the_same(spark_of: Make) -> None:
    """The instances that the history lists are those of the hosts, and so are their reports."""
    found: list[Lines] = []
    for discover in get_args(Discovery):
        spark = spark_of(north=account_on(4, 4, 31))
        spark.table += discover
        harvest = spark.harvest(discover=discover)
        harvest.run(spark.fakes)
        found.append(lines(harvest.rows("instances").select("uuid", "day", "webinar")))
        found.append(lines(harvest.rows("meeting_participants").select("_part", "_seq", "name")))

    assert len(found[0]) == 3
    assert found[:2] == found[2:]
