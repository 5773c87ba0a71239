"""Work in a task that others can end early, without the end of the task."""

from __future__ import annotations

import asyncio


class EarlyEnd:
    """The context of work in the current task, which `end` cancels. The task itself continues behind the context.

    A subclass is the context, and says what follows then. `asyncio.timeout` works in the same way, at five times the
    cost: each request enters several of these.
    """

    __slots__ = ("_cancelling", "_is_over", "_task")

    def _enter_task(self) -> None:
        """Begin. Call it first, at the entry."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only the work of a task can be ended")
        self._task = task
        self._cancelling = task.cancelling()
        self._is_over = False

    def end(self) -> None:
        """Cancel the work now, if it has not been."""
        if not self._is_over:
            self._is_over = True
            self._task.cancel()

    def _is_ended_by(self, kind: type[BaseException] | None) -> bool:
        """Return whether `end` alone has ended the work that is over and raises *kind*. Call it once, at the exit."""
        return self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError
