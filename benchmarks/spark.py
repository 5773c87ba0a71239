"""Many accounts: in one process, and on Spark. This measurement runs on demand only: ``python -m benchmarks spark``.

The harvest on Spark runs on this machine (``local[2]``), against the same harvest of all accounts by one process into
SQLite files. Their servers are in another process, and both send at most 40 requests per second for each account.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, cast

from zoomasync import ServerToServer, Zoom
from zoomasync.harvest import Harvest
from zoomasync.testing import Account, FakeZoom

from .accounts import ACCOUNTS, MAY, PLAN, TODAY, discovery, discovery_figures, rates
from .figures import Figure
from .processes import other_process

ROOT: Final = Path(__file__).parents[1]
REPORTS: Final = ("meeting_participants",)


@dataclass(frozen=True, slots=True)
class Clients:
    """A function that returns the client of an account by its name, also in the processes of Spark."""

    addresses: Mapping[str, tuple[ServerToServer, str]]

    def __call__(self, account: str) -> Zoom:
        """Return the client of *account*."""
        auth, base_url = self.addresses[account]
        return Zoom(auth, plan=PLAN, base_url=base_url)


def _serve_accounts(pipe: Connection, accounts: int, instances: int) -> None:
    asyncio.run(_serve(pipe, accounts, instances))


async def _serve(pipe: Connection, accounts: int, instances: int) -> None:
    """Serve so many *accounts* with so many *instances* each."""
    async with AsyncExitStack() as stack:
        addresses: dict[str, tuple[ServerToServer, str]] = {}
        for seed in range(accounts):
            account = Account.simulated(seed, today=TODAY, months=1, instances_per_month=instances)
            fake = await stack.enter_async_context(FakeZoom(account, plan=None))
            addresses[f"account {seed}"] = (fake.credentials, fake.base_url)
        pipe.send(addresses)
        await asyncio.to_thread(pipe.recv)


@dataclass(frozen=True, slots=True)
class Harvested:
    """The *rows* of a harvest, and the *seconds* that it took."""

    rows: int
    seconds: float


async def in_one_process(clients: Clients, folder: Path) -> Harvested:
    """Harvest all accounts at once, each into a file in *folder*."""
    stores = {name: folder / f"{name}.sqlite" for name in clients.addresses}

    async def harvest_one(name: str, store: Path) -> None:
        async with (
            clients(name) as zoom,
            Harvest(zoom, store=store, from_=MAY[0], to=MAY[1], reports=REPORTS) as harvest,
        ):
            await harvest.run()

    began = time.perf_counter()
    await asyncio.gather(*(harvest_one(*each) for each in stores.items()))
    seconds = time.perf_counter() - began
    rows = 0
    for store in stores.values():
        with closing(sqlite3.connect(store)) as database:
            rows += cast("int", database.execute("SELECT count(*) FROM meeting_participants").fetchone()[0])
    return Harvested(rows, seconds)


def on_spark(clients: Clients, folder: Path) -> tuple[Harvested, float]:
    """Harvest all accounts by one job on this machine; return the seconds that Spark took to start, too."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  it may be missing

    from zoomasync.integrations.spark import SparkHarvest  # noqa: PLC0415  it needs pyspark

    os.environ |= {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # it starts sooner
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }
    began = time.perf_counter()
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.codegen.wholeStage", "false")  # to compile the code of a query takes longer than to run it
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    start = time.perf_counter() - began
    try:
        harvest = SparkHarvest(
            spark, f"{folder}/records", clients, from_=MAY[0], to=MAY[1], reports=REPORTS, today=TODAY, format="parquet"
        )
        began = time.perf_counter()
        harvest.run(clients.addresses).collect()
        seconds = time.perf_counter() - began
        return Harvested(harvest.rows(REPORTS[0]).count(), seconds), start
    finally:
        spark.stop()


def harvest_figures(*, accounts: int, instances: int) -> Iterator[Figure]:
    """Yield the rows per second of both harvests of the same *accounts*."""
    missing = [name for name in ("pyspark", "pyarrow") if find_spec(name) is None]
    with other_process(_serve_accounts, accounts, instances) as server, tempfile.TemporaryDirectory() as folder:
        clients = Clients(cast("dict[str, tuple[ServerToServer, str]]", server.recv()))
        alone = asyncio.run(in_one_process(clients, Path(folder)))
        yield Figure(
            name=f"Rows of {accounts} accounts that one process harvests into SQLite",
            value=alone.rows / alone.seconds,
            unit="rows/s",
            note=f"{alone.rows:,} rows in {alone.seconds:.1f} s",
        )
        name = f"Rows of {accounts} accounts that Spark on this machine harvests"
        if missing:
            yield Figure(name=name, value=None, unit="rows/s", note=f"{' and '.join(missing)} not installed")
            return
        harvested, start = on_spark(clients, Path(folder))
        assert harvested.rows == alone.rows
        note = f"the same rows in {harvested.seconds:.1f} s, after {start:.1f} s to start Spark"
        yield Figure(name=name, value=harvested.rows / harvested.seconds, unit="rows/s", note=note)


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the accounts in one process, the discovery of instances, and the harvest on Spark."""
    hosts = 40 if quick else 2_000
    yield from rates(accounts=ACCOUNTS, calls=120 if quick else 1_200).figures()
    yield from discovery_figures(discovery(hosts), hosts=hosts)
    yield from harvest_figures(accounts=2 if quick else ACCOUNTS, instances=40 if quick else 400)
