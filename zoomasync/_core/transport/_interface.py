"""The interfaces through which the session layer and the credentials send requests."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ..http_messages import HttpRequest, HttpResponse


class Transport(Protocol):
    """Anything that sends a request and returns the response, or raises a `TransportError`."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send *request* and return the complete response."""
        ...


class SessionTransport(Transport, Protocol):
    """A transport that the session layer uses while it is open."""

    def until_closed(self) -> AbstractAsyncContextManager[None]:
        """Return the context of one call. It ends with `ConfigError` when the transport is closed.

        Raises `ConfigError` unless the running event loop has opened the transport.
        """
        ...
