"""Leaving on SIGINT and SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import anyio

from ..errors import ZoomError
from .exit_codes import Exit

_AT_MOST_SECONDS = 4.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Stop:
    """Which signal has stopped the work, if one has."""

    signal: signal.Signals | None = None

    @property
    def exit_code(self) -> Exit:
        """What the shell is told."""
        return Exit.TERMINATED if self.signal is signal.SIGTERM else Exit.INTERRUPTED


@contextmanager
def stopped_by_signals() -> Generator[Stop, None, None]:
    """Cancel what the block awaits when SIGINT or SIGTERM comes, and go on behind it, whatever else it ended in.

    From then on the process has 4.5 seconds to end: what hangs on a disk or a network must not keep it longer.
    """
    stop, loop = Stop(), asyncio.get_running_loop()
    with anyio.CancelScope() as scope:

        def leave(number: signal.Signals) -> None:
            if stop.signal is None:
                stop.signal = number
                patience = threading.Timer(_AT_MOST_SECONDS, os._exit, [stop.exit_code])
                patience.daemon = True
                patience.start()
                scope.cancel()

        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt there
            for number in _SIGNALS:
                loop.add_signal_handler(number, leave, number)
        try:
            yield stop
        except ZoomError:
            if stop.signal is None:
                raise
        finally:
            if stop.signal is None:
                with suppress(NotImplementedError):
                    for number in _SIGNALS:
                        loop.remove_signal_handler(number)
