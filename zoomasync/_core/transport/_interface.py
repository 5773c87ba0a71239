"""The interfaces through which the session layer and the credentials send requests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import anyio

from ..http_messages import HttpRequest, HttpResponse


class Transport(Protocol):
    """Anything that sends a request and returns the response, or raises a `TransportError`."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send *request* and return the complete response."""
        ...


class BodyStream(Protocol):
    """A response whose body is read in parts. It has each of its headers by its name in lower case."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by their names in lower case."""
        ...

    async def read(self) -> bytes:
        """Return the next part of the body, or no bytes at its end. Raises a `TransportError`.

        The time limit of the request applies to each part.
        """
        ...

    async def aclose(self) -> None:
        """Release the connection."""
        ...


class SessionTransport(Transport, Protocol):
    """A transport that the session layer uses while it is open."""

    @property
    def has_http_spans(self) -> bool:
        """Whether the OpenTelemetry instrumentation of aiohttp records the requests."""
        ...

    async def stream(self, request: HttpRequest) -> BodyStream:
        """Send *request* and return the response as soon as its headers have arrived. The caller closes it."""
        ...

    def downloads(self) -> anyio.Semaphore:
        """Return the semaphore of the downloads that may run at a time."""
        ...

    def until_closed(self) -> AbstractContextManager[None]:
        """Return the context of one call. It ends with `ConfigError` when the transport is closed.

        Raises `ConfigError` unless the running event loop has opened the transport.
        """
        ...
