"""The connections of an open transport, and the calls in progress."""

from __future__ import annotations

import asyncio
from copy import copy
from types import TracebackType

import anyio
from aiohttp import ClientSession

from ...errors import ConfigError

# A download takes as much of the line as it gets, so that more of them at a time are not faster. Each holds a
# connection for long, and half of the connections stay free for calls.
_MAX_DOWNLOADS = 4


class Pool:
    """The connections of an open transport, the calls that use it, and the downloads that may run at a time."""

    def __init__(self, http_session: ClientSession, size: int) -> None:
        self.http_session = http_session
        self.size = size
        self.connections = anyio.Semaphore(size, fast_acquire=True)
        self.downloads = anyio.Semaphore(max(1, min(_MAX_DOWNLOADS, size // 2)), fast_acquire=True)
        self.loop = asyncio.get_running_loop()
        self.is_closed = False
        self.deadlines: dict[asyncio.Task[object] | None, Deadline] = {}

    def view(self) -> Pool:
        """Return a pool of the same connections and downloads, with calls of its own."""
        view = copy(self)
        view.is_closed = False
        view.deadlines = {}
        return view

    async def end_calls(self) -> None:
        """Cancel all calls in progress."""
        self.is_closed = True
        if self.loop.is_closed():
            return
        for deadline in self.deadlines.values():
            deadline.end()
        await asyncio.sleep(0)  # until they are cancelled, so that aiohttp does not cancel them without a reason


class Deadline:
    """A time limit of a task. It raises `TimeoutError` when the time is over or the pool is closed."""

    def __init__(self, pool: Pool, seconds: float | None) -> None:
        self._pool = pool
        self._timeout = asyncio.timeout(seconds)
        self._task: asyncio.Task[object] | None = None
        self._outer: Deadline | None = None

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._task = asyncio.current_task()
        self._outer = self._pool.deadlines.get(self._task)
        self._pool.deadlines[self._task] = self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        if self._outer is None:
            del self._pool.deadlines[self._task]
        else:
            self._pool.deadlines[self._task] = self._outer
        await self._timeout.__aexit__(kind, error, frames)

    def restart(self, seconds: float) -> None:
        """Set the time limit to *seconds* from now, unless it is over."""
        if not self._pool.is_closed and not self._timeout.expired():
            self._timeout.reschedule(self._pool.loop.time() + seconds)

    def end(self) -> None:
        """Cancel the work now."""
        if not self._timeout.expired():
            self._timeout.reschedule(self._pool.loop.time())


class OpenCall:
    """The context of one call, which ends with `ConfigError` when the pool is closed."""

    def __init__(self, pool: Pool) -> None:
        self._deadline = Deadline(pool, None)

    async def __aenter__(self) -> None:
        await self._deadline.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        try:
            await self._deadline.__aexit__(kind, error, frames)
        except TimeoutError:
            pass
        else:
            return
        raise closed_error() from None


def closed_error() -> ConfigError:
    """Return the error of a call that waited while the client was closed."""
    return ConfigError("the client was closed while the call waited")
