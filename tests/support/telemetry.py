"""OpenTelemetry's SDK with exporters in memory, and what they have received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Tracer

from zoomasync.integrations.opentelemetry import OpenTelemetry

Points: TypeAlias = dict[str, list[tuple[dict[str, object], float]]]


class Telemetry:
    """Providers that keep all spans and measurements, and a *listener* that uses them."""

    def __init__(self, **attributes: str) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meter_provider = MeterProvider([self._reader])
        self.listener = OpenTelemetry(self.tracer_provider, self.meter_provider, attributes=attributes)

    @property
    def tracer(self) -> Tracer:
        """The tracer of the application."""
        return self.tracer_provider.get_tracer("application")

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """The spans that have ended, in this order."""
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def of_kind(self, kind: SpanKind) -> list[ReadableSpan]:
        return [span for span in self.spans if span.kind is kind]

    def points(self) -> Points:
        """Return the attributes of each series with its count, value, or sum of a histogram in tenths."""
        data = self._reader.get_metrics_data()
        result: Points = {}
        for resource in () if data is None else data.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        attributes: Mapping[str, object] = point.attributes or {}
                        result.setdefault(metric.name, []).append((dict(attributes), _value(point)))
        return result


def _value(point: object) -> float:
    if isinstance(point, HistogramDataPoint):
        return round(point.sum, 1)
    assert isinstance(point, NumberDataPoint)
    return point.value


def parent_of(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id
