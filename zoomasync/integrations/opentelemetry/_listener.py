"""The listener that turns the events of a client into spans and metrics."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import TracerProvider, get_tracer

from ... import __version__
from ...events import Event
from ._metrics import CallMetrics
from ._spans import CallSpans


class OpenTelemetry:
    """A listener for ``on_event`` that records spans and metrics.

    **Spans.** One INTERNAL span per call, per page of a listing, and per download. It is current while the call runs,
    so that the spans of your callbacks are below it, and never while your code handles a page or a part of a file.
    Below it is one CLIENT span per request, with ``http.request.resend_count`` from the second one on. The
    instrumentation of aiohttp makes these spans instead if the client's connections have it.

    **Metrics** by ``zoomasync.label``, the rate-limit label:

    - ``zoomasync.requests``: requests sent
    - ``zoomasync.wait.duration``: seconds of each wait, by ``zoomasync.wait.reason``
    - ``zoomasync.rate_limited``: 429s, by their kind in ``error.type``
    - ``zoomasync.daily_quota.remaining``: requests that are left of the day, as the rate limiter counts them
    - ``zoomasync.call.duration``: seconds of each call with its waits and retries, also by route and ``error.type``
    - ``zoomasync.token_refresh.duration``: seconds until there was a new access token, or ``error.type``
    - ``http.client.request.duration``: seconds of each request, unless aiohttp's instrumentation records it

    Paths have placeholders (``url.template``): no id, e-mail address, query, token or text of Zoom's is recorded.
    ``url.full`` is left out for that reason. The instrumentation of aiohttp records URLs with ids unless it has a
    ``url_filter``.

    *tracer_provider* and *meter_provider* are the global ones by default. *attributes* are added to every span and
    measurement: give each client its own listener, with an attribute that names its account, if there are several.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        *,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        tracer = get_tracer("zoomasync", __version__, tracer_provider)
        meter = get_meter("zoomasync", __version__, meter_provider)
        self._spans = CallSpans(tracer, attributes or {})
        self._metrics = CallMetrics(meter, attributes or {})

    def __call__(self, event: Event) -> None:
        """Record *event*."""
        self._spans.record(event)
        self._metrics.record(event)
