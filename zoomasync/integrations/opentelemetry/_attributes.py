"""Names of attributes, those of OpenTelemetry's semantic conventions and our own, and those of each event.

The conventions: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ and its pages on metrics and errors.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from ...events import CallEvent, RequestSent

Attributes: TypeAlias = dict[str, str | int]

METHOD: Final = "http.request.method"
RESEND_COUNT: Final = "http.request.resend_count"
STATUS: Final = "http.response.status_code"
ERROR_TYPE: Final = "error.type"
TEMPLATE: Final = "url.template"
LABEL: Final = "zoomasync.label"
REASON: Final = "zoomasync.wait.reason"
ROWS: Final = "zoomasync.rows"
INVALID_ROWS: Final = "zoomasync.invalid_rows"


def of_label(event: CallEvent) -> Attributes:
    """Return the rate-limit label; a download has none."""
    return {} if event.label is None else {LABEL: event.label.value}


def of_route(event: CallEvent) -> Attributes:
    """Return the method and the path with placeholders; the URL of a download has no such template."""
    method, _, path = event.route.partition(" ")
    return {METHOD: method, TEMPLATE: path} if path.startswith("/") else {METHOD: method}


def of_request(event: RequestSent) -> Attributes:
    """Return the method, path and server of a request."""
    return {**of_route(event), "server.address": event.host, "server.port": event.port}
