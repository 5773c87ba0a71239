"""The connections of an open transport, and the calls in progress."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator
from contextvars import Context
from copy import copy

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
        self.wakes_at = math.inf  # when the limits are looked through for those that are over
        self._timer: asyncio.TimerHandle | None = None
        self._timer_context = Context()  # an empty one: in that of a call, the timer would keep its values alive

    def view(self) -> Pool:
        """Return a pool of the same connections and downloads, with calls of its own."""
        view = copy(self)
        view.is_closed = False
        view.limits, view.wakes_at, view._timer = {}, math.inf, None  # noqa: SLF001  the same class
        return view

    def wake_at(self, moment: float) -> None:
        """Look through the limits at *moment* of the event loop's clock.

        One timer serves all limits: most requests end long before theirs, and a timer for each would cost the event
        loop more than all other work on it.
        """
        self._stop_timer()
        self.wakes_at = moment
        self._timer = self.loop.call_at(moment, self._end_overdue, context=self._timer_context)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.wakes_at, self._timer = math.inf, None

    def _end_overdue(self) -> None:
        self._stop_timer()
        now, next_deadline = self.loop.time(), math.inf
        for limit in _with_outer(self.limits.values()):
            if limit.deadline <= now:
                limit.end()
            else:
                next_deadline = min(next_deadline, limit.deadline)
        if next_deadline < math.inf:
            self.wake_at(next_deadline)

    async def end_calls(self) -> None:
        """Cancel all calls in progress."""
        self.is_closed = True
        if self.loop.is_closed():
            return
        for limit in self.limits.values():
            limit.end()
            limit.deadline = math.inf
        self._end_overdue()  # stops the timer, unless the context around one of these has a limit too
        await asyncio.sleep(0)  # until they are cancelled, so that aiohttp does not cancel them without a reason


def _with_outer(innermost: Iterable[TimeLimit]) -> Iterator[TimeLimit]:
    """Yield the limits of all contexts that tasks are in."""
    for limit in innermost:
        each: TimeLimit | None = limit
        while each is not None:
            yield each
            each = each.outer


class TimeLimit(EarlyEnd):
    """The context of work that ends with `TimeoutError` after *seconds*, or when *pool* is closed.

    A close ends the innermost context of each task.
    """

    __slots__ = ("_pool", "_seconds", "deadline", "outer")

    def __init__(self, pool: Pool, seconds: float = math.inf) -> None:
        self._pool = pool
        self._seconds = seconds

    def __enter__(self) -> None:
        self._enter_task()
        pool = self._pool
        self.outer: TimeLimit | None = pool.limits.get(self._task)
        pool.limits[self._task] = self
        self.deadline: float = math.inf
        if self._seconds != math.inf:
            self._set_deadline(self._seconds)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.outer is None:
            del self._pool.limits[self._task]
        else:
            self._pool.limits[self._task] = self.outer
        if self._is_over and self._is_ended_by(kind):
            raise self._error() from None  # the cancellation shows nothing but the frames of this package

    def restart(self, seconds: float) -> None:
        """Set the time limit to *seconds* from now, unless it is over."""
        if not self._pool.is_closed and not self._is_over:
            self._set_deadline(seconds)

    def _set_deadline(self, seconds: float) -> None:
        self.deadline = self._pool.loop.time() + seconds
        if self.deadline < self._pool.wakes_at:
            self._pool.wake_at(self.deadline)

    def _error(self) -> Exception:
        return TimeoutError()


class OpenCall(TimeLimit):
    """The context of one call, which ends with `ConfigError` when the pool is closed."""

    __slots__ = ()

    def _error(self) -> Exception:
        return closed_error()


def closed_error() -> ConfigError:
    """Return the error of a call that waited while the client was closed."""
    return ConfigError("the client was closed while the call waited")
