"""`Zoom.from_env(redis=url)`: clients of one account share its rate limits, clients of one app its access token."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from support.environment import environment_of
from support.valkey import new_name

from zoomasync import Label, Plan, Zoom
from zoomasync.errors import ConfigError
from zoomasync.rate_limits import LocalRateLimiter
from zoomasync.redis import limits_name, token_name
from zoomasync.testing import Account, FakeZoom

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


def test_names_differ_by_account_and_app() -> None:
    """No two accounts share limits, and no two apps or users a token; the names hide the ids."""
    limits = {limits_name("account-1"), limits_name("account-2")}
    tokens = {token_name("account-1", client, user) for client in ("app-1", "app-2") for user in ("", "ada")}

    assert (len(limits), len(tokens)) == (2, 4)
    assert not any(hidden in name for name in limits | tokens for hidden in ("account", "app-", "ada"))
