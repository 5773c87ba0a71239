"""Everything that can go wrong, as one tree.

::

    ZoomError
    ├── ConfigError                  settings that cannot work: credentials, plan, addresses
    ├── InvalidArgument              an argument that no call can be made of (also a ValueError); nothing was sent
    ├── RedisUnavailable           Redis gives no budget, or no claim: nothing was sent
    ├── TransportError               no complete reply came back
    │   ├── ConnectError             no connection: nothing was sent
    │   ├── TLSError                 the server could not be trusted: nothing was sent
    │   ├── PayloadError             the reply's body was broken, or larger than the cap
    │   └── TimedOut
    ├── OutcomeUnknown               a write that may or may not have happened: never silently retried
    ├── DecodeError                  a reply that is not what the reference says
    ├── PagingLoop                   a listing that repeats a page token
    ├── UnexpectedDateRange          a report of other days than requested
    ├── StoreError                   a harvest store that cannot be read or written
    └── StatusError                  Zoom answered, and refused
        ├── BadRequest
        │   └── PageTokenExpired     the listing must start again
        ├── Unauthorized · PermissionDenied · NotFound · Conflict
        ├── RateLimited
        │   ├── PerSecondLimitReached
        │   └── DailyLimitReached · ResourceLimitReached · ConcurrentRequest
        ├── ServerError
        └── EmbeddedError                  HTTP 200 carrying a Zoom error code

``str(error)`` is one line to act on. It names the operation by its route, never by the ids that were put into it, and
holds no token, secret or e-mail address; ``StatusError.message`` is Zoom's own text, as it came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

__all__ = [
    "BadRequest",
    "ConcurrentRequest",
    "ConfigError",
    "Conflict",
    "ConnectError",
    "DailyLimitReached",
    "DecodeError",
    "EmbeddedError",
    "FieldError",
    "InvalidArgument",
    "NotFound",
    "OutcomeUnknown",
    "PageTokenExpired",
    "PagingLoop",
    "PayloadError",
    "PerSecondLimitReached",
    "PermissionDenied",
    "RateLimited",
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
    "ZoomError",
]

_EMAIL = re.compile(r"[^\s@<>\"'(\[:,;=]+@[^\s@<>\"')\],;]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # what a terminal would obey
_LONGEST_MESSAGE = 300


class ZoomError(Exception):
    """The root of everything that this library raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        # What an error needs to be made is not in its `args`; process pools pickle it all the same.
        return _unpickled, (type(self), self.args, self.__dict__)


def _unpickled(kind: type[ZoomError], args: tuple[object, ...], state: dict[str, object]) -> ZoomError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigError(ZoomError):
    """A setting is missing or cannot work; nothing was sent."""


class InvalidArgument(ZoomError, ValueError):
    """An argument breaks a rule that Zoom documents; nothing was sent."""


class RedisUnavailable(ZoomError):
    """Redis cannot say how much may be sent, or who is to send it, so nothing is.

    *reason* says what happened in plain words; no address, user or password is in it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"nothing is sent: {self.reason}. Check the Redis server; "
            "a FallbackRateLimiter can limit the rate while it is unavailable"
        )


class TransportError(ZoomError):
    """No complete reply came back.

    *call* names the operation (``"GET /report/daily"``), *reason* says what happened in plain words.
    """

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(call, reason)
        self.call = call
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.call}: {self.reason}"


class ConnectError(TransportError):
    """No connection could be made, so nothing was sent."""


class TLSError(TransportError):
    """The server's certificate could not be trusted, so nothing was sent."""


class PayloadError(TransportError):
    """The reply's body was cut off, corrupt, or larger than the cap; *transient* is False where a retry cannot help."""

    def __init__(self, call: str, reason: str, *, transient: bool = True) -> None:
        super().__init__(call, reason)
        self.transient = transient


class TimedOut(TransportError):
    """The reply did not come in time."""


class OutcomeUnknown(ZoomError):
    """A write that may or may not have happened.

    It was not sent again, since that could do it twice. Look whether it happened before you repeat it. *cause* is what
    went wrong.
    """

    def __init__(self, call: str, cause: ZoomError) -> None:
        super().__init__(call, cause)
        self.call = call
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.call} may or may not have happened; look before you repeat it. Cause: {self.cause}"


class DecodeError(ZoomError):
    """A reply is not what the reference says.

    *type_name* is the struct that was expected, *path* the place in the reply (``"$.participants[3].duration"``, or
    ``"$"``), *reason* what was found there, without its value.
    """

    def __init__(self, call: str, type_name: str, path: str, reason: str) -> None:
        super().__init__(call, type_name, path, reason)
        self.call = call
        self.type_name = type_name
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.call}: the reply is no {self.type_name}: {self.reason} at {self.path}"


class PagingLoop(ZoomError):
    """A listing handed out a page token for the second time, so it would never end."""

    def __init__(self, call: str, pages: int) -> None:
        super().__init__(call, pages)
        self.call = call
        self.pages = pages

    def __str__(self) -> str:
        return f"{self.call}: page {self.pages} repeats an earlier page token, so this listing would never end"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One complaint of a validation error: the *field* of the body or query, and the *message* about it."""

    field: str
    message: str


class StatusError(ZoomError):
    """Zoom answered, and refused.

    *status* is the HTTP status, *code* Zoom's own number (None when the body had none), *message* Zoom's text,
    *fields* its complaints field by field, *call* the operation, *tracking_id* what Zoom's support asks for, and
    *scopes* the scopes of which the operation needs one (in the older spelling, then the granular one).
    """

    def __init__(
        self,
        call: str,
        status: int,
        *,
        code: int | None = None,
        message: str = "",
        fields: tuple[FieldError, ...] = (),
        tracking_id: str | None = None,
        scopes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(call, status, code)
        self.call = call
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.tracking_id = tracking_id
        self.scopes = scopes

    def __str__(self) -> str:
        code = "" if self.code is None else f" (Zoom code {self.code})"
        complaints = [f"{complaint.field}: {complaint.message}" for complaint in self.fields]
        said = _safe(" ".join([self.message, *complaints]).strip() or "no message")
        tracking = f" [tracking id {_safe(self.tracking_id)}]" if self.tracking_id else ""
        return f"{self.call} -> {self.status}{code}: {said}{self._remedy()}{tracking}"

    def _remedy(self) -> str:
        """Return what the reader can do about it, or nothing."""
        return ""


class BadRequest(StatusError):
    """The request is wrong in a way that sending it again does not mend."""


class PageTokenExpired(BadRequest):
    """The page token of a listing is no longer accepted: it lives 15 minutes. Start the listing again."""


class Unauthorized(StatusError):
    """The credentials or the access token are not accepted, also after one refresh."""


class PermissionDenied(StatusError):
    """The token lacks a scope, its user lacks a role, or the account lacks a plan."""

    def _remedy(self) -> str:
        return f" Needs one of: {', '.join(self.scopes)}" if self.scopes else ""


class NotFound(StatusError):
    """There is no such thing, or not any more: reports expire."""


class Conflict(StatusError):
    """The resource is not in a state that allows this."""


class RateLimited(StatusError):
    """Base of the rate-limit errors. *retry_after* is the wait in seconds, or None where it is not known."""

    retry_after: float | None = None


class PerSecondLimitReached(RateLimited):
    """A limit on requests per second was exceeded."""


class DailyLimitReached(RateLimited):
    """The account's daily quota is used up. *resumes_at* is the time at which the next one begins."""

    _resumes_at: datetime | None = None

    @property
    def resumes_at(self) -> datetime:
        """The time that Zoom gave, or else the next midnight UTC, when daily limits reset."""
        return self._resumes_at or _next_midnight()

    @resumes_at.setter
    def resumes_at(self, moment: datetime) -> None:
        self._resumes_at = moment

    def _remedy(self) -> str:
        return f" Resumes at {self.resumes_at:%Y-%m-%dT%H:%M:%SZ}."


class ResourceLimitReached(RateLimited):
    """One host, registrant or meeting has reached its own limit per day; others are not affected.

    *resumes_at* is the time at which it may be changed again.
    """

    _resumes_at: datetime | None = None

    @property
    def resumes_at(self) -> datetime:
        """The time that Zoom gave, or else the next midnight UTC, when daily limits reset."""
        return self._resumes_at or _next_midnight()

    @resumes_at.setter
    def resumes_at(self, moment: datetime) -> None:
        self._resumes_at = moment

    def _remedy(self) -> str:
        return f" Only this resource waits, until {self.resumes_at:%Y-%m-%dT%H:%M:%SZ}."


class ConcurrentRequest(RateLimited):
    """Another write on the same resource is under way."""


class ServerError(StatusError):
    """Zoom failed (5xx); *retry_after* is what it asked for, in seconds, if it did."""

    retry_after: float | None = None


class EmbeddedError(StatusError):
    """HTTP 200, but the body carries an error code instead of data: a paid plan or a feature is missing, usually."""


def _next_midnight() -> datetime:
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(), UTC)


class StoreError(ZoomError):
    """A harvest store, or an export of it, could not be read or written: a full disk, or another process that holds it."""


class UnexpectedDateRange(ZoomError):
    """Zoom returned rows of other days than the call asked for. *requested* and *returned* are (first, last)."""

    def __init__(self, requested: tuple[date, date], returned: tuple[date, date]) -> None:
        super().__init__(requested, returned)
        self.requested = requested
        self.returned = returned

    def __str__(self) -> str:
        first, last = self.requested
        return f"asked for {first} to {last}, but Zoom returned {self.returned[0]} to {self.returned[1]}"


def _safe(text: str) -> str:
    """Return *text* on one line, of bounded length and without e-mail addresses."""
    line = _CONTROL.sub("", _EMAIL.sub("<e-mail>", " ".join(text.split())))
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "…"
