"""Runs that share Redis: each account has one run at a time, and its limits hold over many tasks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import anyio
import pytest
from support.spark_accounts import calls_of
from support.valkey import most_in_a_second, new_name

from zoomasync import Plan
from zoomasync.redis import RedisLeases

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")

from support.sparking import Spark, account_on, lines

JITTER = 0.1  # seconds; a busy machine delays some requests
Make = Callable[..., Spark]


async def hold(url: str, table: str, account: str, *, release: bool) -> None:
    """Lease *account* as a run does, and release it, or leave it as a killed driver does."""
    leases = RedisLeases(url, name=f"zoomasync spark {table}", lease=600.0 if release else 1.5)
    assert await leases.acquire(account)
    if release:
        await leases.release(account)
    await leases.aclose()


def test_leased_account_is_skipped(spark_of: Make, valkey_url: str) -> None:
    """The other accounts are harvested, and the account after its lease expired."""
    spark = spark_of(north=account_on(4), south=account_on(4))
    spark.table += new_name()
    anyio.run(lambda: hold(valkey_url, spark.table, "north", release=False))
    first = spark.run(redis=valkey_url)
    requests = spark.fakes["north"].requests
    anyio.run(anyio.sleep, 1.5)
    second = spark.run(redis=valkey_url)

    assert [line for line in first if line[0] == "north"] == [("north", None, "leased", None, None, 0, 0)]
    assert ("south", "meeting_participants", "done", None, None, 1, 2) in first
    assert requests == ()
    assert ("north", "meeting_participants", "done", None, None, 1, 2) in second
    anyio.run(lambda: hold(valkey_url, spark.table, "north", release=True))  # the run has released it


def test_two_runs_at_once(spark_of: Make, valkey_url: str) -> None:
    """They send the calls of one run, and each account is in one of them."""
    spark = spark_of(north=account_on(*range(1, 9)), south=account_on(*range(1, 9)))
    spark.table += new_name()
    spark.harvest().status()  # the table is there before both runs
    with ThreadPoolExecutor(2) as threads:
        harvests = [spark.harvest(redis=valkey_url) for _ in range(2)]
        running = [threads.submit(harvest.run, spark.fakes) for harvest in harvests]
        results = [lines(each.result()) for each in running]

    assert calls_of(spark.fakes) == {"north": 10, "south": 10}
    leased = [line[0] for result in results for line in result if line[2] == "leased"]
    assert sorted(str(name) for name in leased) == ["north", "south"]
    assert spark.harvest().rows("meeting_participants").count() == 32


def test_tasks_of_an_account_share_its_limits(spark_of: Make, valkey_url: str) -> None:
    """Three tasks send at most as many calls per second as the plan allows."""
    plan = replace(Plan.BUSINESS, heavy=20)
    spark = spark_of(north=account_on(*range(1, 31), *range(1, 31)), plan=plan)
    spark.table += new_name()
    spark.clients = replace(spark.clients, plan=plan, redis=valkey_url, latency_jitter=JITTER)
    result = spark.run(redis=valkey_url, tasks_per_account=3)

    assert ("north", "meeting_participants", "done", None, None, 60, 120) in result
    requests = [request for request in spark.fakes["north"].requests if request.label]
    assert len(requests) == 62
    assert most_in_a_second(request.at for request in requests) <= 20
    assert [request.status for request in requests] == [200] * 62


def test_client_must_share_its_limits(spark_of: Make, valkey_url: str) -> None:
    """A client with a rate limiter of its own stops the account before the first call."""
    spark = spark_of(north=account_on(4))
    spark.table += new_name()
    result = spark.run(redis=valkey_url, tasks_per_account=2)

    assert [line[:4] for line in result if line[2] == "stopped"] == [("north", None, "stopped", "ConfigError")]
    assert spark.fakes["north"].requests == ()


def test_redis_url_may_be_a_function(spark_of: Make, valkey_url: str) -> None:
    spark = spark_of(north=account_on(4))
    spark.table += new_name()

    assert ("north", "daily", "done", None, None, 1, 31) in spark.run(["daily"], redis=lambda: valkey_url)
