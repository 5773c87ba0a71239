"""Callbacks that receive the events of a rate limiter."""

from __future__ import annotations

from collections.abc import Callable

from .._core.callbacks import SafeCallback
from ..events import Event


class Subscribers:
    """The callbacks of a rate limiter."""

    def __init__(self) -> None:
        self._callbacks = dict[object, SafeCallback[Event]]()

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Add *on_event* and return a function that removes it."""
        key = object()  # the same function may subscribe twice
        self._callbacks[key] = SafeCallback(on_event)

        def unsubscribe() -> None:
            self._callbacks.pop(key, None)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Call every callback."""
        for callback in list(self._callbacks.values()):
            callback(event)
