"""Callbacks that receive the events of a rate limiter."""

from __future__ import annotations

from collections.abc import Callable

from .._core.call_events import with_current_call
from .._label import Label
from ..callbacks import SafeCallback
from ..events import Event, RateAdjusted
from ._plan import Plan


class Subscribers:
    """The callbacks of a rate limiter of *plan*."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._callbacks = dict[object, SafeCallback[Event]]()

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Add *on_event* and return a function that removes it."""
        key = object()  # the same function may subscribe twice
        self._callbacks[key] = SafeCallback("on_event", on_event)

        def unsubscribe() -> None:
            self._callbacks.pop(key, None)

        return unsubscribe

    def publish(self, label: Label, fraction: float) -> None:
        """Call every callback with the event that only *fraction* of the rate of *label* is used from now on."""
        rate = self._plan.rate(label)
        event = with_current_call(RateAdjusted(label, rate * fraction, rate))
        for callback in list(self._callbacks.values()):
            callback(event)
