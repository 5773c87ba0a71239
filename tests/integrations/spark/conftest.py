"""A session of Sail, which needs no Java: a Spark Connect server in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.spark_accounts import fakes_of, serving

from zoomasync import Plan
from zoomasync.testing import Account

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from support.sparking import Spark


@pytest.fixture(scope="session")
def sail() -> Iterator[SparkSession]:
    """Yield a session of Sail, which all tests share."""
    pytest.importorskip("pyspark", reason="needs pyspark: pip install 'zoomasync[spark-tests]'")
    os.environ.setdefault("RUST_LOG", "error")
    server = pytest.importorskip("pysail.spark", reason="needs pysail: pip install 'zoomasync[spark-tests]'")
    from pyspark.sql import SparkSession  # noqa: PLC0415  it may be missing

    running = server.SparkConnectServer()
    running.start(background=True)
    host, port = running.listening_address
    session = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    yield session
    session.stop()
    running.stop()


@pytest.fixture
def spark_of(sail: SparkSession, tmp_path: Path) -> Iterator[Callable[..., Spark]]:
    """Yield a function that serves accounts, given by name, and returns their harvests on Spark."""
    from support.sparking import Spark  # noqa: PLC0415  it needs pyspark

    with ExitStack() as stack:

        def make(*, plan: Plan | None = None, scopes: str | None = None, **accounts: Account) -> Spark:
            fakes = fakes_of(accounts, plan=plan, scopes=scopes)
            stack.enter_context(serving(fakes))
            return Spark(sail, fakes, f"{tmp_path}/records")

        yield make
