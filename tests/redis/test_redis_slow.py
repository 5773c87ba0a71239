"""A Redis that answers slowly, over a slow network, or not at all."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from redis.asyncio import Redis
from support.memory import NumberedTokens, shared_tokens
from support.valkey import Server, distant, most_in_a_second, new_name, silent, use

from zoomasync import Label, Plan
from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.errors import ConfigError, RedisUnavailable
from zoomasync.rate_limits import DailyQuotaExhausted, FallbackRateLimiter, LocalRateLimiter, QueueTooLong
from zoomasync.redis import RedisCircuitState, RedisLeases, RedisRateLimiter, RedisTokenStore

RATE = 20
PLAN = Plan(light=RATE, medium=RATE, heavy=RATE, heavy_per_day=10_000)
PATHS = [(0.25, 0.25), (0.0, 0.5), (0.5, 0.0)]  # seconds there and back


async def _connections(server: Server) -> int:
    async with Redis.from_url(server.url) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
        statistics: dict[str, int] = await redis.info("stats")  # pyright: ignore[reportUnknownMemberType]  its sections
    return statistics["total_connections_received"] - 1


async def test_callers_wait_for_stopped_redis(valkey_server: Server) -> None:
    """A Redis that stands still for 2.5 seconds fails no call, and its connection is kept."""
    async with RedisRateLimiter(valkey_server.url, PLAN, name="test") as limiter:
        await limiter.acquire(Label.HEAVY)
        before = await _connections(valkey_server)

        async def stop() -> None:
            await anyio.sleep(0.5)
            valkey_server.stop_answering(2.5)

        sent, _ = await asyncio.gather(use(limiter, Label.HEAVY, seconds=5), stop())

        assert await _connections(valkey_server) == before + 2  # `stop_answering`, and the first count
    assert RATE <= len(sent) <= 3.5 * RATE
    assert most_in_a_second(sent) <= RATE


async def test_round_trip_keeps_rate(valkey_server: Server) -> None:
    """The permits of six seconds, of which the first connection and the scripts take a few round trips."""
    least = {**dict.fromkeys(PATHS, 60), (0.5, 0.5): 20}

    async def use_from(there: float, back: float) -> list[float]:
        async with (
            distant(valkey_server, there=there, back=back) as (_, url),
            RedisRateLimiter(url, PLAN, name=new_name()) as limiter,
        ):
            sent = await use(limiter, Label.HEAVY, seconds=6)
            assert limiter.permit_seconds >= 1 + there + back  # the permits are leased for longer
            return sent

    sent = dict(zip(least, await asyncio.gather(*(use_from(*path) for path in least)), strict=True))

    assert [path for path in least if not least[path] <= len(sent[path]) <= 6 * RATE] == []
    assert [path for path in least if most_in_a_second(sent[path]) > RATE] == []


async def test_near_and_distant_keep_plan(valkey_server: Server) -> None:
    """Processes that cannot know how far their clocks are apart stay below the plan together."""
    cases = [*((path, 2) for path in PATHS), ((0.0, 0.5), 20)]

    async def use_both(path: tuple[float, float], rate: int) -> tuple[list[float], list[float]]:
        plan, name = Plan(light=rate, medium=rate, heavy=rate), new_name()
        async with (
            distant(valkey_server, there=path[0], back=path[1]) as (_, url),
            RedisRateLimiter(url, plan, name=name) as far,
            RedisRateLimiter(valkey_server.url, plan, name=name) as near,
        ):
            return await asyncio.gather(use(far, Label.HEAVY, seconds=6), use(near, Label.HEAVY, seconds=6, callers=3))

    sent = await asyncio.gather(*(use_both(*case) for case in cases))

    for (_, rate), (far, near) in zip(cases, sent, strict=True):
        assert most_in_a_second(far + near) <= rate
        assert min(len(far), len(near)) >= rate / 2


@pytest.mark.parametrize("by_url", [False, True], ids=["argument", "URL"])
@pytest.mark.parametrize("kind", ["limiter", "store", "leases", "circuit"])
async def test_silent_redis_fails_after_timeout(kind: str, by_url: bool) -> None:  # noqa: FBT001  a parameter of the test
    async with silent() as url, AsyncExitStack() as stack:
        address, timeout = (f"{url}?socket_timeout=0.4", None) if by_url else (url, 0.4)
        started = time.monotonic()

        with anyio.fail_after(20):
            if kind == "store":
                store = RedisTokenStore(address, timeout=timeout)
                stack.push_async_callback(store.aclose)
                assert (await shared_tokens(NumberedTokens(seconds=0), store).renew(None)).value == "token-1"
            else:
                with pytest.raises(RedisUnavailable, match=r"did not answer within 0\.4 seconds"):
                    await _use_once(kind, address, timeout, stack)

        assert time.monotonic() - started >= 0.39


async def _use_once(kind: str, address: str, timeout: float | None, stack: AsyncExitStack) -> None:  # noqa: ASYNC109  a setting
    if kind == "limiter":
        limiter = RedisRateLimiter(address, PLAN, name="test", timeout=timeout)
        stack.push_async_callback(limiter.aclose)
        await limiter.acquire(Label.HEAVY)
    elif kind == "leases":
        leases = RedisLeases(address, name="test", timeout=timeout)
        stack.push_async_callback(leases.aclose)
        await leases.acquire("a")
    else:
        circuit = RedisCircuitState(address, name="test", timeout=timeout)
        stack.push_async_callback(circuit.aclose)
        await circuit.request_probe()


async def test_time_is_for_each_request(valkey_server: Server) -> None:
    """A script that Redis has forgotten is sent in a second request, which has a time of its own."""
    async with distant(valkey_server, there=0.4, back=0.4) as (_, url):
        redis = Redis.from_url(url, protocol=2, socket_timeout=20)  # pyright: ignore[reportUnknownMemberType]  its options
        async with redis:
            await redis.ping()  # pyright: ignore[reportUnknownMemberType]  its types
            leases = RedisLeases(redis, name="test", timeout=1.4)
            await leases.acquire("one")
            await redis.script_flush()

            assert await leases.acquire("another")
            await leases.aclose()


async def test_cancelled_wait_keeps_connection(valkey_server: Server) -> None:
    async with distant(valkey_server, there=0.2, back=0.2) as (proxy, url):
        leases = RedisLeases(url, name="test")
        await leases.acquire("one")
        for key in ("another", "third"):
            with anyio.move_on_after(0.1) as scope:
                await leases.acquire(key)
            assert scope.cancelled_caught
            await anyio.sleep(0.6)

        assert await leases.acquire("another")
        assert proxy.connections == 1
        await leases.aclose()


async def test_exit_releases_late_lease(valkey_server: Server) -> None:
    """A lease whose request was cancelled, and that arrives after the end of the block, is released too."""
    async with distant(valkey_server, there=0.0, back=0.0) as (proxy, url):
        leases, other = RedisLeases(url, name="test"), RedisLeases(valkey_server.url, name="test")
        async with leases.held():
            proxy.delays = 0.3, 0.0
            with anyio.move_on_after(0.1):
                await leases.acquire("one")
            proxy.delays = 0.0, 0.0
        await leases.aclose()
        await anyio.sleep(0.7)

        assert await other.acquire("one")
        await other.aclose()


async def test_slow_redis_fetches_one_token(valkey_server: Server) -> None:
    """Neither a round trip of half a second nor a Redis that stands still leads to a second token request."""
    credentials = NumberedTokens(seconds=2)
    async with (
        distant(valkey_server, there=0.25, back=0.25) as (_, url),
        RedisTokenStore(url) as far,
        RedisTokenStore(valkey_server.url) as near,
    ):

        async def stop() -> None:
            await anyio.sleep(0.5)
            valkey_server.stop_answering(2.5)

        await asyncio.gather(*(shared_tokens(credentials, store).renew(None) for store in (near, far)), stop())

    assert credentials.fetched == 1


async def test_token_is_used_before_it_is_shared(valkey_server: Server) -> None:
    """A Redis that stands still after the fetch does not hold up the token, and gets it later."""

    class Stopping(NumberedTokens):
        """Credentials whose token comes when Redis stops answering."""

        async def fetch(self, transport: Transport) -> Token:
            valkey_server.stop_answering(6)
            return await super().fetch(transport)

    credentials = Stopping(seconds=0)
    async with RedisTokenStore(valkey_server.url) as store, RedisTokenStore(valkey_server.url) as other:
        with anyio.fail_after(4):
            await shared_tokens(credentials, store).renew(None)
        await shared_tokens(credentials, other).renew(None)

    assert credentials.fetched == 1


async def test_cancelled_waiter_keeps_no_lock(valkey_server: Server) -> None:
    """A lock whose request was cancelled, and that arrives after that, is released too."""
    async with (
        distant(valkey_server, there=0.3, back=0.0) as (_, url),
        RedisTokenStore(url) as store,
        RedisTokenStore(valkey_server.url) as other,
    ):
        with anyio.move_on_after(0.1) as scope:
            await _lock(store)
        assert scope.cancelled_caught
        await anyio.sleep(0.7)

        with anyio.fail_after(2):
            await _lock(other)


async def test_hung_renewal_is_sent_again(valkey_server: Server) -> None:
    """A connection that hangs does not cost the leases: they are renewed over another one."""
    async with distant(valkey_server, there=0.0, back=0.0) as (proxy, url):
        leases, other = RedisLeases(url, name="test", lease=1.5), RedisLeases(valkey_server.url, name="test")
        async with leases.held():
            await leases.acquire("one")
            proxy.freeze()
            await anyio.sleep(3)

            assert not await other.acquire("one")
        await leases.aclose()
        await other.aclose()


async def test_fallback_starts_after_timeout() -> None:
    async with (
        silent() as url,
        RedisRateLimiter(url, PLAN, name="test", timeout=0.4) as redis,
        FallbackRateLimiter(redis, LocalRateLimiter(PLAN.share(0.5))) as limiter,
    ):
        started = time.monotonic()
        with anyio.fail_after(20):
            await limiter.acquire(Label.HEAVY)

        assert time.monotonic() - started >= 0.4 + 1


async def _lock(store: RedisTokenStore) -> None:
    async with store.lock("key"):
        pass


async def test_close_ends_requests() -> None:
    """Closing does not wait for a Redis that never answers, and leaves no task behind."""
    async with silent() as url:
        limiter, leases = RedisRateLimiter(url, PLAN, name="test"), RedisLeases(url, name="test")
        store, circuit = RedisTokenStore(url), RedisCircuitState(url, name="test")
        with anyio.move_on_after(0.1):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(limiter.acquire, Label.HEAVY)
                tasks.start_soon(limiter.on_rate_limited, Label.LIGHT, 1.0)
                tasks.start_soon(leases.acquire, "one")
                tasks.start_soon(store.read, "key")
                tasks.start_soon(_lock, store)
                tasks.start_soon(circuit.request_probe)
        with anyio.fail_after(15):
            for each in (limiter, leases, store, circuit):
                await each.aclose()

        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("zoomasync")]


async def test_close_fails_waiting_callers() -> None:
    async with silent() as url:
        leases = RedisLeases(url, name="test")
        waiting = asyncio.create_task(leases.acquire("one"))
        await anyio.sleep(0.1)

        await leases.aclose()

        with pytest.raises(RedisUnavailable, match="was closed"):
            await waiting


async def test_429_pauses_process_without_answer(valkey_server: Server) -> None:
    """A 429 holds the callers of its own process although Redis does not answer."""
    async with RedisRateLimiter(valkey_server.url, PLAN, name=new_name()) as limiter:
        await limiter.acquire(Label.HEAVY)
        sent: list[float] = []

        async def pause() -> float:
            await anyio.sleep(0.4)
            valkey_server.stop_answering(2)
            paused_at = time.monotonic()
            await limiter.on_rate_limited(Label.HEAVY, 1)
            return paused_at

        sent, paused_at = await asyncio.gather(use(limiter, Label.HEAVY, seconds=3.5), pause())

    assert not [stamp for stamp in sent if paused_at + 0.01 < stamp < paused_at + 1]
    assert [stamp for stamp in sent if stamp > paused_at + 1]


async def test_429s_do_not_wait_for_redis() -> None:
    """A caller that got a 429 is not held up for the whole timeout."""
    async with silent() as url, RedisRateLimiter(url, PLAN, name="test") as limiter:
        with anyio.fail_after(15):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(limiter.on_rate_limited, Label.HEAVY, 1.0)
                tasks.start_soon(limiter.on_daily_limit, Label.LIGHT, datetime.now(UTC) + timedelta(hours=5))


async def test_daily_limit_blocks_process_at_once() -> None:
    """Callers that wait for Redis raise, and so do later ones."""
    async with silent() as url, RedisRateLimiter(url, PLAN, name="test") as limiter:
        waiting = [asyncio.create_task(limiter.acquire(Label.HEAVY)) for _ in range(3)]
        await anyio.sleep(0.1)
        reporting = asyncio.create_task(limiter.on_daily_limit(Label.HEAVY, datetime.now(UTC) + timedelta(hours=5)))
        await asyncio.sleep(0)

        with anyio.fail_after(3):
            for call in (*waiting, limiter.acquire(Label.HEAVY)):
                with pytest.raises(DailyQuotaExhausted):
                    await call
        await reporting


async def test_max_wait_counts_round_trip(valkey_server: Server) -> None:
    async with (
        distant(valkey_server, there=0.25, back=0.25) as (_, url),
        RedisRateLimiter(url, PLAN, name="test") as limiter,
    ):
        await limiter.acquire(Label.HEAVY)
        await anyio.sleep(0.2)

        with pytest.raises(QueueTooLong) as caught:
            await limiter.acquire(Label.HEAVY, max_wait=0.3)

        assert caught.value.delay >= 0.5
        await limiter.acquire(Label.HEAVY, max_wait=5)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_invalid_timeout_raises(timeout: float) -> None:
    for make in (RedisLeases, RedisCircuitState):
        with pytest.raises(ConfigError, match="timeout must be"):
            make("redis://localhost", name="test", timeout=timeout)
    with pytest.raises(ConfigError, match="timeout must be"):
        RedisTokenStore("redis://localhost", timeout=timeout)
    with pytest.raises(ConfigError, match="timeout must be"):
        RedisRateLimiter("redis://localhost", PLAN, name="test", timeout=timeout)
