"""The queue of callers that wait for a permit, with a priority lane.

The first waiter is the leader: it alone waits for the next permit. When the permit is available, the leader uses it if
it is still first. Otherwise a priority caller has arrived meanwhile, and the leader passes the lead, and with it the
permit, to that caller.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import nullcontext
from typing import Final, Protocol

import anyio

_PRIORITY_IN_A_ROW = 4  # then one other waiter, so that the priority lane does not starve them
_NO_SCOPE: Final = nullcontext()


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
    """Gives the permits of *source* to callers in order of arrival, those with priority first.

    There is a leader while there are waiters. Only the leader itself gives up the lead: to the waiter that is first, or
    to the next one when it leaves the queue for any reason. A leader that is dismissed or cancelled leaves as well.

    A queue that is not *dismissible* serves a caller in less time, as it does without a scope for its leader.
    """

    def __init__(self, source: PermitSource, *, dismissible: bool = True) -> None:
        self._source = source
        self._dismissible = dismissible
        self._priority: deque[_Waiter] = deque()
        self._others: deque[_Waiter] = deque()
        self._priority_in_a_row = 0
        self._leader: _Waiter | None = None

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
        """Make every waiter raise `Dismissed`: the leader now, and each other one when the lead comes to it."""
        for waiter in (*self._priority, *self._others):
            waiter.dismissed = True
        if self._leader is not None and self._leader.source_wait is not None:
            self._leader.source_wait.cancel()

    async def wait_turn(self, *, priority: bool = False) -> float:
        """Wait for a permit, use it, and return the current time. A cancelled caller does not use one."""
        waiter = _Waiter()
        lane = self._priority if priority else self._others
        lane.append(waiter)
        if self._leader is None:
            self._leader = waiter
        try:
            await self._wait_until_first(waiter)
            self._priority_in_a_row = self._priority_in_a_row + 1 if priority else 0
            # The task that sends uses the permit: after a stall of the event loop, the permit must count from the
            # moment at which the request really goes out.
            return self._source.take()
        finally:
            if waiter in lane:
                lane.remove(waiter)
            if self._leader is waiter:
                self._leader = None
                if self.waiting:
                    self._lead(self._first())

    async def _wait_until_first(self, waiter: _Waiter) -> None:
        """Wait until a permit is available and *waiter* is the first to use it."""
        while True:
            if self._leader is not waiter:
                waiter.leads = asyncio.get_running_loop().create_future()
                await waiter.leads
            if not waiter.dismissed:
                waiter.source_wait = anyio.CancelScope() if self._dismissible else None
                with waiter.source_wait or _NO_SCOPE:
                    await self._source.wait()
            if waiter.dismissed:
                raise Dismissed
            first = self._first()
            if first is waiter:
                return
            self._lead(first)

    def _lead(self, waiter: _Waiter) -> None:
        self._leader = waiter
        if waiter.leads is not None and not waiter.leads.done():  # a cancelled waiter passes the lead on
            waiter.leads.set_result(None)

    def _first(self) -> _Waiter:
        if self._priority and (not self._others or self._priority_in_a_row < _PRIORITY_IN_A_ROW):
            return self._priority[0]
        return self._others[0]


class _Waiter:
    """One caller in the queue. *source_wait* is the scope in which it waits for the source as the leader."""

    __slots__ = ("dismissed", "leads", "source_wait")

    def __init__(self) -> None:
        self.leads: asyncio.Future[None] | None = None
        self.dismissed = False
        self.source_wait: anyio.CancelScope | None = None
