from __future__ import annotations

import asyncio
import multiprocessing
import traceback
from collections.abc import Iterator

import anyio
import pytest
from redis.asyncio import Redis
from support.memory import ZERO_JITTER, MemoryTransport, answering, response
from support.valkey import Processes, Work, call_with_shared_token, new_name, renew_for_ever, shared_url

from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.auth._token_manager import TokenManager
from zoomasync.errors import ConfigError, ZoomError
from zoomasync.redis import RedisTokenStore
from zoomasync.testing import FakeZoom

NOWHERE = "redis://me:canary@127.0.0.1:1"


class Desk:
    """Credentials that take *seconds* to get ``token-1``, ``token-2`` and so on, whoever asks."""

    def __init__(self, *, seconds: float = 0.1, lifetime: float | None = 3600.0) -> None:
        self.fetched = 0
        self._seconds = seconds
        self._lifetime = lifetime

    async def fetch(self, transport: Transport | None = None) -> Token:  # noqa: ARG002  the protocol's
        self.fetched += 1
        number = self.fetched
        await anyio.sleep(self._seconds)
        return Token(f"token-{number}", self._lifetime)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from shared_url()


@pytest.fixture
def name() -> str:
    return new_name()


def _keeper(desk: Desk, url: str, name: str) -> TokenManager:
    transport = MemoryTransport(answering(response(500)))
    return TokenManager(desk, transport, ZERO_JITTER, store=RedisTokenStore(url, name=name))


async def test_many_clients_ask_for_one_token(url: str, name: str) -> None:
    desk = Desk()
    keepers = [_keeper(desk, url, name) for _ in range(5)]

    tokens = await asyncio.gather(*(keeper.get() for keeper in keepers for _ in range(200)))

    assert {token.value for token in tokens} == {"token-1"}
    assert desk.fetched == 1
    for keeper in keepers:
        await keeper.aclose()


async def test_a_rejected_token_is_renewed_once_for_all(url: str, name: str) -> None:
    desk = Desk()
    keepers = [_keeper(desk, url, name) for _ in range(5)]
    old = [await keeper.get() for keeper in keepers]

    tokens = await asyncio.gather(
        *(keeper.renew(token) for keeper, token in zip(keepers, old, strict=True) for _ in range(50))
    )

    assert {token.value for token in tokens} == {"token-2"}
    assert desk.fetched == 2
    for keeper in keepers:
        await keeper.aclose()


async def test_four_processes_ask_once_for_a_token_and_once_when_it_expires(url: str, name: str) -> None:
    """They begin the thousand calls with the token that has ended."""
    async with FakeZoom(plan=None) as fake:
        with Processes(4) as processes:
            await processes.all(call_with_shared_token, url, name, fake.credentials, fake.base_url, 5)
            before = _token_requests(fake)
            fake.expire_access_tokens()
            answered = await processes.all(call_with_shared_token, url, name, fake.credentials, fake.base_url, 250)

        assert sum(answered) == 1000
        assert before == 1
        assert _token_requests(fake) == 2


async def test_a_holder_that_dies_does_not_hold_the_others_for_long(url: str, name: str) -> None:
    holder = multiprocessing.get_context("spawn").Process(target=Work(renew_for_ever, (url, name)))
    holder.start()
    async with Redis.from_url(url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        with anyio.fail_after(10):
            while not await redis.exists(f"{{{name}}}:lease"):  # noqa: ASYNC110  it is another process's
                await anyio.sleep(0.02)
    holder.kill()
    await asyncio.to_thread(holder.join)
    holder.close()

    store = RedisTokenStore(url, name=name)
    with anyio.fail_after(10):
        token = await store.renew(None, Desk().fetch)

    assert token.value == "token-1"
    await store.aclose()


async def test_a_late_old_token_never_takes_the_place_of_a_newer_one(url: str, name: str) -> None:
    slow, quick, third = (RedisTokenStore(url, name=name) for _ in range(3))

    async def late() -> Token:
        await anyio.sleep(0.5)
        return Token("old", 3600)

    async def new() -> Token:
        return Token("new", 3600)

    overtaken = asyncio.create_task(slow.renew(None, late))
    await anyio.sleep(0.2)
    async with Redis.from_url(url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        await redis.delete(f"{{{name}}}:lease")  # as it is when it ends before its holder is done
    await quick.renew(None, new)

    assert (await overtaken).value in {"old", "new"}
    assert (await third.renew(None, late)).value == "new"
    for store in (slow, quick, third):
        await store.aclose()


async def test_a_failure_frees_the_lease(url: str, name: str) -> None:
    first, second = RedisTokenStore(url, name=name), RedisTokenStore(url, name=name)

    async def fail() -> Token:
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        await first.renew(None, fail)
    with anyio.fail_after(2):
        assert (await second.renew(None, Desk().fetch)).value == "token-1"
    await first.aclose()
    await second.aclose()


async def test_who_waits_can_give_up(url: str, name: str) -> None:
    first, second = RedisTokenStore(url, name=name), RedisTokenStore(url, name=name)
    desk = Desk(seconds=0.6)
    holding = asyncio.create_task(first.renew(None, desk.fetch))
    await anyio.sleep(0.2)

    with anyio.move_on_after(0.2) as scope:
        await second.renew(None, desk.fetch)

    assert scope.cancelled_caught
    assert (await holding).value == "token-1"
    assert desk.fetched == 1
    await first.aclose()
    await second.aclose()


async def test_a_token_lives_no_longer_than_it_did_when_it_was_got(url: str, name: str) -> None:
    first, second = RedisTokenStore(url, name=name), RedisTokenStore(url, name=name)
    desk = Desk(lifetime=100)
    await first.renew(None, desk.fetch)
    await anyio.sleep(0.1)

    lifetime = (await second.renew(None, desk.fetch)).lifetime

    assert lifetime is not None
    assert 90 < lifetime < 100
    await first.aclose()
    await second.aclose()


async def test_a_token_without_an_end_has_none_for_the_others(url: str, name: str) -> None:
    first, second = RedisTokenStore(url, name=name), RedisTokenStore(url, name=name)
    desk = Desk(lifetime=None)
    await first.renew(None, desk.fetch)

    assert await second.renew(None, desk.fetch) == Token("token-1")
    assert (await second.renew(Token("token-1"), desk.fetch)).value == "token-2"
    await first.aclose()
    await second.aclose()


async def test_a_token_that_is_about_to_end_is_renewed(url: str, name: str) -> None:
    first, second = RedisTokenStore(url, name=name), RedisTokenStore(url, name=name)
    desk = Desk(seconds=0.0, lifetime=1.0)
    await first.renew(None, desk.fetch)
    await anyio.sleep(0.92)

    assert (await second.renew(None, desk.fetch)).value == "token-2"
    await first.aclose()
    await second.aclose()


async def test_without_redis_each_gets_a_token_of_its_own(name: str) -> None:
    store = RedisTokenStore(NOWHERE, name=name)

    assert (await store.renew(None, Desk().fetch)).value == "token-1"
    await store.aclose()
    await store.aclose()


async def test_no_secret_is_shown(url: str, name: str) -> None:
    desk, shown = Desk(), list[str]()
    for address in (url, NOWHERE):
        store = RedisTokenStore(address, name=name)
        token = await store.renew(None, desk.fetch)
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
