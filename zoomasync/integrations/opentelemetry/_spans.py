"""The spans of calls and of their requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Final

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode, Tracer, set_span_in_context

from ...events import (
    CallEnded,
    CallEvent,
    CallStarted,
    Event,
    PageRead,
    RequestFailed,
    RequestSent,
    ResponseReceived,
    Waited,
    WaitReason,
)
from ._attributes import (
    ERROR_TYPE,
    INVALID_ROWS,
    RESEND_COUNT,
    ROWS,
    STATUS,
    Attributes,
    of_label,
    of_request,
    of_route,
)

_FIRST_ERROR: Final = 400

_attached: ContextVar[None] = ContextVar("zoomasync_attached_span", default=None)
"""A variable that is set together with the current span, since it can tell whether this is still the same context."""


@dataclass(slots=True)
class _CallSpan:
    """The *span* of a call, and that of its current *request*; *tokens* end the time in which *span* is current."""

    span: Span
    is_download: bool
    request: Span = INVALID_SPAN
    tokens: tuple[Token[None], Token[Context]] | None = None
    waits: defaultdict[WaitReason, float] = field(default_factory=lambda: defaultdict[WaitReason, float](float))

    def attach(self) -> None:
        """Make the span the current one."""
        self.tokens = _attached.set(None), context.attach(set_span_in_context(self.span))

    def detach(self) -> None:
        """Make the span current no longer."""
        if self.tokens is None:
            return
        (attached, token), self.tokens = self.tokens, None
        try:
            _attached.reset(attached)
        except ValueError:
            return  # a call that was abandoned ends in another context, in which the span is not current
        context.detach(token)


class CallSpans:
    """One INTERNAL span per call or page, and below it one CLIENT span per request that aiohttp does not record.

    The span of a call is current while the call runs. That of a download is current while a request is sent, because
    the caller's code runs between two reads.
    """

    def __init__(self, tracer: Tracer, attributes: Mapping[str, str]) -> None:
        self._tracer = tracer
        self._attributes = attributes
        self._calls: dict[int, _CallSpan] = {}

    def record(self, event: Event) -> None:
        """Start or end a span, or add to one."""
        if isinstance(event, CallStarted):
            self._start(event)
        elif isinstance(event, CallEvent) and (call := self._calls.get(event.call_id)) is not None:
            match event:
                case RequestSent():
                    self._start_request(call, event)
                case ResponseReceived() | RequestFailed():
                    self._end_request(call, event)
                case Waited():
                    call.waits[event.reason] += event.seconds
                case PageRead():
                    call.span.set_attributes({ROWS: event.rows, INVALID_ROWS: event.invalid_rows})
                case CallEnded():
                    self._end(call, event)
                case _:
                    pass

    def _start(self, event: CallStarted) -> None:
        attributes: Attributes = {**self._attributes, **of_route(event), **of_label(event)}
        span = self._tracer.start_span(f"Zoom {event.route}", attributes=attributes)
        call = self._calls[event.call_id] = _CallSpan(span, event.is_download)
        if not call.is_download:
            call.attach()

    def _start_request(self, call: _CallSpan, event: RequestSent) -> None:
        if call.is_download:
            call.attach()
        if event.has_http_span:
            return
        attributes: Attributes = {**self._attributes, **of_request(event)}
        if event.attempt > 1:
            attributes[RESEND_COUNT] = event.attempt - 1
        method, _, path = event.route.partition(" ")
        name = event.route if path.startswith("/") else method
        call.request = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)

    def _end_request(self, call: _CallSpan, event: ResponseReceived | RequestFailed) -> None:
        request, call.request = call.request, INVALID_SPAN
        if isinstance(event, RequestFailed):
            _fail(request, event.error_type, str(event))
        else:
            request.set_attribute(STATUS, event.status)
            if event.status >= _FIRST_ERROR:
                _fail(request, str(event.status))
        request.end()
        if call.is_download:
            call.detach()

    def _end(self, call: _CallSpan, event: CallEnded) -> None:
        del self._calls[event.call_id]
        call.detach()
        for reason, seconds in call.waits.items():
            call.span.set_attribute(f"zoomasync.wait.{reason}", seconds)
        if event.error_type is not None:
            _fail(call.span, event.error_type, str(event))
        call.span.end()


def _fail(span: Span, error_type: str, description: str | None = None) -> None:
    """Mark *span* as failed. The exception itself is not recorded: its text may be one of Zoom's, with an id."""
    span.set_attribute(ERROR_TYPE, error_type)
    span.set_status(StatusCode.ERROR, description)
