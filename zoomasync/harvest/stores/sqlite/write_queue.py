"""The queue before the one that writes: what was put in it is taken in that order, or was never put."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")


class Queue(Generic[T]):
    """A bounded queue for one taker.

    anyio's memory stream hands an item over to a task that may be cancelled in that very moment: the item is gone, and
    those behind it are not. A page would be, and the partition that it belongs to would be settled all the same. Here
    taking does not wait, and waiting takes nothing.
    """

    def __init__(self, size: int) -> None:
        self._items: deque[T] = deque()
        self._room = anyio.Semaphore(size)
        self._news = anyio.Event()
        self._closed = False

    async def put(self, item: T) -> None:
        """Put *item* behind the others, as soon as there is room."""
        await self._room.acquire()
        self._items.append(item)
        self._news.set()

    def close(self) -> None:
        """Let the taker stop when it has taken everything."""
        self._closed = True
        self._news.set()

    async def wait(self) -> bool:
        """Wait until there is something to take; return False when nothing will come any more."""
        while not self._items and not self._closed:
            self._news = anyio.Event()
            await self._news.wait()
        return bool(self._items)

    def take(self) -> list[T]:
        """Take what there is, the oldest first."""
        taken = list(self._items)
        self._items.clear()
        for _ in taken:
            self._room.release()
        return taken
