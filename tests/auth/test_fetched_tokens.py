"""Tokens of credentials, alone and shared in a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.memory import (
    ZERO_JITTER,
    MemoryTransport,
    NumberedTokens,
    answering,
    response,
    shared_token_manager,
    shared_tokens,
    token_response,
)

from zoomasync import ServerToServer, StaticToken, Zoom
from zoomasync._core.transport import Transport
from zoomasync.auth import MemoryTokenStore, Token
from zoomasync.auth._fetched_tokens import FetchedTokens
from zoomasync.auth._stored_token import StoredToken
from zoomasync.auth._token_keys import user_token_key
from zoomasync.auth._token_manager import TokenManager
from zoomasync.auth._token_requests import TokenRequests
from zoomasync.errors import ConfigError, ServerError, StoreError

KEY = "numbered-tokens"
APP = ServerToServer("account", "client", "canary-secret")


class FaultyStore(MemoryTokenStore):
    """A store whose methods with the names *faults* raise, and whose writes hang for *hang* seconds."""

    def __init__(self, *faults: str, hang: float = 0.0) -> None:
        super().__init__()
        self.tried = list[str]()
        self.faults = faults
        self._hang = hang

    async def read(self, key: str) -> bytes | None:
        self._fail("read")
        return await super().read(key)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int, None]:
        self._fail("lock")
        async with super().lock(key) as fence:
            yield fence

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:
        self._fail("write")
        await anyio.sleep(self._hang)
        return await super().write(key, value, fence=fence)

    def _fail(self, name: str) -> None:
        self.tried.append(name)
        if name in self.faults:
            raise StoreError("no store")


async def _stored(store: MemoryTokenStore) -> StoredToken:
    value = await store.read(KEY)
    assert value is not None
    return StoredToken.decode(value)


@in_virtual_time
async def test_clients_share_one_token() -> None:
    credentials, store = NumberedTokens(), MemoryTokenStore()
    managers = [shared_token_manager(credentials, store) for _ in range(5)]

    tokens = await asyncio.gather(*(manager.get() for manager in managers for _ in range(100)))

    assert {token.value for token in tokens} == {"token-1"}
    assert credentials.fetched == 1


@in_virtual_time
async def test_stale_token_is_renewed_once() -> None:
    credentials, store = NumberedTokens(), MemoryTokenStore()
    clients = [shared_tokens(credentials, store) for _ in range(5)]
    old = await clients[0].renew(None)

    tokens = await asyncio.gather(*(client.renew(old) for client in clients))

    assert {token.value for token in tokens} == {"token-2"}
    assert credentials.fetched == 2


@in_virtual_time
async def test_lifetime_shrinks_in_store() -> None:
    credentials, store = NumberedTokens(seconds=0, lifetime=100), MemoryTokenStore()
    await shared_tokens(credentials, store).renew(None)
    await anyio.sleep(60)

    token = await shared_tokens(credentials, store).renew(None)

    assert (token.value, round(token.lifetime or 0)) == ("token-1", 40)


@in_virtual_time
async def test_last_tenth_is_not_shared() -> None:
    """A client fetches a token of its own in place of one that is about to expire."""
    credentials, store = NumberedTokens(seconds=0, lifetime=100), MemoryTokenStore()
    await shared_tokens(credentials, store).renew(None)
    await anyio.sleep(91)

    assert (await shared_tokens(credentials, store).renew(None)).value == "token-2"
    assert (await shared_tokens(credentials, store).renew(None)).value == "token-2"


@in_virtual_time
async def test_endless_token_is_shared() -> None:
    credentials, store = NumberedTokens(seconds=0, lifetime=None), MemoryTokenStore()
    first = await shared_tokens(credentials, store).renew(None)
    await anyio.sleep(10**9)
    second = await shared_tokens(credentials, store).renew(None)

    assert (second.value, second.lifetime) == ("token-1", None)
    assert (await shared_tokens(credentials, store).renew(first)).value == "token-2"


@pytest.mark.parametrize(
    "scopes", [frozenset({"user:read", "report:read"}), frozenset[str](), None], ids=["two", "none", "unknown"]
)
@in_virtual_time
async def test_scopes_are_shared(scopes: frozenset[str] | None) -> None:
    credentials, store = NumberedTokens(scopes=scopes), MemoryTokenStore()

    tokens = [await shared_tokens(credentials, store).renew(None) for _ in range(2)]

    assert [(token.value, token.scopes) for token in tokens] == [("token-1", scopes)] * 2


@in_virtual_time
async def test_api_url_is_shared() -> None:
    store = MemoryTokenStore()
    transport = MemoryTransport(
        answering(response(200, {"access_token": "token-1", "api_url": "https://api-eu.zoom.us"}))
    )
    requests = TokenRequests(ZERO_JITTER)
    for _ in range(2):
        token = await FetchedTokens(APP, transport, requests, store=store).renew(None)
        assert token.api_url == "https://api-eu.zoom.us"
    assert len(transport.requests) == 1


@pytest.mark.parametrize("fault", ["read", "lock", "write"])
@in_virtual_time
async def test_faulty_store_is_passed_by(fault: str) -> None:
    """A client that cannot use the store fetches a token for itself."""
    credentials, store = NumberedTokens(), FaultyStore(fault)
    manager = shared_token_manager(credentials, store)

    assert (await manager.get()).value == "token-1"
    assert (await manager.get()).value == "token-1"
    assert credentials.fetched == 1
    assert store.tried[-1] == fault
    if fault == "write":
        async with store.lock(KEY):
            pass  # it is not held any longer


@in_virtual_time
async def _log_of(store: FaultyStore, *outcomes: bool) -> None:
    """Renew tokens while the store works, or does not."""
    tokens = shared_tokens(NumberedTokens(seconds=0), store)
    token: Token | None = None
    for works in outcomes:
        store.faults = () if works else ("lock",)
        token = await tokens.renew(token)


def test_faulty_store_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The first fault of a store is logged, and the first one after it has worked again."""
    _log_of(FaultyStore(), False, False, True, False, False)

    assert [(record.name, record.levelname, record.message) for record in caplog.records] == [
        ("zoomasync", "WARNING", "the access token is not shared with other processes: no store")
    ] * 2


@in_virtual_time
async def test_suspended_holder_is_passed_by() -> None:
    """A client waits for the token of another one for a while, and then fetches its own."""
    credentials, store = NumberedTokens(), MemoryTokenStore()
    began = now()
    async with store.lock(KEY):
        token = await shared_token_manager(credentials, store).get()

    assert token.value == "token-1"
    assert now() - began == pytest.approx(15, abs=1.5)
    assert await store.read(KEY) is None


@in_virtual_time
async def test_slow_store_does_not_hold_up() -> None:
    """A token is used two seconds after it was fetched, although the store does not have it yet."""
    credentials, store = NumberedTokens(seconds=0), FaultyStore(hang=60)
    started = now()

    assert (await shared_tokens(credentials, store).renew(None)).value == "token-1"
    assert 2 <= now() - started < 2.1


@pytest.mark.parametrize(
    "value",
    [b"", b"null", b"gAAAAABcanary", b'{"access_token": 7}', b"\xff{}", b"[" * 9000],
    ids=["empty", "null", "encrypted", "number", "not UTF-8", "nested"],
)
@in_virtual_time
async def test_unreadable_value_is_kept(value: bytes) -> None:
    """A value that is encrypted, or of another program, is left alone; each client fetches its own token."""
    credentials, store = NumberedTokens(), MemoryTokenStore()
    async with store.lock(KEY) as fence:
        await store.write(KEY, value, fence=fence)

    assert (await shared_tokens(credentials, store).renew(None)).value == "token-1"
    assert await store.read(KEY) == value


@in_virtual_time
async def test_later_fields_are_ignored() -> None:
    """A later version may keep more in a value."""
    credentials, store = NumberedTokens(), MemoryTokenStore()
    async with store.lock(KEY) as fence:
        await store.write(KEY, b'{"access_token": "of a later version", "new": {"a": 1}}', fence=fence)

    token = await shared_tokens(credentials, store).renew(None)

    assert token == Token("of a later version")


@in_virtual_time
async def test_entry_without_token_is_replaced() -> None:
    credentials, store = NumberedTokens(), MemoryTokenStore()
    async with store.lock(KEY) as fence:
        await store.write(KEY, b"{}", fence=fence)

    assert (await shared_tokens(credentials, store).renew(None)).value == "token-1"
    assert (await _stored(store)).access_token == "token-1"


@in_virtual_time
async def test_slow_clock_adds_no_lifetime() -> None:
    """A token that a process with a faster clock has stored is valid for its own lifetime at most."""
    store = MemoryTokenStore()
    async with store.lock(KEY) as fence:
        value = StoredToken.of(Token("token-9", 3600), now=now() + 500).encode()
        await store.write(KEY, value, fence=fence)

    token = await shared_tokens(NumberedTokens(), store).renew(None)

    assert (token.value, token.lifetime) == ("token-9", 3600)


@in_virtual_time
async def test_failed_fetch_releases_lock() -> None:
    store = MemoryTokenStore()
    transport = MemoryTransport(answering(*[response(503)] * ZERO_JITTER.attempts, token_response()))
    clock = asyncio.get_running_loop().time
    tokens = FetchedTokens(APP, transport, TokenRequests(ZERO_JITTER, clock=clock), store=store)

    with pytest.raises(ServerError):
        await tokens.renew(None)

    with anyio.fail_after(2):
        assert (await tokens.renew(None)).value == "token-1"


@in_virtual_time
async def test_close_waits_for_shared_token() -> None:
    """Closing a client does not lose a token that others wait for."""
    credentials, store = NumberedTokens(seconds=30), MemoryTokenStore()
    manager = shared_token_manager(credentials, store)
    waiter = asyncio.create_task(manager.get())
    await anyio.sleep(1)
    started = now()

    await manager.aclose()

    assert 28 < now() - started < 30
    assert (await waiter).value == (await _stored(store)).access_token == "token-1"


@in_virtual_time
async def test_close_does_not_wait_for_lock() -> None:
    """A client that waits for another one's request is closed at once."""
    credentials, store = NumberedTokens(), MemoryTokenStore()
    manager = shared_token_manager(credentials, store)
    async with store.lock(KEY):
        waiter = asyncio.create_task(manager.get())
        await anyio.sleep(1)
        started = now()

        await manager.aclose()

        assert now() - started < 0.1
    with pytest.raises(ConfigError, match="closed while a call waited"):
        await waiter
    with anyio.fail_after(1):
        async with store.lock(KEY):
            assert credentials.fetched == 0


@in_virtual_time
async def test_close_ends_retries() -> None:
    """The request that is under way when a client is closed is the last one."""
    clock = asyncio.get_running_loop().time
    transport = MemoryTransport(answering(response(503, headers={"Retry-After": "50"})))
    requests = TokenRequests(ZERO_JITTER, clock=clock)
    manager = TokenManager(FetchedTokens(APP, transport, requests, store=MemoryTokenStore()), requests, clock=clock)
    waiter = asyncio.create_task(manager.get())
    await anyio.sleep(10)
    started = now()

    await manager.aclose()

    assert now() - started < 0.1
    with pytest.raises(ServerError):
        await waiter
    assert len(transport.requests) == 1


@in_virtual_time
async def test_closed_manager_reopens() -> None:
    credentials = NumberedTokens(lifetime=100)
    manager = shared_token_manager(credentials, MemoryTokenStore())
    await manager.aclose()
    with pytest.raises(ConfigError, match="the client was closed"):
        await manager.get()

    manager.open()

    assert (await manager.get()).value == "token-1"
    await anyio.sleep(95)
    await manager.aclose()
    assert (await manager.get()).value == "token-1"  # still valid, and not refreshed early
    await anyio.sleep(2)
    assert credentials.fetched == 1


def test_static_token_has_no_store() -> None:
    with pytest.raises(ConfigError, match="token_store shares the tokens of ServerToServer"):
        Zoom(StaticToken("token"), token_store=MemoryTokenStore())


def test_store_keys_are_stable() -> None:
    """Processes of different versions must agree on the keys, which show no id."""
    assert APP.store_key == "zoomasync-app-token-f65da34020367a581f1f0f7a52d45ae8"
    assert user_token_key("client", "user") == "zoomasync-user-token-015cbe0d9a25c308fda45332d693ded2"
    keys = {ServerToServer(account, client, "s").store_key for account in ("a", "b") for client in ("a", "b")}
    assert len(keys) == 4


def test_stored_token_hides_secrets() -> None:
    stored = StoredToken(access_token="canary-1", refresh_token="canary-2", user_id="canary-3")

    assert "canary" not in f"{stored} {stored!r}"


def test_stored_token_keeps_everything() -> None:
    stored = StoredToken(
        access_token='ey/J"\\+=~\u2713' * 300,
        expires_at=1_800_000_000.25,
        lifetime=3600,
        refresh_token="refresh",
        scopes=frozenset({"user:read", "user:write"}),
        api_url="https://api-us.zoom.us",
        account_id="account",
        user_id="user",
        refresh_started=True,
        reauthorize="revoked",
    )

    assert StoredToken.decode(stored.encode()) == stored
    assert StoredToken().encode() == b"{}"


@pytest.mark.parametrize("lifetime", [float("inf"), float("nan"), None])
def test_endless_lifetime_can_be_stored(lifetime: float | None) -> None:
    stored = StoredToken.of(Token("token", lifetime), now=1000.0)

    assert (stored.expires_at, stored.is_fresh(now=1e15)) == (None, True)


async def test_credentials_in_a_store_need_a_key() -> None:
    class Keyless:
        async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
            return Token("token")

    with pytest.raises(ConfigError, match="store_key"):
        shared_tokens(Keyless(), MemoryTokenStore())
