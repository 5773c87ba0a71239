"""An event loop that never waits: when all tasks sleep, its clock leaps to the first who wakes."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """Keeps `time()` by itself; everything is due at once, in order. Not for sockets or threads."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)
        self.complaints: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.complaints.append(context))

    def time(self) -> float:
        return self._leaping.now


class _LeapingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        # Away from zero: a clock that starts there hides who takes "never" for "now".
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("deadlock: every task waits for another")
            self.now += timeout
        # Each turn takes a little: a limiter that is woken a rounding error early would re-arm its timer for ever.
        self.now += 1e-6
        return ready


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run *test* on a `VirtualClockLoop`, and fail it when the loop has anything to complain of."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        loop = VirtualClockLoop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(test(*args, **kwargs))
        assert loop.complaints == []

    return run


def now() -> float:
    """Return the time of the running loop."""
    return asyncio.get_running_loop().time()
