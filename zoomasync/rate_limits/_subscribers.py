"""Callbacks that receive the events of a rate limiter."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..events import Event

_logger = logging.getLogger("zoomasync")


class Subscribers:
    """A list of callbacks."""

    def __init__(self) -> None:
        self._callbacks = dict[object, Callable[[Event], None]]()
        self._failed = set[object]()

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Add *on_event* and return a function that removes it."""
        key = object()  # the same function may subscribe twice
        self._callbacks[key] = on_event

        def unsubscribe() -> None:
            self._callbacks.pop(key, None)
            self._failed.discard(key)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Call every callback. The first exception of each is logged, and none is raised."""
        for key, on_event in list(self._callbacks.items()):
            try:
                on_event(event)
            except Exception:  # an error of the application must not fail an unrelated call
                if key not in self._failed:
                    self._failed.add(key)
                    _logger.exception("on_event raised an exception; further exceptions of it are not logged")
