"""Events: those that a client passes to its ``on_event`` callbacks, and the progress of a download.

The events of one call are, in order::

    CallStarted
        Waited              for a token, a permit, the end of an outage, …; only waits of a millisecond or more
        RequestSent         then, before any other RequestSent of the call:
        ResponseReceived    or RequestFailed
        InvalidRowRead      for each row that was left out
        PageRead            if the response is a page
        Retried             and again from the top
    CallEnded

Each `RequestSent` is followed by one `ResponseReceived` or `RequestFailed`, and each `CallStarted` by one `CallEnded`,
also when the call is cancelled. *call_id* is unique in the process. *attempt* counts from 1, and every time that the
call is sent: a retry, a probe of an outage, a request with a renewed token, and a redirect of a download count. So it
may exceed ``RetryPolicy.attempts``, which counts retries after failures only.

``str(event)`` is one line, as the log has it. It names the call by its route, and holds no id, e-mail address, query,
token, or text of Zoom's. An *error* in an event may hold more: the text of Zoom in ``StatusError.message``, and the
frames of its traceback. ``str(error)`` has no token, secret or e-mail address, but Zoom's text may name the id of a
meeting or user.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct

from ._label import Label
from .errors import CircuitOpen, DecodeError, OutcomeUnknown, StatusError, TransportError, ZoomError

__all__ = [
    "CallEnded",
    "CallEvent",
    "CallStarted",
    "CircuitClosed",
    "CircuitOpened",
    "ClientEvent",
    "DownloadProgress",
    "Event",
    "InvalidRowRead",
    "LabelCorrected",
    "Listener",
    "PageRead",
    "RateAdjusted",
    "RequestFailed",
    "RequestSent",
    "ResponseReceived",
    "Retried",
    "TokenRefreshFailed",
    "TokenRefreshed",
    "WaitReason",
    "Waited",
]

WaitReason: TypeAlias = Literal["token", "rate_limit", "outage", "retry", "write", "download"]
"""The reason of a wait: for an access token, for a permit, for the end of an outage, before a retry, for another write
on the same resource, or for one of the downloads that may run at a time."""


# Structs, since a call has several events: a struct, and its class too, take a tenth of the time of a frozen dataclass.
class CallEvent(Struct, frozen=True, kw_only=True):
    """The base of the events of one call.

    *route* is ``"METHOD /path/{placeholder}"``, or ``"GET download_url"`` for a download. Parts of a path that look
    like ids are placeholders, even if the caller has written them into the path. *label* is the rate-limit label that
    the call counts under; a download has none.
    """

    call_id: int
    attempt: int
    route: str
    label: Label | None


class CallStarted(CallEvent, frozen=True, kw_only=True):
    """The start of a call: of one request and its retries, one page of a listing, or one download.

    The caller's code runs between `CallStarted` and `CallEnded` of a call with *is_download*, and of no other call.
    """

    is_download: bool = False

    def __str__(self) -> str:
        return f"{self.route}: started"


class Waited(CallEvent, frozen=True, kw_only=True):
    """A wait of *seconds* that has ended. A wait that ends the call, such as a cancelled one, is not reported."""

    seconds: float
    reason: WaitReason

    def __str__(self) -> str:
        return f"{self.route}: waited {self.seconds:.3f} s {_WAITS[self.reason]}"


_WAITS: dict[WaitReason, str] = {
    "token": "for an access token",
    "rate_limit": "for the rate limit",
    "outage": "for the end of an outage",
    "retry": "before the next attempt",
    "write": "for another write on the same resource",
    "download": "for other downloads",
}


class RequestSent(CallEvent, frozen=True, kw_only=True):
    """A request that is sent to *host* and *port* now, or as soon as it has a connection.

    *is_probe* marks the one call at a time that is sent during an outage. *remaining* is the number of requests that
    are left of the daily quota of the label, as the rate limiter counts them; None without a quota. *has_http_span*
    states that the OpenTelemetry instrumentation of aiohttp records the request.
    """

    host: str
    port: int
    is_probe: bool = False
    remaining: int | None = None
    has_http_span: bool = False

    def __str__(self) -> str:
        probe = " as the probe of an outage" if self.is_probe else ""
        remaining = "" if self.remaining is None else f"; {self.remaining} left of the daily quota"
        return f"{self.route}: sent{probe}{remaining}"


class ResponseReceived(CallEvent, frozen=True, kw_only=True):
    """A response with *status* after *seconds*: its whole body, or the headers of a download."""

    status: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.route}: response {self.status} after {self.seconds:.3f} s"


class RequestFailed(CallEvent, frozen=True, kw_only=True):
    """A request without a response after *seconds*.

    *error_type* is the name of the exception, ``"CancelledError"`` for a cancelled call. *error* is that exception if
    it is a `ZoomError`.
    """

    seconds: float
    error_type: str
    error: ZoomError | None

    def __str__(self) -> str:
        return f"{self.route}: no response after {self.seconds:.3f} s: {_summary(self.error, self.error_type)}"


class Retried(CallEvent, frozen=True, kw_only=True):
    """A decision to send the call again: the attempt failed with *error*, and the next one is sent in *delay* seconds.

    The call may then wait for other reasons.
    """

    error: ZoomError
    delay: float

    def __str__(self) -> str:
        return f"{self.route}: will be sent again in {self.delay:.3f} s: {_summary(self.error)}"


class InvalidRowRead(CallEvent, frozen=True, kw_only=True):
    """A row that cannot be decoded, and that ``on_invalid_row`` received: *row*, *path* and *reason* of `InvalidRow`.

    They describe the fault without showing a value.
    """

    row: int
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.route}: row {self.row} is invalid: {self.reason} at {self.path}"


class PageRead(CallEvent, frozen=True, kw_only=True):
    """A page of *rows* rows, without the *invalid_rows* that were left out."""

    rows: int
    invalid_rows: int

    def __str__(self) -> str:
        invalid = f", {self.invalid_rows} invalid" if self.invalid_rows else ""
        return f"{self.route}: page of {self.rows} rows{invalid}"


class CallEnded(CallEvent, frozen=True, kw_only=True):
    """The end of a call after *seconds*.

    *error_type* is the name of the exception that the call raises, or None if it raises none; ``"CancelledError"``
    means a cancelled call. *error* is that exception if it is a `ZoomError`. Of a download, it is the exception
    that ended the reading: a caller may also stop before the end of the file.
    """

    seconds: float
    error_type: str | None
    error: ZoomError | None

    def __str__(self) -> str:
        if self.error_type is None:
            return f"{self.route}: done after {self.seconds:.3f} s"
        return f"{self.route}: failed after {self.seconds:.3f} s: {_summary(self.error, self.error_type)}"


class ClientEvent(Struct, frozen=True, kw_only=True):
    """The base of the events of a client as a whole.

    *call_id* and *attempt* are those of the call in which it happened. They are None if no call of this process is
    known: the client has no ``on_event``, or another process is the cause. Two events are equal without them.
    """

    call_id: int | None = None
    attempt: int | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClientEvent):
            return NotImplemented
        return type(self) is type(other) and _own_fields(self) == _own_fields(other)

    def __hash__(self) -> int:
        return hash((type(self), _own_fields(self)))


class RateAdjusted(ClientEvent, frozen=True):
    """A change of the rate of *label* to *rate* requests per second, of *plan_rate* in the plan.

    Zoom answers 429 although this client stays below its plan: another app uses the same account, or the account has a
    smaller plan. The rate rises again in small steps when the 429s end.
    """

    label: Label
    rate: float
    plan_rate: float

    def __str__(self) -> str:
        if self.rate < self.plan_rate:
            return (
                f"{self.label}: limited to {self.rate:.3g} of {self.plan_rate:.3g} requests per second after Zoom "
                "answered 429: another app uses the same account, or the account has a smaller plan"
            )
        return f"{self.label}: back at {self.plan_rate:.3g} requests per second"


class CircuitOpened(ClientEvent, frozen=True):
    """The beginning of an outage: the latest calls all failed, the last one with *cause*.

    From now on the client sends one call at a time, until one succeeds. The others raise
    `zoomasync.errors.CircuitOpen` after *outage_wait* seconds, an option of `Zoom.with_options`.
    """

    cause: ZoomError | None

    def __str__(self) -> str:
        cause = "" if self.cause is None else f" The last failure: {_summary(self.cause)}"
        return f"Zoom is not available: the latest calls all failed. One call at a time is sent from now on.{cause}"


class CircuitClosed(ClientEvent, frozen=True):
    """The end of an outage after *seconds*: a call has succeeded."""

    seconds: float

    def __str__(self) -> str:
        return f"Zoom is available again after {self.seconds:.0f} s"


class LabelCorrected(ClientEvent, frozen=True):
    """A change of the label that the calls of *route* count under, to *zoom_label*, which Zoom named in its responses.

    *label* is that of the reference, or the one that was passed to `Zoom.request` or `Zoom.paginate`. A slower label
    holds from the first successful response that names it. A faster one takes three in a row, and more if Zoom has gone
    back to a slower one before.
    """

    route: str
    label: Label
    zoom_label: Label

    def __str__(self) -> str:
        if self.zoom_label is self.label:
            return f"{self.route}: counted as {self.label} again, which Zoom now names too"
        return f"{self.route}: counted as {self.zoom_label} from now on: Zoom names this label instead of {self.label}"


class TokenRefreshed(ClientEvent, frozen=True):
    """A new access token from Zoom, after *seconds*: the first one of the client too, but none out of a token store.

    It is valid for *lifetime* seconds; None means without end.
    """

    seconds: float
    lifetime: float | None

    def __str__(self) -> str:
        lifetime = "" if self.lifetime is None else f", valid for {self.lifetime:.0f} s"
        return f"new access token after {self.seconds:.3f} s{lifetime}"


class TokenRefreshFailed(ClientEvent, frozen=True):
    """A failure to get a new access token, after *seconds* and all retries. Calls fail if the old one has expired.

    *error_type* is the name of the exception. *error* is that exception if it is a `ZoomError`.
    """

    seconds: float
    error_type: str
    error: ZoomError | None

    def __str__(self) -> str:
        return f"no new access token after {self.seconds:.3f} s: {_summary(self.error, self.error_type)}"


class DownloadProgress(Struct, frozen=True):
    """The progress of one download, for its *on_progress*: *received* of *total* bytes; None if Zoom sent no total.

    *received* includes the bytes of an earlier download that was continued. It falls if the file is read again.
    """

    received: int
    total: int | None

    def __str__(self) -> str:
        return f"{self.received:,} bytes" if self.total is None else f"{self.received:,} of {self.total:,} bytes"


Event: TypeAlias = (
    CallStarted
    | Waited
    | RequestSent
    | ResponseReceived
    | RequestFailed
    | Retried
    | InvalidRowRead
    | PageRead
    | CallEnded
    | RateAdjusted
    | LabelCorrected
    | CircuitOpened
    | CircuitClosed
    | TokenRefreshed
    | TokenRefreshFailed
)
Listener: TypeAlias = Callable[[Event], object]
"""A function that receives events. Its result is not used."""


def _own_fields(event: ClientEvent) -> tuple[object, ...]:
    """Return the values of *event* without those of `ClientEvent`, which cannot be given by position."""
    return tuple(getattr(event, name) for name in type(event).__match_args__)


def _summary(error: ZoomError | None, error_type: str = "") -> str:
    """Return the type of *error*, or *error_type*, with what has no text of Zoom's and no value of a response."""
    name = error_type or type(error).__name__
    if isinstance(error, StatusError):
        code = "" if error.code is None else f", Zoom code {error.code}"
        return f"{name} (status {error.status}{code})"
    if isinstance(error, TransportError):
        return f"{name} ({error.reason})"
    if isinstance(error, DecodeError):
        return f"{name} ({error.reason} at {error.path})"
    if isinstance(error, CircuitOpen | OutcomeUnknown) and error.cause is not None:
        return f"{name} after {_summary(error.cause)}"
    return name
