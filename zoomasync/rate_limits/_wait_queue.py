"""Who goes next: one queue with two lanes before anything that hands out slots.

Whoever is at the head waits for the next slot on behalf of all, and when it comes it goes to the first in line at that
moment, which may be an urgent call that came since.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

import anyio

_PRIORITY_IN_A_ROW = 4  # then one of the others, so that no urgency starves them


class PermitSource(Protocol):
    """What the line waits for. Only its head asks, one slot at a time."""

    async def wait(self) -> None:
        """Wait until a slot is there. A slot that was not taken is still there for the next to wait."""
        ...

    def take(self) -> float:
        """Use the slot that is there, and return the moment of it."""
        ...


class Dismissed(Exception):
    """There is nothing to wait for any more."""


class WaitQueue:
    """Lets callers through as *slots* come, first come, first served; urgent ones before the others."""

    def __init__(self, slots: PermitSource) -> None:
        self._slots = slots
        self._priority: deque[_Waiter] = deque()
        self._others: deque[_Waiter] = deque()
        self._priority_in_a_row = 0
        self._led = False  # somebody waits for slots, or is woken to

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._priority) + len(self._others)

    def dismiss(self) -> None:
        """Let all who wait go away with `Dismissed`; the head does when its slot comes."""
        for claim in (*self._priority, *self._others):
            if not claim.led and not claim.woken.is_set():
                claim.dismissed = True
                claim.woken.set()

    async def wait_turn(self, *, priority: bool = False) -> float:
        """Wait for this caller's turn and return the moment of it. Who is cancelled meanwhile takes nothing along."""
        claim = _Waiter(priority=priority)
        lane = self._priority if priority else self._others
        lane.append(claim)
        try:
            if self._led:
                await claim.woken.wait()
            if claim.dismissed:
                raise Dismissed
            if not claim.granted:
                await self._lead(claim)
            # Taken by the task that goes, not by whoever woke it: a stalled loop must not make two seconds one.
            return self._slots.take()
        finally:
            if claim in lane:
                lane.remove(claim)
            if claim.granted:
                claim.answered.set()
            elif claim.led or (claim.woken.is_set() and not claim.dismissed):
                self._led = False
                self._wake_leader()

    async def _lead(self, claim: _Waiter) -> None:
        """Wait for slots and give each to the first in line, until that is *claim* itself."""
        self._led = claim.led = True
        while True:
            await self._slots.wait()
            first = self._first_in_line()
            self._priority_in_a_row = self._priority_in_a_row + 1 if first.priority else 0
            if first is claim:
                return
            (self._priority if first.priority else self._others).remove(first)
            first.granted = True
            first.woken.set()
            await first.answered.wait()  # it went, or was cancelled in the last moment and left the slot

    def _first_in_line(self) -> _Waiter:
        if self._priority and (not self._others or self._priority_in_a_row < _PRIORITY_IN_A_ROW):
            return self._priority[0]
        return self._others[0]

    def _wake_leader(self) -> None:
        """Let the next in line wait for slots."""
        if self._priority or self._others:
            self._led = True
            self._first_in_line().woken.set()


class _Waiter:
    """One caller's place in line.

    It is *woken* either because a slot was *granted* to it, or to lead: to wait for slots on behalf of all. Who was
    granted one *answered* when it took the slot or went away.
    """

    __slots__ = ("answered", "dismissed", "granted", "led", "priority", "woken")

    def __init__(self, *, priority: bool) -> None:
        self.priority = priority
        self.woken = anyio.Event()
        self.answered = anyio.Event()
        self.granted = self.led = self.dismissed = False
