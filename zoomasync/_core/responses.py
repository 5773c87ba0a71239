"""Interpretation of HTTP responses: a decoded value, or the error in a response."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from types import NoneType
from typing import TypeVar, cast

import msgspec

from .. import errors
from ..errors import FieldError, StatusError, ZoomError
from .decoding import ExtraFields, InvalidBody, InvalidRow, decode
from .endpoint import Call
from .extra_fields import RAW_OBJECT
from .http_messages import HttpResponse

T = TypeVar("T")
ErrorT = TypeVar("ErrorT", bound=StatusError)


def interpret(
    call: Call[T],
    response: HttpResponse,
    on_invalid_row: Callable[[InvalidRow], None] | None = None,
    on_extra_fields: Callable[[ExtraFields], None] | None = None,
) -> T:
    """Return *response* decoded as the response type of the endpoint, or raise the error in it.

    *on_invalid_row* and *on_extra_fields* are those of `decode`.
    """
    if not 200 <= response.status <= 299:  # noqa: PLR2004  the success statuses
        raise _status_error(call, response)
    if (embedded := _embedded_error(call, response)) is not None:
        raise embedded
    type_ = call.endpoint.response
    if type_ is NoneType or (type_ is object and not response.body):
        return cast("T", None)
    try:
        return decode(response.body, type_, on_invalid_row, on_extra_fields)
    except InvalidBody as fault:
        reason = _with_content_type(fault.reason, response) if response.body else "the body is empty"
        error = errors.DecodeError(call.name, getattr(type_, "__name__", str(type_)), fault.path, reason)
    raise error


def _with_content_type(reason: str, response: HttpResponse) -> str:
    """Return *reason* with the content type when it is not JSON: usually the page of a gateway or a login portal."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    is_other = "json" not in kind and re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind)
    return f"the body is {kind}; {reason}" if is_other else reason


def _status_error(call: Call[object], response: HttpResponse) -> StatusError:
    body = _REDIRECT if response.status // 100 == 3 else _parse_error_body(response.body)  # noqa: PLR2004
    too_many = response.status == _TOO_MANY_REQUESTS
    kind = _rate_limit_error_type(response, body) if too_many else _error_type(call, response.status, body)
    return _build(kind, call, response, body)


def daily_limit_error(call: Call[object], resumes_at: datetime, *, is_retry: bool) -> errors.DailyLimitReached:
    """Return the error for a call that was not sent because this client has used its daily quota."""
    error = _not_sent(errors.DailyLimitReached, call, "The daily quota of this client is used up", is_retry=is_retry)
    error.resumes_at = resumes_at
    return error


def resource_limit_error(call: Call[object], resumes_at: datetime, *, is_retry: bool) -> errors.ResourceLimitReached:
    """Return the error for a call that was not sent because a host or registrant has reached its own limit."""
    limits = " or ".join(sorted({f"{quota.per_day} per day for one {quota.kind}" for quota in call.resource_quotas}))
    error = _not_sent(errors.ResourceLimitReached, call, f"The limit of {limits} is reached", is_retry=is_retry)
    error.resumes_at = resumes_at
    return error


def max_wait_error(call: Call[object], delay: float, *, is_retry: bool) -> errors.PerSecondLimitReached:
    """Return the error for a call that was not sent because it would wait longer than *max_wait*."""
    reason = f"The call would wait {delay:.1f} s for a permit, longer than max_wait"
    error = _not_sent(errors.PerSecondLimitReached, call, reason, is_retry=is_retry)
    error.retry_after = delay
    return error


def _not_sent(kind: type[ErrorT], call: Call[object], reason: str, *, is_retry: bool) -> ErrorT:
    message = f"{reason}; the call was not sent{' again' if is_retry else ''}."
    return _build(kind, call, HttpResponse(_TOO_MANY_REQUESTS, {}, b""), _ErrorBody(None, message))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the wait in seconds that ``Retry-After`` asks for, or None where it is missing, invalid or in the past.

    Zoom documents an ISO 8601 time and has sent seconds and HTTP dates too. A time is compared with the ``Date`` of the
    same response, because the local clock may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,15}(\.\d*)?", text):
        return float(text)
    moment, now = _parse_time(text), _parse_time(headers.get("date", ""))
    if moment is None or now is None or moment < now:
        return None
    return (moment - now).total_seconds()


def is_already_deleted(call: Call[object], error: ZoomError) -> bool:
    """Return whether *error* reports that the object of a DELETE does not exist."""
    return call.endpoint.method == "DELETE" and isinstance(error, errors.NotFound)


def is_token_rejected(error: ZoomError) -> bool:
    """Return whether a new access token may help: Zoom's code 124, or a 401 without a code."""
    return isinstance(error, errors.Unauthorized) and error.code in {None, _CODE_TOKEN}


_TOO_MANY_REQUESTS = 429
_CODE_TOKEN = 124
_CODE_NO_PERMISSION = 200
_CODE_INVALID = 300
_CODE_OTHER_ACCOUNT = 1010
_CODE_MEETING_UNKNOWN = 3001
_SCOPE_CODES = {104, 4711}
_MAX_ERROR_BODY = 16_384


class _ErrorBody(msgspec.Struct, frozen=True):
    code: int | None = None
    message: str = ""
    fields: tuple[FieldError, ...] = ()


class _RawFieldError(msgspec.Struct, frozen=True):
    field: str = ""
    message: str = ""


class _RawErrorBody(msgspec.Struct, frozen=True):
    """An error body in every form that Zoom has sent, that of OAuth (`reason`, `error`) included."""

    code: int | None = None
    message: str | None = None
    error_message: str | None = None
    reason: str | None = None
    error: str | None = None
    errors: tuple[_RawFieldError, ...] = ()


_REDIRECT = _ErrorBody(None, "Zoom answered with a redirect, which is not followed.")


def _parse_error_body(body: bytes) -> _ErrorBody:
    try:
        raw = decode(body, _RawErrorBody)
    except InvalidBody:
        return _search_error_body(body)
    oauth = f"{raw.reason or 'rejected'} ({raw.error})" if raw.error else raw.reason
    message = raw.message or raw.error_message or oauth or ""
    return _ErrorBody(raw.code, message, tuple(FieldError(e.field, e.message) for e in raw.errors))


def _search_error_body(body: bytes) -> _ErrorBody:
    """Search invalid JSON for a code and a message: Zoom does not escape the quotes around lists of scopes."""
    text = body[:_MAX_ERROR_BODY].decode("utf-8", "replace")
    code = re.search(r'"code"\s*:\s*(\d{1,9})', text)
    message = re.search(r'"message"\s*:\s*"(.*)"\s*\}?', text, re.DOTALL)
    default = "the body is not JSON" if body else "no message"
    return _ErrorBody(int(code[1]) if code else None, message[1] if message else default)


def _embedded_error(call: Call[object], response: HttpResponse) -> StatusError | None:
    """Return the error inside the body of a success status. Code 0 is not an error."""
    if len(response.body) > _MAX_ERROR_BODY or b'"code"' not in response.body:
        return None
    try:
        if "code" not in RAW_OBJECT.decode(response.body):
            return None  # the key belongs to a nested object
    except (msgspec.ValidationError, RecursionError):
        return None  # a list, for example
    except (msgspec.DecodeError, UnicodeDecodeError):
        if not response.body.lstrip().startswith(b"{"):
            return None  # an HTML page, for example
    body = _parse_error_body(response.body)
    return _build(errors.EmbeddedError, call, response, body) if body.code and body.message else None


def _error_type(call: Call[object], status: int, body: _ErrorBody) -> type[StatusError]:
    # The order matters: Zoom's code takes precedence over the status, which Zoom does not use consistently.
    is_client_error = status < 500  # noqa: PLR2004
    if body.code in _SCOPE_CODES or "does not contain scope" in body.message.lower():
        return errors.PermissionDenied
    if body.code == _CODE_NO_PERMISSION and is_client_error:
        return errors.PermissionDenied
    if body.code == _CODE_OTHER_ACCOUNT:
        return errors.BadRequest
    if body.code == _CODE_MEETING_UNKNOWN:
        return errors.NotFound
    # Zoom accepted the other parameters for the first page, so only the page token can be invalid.
    if body.code == _CODE_INVALID and is_client_error and call.page_token:
        return errors.PageTokenExpired
    return _TYPES_BY_STATUS.get(status) or _TYPES_BY_CLASS.get(status // 100, StatusError)


_TYPES_BY_STATUS: dict[int, type[StatusError]] = {
    401: errors.Unauthorized,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    409: errors.Conflict,
}
_TYPES_BY_CLASS: dict[int, type[StatusError]] = {4: errors.BadRequest, 5: errors.ServerError}


def _rate_limit_error_type(response: HttpResponse, body: _ErrorBody) -> type[StatusError]:
    message = body.message.lower()
    # "(100) of Meeting Create/Update" is the limit of one host. Its headers describe the account and do not apply.
    if re.search(r"daily rate limit \(\d+\)", message):
        return errors.ResourceLimitReached
    if response.headers.get("x-ratelimit-type", "").lower() == "daily-limit" or "maximum daily rate limit" in message:
        return errors.DailyLimitReached
    return errors.ConcurrentRequest if "concurrent" in message else errors.PerSecondLimitReached


def _build(kind: type[ErrorT], call: Call[object], response: HttpResponse, body: _ErrorBody) -> ErrorT:
    endpoint = call.endpoint
    error = kind(
        call.name,
        response.status,
        code=body.code,
        message=body.message,
        fields=body.fields,
        tracking_id=response.tracking_id,
        scopes=endpoint.scopes + endpoint.granular_scopes,
    )
    if isinstance(error, errors.RateLimited | errors.ServerError):
        error.retry_after = retry_after(response.headers)
    if isinstance(error, errors.DailyLimitReached | errors.ResourceLimitReached):
        error.resumes_at = _resumes_at(response.headers, error.retry_after)
    return error


def _resumes_at(headers: Mapping[str, str], seconds: float | None) -> datetime:
    """Return the end of the daily limit: the time that Zoom gave, or else the next midnight UTC."""
    now = _parse_time(headers.get("date", "")) or datetime.now(UTC)
    if seconds is not None and seconds <= timedelta(days=2).total_seconds():
        return now + timedelta(seconds=seconds)
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def _parse_time(text: str) -> datetime | None:
    """Return the time of an ISO 8601 text or an HTTP date, in UTC."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, IndexError, OverflowError):
            continue
        # Adding a day to the last year of the calendar could overflow.
        return moment if moment.year < MAXYEAR else None
    return None
