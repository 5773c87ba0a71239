"""The interface of a store for tokens, and the store in memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol
from weakref import WeakValueDictionary

import anyio

from ..errors import StoreError


class TokenStore(Protocol):
    """A store in which several clients share tokens: in memory, in files, in Redis, or one of your own.

    Each key has at most one value. A value holds secrets; a key does not, and is up to 100 letters, digits, ``-`` and
    ``_``. Every method raises `StoreError` if the store cannot be used. `zoomasync.testing.token_stores` has the tests
    that every store must pass.
    """

    async def read(self, key: str) -> bytes | None:
        """Return the value of *key*, or None if it has none. Does not wait for a lock."""
        ...

    def lock(self, key: str) -> AbstractAsyncContextManager[int]:
        """Return a context that waits for the lock of *key*, holds it, and yields its fence.

        One task holds it at a time, across all processes. The fence is a number above that of every earlier lock of
        *key*. If the process ends, another one gets the lock soon. The end of the context raises no `StoreError`.
        """
        ...

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:
        """Make *value* the value of *key*, and return True once it is kept.

        Returns False, and changes nothing, if a later lock of *key* was given to anyone: its holder may have read the
        old value already.
        """
        ...

    async def delete(self, key: str, *, fence: int) -> bool:
        """Delete the value of *key*, as `write` replaces it. Returns True also if there is none."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the store. Closing twice is allowed."""
        ...


class MemoryTokenStore:
    """A `TokenStore` for the clients of one event loop. Its tokens are lost when the process ends."""

    def __init__(self) -> None:
        self._values = dict[str, bytes]()
        self._latest = dict[str, int]()  # the fence of the latest lock
        self._fences = itertools.count(1)
        self._locks = KeyLocks()

    def __repr__(self) -> str:
        return f"<MemoryTokenStore of {len(self._values)} tokens>"

    async def read(self, key: str) -> bytes | None:
        """Return the value of *key*, or None."""
        return self._values.get(key)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int, None]:
        """Hold the lock of *key*, and yield its fence."""
        async with self._locks.of(key):
            self._latest[key] = fence = next(self._fences)
            yield fence

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:
        """Make *value* the value of *key*; return False if there was a later lock."""
        if self._latest.get(key, 0) > fence:
            return False
        self._values[key] = value
        return True

    async def delete(self, key: str, *, fence: int) -> bool:
        """Delete the value of *key*; return False if there was a later lock."""
        if self._latest.get(key, 0) > fence:
            return False
        self._values.pop(key, None)
        return True

    async def aclose(self) -> None:
        """Do nothing: the tokens stay until the process ends."""


@asynccontextmanager
async def locked(store: TokenStore, key: str, *, seconds: float) -> AsyncGenerator[int, None]:
    """Hold the lock of *key* in *store*, and yield its fence. Raises `StoreError` after a wait of *seconds*.

    A process that is suspended keeps the lock of a file.
    """
    async with AsyncExitStack() as stack:
        try:
            # Not a scope of anyio: it would have to end after those that the lock opens.
            async with asyncio.timeout(seconds):
                fence = await stack.enter_async_context(store.lock(key))
        except TimeoutError:
            fence = None
        if fence is None:
            raise StoreError(
                f"another process has held the lock of a token for {seconds:g} seconds: look for one that is suspended"
            )
        yield fence


class KeyLocks:
    """A lock per key between the tasks of one event loop. Each is kept for as long as it is in use."""

    def __init__(self) -> None:
        self._locks = WeakValueDictionary[tuple[str, int], anyio.Lock]()

    def of(self, key: str) -> anyio.Lock:
        """Return the lock of *key* in the running event loop."""
        return self._locks.setdefault((key, id(asyncio.get_running_loop())), anyio.Lock())
