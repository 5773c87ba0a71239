"""The queue of callers that wait for a permit, with a priority lane.

The first waiter becomes the leader: it waits for the next permit on behalf of all. When the permit is available, it
goes to the waiter that is first at that moment, which may be a priority caller that arrived later.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

import anyio

_PRIORITY_IN_A_ROW = 4  # then one other waiter, so that the priority lane does not starve them


class PermitSource(Protocol):
    """The limiter behind a `WaitQueue`. Only the leader waits for it, for one permit at a time."""

    async def wait(self) -> None:
        """Wait until a permit is available. It stays available until `take` is called."""
        ...

    def take(self) -> float:
        """Use the available permit, and return the current time."""
        ...


class Dismissed(Exception):
    """The queue was dismissed while the caller waited."""


class WaitQueue:
    """Gives the permits of *source* to callers in order of arrival, those with priority first."""

    def __init__(self, source: PermitSource) -> None:
        self._source = source
        self._priority: deque[_Waiter] = deque()
        self._others: deque[_Waiter] = deque()
        self._priority_in_a_row = 0
        self._has_leader = False  # or a waiter is about to become the leader

    @property
    def waiting(self) -> int:
        """The number of waiters."""
        return len(self._priority) + len(self._others)

    def ahead(self, *, priority: bool) -> int:
        """Return the number of waiters that are served before a new caller."""
        if not priority:
            return self.waiting
        turns_of_others = (self._priority_in_a_row + len(self._priority)) // _PRIORITY_IN_A_ROW
        return len(self._priority) + min(len(self._others), turns_of_others)

    def dismiss(self) -> None:
        """Make every waiter raise `Dismissed`, except the leader, which still gets its permit."""
        for waiter in (*self._priority, *self._others):
            if not waiter.leading and not waiter.woken.is_set():
                waiter.dismissed = True
                waiter.woken.set()

    async def wait_turn(self, *, priority: bool = False) -> float:
        """Wait for a permit, use it, and return the current time. A cancelled caller does not use one."""
        waiter = _Waiter(priority=priority)
        lane = self._priority if priority else self._others
        lane.append(waiter)
        try:
            if self._has_leader:
                await waiter.woken.wait()
            if waiter.dismissed:
                raise Dismissed
            if not waiter.granted:
                await self._lead(waiter)
            # The task that sends uses the permit, not the leader: after a stall of the event loop, the permit must
            # count from the moment at which the request really goes out.
            return self._source.take()
        finally:
            if waiter in lane:
                lane.remove(waiter)
            if waiter.granted:
                waiter.finished.set()
            elif waiter.leading or (waiter.woken.is_set() and not waiter.dismissed):
                self._has_leader = False
                self._wake_leader()

    async def _lead(self, leader: _Waiter) -> None:
        """Wait for permits and give each to the first waiter, until that is *leader* itself."""
        self._has_leader = leader.leading = True
        while True:
            await self._source.wait()
            first = self._first()
            self._priority_in_a_row = self._priority_in_a_row + 1 if first.priority else 0
            if first is leader:
                return
            (self._priority if first.priority else self._others).remove(first)
            first.granted = True
            first.woken.set()
            await first.finished.wait()  # it used the permit, or was cancelled and left it available

    def _first(self) -> _Waiter:
        if self._priority and (not self._others or self._priority_in_a_row < _PRIORITY_IN_A_ROW):
            return self._priority[0]
        return self._others[0]

    def _wake_leader(self) -> None:
        if self._priority or self._others:
            self._has_leader = True
            self._first().woken.set()


class _Waiter:
    """One caller in the queue.

    It is *woken* because a permit was *granted* to it, because it becomes the leader, or because it was *dismissed*.
    After a grant it sets *finished* when it has used the permit or was cancelled.
    """

    __slots__ = ("dismissed", "finished", "granted", "leading", "priority", "woken")

    def __init__(self, *, priority: bool) -> None:
        self.priority = priority
        self.woken = anyio.Event()
        self.finished = anyio.Event()
        self.granted = self.leading = self.dismissed = False
