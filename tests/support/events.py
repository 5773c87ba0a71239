"""Lists of the events that a client reports."""

from __future__ import annotations

from collections.abc import Callable

from zoomasync.events import CircuitClosed, CircuitOpened, Event, LabelCorrected, RateAdjusted


def into(events: list[Event]) -> Callable[[Event], None]:
    """Return a listener that appends the events of rates, labels and outages to *events*, and no others."""

    def on_event(event: Event) -> None:
        if isinstance(event, CircuitClosed | CircuitOpened | LabelCorrected | RateAdjusted):
            events.append(event)

    return on_event


def lines(events: list[Event]) -> list[str]:
    """Return the text of each event behind the number of its attempt: those of one call that runs alone."""
    return [f"{event.attempt} {event}" for event in events]
