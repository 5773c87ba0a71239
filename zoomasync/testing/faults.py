"""Faults of the fake: changes of a response, and dropped connections, that a test scripts for chosen requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal, TypeAlias

from .protocol.page_tokens import PageRepeat
from .protocol.responses import FakeResponse
from .protocol.route import Route

DropPoint: TypeAlias = Literal["request", "handling", "headers", "half_body"]
"""The last step before the server closes the connection; the handling of a request transfers nothing."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The changes of one exchange; without any, the account's response is sent.

    *response* returns the response that replaces that of the account, and *headers* replace headers of either. The
    connection closes after *drop_after*. *repeat* makes the listing endless.
    """

    response: Callable[[], FakeResponse] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    drop_after: DropPoint | None = None
    repeat: PageRepeat | None = None


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A time in which every request receives *response*, or with None a closed connection."""

    response: FakeResponse | None
    token_endpoint: bool


@dataclass(kw_only=True)
class _Scripted:
    route: Route | None
    choose: Callable[[], Fault | None]
    first: int
    last: float
    seen: int = 0


class ScriptedFaults:
    """The scripted faults that are still to come; the route None stands for the token endpoint."""

    def __init__(self) -> None:
        self._scripted: list[_Scripted] = []

    def add(self, route: Route | None, fault: Fault, *, on_request: int, times: int | None) -> None:
        """Apply *fault* to the *on_request*-th request of *route* from now, and to the *times* - 1 after it, or all."""
        if on_request < 1 or (times is not None and times < 1):
            raise ValueError(f"on_request and times count from 1, not {on_request} and {times}")
        last = inf if times is None else on_request + times - 1
        self._scripted.append(_Scripted(route=route, choose=lambda: fault, first=on_request, last=last))

    def add_random(self, route: Route, choose: Callable[[], Fault | None]) -> None:
        """Apply the fault that *choose* returns, if any, to each request of *route* from now."""
        self._scripted.append(_Scripted(route=route, choose=choose, first=1, last=inf))

    def clear(self) -> None:
        """Discard every scripted fault."""
        self._scripted.clear()

    def next_for(self, route: Route | None) -> Fault:
        """Count one request of *route* and return its fault; of several, the one that was added first."""
        fault: Fault | None = None
        for scripted in self._scripted:
            if (scripted.route and scripted.route.template) != (route and route.template):
                continue
            scripted.seen += 1
            if scripted.first <= scripted.seen <= scripted.last:
                chosen = scripted.choose()  # also after another fault, so that a random one is repeatable
                fault = fault or chosen
        self._scripted = [scripted for scripted in self._scripted if scripted.seen < scripted.last]
        return fault or Fault()

    def unlisted_route(self, method: str, path: str) -> Route | None:
        """Return the route outside the reference that a request matches, if a fault is scripted for it."""
        routes = (scripted.route for scripted in self._scripted if scripted.route and not scripted.route.handler)
        return next(
            (route for route in routes if route.operation.verb == method and route.match(path) is not None), None
        )
