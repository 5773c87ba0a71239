"""The URL of a Redis server, checked before the first request."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..errors import ConfigError

_UNREADABLE: Final = "cannot read the Redis URL: use redis://, rediss:// or unix://, with the password quoted"


def _is_text(value: str) -> bool:
    return value.isprintable()


def _is_switch(value: str) -> bool:
    return value.lower() in {"0", "1", "f", "t", "n", "y", "no", "yes", "false", "true"}


def _is_count(value: str) -> bool:
    return value.isdecimal()


def _is_duration(value: str) -> bool:
    return 0 < float(value) < math.inf


# The options that are text, and those that start with ssl_. The others of redis-py are objects.
_OPTIONS: Final[Mapping[str, Callable[[str], bool]]] = {
    "client_name": _is_text,
    "db": _is_count,
    "decode_responses": _is_switch,
    "health_check_interval": _is_count,
    "max_connections": _is_count,
    "password": _is_text,
    "protocol": _is_count,
    "retry_on_timeout": _is_switch,
    "socket_connect_timeout": _is_duration,
    "socket_keepalive": _is_switch,
    "socket_timeout": _is_duration,
    "username": _is_text,
}


def connection_pool(url: str) -> BlockingConnectionPool:
    """Return the connections to the server at *url*. Raises `ConfigError`, whose text contains no password."""
    if (fault := _fault(url)) is not None:
        raise ConfigError(fault)
    return _new_pool(url)


def _fault(url: str) -> str | None:
    """Return the text of the error in *url*, or None."""
    try:
        parts = urlsplit(url)
        options = parse_qsl(parts.query, keep_blank_values=True)
        _new_pool(url.partition("?")[0])
    except Exception:  # noqa: BLE001  the parser may raise anything, and the text may contain the password
        return _UNREADABLE
    database = "" if parts.scheme == "unix" else parts.path.strip("/")
    faults = [fault for name, value in options if (fault := _option_fault(parts.scheme, name, value)) is not None]
    if database and not database.isdecimal():
        faults.append("the path of the Redis URL must be the number of a database")
    if parts.fragment or (faults and "@" in parts.path + parts.query):
        return _UNREADABLE  # a password that is not quoted; its parts are not shown
    return faults[0] if faults else None


def _option_fault(scheme: str, name: str, value: str) -> str | None:
    if not value or not name.isidentifier():
        return "the Redis URL has an option without a name or value: write ?name=value&name=value"
    if name not in _OPTIONS and not name.startswith("ssl_"):
        return f"the Redis URL has the unknown option {name[:40]!r}: remove it"
    try:
        _new_pool(f"{scheme}:///?{urlencode({name: value})}")
        valid = _OPTIONS.get(name, _is_text)(value)
    except Exception:  # noqa: BLE001  the constructors of redis-py raise TypeError, ValueError, RedisError and others
        valid = False
    return None if valid else f"the Redis URL has an invalid option {name[:40]!r}: correct its value, or remove it"


def _new_pool(url: str) -> BlockingConnectionPool:
    pool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]  its options
        url,
        timeout=None,
        protocol=2,  # opens a connection with two round trips less
        retry=Retry(NoBackoff(), 1),  # the server may have closed an idle connection
    )
    pool.make_connection()  # type: ignore[no-untyped-call]  # checks the options, offline
    return pool
