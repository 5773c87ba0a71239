"""One function over many keys, a bounded number at a time, with an outcome for each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from .errors import ConfigError, ZoomError

K = TypeVar("K")
V = TypeVar("V")
K_co = TypeVar("K_co", covariant=True)
V_co = TypeVar("V_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Done(Generic[K_co, V_co]):
    """*key* was done, and gave *value*."""

    key: K_co
    value: V_co


@dataclass(frozen=True, slots=True)
class Failed(Generic[K_co]):
    """*key* failed with *error*; the other keys go on."""

    key: K_co
    error: ZoomError


Outcome: TypeAlias = Done[K, V] | Failed[K]


@asynccontextmanager
async def fan_out(
    function: Callable[[K], Awaitable[V]], keys: Iterable[K] | AsyncIterable[K], *, workers: int = 16
) -> AsyncGenerator[AsyncIterator[Outcome[K, V]], None]:
    """Call *function* with every one of *keys*, *workers* at a time, and iterate over the outcomes as they come.

    ::

        async with fan_out(roster, meeting_ids, workers=40) as outcomes:
            async for outcome in outcomes:
                match outcome:
                    case Done(meeting_id, people): ...
                    case Failed(meeting_id, error): ...

    *keys* may be a paginator or any other iterable, and is read no faster than the work goes. A `ZoomError` becomes
    `Failed`; any other exception, of *function* or of *keys*, stops everything and is raised as it is. Leaving the
    block cancels what is under way. To keep a limit of R requests a second busy at L seconds of latency takes R x L
    workers and a few more.
    """
    if workers < 1:
        raise ConfigError("fan_out needs at least one worker")
    put_key, take_key = anyio.create_memory_object_stream[K](0)
    put_outcome, take_outcome = anyio.create_memory_object_stream[Outcome[K, V]](workers)
    try:
        # A closed stream means the end. So tasks close theirs when they are through, and what a failure or the caller
        # leaves open is closed when all have stopped: nobody may take the one for the other.
        with put_key, take_key, take_outcome, ExitStack() as left_open:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_feed, keys, put_key)
                for _ in range(workers):
                    tasks.start_soon(_work, function, take_key, left_open.enter_context(put_outcome.clone()))
                put_outcome.close()
                yield take_outcome
                tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        first = group.exceptions[0]
    else:
        return
    # Raised out here, so that its own cause stays as it was.
    raise first


async def _feed(keys: Iterable[K] | AsyncIterable[K], put: MemoryObjectSendStream[K]) -> None:
    if isinstance(keys, AsyncIterable):
        async for key in keys:
            await put.send(key)
    else:
        for key in keys:
            await put.send(key)
    put.close()


async def _work(
    function: Callable[[K], Awaitable[V]],
    take: MemoryObjectReceiveStream[K],
    put: MemoryObjectSendStream[Outcome[K, V]],
) -> None:
    async for key in take:
        outcome: Outcome[K, V]
        try:
            outcome = Done(key, await function(key))
        except ZoomError as error:
            outcome = Failed(key, error)
        await put.send(outcome)
    put.close()
