"""Callbacks of the user, whose exceptions never fail a call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

ArgT = TypeVar("ArgT")

_logger = logging.getLogger("zoomasync")


def safe(callback: Callable[[ArgT], object] | None) -> Callable[[ArgT], None] | None:
    """Return *callback* so that its exceptions are logged instead of raised; None stays None."""
    return None if callback is None else SafeCallback(callback)


class SafeCallback(Generic[ArgT]):
    """A wrapper of *callback* that logs its first exception with a traceback, and ignores all of them."""

    def __init__(self, callback: Callable[[ArgT], object]) -> None:
        self._callback = callback
        self._is_logged = False

    def __call__(self, value: ArgT) -> None:
        try:
            self._callback(value)
        except Exception:
            if not self._is_logged:
                self._is_logged = True
                _logger.exception("A callback raised an exception; it is called again, but this is logged only once")
