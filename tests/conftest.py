from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aioresponses import aioresponses, core
from hypothesis import HealthCheck, settings
from support.canned import Canned
from support.kinds import MEETINGS, WEBINARS, Kind
from support.spark_accounts import fakes_of, serving
from support.valkey import Server, server_of_its_own, shared_url

from zoomasync import Plan, Zoom
from zoomasync.testing import Account, FakeZoom

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from support.sparking import Spark

# No deadline: a slow machine must not fail a test.
settings.register_profile("zoomasync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("zoomasync")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--loop", choices=("asyncio", "uvloop"), default="asyncio", help="the event loop of async tests")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers() -> int:
    """Start more workers than there are cores: many tests wait for a rate limit, a timeout or a process."""
    return 2 + len(os.sched_getaffinity(0))


def pytest_asyncio_loop_factories(config: pytest.Config) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if config.getoption("loop") == "uvloop":
        import uvloop  # noqa: PLC0415  no other run needs it

        return {"uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep only tests that the option changes: those that are not async run on no loop, or on one of their own."""
    if config.getoption("loop") == "uvloop":
        config.hook.pytest_deselected(items=[item for item in items if not pytest_asyncio.is_async_test(item)])
        items[:] = filter(pytest_asyncio.is_async_test, items)


class _CannedResponse(ClientResponse):
    """A response with the stream writer that aiohttp 3.14 needs and aioresponses does not pass (its issue 289)."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, stream_writer=SimpleNamespace(output_size=0), **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch) -> Iterator[Canned]:
    """Replace aiohttp's responses by canned ones; nothing is sent over a socket."""
    monkeypatch.setattr(core, "ClientResponse", _CannedResponse)
    with aioresponses() as responses:
        yield cast("Canned", responses)


@pytest.fixture
def account() -> Account:
    """Return an empty account on a fixed day."""
    return Account(today=date(2026, 6, 15))


@pytest.fixture
async def fake(account: Account) -> AsyncIterator[FakeZoom]:
    """Serve `account` without rate limits."""
    async with FakeZoom(account, plan=None) as server:
        yield server


@pytest.fixture
async def zoom(fake: FakeZoom) -> AsyncIterator[Zoom]:
    """Yield an open client of `fake`."""
    async with fake.client() as client:
        yield client


@pytest.fixture(params=[MEETINGS, WEBINARS], ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Return meetings, then webinars, for a test of what they share."""
    return cast("Kind", request.param)


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    """Yield the URL of a server that many tests use, each with its own name."""
    yield from shared_url()


@pytest.fixture
def valkey_server() -> Iterator[Server]:
    """Yield a server that the test may end and start again."""
    yield from server_of_its_own()


@pytest.fixture(scope="session")
def sail() -> Iterator[SparkSession]:
    """Yield a session of Sail, a Spark server in this process that needs no Java. All tests share it."""
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
