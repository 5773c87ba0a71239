"""Canned replies: faults that a test arms for chosen requests of a route."""

from __future__ import annotations

from dataclasses import dataclass

from .protocol.errors import FakeResponse


@dataclass(kw_only=True)
class _Armed:
    route: str
    response: FakeResponse
    first: int
    last: int
    seen: int = 0


class Faults:
    """Holds the armed replies until the requests that they are meant for have come."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def arm(self, route: str, response: FakeResponse, *, on_request: int, times: int) -> None:
        """Let the *on_request*-th request of *route*, counted from now, and *times* - 1 more meet *reply*."""
        if on_request < 1 or times < 1:
            raise ValueError(f"on_request and times count from 1, not {on_request} and {times}")
        self._armed.append(_Armed(route=route, response=response, first=on_request, last=on_request + times - 1))

    def clear(self) -> None:
        """Forget every armed reply."""
        self._armed.clear()

    def due(self, route: str) -> FakeResponse | None:
        """Count one request of *route* and return the reply that was armed first for it, if any."""
        response: FakeResponse | None = None
        for armed in self._armed:
            if armed.route != route:
                continue
            armed.seen += 1
            if response is None and armed.first <= armed.seen <= armed.last:
                response = armed.response
        self._armed = [armed for armed in self._armed if armed.seen < armed.last]
        return response
