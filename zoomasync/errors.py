"""All errors of the package, as one tree.

::

    ZoomError
    ├── ConfigError                  invalid settings: credentials, plan, URLs
    ├── InvalidArgument              an invalid argument (also a ValueError)
    ├── AuthorizationDenied          a user has not authorized the app
    ├── ReauthorizationRequired      a user must authorize the app again
    ├── RedisUnavailable             no rate limit or lease without Redis
    ├── CircuitOpen                  Zoom is down: the latest calls all failed
    ├── TransportError               no complete response
    │   ├── ConnectError             no connection
    │   ├── TLSError                 an untrusted server
    │   ├── PayloadError             a body that is corrupt or too large
    │   └── TimedOut
    ├── OutcomeUnknown               a write that Zoom may have carried out; it is not sent again
    ├── DecodeError                  a response that cannot be decoded
    ├── PagingLoop                   a listing that would never end
    ├── UnexpectedDateRange          a report of other days than requested
    ├── StoreError                   a store, journal or file that cannot be read or written
    ├── WebhookError                 a webhook that Zoom did not sign, or not lately
    └── StatusError                  an error response of Zoom
        ├── BadRequest
        │   └── PageTokenExpired     start the listing again
        ├── PermissionDenied
        │   └── MissingScope         the token lacks a scope
        ├── Unauthorized · NotFound · Conflict
        ├── GatewayError             an error response that Zoom's API did not send
        ├── RateLimited
        │   ├── PerSecondLimitReached
        │   └── DailyLimitReached · ResourceLimitReached · ConcurrentRequest
        ├── ServerError
        └── EmbeddedError            an error body inside HTTP 200

Nothing but a GET was sent when `ConfigError`, `InvalidArgument`, `RedisUnavailable`, `CircuitOpen`, `ConnectError` or
`TLSError` is raised.

``str(error)`` is one line that says what failed and what to do. It names the call by its route, never by ids, and holds
no token, secret or e-mail address. ``StatusError.message`` is the unchanged text of Zoom.
"""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

__all__ = [
    "AuthorizationDenied",
    "BadRequest",
    "CircuitOpen",
    "ConcurrentRequest",
    "ConfigError",
    "Conflict",
    "ConnectError",
    "DailyLimitReached",
    "DecodeError",
    "EmbeddedError",
    "FieldError",
    "GatewayError",
    "InvalidArgument",
    "MissingScope",
    "NotFound",
    "OutcomeUnknown",
    "PageTokenExpired",
    "PagingLoop",
    "PayloadError",
    "PerSecondLimitReached",
    "PermissionDenied",
    "RateLimited",
    "ReauthorizationRequired",
    "RedisUnavailable",
    "ResourceLimitReached",
    "ServerError",
    "StatusError",
    "StoreError",
    "TLSError",
    "TimedOut",
    "TransportError",
    "Unauthorized",
    "UnexpectedDateRange",
    "WebhookError",
    "ZoomError",
]

_EMAIL = re.compile(r"(?:\"[^\"\s]* ?[^\"\s]*\"|[^\s@<>\"'(\[:,;=]+)(?:@|%40|\uff20)[^\s@<>\"')\],;]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # control characters, which a terminal would execute
_MAX_MESSAGE = 300


class ZoomError(Exception):
    """The base of all errors that this package raises. Downloads also raise `OSError`."""

    @property
    def is_outage(self) -> bool:
        """Whether Zoom, or the network, may be down, so that any other call may fail in the same way.

        A response of Zoom's API to the call is no outage, and neither is a server that is not trusted.
        """
        if isinstance(self, GatewayError):
            return self.code is None
        if isinstance(self, TransportError):
            # Those that no retry can help are no outage: a closed client, a proxy's password, a huge body.
            return not isinstance(self, TLSError) and self.max_retries != 0
        return isinstance(self, CircuitOpen | ServerError)

    def __reduce__(self) -> tuple[object, ...]:
        # `args` does not hold all arguments of `__init__`, and process pools pickle errors.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[ZoomError], args: tuple[object, ...], state: dict[str, object]) -> ZoomError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigError(ZoomError):
    """A setting is missing or invalid."""


class InvalidArgument(ZoomError, ValueError):
    """An argument is invalid, or Zoom would reject it."""


@dataclass(eq=False, repr=False)
class AuthorizationDenied(ZoomError):
    """A user has not authorized the app: the user declined, or the callback or its code is invalid or expired.

    *reason* says why. *error* is the OAuth error in the callback, such as ``access_denied``, or None.
    """

    reason: str
    error: str | None = None

    def __str__(self) -> str:
        return f"no authorization: {self.reason}. Send the user to the URL of a new authorization request"


@dataclass(eq=False, repr=False)
class ReauthorizationRequired(ZoomError):
    """No token of a user is left that Zoom accepts: the user must authorize the app again.

    *user_id* is Zoom's id of the user, which ``str(error)`` does not show, and *reason* says why.
    """

    user_id: str
    reason: str

    def __post_init__(self) -> None:
        super().__init__(self.reason)  # the repr shows this argument

    def __str__(self) -> str:
        return f"the user must authorize the app again: {self.reason}"


@dataclass(eq=False, repr=False)
class RedisUnavailable(ZoomError):
    """Redis, which holds the rate limits or leases, cannot be used.

    *reason* describes the fault without an address, user or password.
    """

    reason: str

    def __str__(self) -> str:
        return (
            f"{self.reason}, so nothing was sent. Check Redis; "
            "with a FallbackRateLimiter, each process limits its own rate until Redis is back"
        )


@dataclass(eq=False, repr=False)
class CircuitOpen(ZoomError):
    """The latest calls all failed, so this one was not sent: Zoom, or the network, is down.

    *call* is the route. The client sends one call at a time until one succeeds, the next in *retry_after* seconds.
    *cause* is the latest failure. With *is_retry*, the call is a GET that was sent before and failed.
    """

    call: str
    retry_after: float
    cause: ZoomError | None = None
    _: KW_ONLY
    is_retry: bool = False

    def __str__(self) -> str:
        again = " again" if self.is_retry else ""
        wait = f", the next in {self.retry_after:.0f} s" if self.retry_after >= 1 else ""
        cause = "" if self.cause is None else f" The latest failure: {self.cause}"
        return (
            f"{self.call} was not sent{again}, because the latest calls all failed. "
            f"The client sends one call at a time until one succeeds{wait}.{cause}"
        )


@dataclass(eq=False, repr=False)
class TransportError(ZoomError):
    """No complete response was received.

    *call* is the route (``"GET /report/daily"``), *reason* describes the fault. *status* is the HTTP status if it
    arrived before the fault. *max_retries* is the number of retries that can help, or None for any number.
    """

    call: str
    reason: str
    _: KW_ONLY
    status: int | None = None
    max_retries: int | None = None

    def __str__(self) -> str:
        return f"{self.call}: {self.reason}"


class ConnectError(TransportError):
    """No connection could be made. Nothing was sent."""


class TLSError(TransportError):
    """The certificate of the server is not trusted. Nothing was sent."""


class PayloadError(TransportError):
    """The body of the response was cut off, corrupt or too large. *status* is the status that came before it."""


class TimedOut(TransportError):
    """No complete response was received within the time limit."""


@dataclass(eq=False, repr=False)
class OutcomeUnknown(ZoomError):
    """It is unknown whether Zoom carried out a write.

    Its response was lost, and it was not sent again because that could carry it out twice, or Zoom rejected the retry.
    Check the result before you repeat it. *cause* is the error that lost the response. With a *status* from 200 to 299,
    the write was carried out, and only its result was lost.
    """

    call: str
    cause: ZoomError

    @property
    def status(self) -> int | None:
        """The HTTP status of the response, or None if no response arrived."""
        return self.cause.status if isinstance(self.cause, StatusError | TransportError) else None

    def __str__(self) -> str:
        return f"{self.call} may have been carried out; check before you repeat it. Cause: {self.cause}"


@dataclass(eq=False, repr=False)
class DecodeError(ZoomError):
    """A response cannot be decoded.

    *type_name* is the expected struct or "an empty body". *path* is the place of the fault in the response
    (``"$.participants[3].duration"``, or ``"$"``), and *reason* its description without the value.
    """

    call: str
    type_name: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.call}: cannot decode the response as {self.type_name}: {self.reason} at {self.path}"


@dataclass(eq=False, repr=False)
class PagingLoop(ZoomError):
    """A listing would never end: its page tokens or rows repeat, or it has only empty pages.

    *pages* counts the pages, and *reason* describes the last one. `Paginator` states the rules.
    """

    call: str
    pages: int
    reason: str = "repeats an earlier page token"

    def __str__(self) -> str:
        return f"{self.call}: page {self.pages} {self.reason}; start the listing again"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One part of a validation error: the *field* of the body or query, and the *message* about it."""

    field: str
    message: str


@dataclass(eq=False, repr=False)
class StatusError(ZoomError):
    """Zoom answered with an error.

    *call* is the route, *status* the HTTP status, *code* Zoom's error code (None when the body has none), *message* the
    text of Zoom and *fields* its messages about single fields. Zoom's support asks for *tracking_id*. The call needs
    one of *scopes*.
    """

    call: str
    status: int
    _: KW_ONLY
    code: int | None = None
    message: str = ""
    fields: tuple[FieldError, ...] = ()
    tracking_id: str | None = None
    scopes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__init__(self.call, self.status, self.code)  # the repr shows these arguments

    def __str__(self) -> str:
        code = "" if self.code is None else f" (Zoom code {self.code})"
        messages = [self.message, *(f"{error.field}: {error.message}" for error in self.fields)]
        text = _safe(" ".join(messages).strip() or "no message.")
        tracking = f" [tracking id {_safe(self.tracking_id)}]" if self.tracking_id else ""
        return f"{self.call} -> {self.status}{code}: {text}{self._advice()}{tracking}"

    def _advice(self) -> str:
        """Return advice for the reader, or an empty text."""
        return ""


class BadRequest(StatusError):
    """The request is invalid. Sending it again does not help."""


class PageTokenExpired(BadRequest):
    """The page token of a listing has expired, after 15 minutes. Start the listing again."""


class Unauthorized(StatusError):
    """Zoom does not accept the credentials, or the access token even after a refresh."""


class PermissionDenied(StatusError):
    """The token lacks a scope, its user lacks a role, or the account lacks a plan. Zoom's text says which."""


class MissingScope(PermissionDenied):
    """The token lacks a scope. The call needs one of *scopes*."""

    def _advice(self) -> str:
        return f" Needs one of: {', '.join(self.scopes)}" if self.scopes else ""


class NotFound(StatusError):
    """The resource does not exist, or no longer: reports expire."""


class GatewayError(StatusError):
    """An error response that Zoom's API did not send: it has no code of Zoom's, or the code for an unknown path (2300).

    A proxy, a firewall or a gateway sent it. It says nothing about the resource, and a later call may succeed.
    """

    def _advice(self) -> str:
        if self.code == 2300:  # noqa: PLR2004  an unknown path
            return " Zoom has no such path: check the path and the base URL."
        return " Zoom's API did not send this response: check the proxy, the firewall and the base URL."


class Conflict(StatusError):
    """The state of the resource does not allow the request."""


class RateLimited(StatusError):
    """Base of the rate-limit errors. *retry_after* is the wait in seconds, or None where it is not known."""

    retry_after: float | None = None


class PerSecondLimitReached(RateLimited):
    """A limit on requests per second was exceeded."""


def _next_midnight() -> datetime:
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(), UTC)


@dataclass(eq=False, repr=False)
class DailyLimitReached(RateLimited):
    """The account's daily quota is used up.

    *resumes_at* is the time at which the next one begins: the time that Zoom gave, or else the next midnight UTC.
    """

    resumes_at: datetime = field(init=False, default_factory=_next_midnight)

    def _advice(self) -> str:
        return f" Resumes at {_utc_text(self.resumes_at)}."


@dataclass(eq=False, repr=False)
class ResourceLimitReached(RateLimited):
    """One host, registrant or meeting has reached its own limit per day; others are not affected.

    *resumes_at* is the time at which it may be changed again.
    """

    resumes_at: datetime = field(init=False, default_factory=_next_midnight)

    def _advice(self) -> str:
        return f" Only this resource waits, until {_utc_text(self.resumes_at)}."


class ConcurrentRequest(RateLimited):
    """Another write on the same resource is in progress."""


class ServerError(StatusError):
    """An internal error of Zoom (5xx). *retry_after* is the wait that Zoom asks for, in seconds, or None."""

    retry_after: float | None = None


class EmbeddedError(StatusError):
    """HTTP 200 with an error body in place of data: usually a paid plan or a feature is missing."""


def _utc_text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class StoreError(ZoomError):
    """A store, journal, plan or export could not be read or written: a full disk, or a lock of another process.

    For a token store, also Redis that cannot be used, a file that others can read, or a token that does not decrypt.
    """


@dataclass(eq=False, repr=False)
class WebhookError(ZoomError):
    """A webhook is rejected: answer 401, and do not use its body.

    *reason* is for your own metrics and logs: a header is missing or malformed, no secret gives the signature, the
    request is too old or from the future, or Zoom's question about the endpoint has no plain token. The text is the
    same for every reason, since it may reach the sender.
    """

    reason: Literal["headers", "signature", "too_old", "in_future", "plain_token"]

    def __str__(self) -> str:
        return (
            "the webhook is rejected: Zoom did not sign it with one of the secrets, or not lately. "
            "If Zoom sent it, check the secret token of the app, the clock, and that the body is unchanged"
        )


@dataclass(eq=False, repr=False)
class UnexpectedDateRange(ZoomError):
    """Zoom returned rows of other days than the call asked for. *requested* and *returned* are (first, last)."""

    requested: tuple[date, date]
    returned: tuple[date, date]

    def __str__(self) -> str:
        first, last = self.requested
        return f"asked for {first} to {last}, but Zoom returned {self.returned[0]} to {self.returned[1]}"


def _safe(text: str) -> str:
    """Return *text* on one line, of bounded length and without e-mail addresses."""
    line = _CONTROL.sub("", _EMAIL.sub("<e-mail>", " ".join(text.split())))
    return line if len(line) <= _MAX_MESSAGE else line[:_MAX_MESSAGE] + "…"
