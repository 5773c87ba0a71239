"""The events of a client and of its calls, and the listeners that receive them."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Sized
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Final, Self, TypeVar, cast

from msgspec import structs

from .._label import Label
from ..callbacks import SafeCallback
from ..errors import ZoomError
from ..events import (
    CallEnded,
    CallEvent,
    CallStarted,
    CircuitClosed,
    CircuitOpened,
    ClientEvent,
    Event,
    InvalidRowRead,
    LabelCorrected,
    PageRead,
    RateAdjusted,
    RequestFailed,
    RequestSent,
    ResponseReceived,
    Retried,
    TokenRefreshed,
    TokenRefreshFailed,
    Waited,
    WaitReason,
)
from .decoding import InvalidRow
from .endpoint import Endpoint
from .http_messages import HttpRequest
from .labels import LabelCorrections
from .rate_limiter import Permit
from .transport import SessionTransport
from .urls import server_of

ClientEventT = TypeVar("ClientEventT", bound=ClientEvent)

_calls: Final = logging.getLogger("zoomasync.calls")
_rate_limits: Final = logging.getLogger("zoomasync.rate_limits")
_circuit: Final = logging.getLogger("zoomasync.circuit")
_auth: Final = logging.getLogger("zoomasync.auth")
_LOGGERS: Final[dict[type[Event], logging.Logger]] = {
    RateAdjusted: _rate_limits,
    LabelCorrected: _rate_limits,
    CircuitOpened: _circuit,
    CircuitClosed: _circuit,
    TokenRefreshed: _auth,
    TokenRefreshFailed: _auth,
}
_ENDS: Final = (ResponseReceived, RequestFailed, CallEnded)
_SHORTEST_WAIT: Final = 0.001  # every call waits for microseconds
_call_ids: Final = itertools.count(1)


class EventPublisher:
    """The listeners to the events of one client, and its log. *clock* is monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._listeners: tuple[Callable[[Event], None], ...] = ()

    def subscribe(self, *listeners: Callable[[Event], object]) -> None:
        """Call these *listeners* with every event from now on, and no others. Their exceptions are logged."""
        self._listeners = tuple(SafeCallback("on_event", listener) for listener in listeners)

    def call(self, endpoint: Endpoint[object], labels: LabelCorrections) -> CallEvents | NoEvents:
        """Return the reporter of a call to *endpoint*."""
        listeners = (*self._listeners, _log) if _calls.isEnabledFor(logging.DEBUG) else self._listeners
        return CallEvents(listeners, self.clock, endpoint, labels) if listeners else NO_EVENTS

    def download(self, endpoint: Endpoint[object]) -> DownloadEvents | NoEvents:
        """Return the reporter of a download."""
        listeners = (*self._listeners, _log) if _calls.isEnabledFor(logging.DEBUG) else self._listeners
        return DownloadEvents(listeners, self.clock, endpoint) if listeners else NO_EVENTS

    def publish(self, event: Event) -> None:
        """Pass on an event of the client as a whole."""
        if isinstance(event, ClientEvent):
            event = with_current_call(event)
        for listener in (*self._listeners, _log):
            listener(event)


def _log(event: Event) -> None:
    """Log *event* at level DEBUG."""
    logger = _LOGGERS.get(type(event), _calls)
    if logger.isEnabledFor(logging.DEBUG):
        of_call = "" if event.call_id is None else f"call {event.call_id}, attempt {event.attempt}: "
        logger.debug("%s%s", of_call, str(event))  # the text only: a handler may keep the arguments


class CallEvents:
    """The reporter of one call to *listeners*. As a context, it is the call, from `CallStarted` to `CallEnded`.

    A wait is the time since the previous event or end of a wait, and a response takes the time since its request was
    sent. Neither includes the time of the listeners.
    """

    def __init__(
        self,
        listeners: tuple[Callable[[Event], None], ...],
        clock: Callable[[], float],
        endpoint: Endpoint[object],
        labels: LabelCorrections | None = None,
    ) -> None:
        self.call_id: int = next(_call_ids)
        self.attempt: int = 1
        self._listeners = listeners
        self._clock = clock
        self._endpoint = endpoint
        self._route = endpoint.name
        self._labels = labels
        self._label: Label | None = None
        self._is_sent = False  # in this attempt
        self._invalid_rows = 0  # of the latest response
        self._began = self._latest = 0.0
        self._context: Token[CallEvents | None] | None = None

    def __enter__(self) -> Self:
        self._enter()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._leave()
        self.end(error)

    def start(self, *, is_download: bool = False) -> None:
        """Report that the call has started."""
        self._began = self._clock()
        self._read_label()
        self._publish(CallStarted, is_download=is_download)

    def waited(self, reason: WaitReason) -> None:
        """Report a wait that has ended, unless it was too short to matter."""
        now = self._clock()
        seconds, self._latest = now - self._latest, now
        self._read_label()  # which may have been corrected meanwhile
        if seconds >= _SHORTEST_WAIT:
            self._publish(Waited, seconds=seconds, reason=reason)

    def request_sent(
        self, request: HttpRequest, transport: SessionTransport, permit: Permit | None = None, *, is_probe: bool
    ) -> None:
        """Report that *request* is sent by *transport* now, with *permit*."""
        self.attempt += self._is_sent  # a redirect follows without a retry
        self._is_sent = True
        self._invalid_rows = 0
        host, port = server_of(request.url)
        remaining = None if permit is None else permit.remaining()
        self._publish(
            RequestSent,
            host=host,
            port=port,
            is_probe=is_probe,
            remaining=remaining,
            has_http_span=transport.has_http_spans,
        )

    def response_received(self, status: int) -> None:
        """Report the response to the request that was sent."""
        self._publish(ResponseReceived, status=status, seconds=self._clock() - self._latest)

    def request_failed(self, error: BaseException) -> None:
        """Report that the request that was sent has no response."""
        self._publish(RequestFailed, seconds=self._clock() - self._latest, **_described(error))

    def reporting(self, on_invalid_row: Callable[[InvalidRow], None] | None) -> Callable[[InvalidRow], None] | None:
        """Return *on_invalid_row* as a function that also reports each row; None stays None."""
        if on_invalid_row is None:
            return None

        def report(row: InvalidRow) -> None:
            self._invalid_rows += 1
            self._publish(InvalidRowRead, row=row.row, path=row.path, reason=row.reason)
            on_invalid_row(row)

        return report

    def decoded(self, result: object) -> None:
        """Report the *result* of the call if it is a page."""
        if hasattr(result, "next_page_token"):
            rows: Sized = getattr(result, "items", ())
            self._publish(PageRead, rows=len(rows), invalid_rows=self._invalid_rows)

    def retried(self, error: ZoomError, delay: float | None) -> None:
        """Report that the call is sent again in *delay* seconds; None if it need not wait."""
        self._publish(Retried, error=error, delay=delay or 0.0)
        self.attempt += 1
        self._is_sent = False

    def end(self, error: BaseException | None) -> None:
        """Report that the call has ended, with *error* if it raises one."""
        self._publish(CallEnded, seconds=self._clock() - self._began, **_described(error))

    def _enter(self) -> None:
        self._context = current_call.set(self)

    def _leave(self) -> None:
        if self._context is not None:
            # A call whose event loop was closed in the middle of it ends in another context.
            with suppress(ValueError):
                current_call.reset(self._context)

    def _read_label(self) -> None:
        if self._labels is not None:
            self._label = self._labels.label(self._endpoint)

    def _publish(self, kind: Callable[..., CallEvent], **fields: object) -> None:
        event = kind(call_id=self.call_id, attempt=self.attempt, route=self._route, label=self._label, **fields)
        # A span that a listener has made current ends before those of earlier listeners, below which it is.
        for listener in reversed(self._listeners) if isinstance(event, _ENDS) else self._listeners:
            listener(cast("Event", event))
        self._latest = self._clock()


class DownloadEvents(CallEvents):
    """The reporter of one download. As a context, it is one read: the caller's code runs between two of them."""

    _failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._latest = self._clock()
        self._enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._failure = error
        self._leave()

    def end(self, error: BaseException | None) -> None:
        """Report that the download has ended, with *error* or the one of the latest read."""
        failure, self._failure = error or self._failure, None
        super().end(failure)


class NoEvents:
    """The reporter of the calls that nobody listens to. It has the methods of `CallEvents`, and reports nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def reporting(self, on_invalid_row: Callable[[InvalidRow], None] | None) -> Callable[[InvalidRow], None] | None:
        """Return *on_invalid_row*."""
        return on_invalid_row

    def start(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def waited(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def request_sent(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def response_received(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def request_failed(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def decoded(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def retried(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def end(self, *_: object, **__: object) -> None:
        """Do nothing."""


NO_EVENTS: Final = NoEvents()

current_call: Final[ContextVar[CallEvents | None]] = ContextVar("zoomasync_current_call", default=None)
"""The call that runs in this context, if somebody listens to its events."""


def with_current_call(event: ClientEventT) -> ClientEventT:
    """Return *event* with the id and attempt of the call that runs in this context, if it is known."""
    call = current_call.get()
    return event if call is None else structs.replace(event, call_id=call.call_id, attempt=call.attempt)


def _described(error: BaseException | None) -> dict[str, object]:
    """Return the fields of an event that describe *error*. Only the errors of this package have a safe text."""
    return {
        "error_type": None if error is None else type(error).__name__,
        "error": error if isinstance(error, ZoomError) else None,
    }
