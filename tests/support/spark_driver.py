"""A program that harvests on Spark, for tests that kill its processes: ``python spark_driver.py MASTER JOB``.

JOB is a file with a pickled `Job`.
"""

from __future__ import annotations

import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from support.harvesting import TODAY
from support.spark_accounts import FakeClients
from support.sparking import MAY
from zoomasync.integrations.spark import SparkHarvest


@dataclass(frozen=True)
class Job:
    """A harvest of the accounts of *clients* into *table*, with a commit every *calls* calls."""

    clients: FakeClients
    table: str
    calls: int
    reports: tuple[str, ...] = ("meeting_participants",)


def main(master: str, job_file: str) -> None:
    """Run the harvest, and exit with 0."""
    job = pickle.loads(Path(job_file).read_bytes())  # noqa: S301  a test wrote it
    assert isinstance(job, Job)
    spark = (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.codegen.wholeStage", "false")  # to compile the code of a query takes longer than to run it
        .getOrCreate()
    )
    harvest = SparkHarvest(
        spark,
        job.table,
        job.clients,
        from_=MAY[0],
        to=MAY[1],
        reports=job.reports,
        calls=job.calls,
        today=TODAY,
        format="parquet",
    )
    harvest.run(job.clients.addresses).show()
    spark.stop()


if __name__ == "__main__":
    # Unpickled objects are of this module by its name as a module, not as a program.
    from support.spark_driver import main as run

    run(*sys.argv[1:])
