"""RedisTokenStore of several clients and processes."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import traceback
from collections.abc import AsyncIterator, Callable
from importlib import resources
from typing import cast

import anyio
import pytest
from redis.asyncio import Redis
from support.memory import ZERO_JITTER, MemoryTransport, answering, response
from support.valkey import Processes, Work, call_with_shared_token, hold_token_lease, new_name

from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.auth._token_manager import TokenManager
from zoomasync.errors import ConfigError, ZoomError
from zoomasync.redis import RedisTokenStore
from zoomasync.testing import FakeZoom

Make = Callable[[], RedisTokenStore]

NOWHERE = "redis://me:canary@127.0.0.1:1"


class Credentials:
    """Credentials whose fetch takes *seconds* and returns ``token-1``, ``token-2`` and so on."""

    def __init__(self, *, seconds: float = 0.1, lifetime: float | None = 3600.0) -> None:
        self.fetched = 0
        self._seconds = seconds
        self._lifetime = lifetime

    async def fetch(self, transport: Transport | None = None) -> Token:  # noqa: ARG002  a parameter of the protocol
        self.fetched += 1
        number = self.fetched
        await anyio.sleep(self._seconds)
        return Token(f"token-{number}", self._lifetime)


@pytest.fixture
def name() -> str:
    return new_name()


@pytest.fixture
async def make(valkey_url: str, name: str) -> AsyncIterator[Make]:
    """Make stores with one name, like those of several processes."""
    made = list[RedisTokenStore]()

    def make_one() -> RedisTokenStore:
        made.append(RedisTokenStore(valkey_url, name=name))
        return made[-1]

    yield make_one
    for store in made:
        await store.aclose()


def _manager(credentials: Credentials, store: RedisTokenStore) -> TokenManager:
    transport = MemoryTransport(answering(response(500)))
    return TokenManager(credentials, transport, ZERO_JITTER, store=store)


async def test_clients_fetch_one_token(make: Make) -> None:
    credentials = Credentials()
    managers = [_manager(credentials, make()) for _ in range(5)]

    tokens = await asyncio.gather(*(manager.get() for manager in managers for _ in range(200)))

    assert {token.value for token in tokens} == {"token-1"}
    assert credentials.fetched == 1


async def test_rejected_token_is_renewed_once(make: Make) -> None:
    credentials = Credentials()
    managers = [_manager(credentials, make()) for _ in range(5)]
    old = [await manager.get() for manager in managers]

    tokens = await asyncio.gather(
        *(manager.renew(token) for manager, token in zip(managers, old, strict=True) for _ in range(50))
    )

    assert {token.value for token in tokens} == {"token-2"}
    assert credentials.fetched == 2


async def test_processes_fetch_once_per_expiry(valkey_url: str, name: str) -> None:
    """Four processes start 1,000 calls with a token that has expired."""
    async with FakeZoom(plan=None) as fake:
        with Processes(4) as processes:
            await processes.all(call_with_shared_token, valkey_url, name, fake.credentials, fake.base_url, 5)
            before = _token_requests(fake)
            fake.expire_access_tokens()
            answered = await processes.all(
                call_with_shared_token, valkey_url, name, fake.credentials, fake.base_url, 250
            )

        assert sum(answered) == 1000
        assert before == 1
        assert _token_requests(fake) == 2


async def test_dead_holder_blocks_briefly(valkey_url: str, name: str) -> None:
    holder = multiprocessing.get_context("spawn").Process(target=Work(hold_token_lease, (valkey_url, name)))
    holder.start()
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        with anyio.fail_after(10):
            while not await redis.exists(f"{{{name}}}:lease"):  # noqa: ASYNC110  another process acquires it
                await anyio.sleep(0.02)
    holder.kill()
    await asyncio.to_thread(holder.join)
    holder.close()

    store = RedisTokenStore(valkey_url, name=name)
    with anyio.fail_after(10):
        token = await store.renew(None, Credentials().fetch)

    assert token.value == "token-1"
    await store.aclose()


async def test_repeated_request_keeps_lease(valkey_url: str, name: str) -> None:
    """A request for the lease is sent again if its connection was lost, and Redis may have handled it already."""
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        script = resources.files("zoomasync.redis").joinpath("lua", "token_get.lua").read_text(encoding="utf-8")
        keys = [f"{{{name}}}:token", f"{{{name}}}:lease"]
        request = {"holder": "this", "lease_ms": 60_000, "stale_version": ""}
        asked = [
            json.loads(cast("bytes", await redis.eval(script, 2, *keys, json.dumps(each))))
            for each in (request, request, {**request, "holder": "another"})
        ]

    assert ["lease_version" in each for each in asked] == [True, True, False]


async def test_old_token_replaces_no_newer_one(make: Make, valkey_url: str, name: str) -> None:
    slow, quick, third = (make() for _ in range(3))

    async def fetch_old() -> Token:
        await anyio.sleep(0.5)
        return Token("old", 3600)

    async def fetch_new() -> Token:
        return Token("new", 3600)

    old = asyncio.create_task(slow.renew(None, fetch_old))
    await anyio.sleep(0.2)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.delete(f"{{{name}}}:lease")  # as if it had expired before its holder was done
    await quick.renew(None, fetch_new)

    assert (await old).value in {"old", "new"}
    assert (await third.renew(None, fetch_old)).value == "new"


async def test_failed_fetch_releases_lease(make: Make) -> None:
    first, second = make(), make()

    async def fail() -> Token:
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        await first.renew(None, fail)
    with anyio.fail_after(2):
        assert (await second.renew(None, Credentials().fetch)).value == "token-1"


async def test_waiting_caller_can_be_cancelled(make: Make) -> None:
    first, second = make(), make()
    credentials = Credentials(seconds=0.6)
    holding = asyncio.create_task(first.renew(None, credentials.fetch))
    await anyio.sleep(0.2)

    with anyio.move_on_after(0.2) as scope:
        await second.renew(None, credentials.fetch)

    assert scope.cancelled_caught
    assert (await holding).value == "token-1"
    assert credentials.fetched == 1


async def test_shared_token_keeps_expiry(make: Make) -> None:
    first, second = make(), make()
    credentials = Credentials(lifetime=100)
    await first.renew(None, credentials.fetch)
    await anyio.sleep(0.1)

    lifetime = (await second.renew(None, credentials.fetch)).lifetime

    assert lifetime is not None
    assert 90 < lifetime < 100


async def test_shared_token_may_never_expire(make: Make) -> None:
    first, second = make(), make()
    credentials = Credentials(lifetime=None)
    await first.renew(None, credentials.fetch)

    assert await second.renew(None, credentials.fetch) == Token("token-1")
    assert (await second.renew(Token("token-1"), credentials.fetch)).value == "token-2"


@pytest.mark.parametrize(
    "scopes", [frozenset({"report:read:admin", "user:read"}), frozenset[str](), None], ids=["two", "none", "unknown"]
)
async def test_shared_token_keeps_scopes(make: Make, scopes: frozenset[str] | None) -> None:
    async def fetch() -> Token:
        return Token("token-1", 60, scopes)

    first, second = make(), make()

    assert (await first.renew(None, fetch)).scopes == scopes
    assert (await second.renew(None, Credentials().fetch)).scopes == scopes


async def test_next_token_has_its_own_scopes(make: Make) -> None:
    """Scopes that are unknown do not leave those of the token before."""

    async def fetch() -> Token:
        return Token("old", 60, frozenset({"user:read"}))

    first, second = make(), make()
    old = await first.renew(None, fetch)
    await first.renew(old, Credentials().fetch)
    shared = await second.renew(None, fetch)

    assert (shared.value, shared.scopes) == ("token-1", None)


async def test_token_of_earlier_version(make: Make, valkey_url: str, name: str) -> None:
    """A token that a process of an earlier version has shared has unknown scopes."""
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        for field, text in (("value", "earlier"), ("version", "1"), ("lifetime_ms", "0")):
            await redis.hset(f"{{{name}}}:token", field, text)

    shared = await make().renew(None, Credentials().fetch)

    assert (shared.value, shared.scopes) == ("earlier", None)


async def test_expiring_token_is_renewed(make: Make) -> None:
    first, second = make(), make()
    credentials = Credentials(seconds=0.0, lifetime=1.0)
    await first.renew(None, credentials.fetch)
    await anyio.sleep(0.92)

    assert (await second.renew(None, credentials.fetch)).value == "token-2"


async def test_outage_fetches_own_token(name: str) -> None:
    store = RedisTokenStore(NOWHERE, name=name)

    assert (await store.renew(None, Credentials().fetch)).value == "token-1"
    await store.aclose()
    await store.aclose()


async def test_secrets_are_not_shown(valkey_url: str, name: str) -> None:
    credentials, shown = Credentials(), list[str]()
    for address in (valkey_url, NOWHERE):
        store = RedisTokenStore(address, name=name)
        token = await store.renew(None, credentials.fetch)
        shown.append(f"{store!r} {token!r}")

        async def fail() -> Token:
            raise ZoomError("no token")

        try:
            await store.renew(token, fail)
        except ZoomError as error:
            shown.extend(traceback.format_exception(error))
        await store.aclose()

    assert "canary" not in "".join(shown)
    assert "token-1" not in "".join(shown)


def _token_requests(fake: FakeZoom) -> int:
    return sum(request.route == "POST /oauth/token" for request in fake.requests)


async def test_store_closes_as_context(valkey_url: str, name: str) -> None:
    """A store that is used again after its block connects again, for the clients that still use it."""
    async with RedisTokenStore(valkey_url, name=name) as store:
        await store.renew(None, Credentials().fetch)
    await store.aclose()


async def test_token_of_many_characters_is_shared(valkey_url: str, name: str) -> None:
    """A token travels through JSON twice and stays as it is."""
    value = 'ey/J"\\+=~\u2713' * 300

    async def fetch() -> Token:
        return Token(value, 60)

    async with RedisTokenStore(valkey_url, name=name) as first, RedisTokenStore(valkey_url, name=name) as second:
        await first.renew(None, fetch)

        assert (await second.renew(None, Credentials().fetch)).value == value
