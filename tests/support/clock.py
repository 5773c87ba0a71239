"""An event loop in virtual time: when all tasks sleep, its clock jumps to the first timer. And Zoom's clock."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime
from email.utils import format_datetime
from typing import Any, ParamSpec

from zoomasync.rate_limits import Label, RateLimiter

P = ParamSpec("P")

_STUCK_SECONDS = 30.0  # without a timer, only a thread can wake the loop


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """An event loop with a virtual `time()`. It does not support sockets.

    Before its clock jumps, it can wait for the result of a thread.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self.errors: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.errors.append(context))

    def time(self) -> float:
        return self._jumping.now

    def wait_for_threads(self, seconds: float) -> None:
        """Before each jump from now on, wait so many real seconds for the result of a thread."""
        self._jumping.thread_seconds = seconds


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.thread_seconds = 0.0
        # A clock that starts at 0 would hide code that takes 0 for "never".
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and self.thread_seconds:
            ready = super().select(_STUCK_SECONDS if timeout is None else min(timeout, self.thread_seconds))
        if not ready:
            if timeout is None:
                raise RuntimeError("deadlock: no task can continue, and no timer is set")
            self.now += timeout
        # Each iteration takes time: otherwise a limiter that wakes early by a rounding error would set its timer again
        # without end.
        self.now += 1e-6
        return ready


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run *test* on a `VirtualClockLoop`, and fail if a task or callback fails."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        loop = VirtualClockLoop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(test(*args, **kwargs))
        assert loop.errors == []

    return run


def now() -> float:
    """Return the time of the running loop."""
    return asyncio.get_running_loop().time()


def date_header(moment: datetime) -> dict[str, str]:
    """Return the headers of a response that Zoom sent at *moment*."""
    return {"date": format_datetime(moment, usegmt=True)}


def set_server_clock(limiter: RateLimiter, moment: datetime) -> None:
    """Make *moment* Zoom's time in *limiter*: two responses confirm a time that is far from the local clock."""
    for _ in range(2):
        limiter.observe(Label.LIGHT, date_header(moment))
