"""The exchange of one request and its response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from http import HTTPStatus

from ..http_messages import HttpRequest, HttpResponse
from ._pool import Pool, TimeLimit

# A request waits for a free connection for at most ten time limits of a response.
_POOL_TIMEOUTS = 10
_NO_HEADERS: Mapping[str, str] = {}


class Exchange:
    """The progress of one request, and the part of its response that has arrived."""

    __slots__ = (
        "chunks",
        "has_waited",
        "headers",
        "is_waiting_for_pool",
        "may_be_sent",
        "pool",
        "request",
        "seconds",
        "status",
        "time_limit",
    )

    def __init__(self, request: HttpRequest, pool: Pool, seconds: float) -> None:
        self.request = request
        self.pool = pool
        self.seconds = seconds
        self.has_waited = pool.connections.value == 0
        self.time_limit = TimeLimit(pool, _POOL_TIMEOUTS * seconds if self.has_waited else seconds)
        self.is_waiting_for_pool = True
        self.may_be_sent = False
        self.status = 0  # until the headers have arrived
        self.headers: Mapping[str, str] = _NO_HEADERS
        self.chunks: list[bytes] = []

    def on_free_connection(self, *, is_reported: bool) -> None:
        """Start the time limit of a new connection, or that of the response if `on_connected` will not follow."""
        self.is_waiting_for_pool = False
        if not is_reported:
            self.on_connected(has_waited=False)
        elif self.has_waited:
            self.time_limit.restart(self.seconds)

    def on_connected(self, *, has_waited: bool) -> None:
        """Start the time limit of the response, and record a wait: Zoom counts requests when they arrive."""
        self.may_be_sent = True
        self.has_waited |= has_waited
        if self.has_waited:
            self.time_limit.restart(self.seconds)
            self.mark_sent()

    def mark_sent(self) -> None:
        """Record that the request may have been sent as late as now."""
        if self.request.mark_sent is not None:
            self.request.mark_sent()

    @property
    def is_error(self) -> bool:
        """Whether the response has a status that is an error."""
        return self.status >= HTTPStatus.MULTIPLE_CHOICES

    def response(self) -> HttpResponse:
        """Return the response as far as it has arrived."""
        return HttpResponse(self.status, self.headers, b"".join(self.chunks))


current_exchange: ContextVar[Sequence[Exchange]] = ContextVar("current_exchange", default=())
"""The exchange of the current request, or none.

It is in a list, which its end empties: a connection keeps the context in which it was opened for as long as it is open.
"""
