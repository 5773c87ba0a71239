"""Callbacks of the application, whose exceptions never fail a call or a harvest."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["SafeCallback", "safe"]

ArgT = TypeVar("ArgT")

_logger = logging.getLogger("zoomasync")


def safe(name: str, callback: Callable[[ArgT], object] | None) -> Callable[[ArgT], None] | None:
    """Return *callback* as a `SafeCallback`; None stays None."""
    return None if callback is None else SafeCallback(name, callback)


class SafeCallback(Generic[ArgT]):
    """A wrapper of *callback* that logs its first exception with a traceback, under *name*, and suppresses all."""

    def __init__(self, name: str, callback: Callable[[ArgT], object]) -> None:
        self._name = name
        self._callback = callback
        self._is_logged = False

    def __call__(self, value: ArgT) -> None:
        """Call the callback with *value*."""
        try:
            self._callback(value)
        except Exception:
            if not self._is_logged:
                self._is_logged = True
                _logger.exception(
                    "the %s callback raised an exception; its later exceptions are not logged", self._name
                )
