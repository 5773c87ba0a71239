"""The queue of writes in front of the thread that commits them."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")


class WriteQueue(Generic[T]):
    """A bounded FIFO queue with one consumer that loses no item when the consumer is cancelled.

    anyio's memory stream hands an item to the waiting task; if that task is cancelled at the same moment, the item is
    lost and later items are not. A partition would be recorded as done without one of its pages. Here `wait` removes
    nothing, and `take_all` does not wait.
    """

    def __init__(self, size: int) -> None:
        self._items: deque[T] = deque()
        self._free = anyio.Semaphore(size)
        self._changed = anyio.Event()
        self._closed = False

    async def put(self, item: T) -> None:
        """Append *item*, waiting while the queue is full."""
        await self._free.acquire()
        self._items.append(item)
        self._changed.set()

    def close(self) -> None:
        """Make `wait` return False once the queue is empty."""
        self._closed = True
        self._changed.set()

    async def wait(self) -> bool:
        """Wait for an item; return False when the queue is closed and empty."""
        while not self._items and not self._closed:
            self._changed = anyio.Event()
            await self._changed.wait()
        return bool(self._items)

    def take_all(self) -> list[T]:
        """Remove and return all items, the oldest first."""
        items = list(self._items)
        self._items.clear()
        for _ in items:
            self._free.release()
        return items
