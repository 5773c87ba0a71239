"""The ways to run the job: one meeting after the other, in a pool of threads, or in tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar

from .job import Attendance

AT_ONCE: Final = 16
AnswerT = TypeVar("AnswerT")


class Program(Protocol):
    """The job on one library. The answers are in any order, and None is one for which the library raised an error."""

    def attendances(self, meetings: Sequence[int]) -> list[Attendance | None]:
        """Return the attendance of each of the past *meetings*."""
        ...

    def topics(self, meetings: Sequence[int]) -> list[str | None]:
        """Return the topic of each of *meetings*."""
        ...

    def close(self) -> None:
        """Close the connections, threads and tasks."""
        ...


class BlockingClient(Protocol):
    """The calls of the job on a synchronous library."""

    def attendance(self, meeting: int) -> Attendance:
        """Return the attendance of a past meeting."""
        ...

    def topic(self, meeting: int) -> str:
        """Return the topic of a meeting."""
        ...


class AsyncClient(Protocol):
    """The calls of the job on an asynchronous library."""

    async def attendance(self, meeting: int) -> Attendance:
        """Return the attendance of a past meeting."""
        ...

    async def topic(self, meeting: int) -> str:
        """Return the topic of a meeting."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class OneByOne:
    """A loop over the meetings."""

    def __init__(self, client: BlockingClient) -> None:
        self._client = client

    def attendances(self, meetings: Sequence[int]) -> list[Attendance | None]:
        """Return the attendance of each of the past *meetings*."""
        return [_or_none(self._client.attendance, meeting) for meeting in meetings]

    def topics(self, meetings: Sequence[int]) -> list[str | None]:
        """Return the topic of each of *meetings*."""
        return [_or_none(self._client.topic, meeting) for meeting in meetings]

    def close(self) -> None:
        """Do nothing: the synchronous libraries keep no connection open."""


class Threads:
    """A pool of `AT_ONCE` threads over the meetings."""

    def __init__(self, client: BlockingClient) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def attendances(self, meetings: Sequence[int]) -> list[Attendance | None]:
        """Return the attendance of each of the past *meetings*."""
        return list(self._pool.map(partial(_or_none, self._client.attendance), meetings))

    def topics(self, meetings: Sequence[int]) -> list[str | None]:
        """Return the topic of each of *meetings*."""
        return list(self._pool.map(partial(_or_none, self._client.topic), meetings))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


class Tasks:
    """A task for each meeting, of which `AT_ONCE` run at once."""

    def __init__(self, connect: Callable[[], Coroutine[object, object, AsyncClient]]) -> None:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(connect())

    def attendances(self, meetings: Sequence[int]) -> list[Attendance | None]:
        """Return the attendance of each of the past *meetings*."""
        return self._runner.run(_gather(self._client.attendance, meetings))

    def topics(self, meetings: Sequence[int]) -> list[str | None]:
        """Return the topic of each of *meetings*."""
        return self._runner.run(_gather(self._client.topic, meetings))

    def close(self) -> None:
        """Close the connections and the event loop."""
        self._runner.run(self._client.aclose())
        self._runner.close()


async def _gather(call: Callable[[int], Awaitable[AnswerT]], meetings: Sequence[int]) -> list[AnswerT | None]:
    limit = asyncio.Semaphore(AT_ONCE)

    async def answer(meeting: int) -> AnswerT | None:
        async with limit:
            try:
                return await call(meeting)
            except Exception:  # noqa: BLE001  each library has its own errors, and each loses the meeting
                return None

    return await asyncio.gather(*map(answer, meetings))


def _or_none(call: Callable[[int], AnswerT], meeting: int) -> AnswerT | None:
    try:
        return call(meeting)
    except Exception:  # noqa: BLE001  each library has its own errors, and each loses the meeting
        return None
