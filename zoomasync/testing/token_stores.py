"""The tests that every `TokenStore` must pass, for a store of your own.

::

    class TestSqlTokenStore(TokenStoreTests):
        @pytest.fixture
        def make_store(self, tmp_path: Path) -> Callable[[], TokenStore]:
            return lambda: SqlTokenStore(tmp_path / "tokens.sqlite")

Needs pytest and pytest-asyncio. ``pytest.register_assert_rewrite("zoomasync.testing.token_stores")`` in ``conftest.py``
makes a failed test show the values that it compares.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable

import anyio
import pytest
import pytest_asyncio

from ..auth import TokenStore

__all__ = ["TokenStoreTests"]

_MOMENT = 0.1  # in which a lock that is held by nobody would be acquired
_PATIENCE = 20.0


@pytest.mark.asyncio
class TokenStoreTests:
    """Tests of one class of stores, whose fixture `make_store` a subclass overrides."""

    @pytest.fixture
    def make_store(self) -> Callable[[], TokenStore]:
        """Return a function that makes a store of the same tokens each time, as another process would."""
        raise NotImplementedError("override the fixture make_store")

    @pytest_asyncio.fixture
    async def store(self, make_store: Callable[[], TokenStore]) -> AsyncIterator[TokenStore]:
        """Yield a store, and close it twice."""
        made = make_store()
        yield made
        await made.aclose()
        await made.aclose()

    @pytest_asyncio.fixture
    async def other(self, make_store: Callable[[], TokenStore]) -> AsyncIterator[TokenStore]:
        """Yield another store of the same tokens."""
        made = make_store()
        yield made
        await made.aclose()

    @pytest.fixture
    def key(self) -> str:
        """Return a key that no other test uses."""
        return f"zoomasync-test-{secrets.token_hex(16)}"

    async def test_unknown_key_has_no_value(self, store: TokenStore, key: str) -> None:
        """A key has no value until one is written."""
        assert await store.read(key) is None
        async with store.lock(key):
            assert await store.read(key) is None

    @pytest.mark.parametrize("value", [b"", b"{}", bytes(range(256)), b"token" * 4000], ids=["0", "2", "256", "20000"])
    async def test_value_is_kept(self, store: TokenStore, other: TokenStore, key: str, value: bytes) -> None:
        """A value of any bytes is read unchanged, in another store too."""
        async with store.lock(key) as fence:
            assert await store.write(key, value, fence=fence)

        assert await store.read(key) == value
        assert await other.read(key) == value

    async def test_value_is_replaced(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """Each lock may write, also several times."""
        for writer, values in ((store, (b"1", b"2")), (other, (b"3", b"4"))):
            async with writer.lock(key) as fence:
                for value in values:
                    assert await writer.write(key, value, fence=fence)
                    assert await store.read(key) == await other.read(key) == value

    async def test_keys_are_separate(self, store: TokenStore, key: str) -> None:
        """A key has its own value and lock."""
        with anyio.fail_after(_PATIENCE):
            async with store.lock(key) as fence, store.lock(f"{key}-2") as second_fence:
                await store.write(key, b"1", fence=fence)
                await store.write(f"{key}-2", b"2", fence=second_fence)
                await store.delete(key, fence=fence)

        assert await store.read(key) is None
        assert await store.read(f"{key}-2") == b"2"

    async def test_value_is_deleted(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """A deleted value is gone for all, and can be written again. It may be deleted twice."""
        async with store.lock(key) as fence:
            assert await store.delete(key, fence=fence)
            assert await store.write(key, b"1", fence=fence)
            assert await store.delete(key, fence=fence)
            assert await other.read(key) is None
            assert await store.delete(key, fence=fence)
            assert await store.write(key, b"2", fence=fence)

        assert await other.read(key) == b"2"

    async def test_fences_ascend(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """Each lock has a higher fence than those before, whether or not these have written or deleted a value."""
        fences = list[int]()
        for action in ("nothing", "write", "nothing", "delete", "nothing"):
            for holder in (store, other):
                async with holder.lock(key) as fence:
                    fences.append(fence)
                    if action == "write":
                        await holder.write(key, b"1", fence=fence)
                    elif action == "delete":
                        await holder.delete(key, fence=fence)

        assert fences == sorted(set(fences))

    async def test_earlier_lock_changes_nothing(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """The holder of a lock that has ended changes nothing after a later lock has written."""
        async with store.lock(key) as old:
            await store.write(key, b"old", fence=old)
        async with other.lock(key) as new:
            await other.write(key, b"new", fence=new)

        assert not await store.write(key, b"late", fence=old)
        assert not await store.delete(key, fence=old)
        assert await store.read(key) == b"new"

    async def test_earlier_lock_restores_nothing(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """The holder of a lock that has ended cannot bring back a value that a later lock has deleted."""
        async with store.lock(key) as old:
            await store.write(key, b"old", fence=old)
        async with other.lock(key) as new:
            await other.delete(key, fence=new)

        assert not await store.write(key, b"late", fence=old)
        assert await store.read(key) is None

    async def test_lock_has_one_holder(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """Tasks of one store and of several hold a lock in turn, and none is left out."""
        counted = 0

        async def count(store: TokenStore) -> None:
            nonlocal counted
            async with store.lock(key):
                before = counted
                await anyio.sleep(0.001)
                counted = before + 1

        with anyio.fail_after(_PATIENCE):
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(count, store)
                    tasks.start_soon(count, other)

        assert counted == 10  # noqa: PLR2004  one per task

    async def test_reader_does_not_wait(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """A value can be read while its lock is held."""
        with anyio.fail_after(_PATIENCE):
            async with store.lock(key) as fence:
                await store.write(key, b"1", fence=fence)
                assert await store.read(key) == await other.read(key) == b"1"

    async def test_waiter_gets_lock(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """A lock is acquired as soon as its holder has released it, and not before."""
        acquired = anyio.Event()

        async def wait() -> None:
            async with other.lock(key):
                acquired.set()

        with anyio.fail_after(_PATIENCE):
            async with anyio.create_task_group() as tasks:
                async with store.lock(key):
                    tasks.start_soon(wait)
                    await anyio.sleep(_MOMENT)
                    assert not acquired.is_set()
                await acquired.wait()

    async def test_cancelled_waiter_holds_nothing(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """Callers that are cancelled while they wait, at any moment, keep nobody waiting."""

        async def wait() -> None:
            async with other.lock(key):
                await anyio.sleep_forever()

        with anyio.fail_after(_PATIENCE):
            for rounds in range(6):
                async with store.lock(key):
                    waiting = asyncio.create_task(wait())
                    await anyio.sleep(0.01 * rounds)
                    if rounds % 2:
                        waiting.cancel()
                waiting.cancel()
                await asyncio.wait([waiting])
            async with other.lock(key):
                assert await other.read(key) is None

    async def test_failed_holder_releases_lock(self, store: TokenStore, other: TokenStore, key: str) -> None:
        """An exception ends the lock and reaches the caller."""
        with pytest.raises(LookupError):
            async with store.lock(key):
                raise LookupError

        with anyio.fail_after(_PATIENCE):
            async with other.lock(key), store.lock(f"{key}-2"):
                pass
