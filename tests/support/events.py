"""Lists of the events that a client reports."""

from __future__ import annotations

from collections.abc import Callable

from zoomasync.events import ClientEvent, Event


def into(events: list[Event]) -> Callable[[Event], None]:
    """Return a listener that appends the events of a client as a whole to *events*, and no event of a single call."""

    def on_event(event: Event) -> None:
        if isinstance(event, ClientEvent):
            events.append(event)

    return on_event


def lines(events: list[Event]) -> list[str]:
    """Return the text of each event behind the number of its attempt: those of one call that runs alone."""
    return [f"{event.attempt} {event}" for event in events]
