"""Faults of the fake: responses and dropped connections that a test scripts for chosen requests of a route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .protocol.responses import FakeResponse
from .protocol.route import Route

DropPoint: TypeAlias = Literal["request", "headers", "half_body"]
"""The last part that is transferred before the server closes the connection."""


@dataclass(kw_only=True)
class _Scripted:
    route: Route | None
    response: FakeResponse | DropPoint
    first: int
    last: int
    seen: int = 0


class ScriptedResponses:
    """The scripted responses that have not been sent yet; the route None stands for the token endpoint."""

    def __init__(self) -> None:
        self._scripted: list[_Scripted] = []

    def add(self, route: Route | None, response: FakeResponse | DropPoint, *, on_request: int, times: int) -> None:
        """Send *response* to the *on_request*-th request of *route*, counted from now, and to the *times* - 1 after."""
        if on_request < 1 or times < 1:
            raise ValueError(f"on_request and times count from 1, not {on_request} and {times}")
        self._scripted.append(_Scripted(route=route, response=response, first=on_request, last=on_request + times - 1))

    def clear(self) -> None:
        """Discard every scripted response."""
        self._scripted.clear()

    def next_for(self, route: Route | None) -> FakeResponse | DropPoint | None:
        """Count one request of *route* and return its response; of several, the one that was added first."""
        response: FakeResponse | DropPoint | None = None
        for scripted in self._scripted:
            if (scripted.route and scripted.route.template) != (route and route.template):
                continue
            scripted.seen += 1
            if response is None and scripted.first <= scripted.seen <= scripted.last:
                response = scripted.response
        self._scripted = [scripted for scripted in self._scripted if scripted.seen < scripted.last]
        return response

    def unlisted_route(self, method: str, path: str) -> Route | None:
        """Return the route outside the reference that a request matches, if a response is scripted for it."""
        routes = (scripted.route for scripted in self._scripted if scripted.route and not scripted.route.handler)
        return next((route for route in routes if route.method == method and route.match(path) is not None), None)
