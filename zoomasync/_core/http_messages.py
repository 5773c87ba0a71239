"""HTTP requests and responses as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct


class HttpRequest(Struct, frozen=True, kw_only=True):
    """One HTTP request. Its repr hides the URL, the headers and the body.

    *name* is the route, by which errors name the request. *url* is percent-encoded. *timeout* is in seconds; None means
    the default of the transport. *mark_sent* is called when the request had to wait for a connection, as soon as it has
    one, and for an HTTP session of the caller's again at the response.
    """

    name: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    timeout: float | None = None
    mark_sent: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"HttpRequest(name={self.name!r}, method={self.method!r}, timeout={self.timeout!r})"


class HttpResponse(Struct, frozen=True):
    """One complete HTTP response. *headers* has each by its name in lower case. Its repr shows the status only."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"HttpResponse(status={self.status})"

    @property
    def tracking_id(self) -> str | None:
        """Zoom's id of the request, which Zoom's support asks for."""
        return self.headers.get("x-zm-trackingid")


class ResponseInfo(Struct, frozen=True):
    """The status and headers of one response, as ``with_options(on_response=...)`` receives them.

    *route* is the route of the call. The names of *headers* are in lower case; the repr hides them.
    """

    route: str
    status: int
    headers: Mapping[str, str]
    tracking_id: str | None

    def __repr__(self) -> str:
        return f"ResponseInfo(route={self.route!r}, status={self.status}, tracking_id={self.tracking_id!r})"


def response_info(route: str, status: int, headers: Mapping[str, str]) -> ResponseInfo:
    """Return what callers learn of a response with *status* and *headers*, whose names may have any case."""
    in_lower_case: dict[str, str] = {}
    for name, text in headers.items():
        in_lower_case.setdefault(name.lower(), text)  # the first of two, like all other readers of *headers*
    return ResponseInfo(route, status, in_lower_case, in_lower_case.get("x-zm-trackingid"))
