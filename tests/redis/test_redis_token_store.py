"""RedisTokenStore of several clients and processes. `tests/auth/test_token_stores.py` has what all stores share."""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import traceback
from collections.abc import AsyncIterator, Callable
from importlib import resources
from typing import cast

import anyio
import pytest
from redis.asyncio import Redis
from support.memory import NumberedTokens, shared_token_manager, shared_tokens
from support.valkey import Processes, Work, call_with_shared_token, hold_token_lock, new_name

from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.auth._stored_token import StoredToken
from zoomasync.errors import ConfigError, StoreError, ZoomError
from zoomasync.redis import RedisTokenStore
from zoomasync.testing import FakeZoom

Make = Callable[[], RedisTokenStore]

NOWHERE = "redis://me:canary@127.0.0.1:1"


@pytest.fixture
def key() -> str:
    return new_name()


@pytest.fixture
async def make(valkey_url: str) -> AsyncIterator[Make]:
    """Make stores like those of several processes."""
    made = list[RedisTokenStore]()

    def make_one() -> RedisTokenStore:
        made.append(RedisTokenStore(valkey_url))
        return made[-1]

    yield make_one
    for store in made:
        await store.aclose()


async def test_clients_fetch_one_token(make: Make, key: str) -> None:
    credentials = NumberedTokens(seconds=0.1, store_key=key)
    managers = [shared_token_manager(credentials, make()) for _ in range(5)]

    tokens = await asyncio.gather(*(manager.get() for manager in managers for _ in range(200)))

    assert {token.value for token in tokens} == {"token-1"}
    assert credentials.fetched == 1


async def test_rejected_token_is_renewed_once(make: Make, key: str) -> None:
    credentials = NumberedTokens(seconds=0.1, store_key=key)
    managers = [shared_token_manager(credentials, make()) for _ in range(5)]
    old = [await manager.get() for manager in managers]

    tokens = await asyncio.gather(
        *(manager.renew(token) for manager, token in zip(managers, old, strict=True) for _ in range(50))
    )

    assert {token.value for token in tokens} == {"token-2"}
    assert credentials.fetched == 2


async def test_processes_fetch_once_per_expiry(valkey_url: str) -> None:
    """Four processes start 1,000 calls with a token that has expired."""
    async with FakeZoom(plan=None) as fake:
        with Processes(4) as processes:
            await processes.all(call_with_shared_token, valkey_url, fake.credentials, fake.base_url, 5)
            before = _token_requests(fake)
            fake.expire_access_tokens()
            answered = await processes.all(call_with_shared_token, valkey_url, fake.credentials, fake.base_url, 250)

        assert sum(answered) == 1000
        assert before == 1
        assert _token_requests(fake) == 2


async def test_dead_holder_blocks_briefly(valkey_url: str, key: str, make: Make) -> None:
    holder = multiprocessing.get_context("spawn").Process(target=Work(hold_token_lock, (valkey_url, key)))
    holder.start()
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        with anyio.fail_after(10):
            while not await redis.exists(f"{{{key}}}:lease"):  # noqa: ASYNC110  another process acquires it
                await anyio.sleep(0.02)
    holder.kill()
    await asyncio.to_thread(holder.join)
    holder.close()

    with anyio.fail_after(10):
        async with make().lock(key) as fence:
            assert fence > 0


async def test_repeated_request_keeps_lease(valkey_url: str, key: str) -> None:
    """A request for the lock is sent again if its connection was lost, and Redis may have handled it already."""
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        script = resources.files("zoomasync.redis").joinpath("lua", "token_lock.lua").read_text(encoding="utf-8")
        keys = [f"{{{key}}}:token", f"{{{key}}}:lease"]
        request = {"holder": "this", "lease_ms": 60_000}
        first, again, other = [
            json.loads(cast("bytes", await redis.eval(script, 2, *keys, json.dumps(each))))
            for each in (request, request, {**request, "holder": "another"})
        ]

    assert int(again["fence"]) > int(first["fence"])
    assert other == {}


async def test_old_token_replaces_no_newer_one(make: Make, valkey_url: str, key: str) -> None:
    slow, quick, third = (make() for _ in range(3))

    class Named:
        """Credentials that take *seconds* to fetch a token of this *value*."""

        def __init__(self, value: str, seconds: float) -> None:
            self.store_key = key
            self._value = value
            self._seconds = seconds

        async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
            await anyio.sleep(self._seconds)
            return Token(self._value, 3600)

    old = asyncio.create_task(shared_tokens(Named("old", 0.5), slow).renew(None))
    await anyio.sleep(0.2)
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.delete(f"{{{key}}}:lease")  # as if it had expired before its holder was done
    await shared_tokens(Named("new", 0.0), quick).renew(None)

    assert (await old).value == "old"
    assert (await shared_tokens(Named("third", 0.0), third).renew(None)).value == "new"


async def test_lost_lock_writes_nothing(make: Make, valkey_url: str, key: str) -> None:
    """Another process that has the lock may have read the value already, so an earlier lock changes nothing."""
    slow, quick = make(), make()
    async with Redis.from_url(valkey_url) as redis, slow.lock(key) as old:  # pyright: ignore[reportUnknownMemberType]  its options
        assert await slow.write(key, b"first", fence=old)
        await redis.delete(f"{{{key}}}:lease")  # as if it had expired
        async with quick.lock(key) as new:
            assert not await slow.write(key, b"lost", fence=old)
            assert not await slow.delete(key, fence=old)
            assert await quick.read(key) == b"first"
            assert await quick.write(key, b"second", fence=new)

    assert await quick.read(key) == b"second"


async def test_lock_of_empty_server(valkey_url: str, key: str, make: Make) -> None:
    """A server that lost its data gives a higher fence: an earlier lock writes nothing once there is a later one."""
    first, second = make(), make()
    async with Redis.from_url(valkey_url) as redis, first.lock(key) as old:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.delete(f"{{{key}}}:token", f"{{{key}}}:lease")

        async with second.lock(key) as new:
            assert not await first.write(key, b"old", fence=old)
            assert await second.write(key, b"new", fence=new)
        assert not await first.write(key, b"old", fence=old)

    assert new > old
    assert await second.read(key) == b"new"


async def test_entries_are_kept(valkey_url: str, key: str, make: Make) -> None:
    """A value does not expire; without one, the fences of its locks stay for a day."""
    store = make()
    async with Redis.from_url(valkey_url) as redis, store.lock(key) as fence:  # pyright: ignore[reportUnknownMemberType]  its options
        without_value = await redis.ttl(f"{{{key}}}:token")
        await store.write(key, b"value", fence=fence)
        with_value = await redis.ttl(f"{{{key}}}:token")
        await store.delete(key, fence=fence)
        deleted = await redis.ttl(f"{{{key}}}:token")

    assert with_value == -1
    assert 86_000 < without_value <= 86_400
    assert 86_000 < deleted <= 86_400


async def test_waiting_caller_can_be_cancelled(make: Make, key: str) -> None:
    """A cancelled caller waits no longer, and holds up nobody."""
    first, second = make(), make()
    credentials = NumberedTokens(seconds=0.6, store_key=key)
    holding = asyncio.create_task(shared_tokens(credentials, first).renew(None))
    await anyio.sleep(0.2)

    with anyio.move_on_after(0.2) as scope:
        await shared_tokens(credentials, second).renew(None)

    assert scope.cancelled_caught
    assert (await holding).value == "token-1"
    assert credentials.fetched == 1
    with anyio.fail_after(2):
        async with second.lock(key):
            pass


async def test_encrypted_token_is_not_in_redis(valkey_url: str, key: str) -> None:
    """Redis holds what *encrypt* returns: any bytes."""

    def swap(value: bytes) -> bytes:
        return bytes(255 - byte for byte in value)

    async with (
        Redis.from_url(valkey_url) as redis,  # pyright: ignore[reportUnknownMemberType]  its options
        RedisTokenStore(valkey_url, encrypt=swap, decrypt=swap) as store,
        RedisTokenStore(valkey_url) as other,
    ):
        async with store.lock(key) as fence:
            await store.write(key, b"canary-secret", fence=fence)

        assert await redis.hget(f"{{{key}}}:token", "value") == base64.b64encode(swap(b"canary-secret"))
        assert await store.read(key) == b"canary-secret"
        assert await other.read(key) == swap(b"canary-secret")


async def test_foreign_entry_is_store_error(valkey_url: str, key: str, make: Make) -> None:
    """An entry that this class has not written is not taken for a token."""
    async with Redis.from_url(valkey_url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.hset(f"{{{key}}}:token", "value", "?!")

    with pytest.raises(StoreError, match="an entry is not one of this version"):
        await make().read(key)


async def test_outage_fetches_own_token() -> None:
    """Without Redis, each client of a server-to-server app fetches its own token."""
    async with RedisTokenStore(NOWHERE) as store:
        assert (await shared_tokens(NumberedTokens(seconds=0), store).renew(None)).value == "token-1"
    await store.aclose()


async def test_outage_is_store_error() -> None:
    async with RedisTokenStore(NOWHERE) as store:
        for call in (store.read("key"), store.write("key", b"", fence=1), store.delete("key", fence=1)):
            with pytest.raises(StoreError, match=r"^the tokens in Redis cannot be used: .*\. Check Redis$"):
                await call
        with pytest.raises(StoreError):
            async with store.lock("key"):
                pass


async def test_secrets_are_not_shown(valkey_url: str, key: str) -> None:
    shown = list[str]()

    class Failing:
        store_key = key

        async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
            raise ConfigError("no token")

    for address in (valkey_url, NOWHERE):
        async with RedisTokenStore(address) as store:
            token = await shared_tokens(NumberedTokens(seconds=0, store_key=key), store).renew(None)
            shown.append(f"{store!r} {token!r} {StoredToken.of(token, now=0)!r}")
            for failing in (shared_tokens(Failing(), store).renew(token), store.read(f"{key}-2"), store.read("{")):
                try:
                    await failing
                except ZoomError as error:
                    shown.extend(traceback.format_exception(error))

    assert "Check Redis" in "".join(shown)
    assert "canary" not in "".join(shown)
    assert "token-1" not in "".join(shown)


async def test_store_closes_as_context(valkey_url: str, key: str) -> None:
    """A store that is used again after its block connects again, for the clients that still use it."""
    async with RedisTokenStore(valkey_url) as store:
        await store.read(key)
    assert await store.read(key) is None
    await store.aclose()


def _token_requests(fake: FakeZoom) -> int:
    return sum(request.route == "POST /oauth/token" for request in fake.requests)
