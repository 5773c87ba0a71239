"""Cancellation by SIGINT and SIGTERM."""

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

_EXIT_SECONDS = 4.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Stop:
    """The signal that cancelled the block, or None."""

    signal: signal.Signals | None = None

    @property
    def exit_code(self) -> Exit:
        """The exit code for the signal."""
        return Exit.TERMINATED if self.signal is signal.SIGTERM else Exit.INTERRUPTED


@contextmanager
def stopped_by_signals() -> Generator[Stop, None, None]:
    """Cancel the block on SIGINT or SIGTERM, and continue after it, even if it also raised a `ZoomError`.

    The process then has 4.5 seconds to exit, after which it is ended: a slow disk or network must not delay it longer.
    """
    stop, loop = Stop(), asyncio.get_running_loop()
    with anyio.CancelScope() as scope:

        def cancel(number: signal.Signals) -> None:
            if stop.signal is None:
                stop.signal = number
                timer = threading.Timer(_EXIT_SECONDS, os._exit, [stop.exit_code])
                timer.daemon = True
                timer.start()
                scope.cancel()

        with suppress(NotImplementedError):  # on Windows, Ctrl-C raises KeyboardInterrupt instead
            for number in _SIGNALS:
                loop.add_signal_handler(number, cancel, number)
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
