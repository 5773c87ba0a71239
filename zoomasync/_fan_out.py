"""Fan-out: one function over many keys, with a bounded number of workers and one outcome per key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Generic, TypeAlias, TypeVar

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from .errors import ConfigError, ZoomError

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
ItemT = TypeVar("ItemT")
KeyT_co = TypeVar("KeyT_co", covariant=True)
ValueT_co = TypeVar("ValueT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Done(Generic[KeyT_co, ValueT_co]):
    """The *value* that the function returned for *key*."""

    key: KeyT_co
    value: ValueT_co


@dataclass(frozen=True, slots=True)
class Failed(Generic[KeyT_co]):
    """The *error* that the function raised for *key*. The other keys are not affected."""

    key: KeyT_co
    error: ZoomError


Outcome: TypeAlias = Done[KeyT, ValueT] | Failed[KeyT]
"""The result of one key: `Done` or `Failed`."""


class FanOut(Generic[KeyT, ValueT]):
    """The running calls of one `fan_out`: an async context manager that gives an iterator over the outcomes."""

    def __init__(
        self,
        function: Callable[[KeyT], Awaitable[ValueT]],
        keys: Iterable[KeyT] | AsyncIterable[KeyT],
        *,
        workers: int,
    ) -> None:
        if type(workers) is not int or workers < 1:
            raise ConfigError("workers must be a whole number, 1 or more")
        self._start = partial(_run, function, keys, workers)

    async def __aenter__(self) -> AsyncIterator[Outcome[KeyT, ValueT]]:
        self._outcomes = self._start()
        return await self._outcomes.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._outcomes.__aexit__(kind, error, traceback)

    async def collect(self) -> list[Outcome[KeyT, ValueT]]:
        """Run all calls and return the outcomes, in the order in which the calls finish."""
        async with self as outcomes:
            return [outcome async for outcome in outcomes]


def fan_out(
    function: Callable[[KeyT], Awaitable[ValueT]],
    keys: Iterable[KeyT] | AsyncIterable[KeyT],
    *,
    workers: int = 16,
) -> FanOut[KeyT, ValueT]:
    """Call *function* with each of *keys*, at most *workers* at a time, and iterate over the outcomes.

    ::

        async with fan_out(roster, meeting_ids, workers=40) as outcomes:
            async for outcome in outcomes:
                match outcome:
                    case Done(meeting_id, people): ...
                    case Failed(meeting_id, error): ...

        outcomes = await fan_out(roster, meeting_ids).collect()

    *keys* may be a paginator or any other iterable; it is read as workers become free. A `ZoomError` becomes `Failed`.
    Any other exception, of *function* or of *keys*, stops all calls and is raised unchanged. Leaving the block cancels
    the calls that are still running. A rate of R requests per second at a latency of L seconds needs R x L workers and
    a few more.
    """
    return FanOut(function, keys, workers=workers)


class _CallCancelled(Exception):
    """A call raised CancelledError although its worker was not cancelled."""


@asynccontextmanager
async def _run(
    function: Callable[[KeyT], Awaitable[ValueT]], keys: Iterable[KeyT] | AsyncIterable[KeyT], workers: int
) -> AsyncGenerator[AsyncIterator[Outcome[KeyT, ValueT]], None]:
    outcome_sender, outcome_receiver = anyio.create_memory_object_stream[Outcome[KeyT, ValueT]](workers)
    try:
        # A closed stream means that all is done, so a task closes its own stream only when it has finished. After a
        # failure the streams stay open until all tasks have stopped.
        with outcome_receiver, ExitStack() as open_streams:
            async with anyio.create_task_group() as tasks:
                shared_keys: AsyncIterator[KeyT]
                if isinstance(keys, AsyncIterable):
                    key_sender, key_receiver = anyio.create_memory_object_stream[KeyT](0)
                    open_streams.enter_context(key_sender)
                    shared_keys = _Received(open_streams.enter_context(key_receiver))
                    tasks.start_soon(_send_keys, keys, key_sender)
                else:
                    shared_keys = _Read(keys)
                for _ in range(workers):
                    sender = open_streams.enter_context(outcome_sender.clone())
                    tasks.start_soon(_work, function, shared_keys, sender)
                outcome_sender.close()
                yield _Received(outcome_receiver)
                tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        error = group.exceptions[0]
        if isinstance(error, _CallCancelled):
            error = asyncio.CancelledError()
    else:
        return
    # Raised outside the handler, so that the group does not become its context.
    raise error


class _Read(Generic[KeyT]):
    """The *keys* of an iterable, each of which goes to the worker that asks first."""

    def __init__(self, keys: Iterable[KeyT]) -> None:
        self._keys = iter(keys)

    def __aiter__(self) -> AsyncIterator[KeyT]:
        return self

    async def __anext__(self) -> KeyT:
        for key in self._keys:
            return key
        raise StopAsyncIteration


class _Received(Generic[ItemT]):
    """The items that *receiver* receives.

    An item that is ready costs no pass of the event loop, which would take ten times as long as the rest.
    """

    def __init__(self, receiver: MemoryObjectReceiveStream[ItemT]) -> None:
        self._receiver = receiver

    def __aiter__(self) -> AsyncIterator[ItemT]:
        return self

    async def __anext__(self) -> ItemT:
        with suppress(anyio.WouldBlock, anyio.EndOfStream):
            return self._receiver.receive_nowait()
        return await self._receiver.__anext__()


async def _send_keys(keys: AsyncIterable[KeyT], sender: MemoryObjectSendStream[KeyT]) -> None:
    # One task reads them all, since an async generator may hold the task group or the timeout of a task.
    async for key in keys:
        await sender.send(key)
    sender.close()


async def _work(
    function: Callable[[KeyT], Awaitable[ValueT]],
    keys: AsyncIterator[KeyT],
    sender: MemoryObjectSendStream[Outcome[KeyT, ValueT]],
) -> None:
    async for key in keys:
        outcome: Outcome[KeyT, ValueT]
        try:
            outcome = Done(key, await function(key))
        except ZoomError as error:
            outcome = Failed(key, error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # The function awaited a task that was cancelled elsewhere. A task group would end this worker silently.
            raise _CallCancelled from None
        try:
            sender.send_nowait(outcome)
        except anyio.WouldBlock:
            await sender.send(outcome)
    sender.close()
