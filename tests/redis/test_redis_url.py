"""The URL of Redis: every fault in it is a `ConfigError` of the constructor, which shows no part of a password."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable

import pytest
from support.environment import environment_of
from support.valkey import new_name

from zoomasync import Plan, Zoom
from zoomasync.errors import ConfigError
from zoomasync.redis import RedisCircuitState, RedisLeases, RedisRateLimiter, RedisTokenStore
from zoomasync.testing import FakeZoom

MAKERS: list[Callable[[str], object]] = [
    lambda url: RedisRateLimiter(url, Plan.PRO, name="test"),
    RedisTokenStore,
    lambda url: RedisLeases(url, name="test"),
    lambda url: RedisCircuitState(url, name="test"),
]
ADDRESSES = ["redis://me:canary@127.0.0.1:1/0", "rediss://me:canary@127.0.0.1:1", "unix://me:canary@/nowhere"]


def _error(make: Callable[[str], object], url: str) -> str:
    with pytest.raises(ConfigError) as caught:
        make(url)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "canary" not in shown
    return str(caught.value)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("make", MAKERS, ids=["limiter", "store", "leases", "circuit"])
def test_unknown_option_is_named(make: Callable[[str], object], address: str) -> None:
    assert "unknown option 'bad'" in _error(make, f"{address}?db=1&bad=1")


@pytest.mark.parametrize(
    "name", ["timeout", "retry", "parser_class", "credential_provider", "host", "connection_class"]
)
def test_option_without_text_value_is_unknown(name: str) -> None:
    """Options of redis-py that are objects, or that the URL states elsewhere."""
    assert f"unknown option {name!r}" in _error(MAKERS[0], f"{ADDRESSES[0]}?{name}=5")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("socket_timeout", "abc"),
        ("socket_timeout", "0"),
        ("socket_timeout", "nan"),
        ("socket_connect_timeout", "-1"),
        ("db", "x"),
        ("db", "-1"),
        ("protocol", "9"),
        ("protocol", "x"),
        ("max_connections", "-1"),
        ("health_check_interval", "-1"),
        ("socket_keepalive", "maybe"),
        ("ssl_cert_reqs", "none"),
    ],
)
def test_invalid_value_names_option(name: str, value: str) -> None:
    assert f"invalid option {name!r}" in _error(MAKERS[0], f"{ADDRESSES[0]}?{name}={value}")


@pytest.mark.parametrize(("name", "value"), [("ssl_cert_reqs", "bogus"), ("ssl_check_hostname_", "1")])
def test_invalid_tls_option_is_named(name: str, value: str) -> None:
    assert f"option {name!r}" in _error(MAKERS[0], f"{ADDRESSES[1]}?{name}={value}")


@pytest.mark.parametrize("query", ["?db", "?db=", "?=5"])
def test_incomplete_option_raises(query: str) -> None:
    assert "without a name or value" in _error(MAKERS[0], ADDRESSES[0] + query)


@pytest.mark.parametrize("path", ["/x", "/0/1", "/-1"])
def test_invalid_database_raises(path: str) -> None:
    assert "number of a database" in _error(MAKERS[0], f"redis://me:canary@host{path}")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "canary",
        "http://me:canary@host",
        "REDISS//me:canary@host",
        "redis://me:x@host:canary",
        "redis://me:x@host:99999",
        "redis://me:canary/@host:1",
        "redis://me:x?canary@host",
        "redis://me:x?canary=y@host",
        "redis://me:1?db=canary@host",
        "redis://me:1#canary@host",
        "redis://me:1/canary@host",
        "redis://[canary",
    ],
)
def test_unreadable_url_is_not_shown(url: str) -> None:
    """A password that is not quoted may end up in any part of the URL, so no part is named."""
    assert "cannot read the Redis URL" in _error(MAKERS[0], url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "redis://me:p%40ss@h:1/3?protocol=3&client_name=app&socket_keepalive=true&max_connections=5",
        "rediss://h/?ssl_cert_reqs=none&ssl_check_hostname=false&socket_timeout=60",
        "redis://[::1]:6379/2?socket_connect_timeout=0.5",
        "unix:///run/re@dis.sock?db=1&password=p@ss",
    ],
)
def test_valid_url_is_accepted(url: str) -> None:
    for make in MAKERS:
        make(url)


async def test_client_from_env_names_option(fake: FakeZoom) -> None:
    assert "unknown option 'bad'" in _error(
        lambda url: Zoom.from_env(redis=url, environ=environment_of(fake)), f"{ADDRESSES[0]}?bad=1"
    )


async def test_few_connections_are_waited_for(valkey_url: str) -> None:
    """A limit of connections delays requests, and fails none."""
    leases = RedisLeases(f"{valkey_url}?max_connections=1", name=new_name())

    acquired = await asyncio.gather(*(leases.acquire(str(number)) for number in range(20)))

    assert all(acquired)
    await leases.aclose()
