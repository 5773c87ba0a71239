"""The metrics of a client, by rate-limit label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from opentelemetry.metrics import Meter

from ...errors import RateLimited
from ...events import (
    CallEnded,
    Event,
    RequestFailed,
    RequestSent,
    ResponseReceived,
    Retried,
    TokenRefreshed,
    TokenRefreshFailed,
    Waited,
)
from ._attributes import ERROR_TYPE, REASON, STATUS, Attributes, of_label, of_request, of_route

_FIRST_ERROR: Final = 400
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The boundaries that the semantic conventions give for the duration of requests."""
_MINUTES: Final = (*_SECONDS, 30, 60, 300)
"""Boundaries for times in which a call may wait for a rate limit."""


class CallMetrics:
    """The metrics of a client. *attributes* are added to those of each measurement."""

    def __init__(self, meter: Meter, attributes: Mapping[str, str]) -> None:
        self._attributes = attributes
        self._sent = dict[int, RequestSent]()
        self._responded = set[int]()
        self._requests = meter.create_counter(
            "zoomasync.requests", "{request}", "Requests that were sent to Zoom, those of retries included."
        )
        self._rate_limited = meter.create_counter(
            "zoomasync.rate_limited", "{response}", "Responses of Zoom that a rate limit was exceeded."
        )
        self._remaining = meter.create_gauge(
            "zoomasync.daily_quota.remaining", "{request}", "Requests that are left of the daily quota."
        )
        self._waits = meter.create_histogram(
            "zoomasync.wait.duration",
            "s",
            "Time that calls have waited before a request, by reason.",
            explicit_bucket_boundaries_advisory=_MINUTES,
        )
        self._calls = meter.create_histogram(
            "zoomasync.call.duration",
            "s",
            "Time of calls, with their waits and retries.",
            explicit_bucket_boundaries_advisory=_MINUTES,
        )
        self._refreshes = meter.create_histogram(
            "zoomasync.token_refresh.duration",
            "s",
            "Time until there was a new access token, or all attempts had failed.",
            explicit_bucket_boundaries_advisory=_MINUTES,
        )
        self._durations = meter.create_histogram(
            "http.client.request.duration",
            "s",
            "Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    def record(self, event: Event) -> None:
        """Count *event*."""
        match event:
            case RequestSent():
                self._requests.add(1, self._with(of_label(event)))
                self._sent[event.call_id] = event
                if event.remaining is not None:
                    self._remaining.set(event.remaining, self._with(of_label(event)))
            case ResponseReceived() | RequestFailed():
                self._end_request(event)
            case Waited():
                self._waits.record(event.seconds, self._with({**of_label(event), REASON: event.reason}))
            case Retried():
                self._end_attempt(event)
            case CallEnded():
                self._end_attempt(event)
                error: Attributes = {} if event.error_type is None else {ERROR_TYPE: event.error_type}
                self._calls.record(event.seconds, self._with({**of_route(event), **of_label(event), **error}))
            case TokenRefreshed():
                self._refreshes.record(event.seconds, self._with({}))
            case TokenRefreshFailed():
                self._refreshes.record(event.seconds, self._with({ERROR_TYPE: event.error_type}))
            case _:
                pass

    def _end_request(self, event: ResponseReceived | RequestFailed) -> None:
        sent = self._sent.pop(event.call_id, None)
        if isinstance(event, ResponseReceived):
            self._responded.add(event.call_id)
            result: Attributes = {STATUS: event.status}
            if event.status >= _FIRST_ERROR:
                result[ERROR_TYPE] = str(event.status)
        else:
            result = {ERROR_TYPE: event.error_type}
        if sent is not None and not sent.has_http_span:  # else aiohttp's instrumentation records it
            self._durations.record(event.seconds, self._with({**of_request(sent), **result}))

    def _end_attempt(self, event: Retried | CallEnded) -> None:
        """Count a response that a limit was exceeded; without a response, the client has kept to the limit."""
        if event.call_id in self._responded:
            self._responded.remove(event.call_id)
            if isinstance(event.error, RateLimited):
                kind: Attributes = {ERROR_TYPE: type(event.error).__name__}
                self._rate_limited.add(1, self._with({**of_label(event), **kind}))

    def _with(self, attributes: Attributes) -> Attributes:
        return {**self._attributes, **attributes}
