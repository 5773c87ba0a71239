"""The connections of an open transport, and the calls in progress."""

from __future__ import annotations

import asyncio
from copy import copy
from types import TracebackType

import anyio
from aiohttp import ClientSession

from ...errors import ConfigError
from ..early_end import EarlyEnd

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
        self.limits: dict[asyncio.Task[object], TimeLimit] = {}  # the innermost of each task

    def view(self) -> Pool:
        """Return a pool of the same connections and downloads, with calls of its own."""
        view = copy(self)
        view.is_closed = False
        view.limits = {}
        return view

    async def end_calls(self) -> None:
        """Cancel all calls in progress."""
        self.is_closed = True
        if self.loop.is_closed():
            return
        for limit in self.limits.values():
            limit.end()
        await asyncio.sleep(0)  # until they are cancelled, so that aiohttp does not cancel them without a reason


class TimeLimit(EarlyEnd):
    """The context of work that ends with `TimeoutError` after *seconds* (None is no limit), or when *pool* is closed.

    A close ends the innermost context of each task.
    """

    __slots__ = ("_outer", "_pool", "_seconds", "_timer")

    def __init__(self, pool: Pool, seconds: float | None) -> None:
        super().__init__()
        self._pool = pool
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        super().__enter__()
        limits = self._pool.limits
        self._outer = limits.get(self._task)
        limits[self._task] = self
        if self._seconds is not None:
            self._timer = self._pool.loop.call_later(self._seconds, self.end)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._outer is None:
            del self._pool.limits[self._task]
        else:
            self._pool.limits[self._task] = self._outer
        if self._timer is not None:
            self._timer.cancel()
        if self._is_ended_by(kind):
            raise TimeoutError from error

    def restart(self, seconds: float) -> None:
        """Set the time limit to *seconds* from now, unless it is over."""
        if not self._pool.is_closed and not self._is_over:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._pool.loop.call_later(seconds, self.end)


class OpenCall(TimeLimit):
    """The context of one call, which ends with `ConfigError` when the pool is closed."""

    __slots__ = ()

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool, None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, frames)
        except TimeoutError:
            pass
        else:
            return
        raise closed_error() from None


def closed_error() -> ConfigError:
    """Return the error of a call that waited while the client was closed."""
    return ConfigError("the client was closed while the call waited")
