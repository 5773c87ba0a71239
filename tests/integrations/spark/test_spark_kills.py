"""Spark on the Java machine, with its processes killed: each row is there once, and the limits hold."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.harvesting import TODAY
from support.spark_accounts import Fakes, clients_of, fakes_of, serving
from support.valkey import most_in_a_second

from zoomasync import Plan
from zoomasync.testing import Account, FakeZoom

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")

from support.spark_driver import Job
from support.spark_processes import Driver

pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="needs Java: apt-get install openjdk-17-jre-headless"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc, which Linux has"),
    pytest.mark.skipif(find_spec("duckdb") is None, reason="reads the table with duckdb"),
]


PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
PER_SECOND = 40  # of heavy calls, on the plan of the accounts
JITTER = 0.2  # seconds; a busy machine delays some requests
INSTANCES = 120
LAST_WHOLE = """
SELECT account, key, len(meeting_participants) FROM read_parquet(?) WHERE stream = 'meeting_participants' AND whole
QUALIFY row_number() OVER (PARTITION BY account, key ORDER BY run DESC, fetched_at DESC) = 1
"""
Start = Callable[[str, Job], Driver]


def busy_account(instances: int) -> Account:
    account = Account(today=TODAY)
    for number in range(instances):
        account.add_instance(start=datetime(2026, 5, 1 + number % 28, 9, tzinfo=UTC))
    return account


@pytest.fixture
def fakes() -> Iterator[Fakes]:
    """Yield two accounts that accept 40 heavy calls per second."""
    fakes = fakes_of({name: busy_account(INSTANCES) for name in ("north", "south")}, plan=Plan.BUSINESS)
    with serving(fakes):
        yield fakes


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Yield a function that starts a driver, whose processes end with the test."""
    drivers: list[Driver] = []

    def start_one(master: str, job: Job) -> Driver:
        drivers.append(Driver(master, job, tmp_path / f"driver {len(drivers)}"))
        return drivers[-1]

    yield start_one
    for driver in drivers:
        driver.close()


def job_of(fakes: Fakes, folder: Path, calls: int) -> Job:
    clients = replace(clients_of(fakes), plan=Plan.BUSINESS, latency_jitter=JITTER)
    return Job(clients, f"{folder}/records", calls)


def reports_of(fake: FakeZoom) -> list[str]:
    """Return the paths of the calls for participants."""
    return [request.raw_path for request in fake.requests if request.route == PARTICIPANTS]


def assert_whole(fakes: Fakes, table: str) -> None:
    """Check that the table has the rows of each instance, and that no second had too many calls."""
    import duckdb  # noqa: PLC0415  it may be missing

    with duckdb.connect() as database:
        found = database.execute(LAST_WHOLE, [f"{table}/*.parquet"]).fetchall()
    wanted = [(name, each.uuid, 2) for name, fake in fakes.items() for each in fake.account.instances]
    assert sorted(found) == sorted(wanted)
    for fake in fakes.values():
        calls = [request for request in fake.requests if request.label]
        assert most_in_a_second(request.at for request in calls) <= PER_SECOND
        assert Counter(request.status for request in calls) == {200: len(calls)}


def test_killed_python_worker(fakes: Fakes, start: Start, tmp_path: Path) -> None:
    """Spark runs the task again. The calls of its first attempt are repeated, and its rows are not."""
    job = job_of(fakes, tmp_path, calls=24_000)
    driver = start("local[2,4]", job)
    driver.wait_until(lambda: len(reports_of(fakes["north"])) > 30)
    killed = driver.kill_worker()

    assert driver.wait() == 0, driver.log()
    assert killed >= 1
    for fake in fakes.values():
        assert len(reports_of(fake)) > INSTANCES
        assert len(set(reports_of(fake))) == INSTANCES
    assert_whole(fakes, job.table)


def test_killed_executor_and_driver(fakes: Fakes, start: Start, tmp_path: Path) -> None:
    """After the driver's death, a run on another engine fetches what the commits do not hold."""
    job = job_of(fakes, tmp_path, calls=60)
    driver = start("local-cluster[2,1,1024]", job)
    driver.wait_until(lambda: len(reports_of(fakes["north"])) > 30)
    killed = driver.kill_executor()
    driver.wait_until(lambda: len(set(reports_of(fakes["north"]))) > 75)
    driver.kill()
    repeated = len(reports_of(fakes["north"])) - len(set(reports_of(fakes["north"])))
    before = {name: set(reports_of(fake)) for name, fake in fakes.items()}
    calls = {name: len(reports_of(fake)) for name, fake in fakes.items()}

    assert killed >= 1
    assert repeated > 0
    assert start("local[2,4]", job).wait() == 0
    for name, fake in fakes.items():
        again = before[name].intersection(reports_of(fake)[calls[name] :])
        assert 0 < len(again) <= job.calls  # those of the round that was lost
    assert_whole(fakes, job.table)
