"""`Zoom.from_env(redis=url)`: clients of one account share its rate limits, clients of one app its access token."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from redis.asyncio import Redis
from support.environment import environment_of
from support.valkey import new_name

from zoomasync import Label, Plan, RetryPolicy, Zoom
from zoomasync._core.circuit import FAILURES
from zoomasync.errors import CircuitOpen, ConfigError, ServerError
from zoomasync.rate_limits import LocalRateLimiter
from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.protocol.access_tokens import DEFAULT_SCOPES

DAY = date(2026, 6, 1)
PLAN = replace(Plan.BUSINESS, heavy_per_day=5)


@pytest.fixture
def account() -> Account:
    """Give an account of its own to every test, since the server keeps the limits of an account."""
    return Account(today=date(2026, 6, 15), id=new_name())


async def test_clients_share_quota_and_token(valkey_url: str, fake: FakeZoom) -> None:
    """Two clients use one daily quota and one access token."""
    environ = environment_of(fake)
    async with (
        Zoom.from_env(plan=PLAN, redis=valkey_url, environ=environ) as first,
        Zoom.from_env(plan=PLAN, redis=valkey_url, environ=environ) as second,
    ):
        await first.reports.users(DAY, DAY).collect()
        await second.reports.users(DAY, DAY).collect()
        status = (await first.rate_limits())[Label.HEAVY]

    assert (status.used, status.remaining) == (2, 3)
    assert [request.route for request in fake.requests].count("POST /oauth/token") == 1


async def test_clients_share_scopes(valkey_url: str, fake: FakeZoom) -> None:
    """The client that finds a shared token knows its scopes, too."""
    environ = environment_of(fake)
    async with (
        Zoom.from_env(plan=PLAN, redis=valkey_url, environ=environ) as first,
        Zoom.from_env(plan=PLAN, redis=valkey_url, environ=environ) as second,
    ):
        scopes = [await first.scopes(), await second.scopes()]

    assert scopes == [frozenset(DEFAULT_SCOPES.split())] * 2
    assert [request.route for request in fake.requests] == ["POST /oauth/token"]


async def test_clients_share_circuit(valkey_url: str, fake: FakeZoom) -> None:
    """When one client has found that Zoom is down, the other needs one failure to stop, too."""
    environ, once = environment_of(fake), RetryPolicy(attempts=1)
    connections = await _open_connections(valkey_url)
    async with (
        Zoom.from_env(plan=Plan.BUSINESS, redis=valkey_url, environ=environ, retry=once) as first,
        Zoom.from_env(plan=Plan.BUSINESS, redis=valkey_url, environ=environ, retry=once) as second,
    ):
        for zoom in (first, second):
            await zoom.reports.users(DAY, DAY).collect()
        with fake.outage(retry_after=5):
            for zoom in (first,) * FAILURES + (second,):
                with pytest.raises(ServerError):
                    await zoom.reports.users(DAY, DAY).collect()
            before = len(fake.requests)

            with pytest.raises(CircuitOpen):
                await second.with_options(outage_wait=0).reports.users(DAY, DAY).collect()

        assert len(fake.requests) == before

    assert await _open_connections(valkey_url) == connections


async def _open_connections(valkey_url: str) -> int:
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        clients: dict[str, int] = await redis.info("clients")  # pyright: ignore[reportUnknownMemberType]  its sections
    return clients["connected_clients"]


async def test_client_reopens_its_connections(valkey_url: str, fake: FakeZoom) -> None:
    """A client that was closed can be opened again."""
    zoom = Zoom.from_env(plan=PLAN, redis=valkey_url, environ=environment_of(fake))
    for _ in range(2):
        async with zoom:
            await zoom.reports.users(DAY, DAY).collect()


def test_redis_excludes_other_limiter() -> None:
    environ = {"ZOOM_ACCOUNT_ID": "a", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s"}

    with pytest.raises(ConfigError, match="rate limiter"):
        Zoom.from_env(redis="redis://nowhere", environ=environ, rate_limiter=LocalRateLimiter(Plan.PRO))
