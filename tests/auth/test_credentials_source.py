"""Credentials that an async function of the application returns, such as from a vault."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import cast

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.memory import NumberedTokens, shared_token_manager, shared_tokens

from zoomasync import Label, ServerToServer, StaticToken, Zoom
from zoomasync.auth import Credentials, CredentialsSource, MemoryTokenStore
from zoomasync.auth._resolver import CredentialsResolver
from zoomasync.errors import ConfigError
from zoomasync.testing import FakeZoom

SECRET = "canary-secret"


class Vault:
    """An async function that returns credentials, or raises an error that holds a secret; it counts its calls."""

    def __init__(self, credentials: object, *, failures: int = 0) -> None:
        self.credentials = credentials
        self.calls = 0
        self._failures = failures

    async def __call__(self) -> Credentials:
        self.calls += 1
        await anyio.sleep(0.1)
        if self.calls <= self._failures:
            raise PermissionError(f"no access for {SECRET}")
        return cast("Credentials", self.credentials)


async def test_client_looks_up_credentials() -> None:
    """The credentials are looked up once per token, and can change meanwhile."""
    async with FakeZoom(plan=None) as fake:
        vault = Vault(fake.credentials)
        async with Zoom(vault, base_url=fake.base_url) as zoom:
            before = zoom.account_id
            for _ in range(3):
                await zoom.request("GET", "/report/billing", label=Label.HEAVY)
            assert (before, zoom.account_id, vault.calls) == (None, fake.account.id, 1)

            fake.expire_access_tokens()
            await zoom.request("GET", "/report/billing", label=Label.HEAVY)

        assert vault.calls == 2
    assert SECRET not in repr(zoom)


@in_virtual_time
async def test_calls_share_look_up() -> None:
    vault = Vault(NumberedTokens())
    manager = shared_token_manager(vault, MemoryTokenStore())

    tokens = await asyncio.gather(*(manager.get() for _ in range(100)))

    assert {token.value for token in tokens} == {"token-1"}
    assert vault.calls == 1


@in_virtual_time
async def test_stored_token_is_used_first() -> None:
    """A client that knows the key of its token looks up credentials only to fetch one."""
    credentials, store = NumberedTokens(), MemoryTokenStore()
    vault = Vault(credentials)
    tokens = shared_tokens(vault, store)
    old = await tokens.renew(None)
    await shared_tokens(credentials, store).renew(old)

    assert (await tokens.renew(old)).value == "token-2"
    assert vault.calls == 1
    assert (await shared_tokens(vault, store).renew(None)).value == "token-2"
    assert (vault.calls, credentials.fetched) == (2, 2)


@in_virtual_time
async def test_failed_look_up_hides_secret() -> None:
    """The exception of the function is named by its type only, and the next call tries again, a second later."""
    vault = Vault(NumberedTokens(seconds=0), failures=1)
    manager = shared_token_manager(vault, MemoryTokenStore())
    started = now()

    with pytest.raises(ConfigError, match="auth raised PermissionError in place of credentials") as caught:
        await manager.get()

    assert caught.value.__context__ is None
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert SECRET not in "".join(line for line in frames if "tests/" not in line)
    assert (await manager.get()).value == "token-1"
    assert now() - started >= 1.1


@pytest.mark.parametrize(
    "found", [None, SECRET, {"client_secret": SECRET}, ServerToServer], ids=lambda found: type(found).__name__
)
async def test_other_results_raise(found: object) -> None:
    with pytest.raises(ConfigError, match=r"^auth must be ServerToServer, StaticToken or other credentials") as caught:
        await CredentialsResolver(Vault(found)).resolve()

    assert SECRET not in str(caught.value)


async def test_plain_function_is_accepted() -> None:
    """A function that is not async returns its credentials at once."""
    found = StaticToken("token")
    source = cast("CredentialsSource", lambda: found)

    assert await CredentialsResolver(source).resolve() is found


@pytest.mark.parametrize("auth", [None, "token", ("account", "client", "secret")], ids=["None", "text", "tuple"])
def test_other_auth_raises(auth: object) -> None:
    with pytest.raises(ConfigError, match="auth must be"):
        Zoom(cast("Callable[[], Awaitable[Credentials]]", auth))


@in_virtual_time
async def test_keyless_credentials_are_not_shared() -> None:
    with pytest.raises(ConfigError, match="token_store shares the tokens of ServerToServer"):
        await shared_tokens(Vault(StaticToken("token")), MemoryTokenStore()).renew(None)


@in_virtual_time
async def test_close_ends_look_up() -> None:
    """A vault that never answers does not keep a client open."""

    async def never() -> Credentials:
        await anyio.sleep_forever()
        raise AssertionError

    manager = shared_token_manager(never, MemoryTokenStore())
    waiter = asyncio.create_task(manager.get())
    await anyio.sleep(1)

    with anyio.fail_after(1):
        await manager.aclose()

    with pytest.raises(ConfigError, match="the client was closed"):
        await waiter
