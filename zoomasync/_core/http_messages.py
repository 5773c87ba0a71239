"""HTTP requests and responses as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request. Its repr hides the URL, the headers and the body.

    *name* is the route, by which errors name the request. *url* is percent-encoded. *timeout* is in seconds; None means
    the default of the transport. *mark_sent* is called when the request had to wait for a connection: once the
    connection exists, and again when the response proves that the request has arrived.
    """

    name: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float | None = None
    mark_sent: Callable[[], None] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One complete HTTP response. The names of *headers* are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def tracking_id(self) -> str | None:
        """Zoom's id of the request, which Zoom's support asks for."""
        return self.headers.get("x-zm-trackingid")


@dataclass(frozen=True, slots=True)
class ResponseInfo:
    """The status and headers of one response, as ``with_options(on_response=...)`` receives them.

    *route* is the route of the call. The names of *headers* are in lower case; the repr hides them.
    """

    route: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    tracking_id: str | None
