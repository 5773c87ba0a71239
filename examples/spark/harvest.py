"""Harvest simulated Zoom accounts on Spark: ``python examples/spark/harvest.py``.

It needs ``pip install 'zoomasync[spark]' 'pyspark[connect]==4.2.*' pysail 'pandas<3'``, and runs on Sail, a Spark
server without Java. With ``--master 'local[2]'`` it runs on Spark itself.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module

from anyio.from_thread import start_blocking_portal
from pyspark.sql import SparkSession

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.integrations.spark import SparkHarvest
from zoomasync.testing import Account, FakeZoom


@contextmanager
def simulated_accounts(count: int) -> Generator[Mapping[str, FakeZoom], None, None]:
    """Serve so many simulated accounts in a thread, each with limits of its own."""
    fakes: dict[str, FakeZoom] = {}
    with start_blocking_portal() as portal, ExitStack() as stack:
        for number in range(1, count + 1):
            account = Account.simulated(number, hosts=4, months=3, instances_per_month=20)
            account.id = f"account-{number}"
            fake = FakeZoom(account, plan=Plan.BUSINESS)
            fakes[f"company-{number}"] = stack.enter_context(portal.wrap_async_context_manager(fake))
        yield fakes


@contextmanager
def spark_session(master: str | None) -> Generator[SparkSession, None, None]:
    """Provide a session of Sail, or of Spark at *master*."""
    if master is not None:
        session = SparkSession.builder.master(master).config("spark.ui.enabled", "false").getOrCreate()
        yield session
        session.stop()
        return
    os.environ.setdefault("RUST_LOG", "error")
    server = import_module("pysail.spark").SparkConnectServer()  # imported this way, since pysail has no types
    server.start(background=True)
    host, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    yield session
    session.stop()
    server.stop()


def main() -> None:
    """Harvest the month before last twice: the second run has nothing left to do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=3, help="the number of simulated accounts")
    parser.add_argument("--table", help="a path for the table of partition records; a temporary folder by default")
    parser.add_argument("--master", help="the master of a Spark session, such as local[2], instead of Sail")
    options = parser.parse_args()

    # The month before last: Zoom may still be late with the listings of a month that has just ended.
    last = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    last = last.replace(day=1) - timedelta(days=1)
    with tempfile.TemporaryDirectory() as folder, simulated_accounts(options.accounts) as fakes:
        apps: dict[str, tuple[ServerToServer, str]] = {
            name: (fake.credentials, fake.base_url) for name, fake in fakes.items()
        }

        def client(account: str) -> Zoom:
            # A real one reads the secrets of the account here, on the executor.
            credentials, base_url = apps[account]
            return Zoom(credentials, plan=Plan.BUSINESS, base_url=base_url)

        with spark_session(options.master) as spark:
            table = options.table or f"{folder}/zoom"
            harvest = SparkHarvest(spark, table, client, from_=last.replace(day=1), to=last)
            for run in ("first", "second"):
                before = sum(len(fake.requests) for fake in fakes.values())
                harvest.run(fakes)
                calls = sum(len(fake.requests) for fake in fakes.values()) - before
                print(f"The {run} run sent {calls} requests.")
            harvest.status().orderBy("account", "stream", "state").show(100)
            print("The visits of participants:")
            harvest.rows("meeting_participants").groupBy("account").count().orderBy("account").show()


if __name__ == "__main__":
    main()
