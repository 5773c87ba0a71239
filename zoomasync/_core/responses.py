"""Interpretation of HTTP responses: a decoded value, or the error in a response."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache
from types import NoneType
from typing import TypeVar, cast

import msgspec
from msgspec.inspect import is_struct_type

from .. import errors
from ..errors import FieldError, StatusError, ZoomError
from .decoding import ExtraFields, InvalidBody, InvalidRow, decode, decode_strictly
from .endpoint import Call
from .extra_fields import RAW_OBJECT
from .http_dates import parse_time
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
    type_ = call.endpoint.response
    if _has_required_field(cast("Hashable", type_)) and not _may_have_code(response.body):
        # A body that has the fields that must be there is not an error: the usual response is not searched for one.
        decoded = decode_strictly(response.body, type_, on_extra_fields)
        if decoded is not None:
            return decoded
    try:
        if (embedded := _embedded_error(call, response)) is not None:
            raise embedded
        if not response.body and _may_be_empty(call, response):
            return cast("T", None)
        if type_ is NoneType:
            decode(response.body, _AnyObject)
            return cast("T", None)
        return decode(response.body, type_, on_invalid_row, on_extra_fields)
    except InvalidBody as fault:
        reason = _with_content_type(fault.reason, response) if response.body else "the body is empty"
        type_name = "an empty body" if type_ is NoneType else getattr(type_, "__name__", str(type_))
        error = errors.DecodeError(call.name, type_name, fault.path, reason)
    raise error


def _may_be_empty(call: Call[object], response: HttpResponse) -> bool:
    """Return whether a successful response to *call* may have no body. A GET never has none, except with status 204."""
    type_ = call.endpoint.response
    return type_ is NoneType or (type_ is object and (response.status == _NO_CONTENT or call.endpoint.method != "GET"))


def _with_content_type(reason: str, response: HttpResponse) -> str:
    """Return *reason* with the content type when it is not JSON: usually the page of a gateway or a login portal."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    is_other = "json" not in kind and re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind)
    return f"the body is {kind}; {reason}" if is_other else reason


def _status_error(call: Call[object], response: HttpResponse) -> StatusError:
    body = _REDIRECT if response.status // 100 == 3 else _parse_error_body(response)  # noqa: PLR2004
    too_many = _TOO_MANY_REQUESTS in {response.status, body.code}
    kind = _rate_limit_error_type(response, body) if too_many else _error_type(call, response.status, body)
    return _build(kind, call, response, body)


def file_error(call: Call[object], response: HttpResponse, reason: str = "") -> StatusError:
    """Return the error in the response to a download, with *reason* in place of a text of Zoom's.

    Zoom's web server answers with pages, so that a page has the meaning of its status, and does not show a gateway.
    """
    if reason:
        kind = errors.EmbeddedError if response.status == _OK else StatusError
        return _build(kind, call, response, _ErrorBody(None, reason))
    error = _status_error(call, response)
    if isinstance(error, errors.GatewayError) and response.status not in _GATEWAY_STATUSES:
        kind = _TYPES_BY_STATUS.get(response.status, errors.BadRequest)
        return _build(kind, call, response, _ErrorBody(error.code, error.message))
    return error


def embedded_file_error(call: Call[object], response: HttpResponse) -> StatusError | None:
    """Return the error in the JSON of a successful response to a download: ``{"status": false, "errorCode": ...}``."""
    if (error := _embedded_error(call, response)) is not None:
        return error
    try:
        body = decode(response.body, _WebErrorBody)
    except InvalidBody:
        return None
    if body.status is not False and body.errorCode is None:
        return None
    return _build(errors.EmbeddedError, call, response, _ErrorBody(body.errorCode, body.errorMessage or "no message"))


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
    moment, now = parse_time(text), parse_time(headers.get("date", ""))
    if moment is None or now is None or moment < now:
        return None
    return (moment - now).total_seconds()


def is_already_deleted(call: Call[object], error: ZoomError) -> bool:
    """Return whether *error* reports that the object of a DELETE does not exist."""
    return call.endpoint.method == "DELETE" and isinstance(error, errors.NotFound)


def is_token_rejected(error: ZoomError) -> bool:
    """Return whether a new access token may help: Zoom's code 124, or a 401 without a code."""
    return isinstance(error, errors.Unauthorized) and error.code in {None, _CODE_TOKEN}


_OK = 200
_NO_CONTENT = 204
_TOO_MANY_REQUESTS = 429
_CODE_TOKEN = 124
_CODE_NO_PERMISSION = 200
_CODE_INVALID = 300
_CODE_OTHER_ACCOUNT = 1010
_CODE_UNKNOWN_PATH = 2300
_CODE_MEETING_UNKNOWN = 3001
_SCOPE_CODES = {104, 4700, 4711}
_OAUTH_CODES = range(4700, 4800)
_OAUTH_ERRORS = {  # of RFC 6749
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
}
_GATEWAY_STATUSES = {408, 421, 425}
_MAX_ERROR_BODY = 16_384


class _ErrorBody(msgspec.Struct, frozen=True):
    """The error in a body. *from_zoom* is false for a body that has neither a code of Zoom's nor an OAuth error."""

    code: int | None = None
    message: str = ""
    fields: tuple[FieldError, ...] = ()
    from_zoom: bool = True


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


class _WebErrorBody(msgspec.Struct, frozen=True):
    """An error body of Zoom's web server."""

    status: object = None
    errorCode: int | None = None  # noqa: N815  Zoom's name
    errorMessage: str | None = None  # noqa: N815  Zoom's name


class _CodeAndMessage(msgspec.Struct, frozen=True):
    code: int | None = None
    message: str = ""


class _AnyObject(msgspec.Struct, frozen=True):
    """Any JSON object."""


_REDIRECT = _ErrorBody(None, "Zoom answered with a redirect, which is not followed.")


def _parse_error_body(response: HttpResponse) -> _ErrorBody:
    try:
        raw = decode(response.body, _RawErrorBody)
    except InvalidBody:
        return _unusual_error_body(response)
    oauth = f"{raw.reason or 'rejected'} ({raw.error})" if raw.error else raw.reason
    return _ErrorBody(
        code=raw.code,
        message=raw.message or raw.error_message or oauth or "",
        fields=tuple(FieldError(e.field, e.message) for e in raw.errors),
        from_zoom=_is_code(raw.code) or raw.error in _OAUTH_ERRORS,
    )


def _is_code(code: int | None) -> bool:
    return code is not None and code > 0


def _unusual_error_body(response: HttpResponse) -> _ErrorBody:
    """Return the code and message of JSON whose other values have unknown types, such as that of another API."""
    try:
        keys = RAW_OBJECT.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _search_error_body(response)
    known = {name: keys[name] for name in ("code", "message") if name in keys}
    try:
        body = decode(msgspec.json.encode(known), _CodeAndMessage)
    except InvalidBody:
        return _ErrorBody(None, "the body has no code", from_zoom=False)
    return _ErrorBody(body.code, body.message, from_zoom=_is_code(body.code))


def _search_error_body(response: HttpResponse) -> _ErrorBody:
    """Search invalid JSON for a code and a message: Zoom does not escape the quotes around lists of scopes."""
    text = response.body[:_MAX_ERROR_BODY].decode("utf-8-sig", "replace").lstrip()
    if not text.startswith("{"):
        default = _with_content_type("the body is not JSON", response) if text else "the body is empty"
        return _ErrorBody(None, default, from_zoom=False)
    code = re.match(r'\{\s*(?:"message"\s*:\s*"[^"]*"\s*,\s*)?"code"\s*:\s*(\d{1,9})\b', text)
    message = re.search(r'"message"\s*:\s*"(.*)"\s*\}?', text, re.DOTALL)
    return _ErrorBody(
        code=int(code[1]) if code else None,
        message=message[1] if message else "the body is not JSON",
        from_zoom=code is not None,
    )


def _embedded_error(call: Call[object], response: HttpResponse) -> StatusError | None:
    """Return the error inside the body of a success status. Code 0 is not an error.

    Raises `InvalidBody` for an error without a code, which Zoom's API did not send.
    """
    body = response.body
    is_short = len(body) <= _MAX_ERROR_BODY  # only a page of rows is longer
    if b'"code"' not in body and b'"error' not in body and not (is_short and _ERROR_WORDS.search(body)):
        return None
    try:
        keys = set(RAW_OBJECT.decode(body))
    except (msgspec.ValidationError, RecursionError):
        return None  # a list, for example
    except (msgspec.DecodeError, UnicodeDecodeError):
        if not _ERROR_START.match(body):
            return None  # an HTML page, or a page of rows with an invalid text
        keys = {"code"}
    if "code" in keys:
        error = _parse_error_body(response)
        is_error = error.code and (error.message or call.endpoint.response is NoneType)
        if is_error:
            return _build(errors.EmbeddedError, call, response, error)
        if error.code == 0:
            return None
    type_ = call.endpoint.response
    fields = frozenset[str]() if type_ is NoneType else _field_names(cast("Hashable", type_))
    if fields is not None and _ERROR_KEYS.intersection(keys) - fields and not fields.intersection(keys):
        raise InvalidBody("$", "the body is an error without a code of Zoom's")
    return None


_ERROR_START = re.compile(rb'\s*\{\s*"(?:code|message|error_message)"')
_ERROR_WORDS = re.compile(rb'"(?:message|fault|success|title|Code|status)"')
_ERROR_KEYS = {
    *("Code", "error", "errorCode", "errorMessage", "error_message", "errors", "fault", "message", "status", "success"),
    "title",
}


def _may_have_code(body: bytes) -> bool:
    """Return whether a key "code" may be at the top of *body*, before or after the rows of a page."""
    if len(body) <= 2 * _MAX_HEAD:
        return b'"code"' in body
    return b'"code"' in body[:_MAX_HEAD] or b'"code"' in body[-_MAX_HEAD:]


_MAX_HEAD = 1024


@cache
def _has_required_field(type_: Hashable) -> bool:
    """Return whether *type_* is a struct with a field that must be there."""
    return is_struct_type(type_) and any(field.required for field in msgspec.structs.fields(type_))


@cache
def _field_names(type_: Hashable) -> frozenset[str] | None:
    """Return the JSON keys of a struct, or None if every key is data."""
    if not is_struct_type(type_):
        return None
    return frozenset(field.encode_name for field in msgspec.structs.fields(type_))


def _error_type(call: Call[object], status: int, body: _ErrorBody) -> type[StatusError]:  # noqa: PLR0911  one return per rule
    # The order matters: Zoom's code takes precedence over the status, which Zoom does not use consistently.
    is_client_error = 400 <= status < 500  # noqa: PLR2004
    if body.code in _SCOPE_CODES or "does not contain scope" in body.message.lower():
        return errors.MissingScope
    if is_client_error:
        if status in _GATEWAY_STATUSES or body.code == _CODE_UNKNOWN_PATH:
            return errors.GatewayError
        if not body.from_zoom and status != _UNAUTHORIZED:
            return errors.GatewayError
        if body.code == _CODE_NO_PERMISSION:
            return errors.PermissionDenied
        if body.code in _OAUTH_CODES:
            return errors.Unauthorized
        if body.code == _CODE_OTHER_ACCOUNT:
            return errors.BadRequest
        if body.code == _CODE_MEETING_UNKNOWN:
            return errors.NotFound
    # Zoom accepted the other parameters for the first page, so only the page token can be invalid.
    if body.code == _CODE_INVALID and is_client_error and call.page_token:
        return errors.PageTokenExpired
    return _TYPES_BY_STATUS.get(status) or _TYPES_BY_CLASS.get(status // 100, StatusError)


_UNAUTHORIZED = 401
_TYPES_BY_STATUS: dict[int, type[StatusError]] = {
    _UNAUTHORIZED: errors.Unauthorized,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    409: errors.Conflict,
}
_TYPES_BY_CLASS: dict[int, type[StatusError]] = {4: errors.BadRequest, 5: errors.ServerError}

# Zoom has used these words for the limits of one host or registrant, in this order:
#   A maximum of 100 meetings can be created/updated for a single user in one day.
#   You have exceeded the daily rate limit (100) of Meeting Create/Update API requests ... this particular user.
#   You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the registrant (...).
# The message about the account has no number: "You have reached the maximum daily rate limit for this API."
_RESOURCE_LIMIT = re.compile(
    r"daily rate limit\s*(?:of )?\W{0,2}\d"
    r"|(?=.*\b(?:day|daily)\b).*\b(?:users?|hosts?|registrants?|e-?mail address|meeting \d+)\b"
    r"|(?:for (?:a single|an?|the|this)|this particular|per) (?:user|host|registrant|meeting|webinar)\b"
)


def _rate_limit_error_type(response: HttpResponse, body: _ErrorBody) -> type[StatusError]:
    message = body.message.lower()
    if "per-second" in message:
        return errors.PerSecondLimitReached
    if _RESOURCE_LIMIT.search(message):  # the headers describe the account
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
    now = parse_time(headers.get("date", "")) or datetime.now(UTC)
    if seconds is not None and seconds <= timedelta(days=2).total_seconds():
        return now + timedelta(seconds=seconds)
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
