"""WaitQueue: grants, dismissals, cancellations and failures in any order."""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import NoneType

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import in_virtual_time

from zoomasync.rate_limits._wait_queue import Dismissed, WaitQueue


class Source:
    """A source of permits that a test adds one by one. Its `wait` takes some turns of the loop, and may fail."""

    def __init__(self, turns: int = 0) -> None:
        self.permits = self.taken = 0
        self._turns = turns
        self._changed = anyio.Event()
        self._failure: Exception | None = None
        self._is_waited_for = False

    def add(self) -> None:
        self.permits += 1
        self._changed.set()

    def fail(self) -> None:
        """Make the next `wait`, or the present one, raise LookupError."""
        self._failure = LookupError()
        self._changed.set()

    async def wait(self) -> None:
        assert not self._is_waited_for
        self._is_waited_for = True
        try:
            for _ in range(self._turns):
                await asyncio.sleep(0)
            while not self.permits and self._failure is None:
                self._changed = anyio.Event()
                await self._changed.wait()
        finally:
            self._is_waited_for = False
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def take(self) -> float:
        assert self.permits > 0
        self.permits -= 1
        self.taken += 1
        return 0.0


class Caller:
    """A task in the queue, and what has happened to it."""

    def __init__(self, queue: WaitQueue, *, priority: bool) -> None:
        self.entered = self.dismissed = self.cancelled = False
        self._queue = queue
        self._priority = priority
        self.task = asyncio.create_task(self._call())

    async def _call(self) -> None:
        self.entered = True
        await self._queue.wait_turn(priority=self._priority)

    @property
    def waits(self) -> bool:
        return self.entered and not self.task.done()

    def cancel(self) -> None:
        self.cancelled = self.task.cancel() or self.cancelled

    @property
    def served(self) -> bool:
        return not self.task.cancelled() and self.task.exception() is None


def dismiss(queue: WaitQueue, callers: list[Caller]) -> None:
    for caller in callers:
        caller.dismissed = caller.dismissed or caller.waits
    queue.dismiss()


async def all_end(callers: list[Caller]) -> None:
    with anyio.fail_after(10):  # at once, or never
        await asyncio.wait([caller.task for caller in callers])


async def assert_all_end(source: Source, queue: WaitQueue, callers: list[Caller]) -> None:
    """Assert that with enough permits every caller ends as it must, and that the queue serves a new one."""
    for _ in callers:
        source.add()
    await all_end(callers)

    for caller in callers:
        outcome = CancelledError if caller.task.cancelled() else type(caller.task.exception())
        assert outcome in {CancelledError, Dismissed, LookupError, NoneType}
        assert not (caller.dismissed and caller.served)
        assert caller.cancelled or outcome is not CancelledError
    assert source.taken == sum(caller.served for caller in callers)
    assert queue.waiting == 0
    for _ in range(2):
        source.add()
        with suppress(LookupError), anyio.fail_after(10):  # a failure that no caller has met yet
            await queue.wait_turn()
    assert source.taken > sum(caller.served for caller in callers)


@pytest.mark.parametrize(
    "events", [("add", "dismiss"), ("dismiss", "add"), ("add", "dismiss", "dismiss")], ids=" ".join
)
@pytest.mark.parametrize("waiting", [1, 2, 3])
async def test_dismissal_at_grant_keeps_queue(waiting: int, events: tuple[str, ...]) -> None:
    """A permit that becomes available in the same turn of the loop as a dismissal stays for the next caller."""
    source = Source()
    queue = WaitQueue(source)
    callers = [Caller(queue, priority=False) for _ in range(waiting)]
    await asyncio.sleep(0)

    for event in events:
        source.add() if event == "add" else dismiss(queue, callers)
    newcomer = Caller(queue, priority=False)
    await all_end([*callers, newcomer])

    assert [type(caller.task.exception()) for caller in callers] == [Dismissed] * waiting
    assert newcomer.served


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("event", ["cancel", "dismiss", "fail"])
async def test_passed_lead_is_never_lost(event: str, turns: int) -> None:
    """The leader passes its permit to a priority caller, and something happens to that caller on the way."""
    source = Source()
    queue = WaitQueue(source)
    callers = [Caller(queue, priority=False) for _ in range(2)]
    await asyncio.sleep(0)
    callers.append(Caller(queue, priority=True))
    await asyncio.sleep(0)

    source.add()
    for _ in range(turns):
        await asyncio.sleep(0)
    happen: dict[str, Callable[[], None]] = {
        "cancel": callers[-1].cancel,
        "dismiss": partial(dismiss, queue, callers),
        "fail": source.fail,
    }
    happen[event]()

    await assert_all_end(source, queue, callers)


async def test_failing_source_ends_its_leader() -> None:
    """A failure of the source reaches one caller, and the next one leads."""
    source = Source()
    queue = WaitQueue(source)
    callers = [Caller(queue, priority=False) for _ in range(3)]
    await asyncio.sleep(0)

    source.fail()
    source.add()
    source.add()
    await all_end(callers)

    assert [type(caller.task.exception()) for caller in callers] == [LookupError, NoneType, NoneType]


STEPS = st.one_of(
    st.sampled_from(["arrive", "arrive with priority", "add", "dismiss", "fail", "turn", "turn"]),
    st.integers(0, 30),  # cancel that caller
)


@given(turns=st.integers(0, 2), steps=st.lists(STEPS, max_size=60))
@settings(max_examples=1000)
@in_virtual_time
async def test_queue_survives_any_interleaving(turns: int, steps: list[str | int]) -> None:
    source = Source(turns)
    queue = WaitQueue(source)
    callers = [Caller(queue, priority=False)]
    acts: dict[str, Callable[[], None]] = {
        "arrive": lambda: callers.append(Caller(queue, priority=False)),
        "arrive with priority": lambda: callers.append(Caller(queue, priority=True)),
        "add": source.add,
        "dismiss": lambda: dismiss(queue, callers),
        "fail": source.fail,
    }

    for step in steps:
        if isinstance(step, int):
            callers[step % len(callers)].cancel()
        elif step == "turn":
            await asyncio.sleep(0)
        else:
            acts[step]()

    await assert_all_end(source, queue, callers)
