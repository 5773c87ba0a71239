"""What goes over the wire, and what a reply means: values in, a value or an error out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from types import NoneType
from typing import TypeVar, cast

import msgspec

from .. import errors
from ..errors import FieldError, StatusError, ZoomError
from .decoding import ExtraFields, InvalidRow, NotDecodable, decode
from .endpoint import Call

T = TypeVar("T")
ErrorT = TypeVar("ErrorT", bound=StatusError)
LimitT = TypeVar("LimitT", errors.DailyLimitReached, errors.ResourceLimitReached)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request. *url* is encoded already; *name* is what errors call it. Its repr shows no secret.

    *went_late* is called when it had to wait for its connection: once it has one, and again when the reply proves that
    it has arrived.
    """

    name: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    mark_sent: Callable[[], None] | None = field(default=None, repr=False)
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One HTTP reply, whole. *headers* have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def interpret(
    call: Call[T],
    response: HttpResponse,
    on_invalid_row: Callable[[InvalidRow], None] | None = None,
    on_extra_fields: Callable[[ExtraFields], None] | None = None,
) -> T:
    """Return what *reply* says, decoded as the endpoint's response, or raise what it means.

    *on_invalid_row* and *on_extra_fields* are told of what is odd in a success, as in `decode`.
    """
    if not _is_success(response.status):
        raise status_error(call, response)
    refusal = _refusal(call, response)
    if refusal is not None:
        raise refusal
    type_ = call.endpoint.response
    if type_ is NoneType or (type_ is object and not response.body):
        return cast("T", None)
    try:
        return decode(response.body, type_, on_invalid_row, on_extra_fields)
    except NotDecodable as found:
        reason = _with_type(found.reason, response) if response.body else "the body is empty"
        failure = errors.DecodeError(call.name, type_.__name__, found.path, reason)
    raise failure


def _with_type(reason: str, response: HttpResponse) -> str:
    """Name what came instead of JSON: the page of a gateway or a portal, usually."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    return reason if "json" in kind or not re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else f"it is {kind}; {reason}"


def status_error(call: Call[object], response: HttpResponse) -> StatusError:
    """Return the error that a reply with an HTTP error status means."""
    said = _REDIRECT if response.status // 100 == 3 else _read_error_body(response.body)  # noqa: PLR2004
    kind = _too_many(response, said) if response.status == _TOO_MANY else _kind(call, response.status, said)
    return _build(kind, call, response, said)


def daily_quota_exhausted(call: Call[object], resumes_at: datetime) -> errors.DailyLimitReached:
    """Return the error for a call that was not sent, since this client's own budget of the day is spent."""
    return _not_sent(errors.DailyLimitReached, call, "This client's budget of the day", resumes_at)


def resource_limit_reached(call: Call[object], resumes_at: datetime) -> errors.ResourceLimitReached:
    """Return the error for a call that was not sent, since a host or registrant has had its changes of the day."""
    kinds = " or ".join(sorted({f"{quota.per_day} a day for one {quota.kind}" for quota in call.resource_quotas}))
    return _not_sent(errors.ResourceLimitReached, call, f"The limit of {kinds}", resumes_at)


def queue_too_long(call: Call[object], delay: float) -> errors.PerSecondLimitReached:
    """Return the error for a call that was not sent because it would wait in the queue longer than its max_wait."""
    said = _ErrorBody(None, f"The call would wait {delay:.1f} s for a permit, longer than max_wait; it was not sent.")
    error = _build(errors.PerSecondLimitReached, call, HttpResponse(_TOO_MANY, {}, b""), said)
    error.retry_after = delay
    return error


def _not_sent(kind: type[LimitT], call: Call[object], limit: str, resumes_at: datetime) -> LimitT:
    said = _ErrorBody(None, f"{limit} is spent; the call was not sent.")
    error = _build(kind, call, HttpResponse(_TOO_MANY, {}, b""), said)
    error.resumes_at = resumes_at
    return error


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, or None where it is missing, garbage or in the past.

    Zoom documents an ISO 8601 time and has sent seconds and HTTP dates too. A moment is measured from the server's
    ``Date``: the local clock may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,15}(\.\d*)?", text):
        return float(text)
    moment, now = _moment(text), _moment(headers.get("date", ""))
    if moment is None or now is None or moment < now:
        return None
    return (moment - now).total_seconds()


def is_already_deleted(call: Call[object], failure: ZoomError) -> bool:
    """Tell whether *failure* says that what *call* was to delete is not there."""
    return call.endpoint.method == "DELETE" and isinstance(failure, errors.NotFound)


def is_token_rejected(failure: ZoomError) -> bool:
    """Tell whether a fresh access token may cure *failure*: Zoom's code 124, or a 401 that does not say why."""
    return isinstance(failure, errors.Unauthorized) and failure.code in {None, _CODE_TOKEN}


_TOO_MANY = 429
_CODE_TOKEN = 124
_CODE_NO_PERMISSION = 200
_CODE_INVALID = 300
_CODE_OTHER_ACCOUNT = 1010
_CODE_MEETING_UNKNOWN = 3001
_SCOPE_CODES = {104, 4711}
_LONGEST_REFUSAL = 16_384


class _ErrorBody(msgspec.Struct, frozen=True):
    code: int | None = None
    message: str = ""
    fields: tuple[FieldError, ...] = ()


class _Complaint(msgspec.Struct, frozen=True):
    field: str = ""
    message: str = ""


class _RawErrorBody(msgspec.Struct, frozen=True):
    """Every spelling of an error body that has been seen, OAuth's (`reason`, `error`) included."""

    code: int | None = None
    message: str | None = None
    error_message: str | None = None
    reason: str | None = None
    error: str | None = None
    errors: tuple[_Complaint, ...] = ()


_REDIRECT = _ErrorBody(None, "Zoom answered with a redirect, which is not followed.")


def _read_error_body(body: bytes) -> _ErrorBody:
    try:
        raw = decode(body, _RawErrorBody)
    except NotDecodable:
        return _salvage(body)
    oauth = f"{raw.reason or 'refused'} ({raw.error})" if raw.error else raw.reason
    message = raw.message or raw.error_message or oauth or ""
    return _ErrorBody(raw.code, message, tuple(FieldError(c.field, c.message) for c in raw.errors))


def _salvage(body: bytes) -> _ErrorBody:
    """Read code and message out of what is no JSON: Zoom forgets to escape the quotes around scope lists."""
    text = body[:_LONGEST_REFUSAL].decode("utf-8", "replace")
    code = re.search(r'"code"\s*:\s*(\d{1,9})', text)
    message = re.search(r'"message"\s*:\s*"(.*)"\s*\}?', text, re.DOTALL)
    told = message[1] if message else "the body is not JSON" if body else "no message"
    return _ErrorBody(int(code[1]) if code else None, told)


def _refusal(call: Call[object], response: HttpResponse) -> StatusError | None:
    """Return the refusal that a success status may carry. Code 0 is no error."""
    if len(response.body) > _LONGEST_REFUSAL or b'"code"' not in response.body:
        return None
    said = _read_error_body(response.body)
    if not said.code or not said.message:
        return None
    return _build(errors.EmbeddedError, call, response, said)


def _kind(call: Call[object], status: int, said: _ErrorBody) -> type[StatusError]:
    # The order is the rule: what the code says weighs more than the status, which Zoom does not use consistently.
    message = said.message.lower()
    if said.code in _SCOPE_CODES or "does not contain scope" in message:
        return errors.PermissionDenied
    if said.code == _CODE_NO_PERMISSION and status < 500:  # noqa: PLR2004
        return errors.PermissionDenied
    if said.code == _CODE_OTHER_ACCOUNT:
        return errors.BadRequest
    if said.code == _CODE_MEETING_UNKNOWN:
        return errors.NotFound
    # The first page was accepted with the same parameters, so the token is all that can be wrong.
    if said.code == _CODE_INVALID and status < 500 and call.page_token:  # noqa: PLR2004
        return errors.PageTokenExpired
    return _KINDS.get(status) or _KINDS_BY_HUNDRED.get(status // 100, StatusError)


_KINDS: dict[int, type[StatusError]] = {
    401: errors.Unauthorized,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    409: errors.Conflict,
}
_KINDS_BY_HUNDRED: dict[int, type[StatusError]] = {4: errors.BadRequest, 5: errors.ServerError}


def _too_many(response: HttpResponse, said: _ErrorBody) -> type[StatusError]:
    message = said.message.lower()
    # "(100) of Meeting Create/Update" counts one host's changes; its headers describe the account and mislead.
    if re.search(r"daily rate limit \(\d+\)", message):
        return errors.ResourceLimitReached
    if response.headers.get("x-ratelimit-type", "").lower() == "daily-limit" or "maximum daily rate limit" in message:
        return errors.DailyLimitReached
    return errors.ConcurrentRequest if "concurrent" in message else errors.PerSecondLimitReached


def _build(kind: type[ErrorT], call: Call[object], response: HttpResponse, said: _ErrorBody) -> ErrorT:
    endpoint = call.endpoint
    error = kind(
        call.name,
        response.status,
        code=said.code,
        message=said.message,
        fields=said.fields,
        tracking_id=response.headers.get("x-zm-trackingid"),
        scopes=endpoint.scopes + endpoint.granular_scopes,
    )
    if isinstance(error, errors.RateLimited | errors.ServerError):
        error.retry_after = retry_after(response.headers)
    if isinstance(error, errors.DailyLimitReached | errors.ResourceLimitReached):
        error.resumes_at = _resumes_at(response.headers, error.retry_after)
    return error


def _resumes_at(headers: Mapping[str, str], seconds: float | None) -> datetime:
    """Return when the day's budget begins anew: what Zoom says, else the next midnight UTC."""
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    if seconds is not None and seconds <= timedelta(days=2).total_seconds():
        return now + timedelta(seconds=seconds)
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def _moment(text: str) -> datetime | None:
    """Return the moment that an ISO 8601 text or an HTTP date names, in UTC."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, IndexError, OverflowError):
            continue
        # No clock shows the last year that there is, and a day could not be added to it.
        return moment if moment.year < MAXYEAR else None
    return None


def _is_success(status: int) -> bool:
    return 200 <= status <= 299  # noqa: PLR2004
