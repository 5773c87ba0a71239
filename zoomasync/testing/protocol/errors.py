"""Zoom's error responses, with the codes and messages that Zoom sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, kw_only=True)
class FakeResponse:
    """An HTTP response that is ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class ErrorResponse(Exception):
    """An error response of Zoom; raising it ends the handling of the request."""

    def __init__(self, status: int, code: int, message: str, errors: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self._errors = [{"field": field, "message": reason} for field, reason in errors]

    def response(self, headers: Mapping[str, str] | None = None) -> FakeResponse:
        """Return the HTTP response for this error."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        if self._errors:
            body["errors"] = self._errors
        return json_response(body, self.status, headers)


def json_response(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> FakeResponse:
    """Return a response with *body* as JSON."""
    return FakeResponse(status=status, body=msgspec.json.encode(body), headers=headers or {})


def invalid(name: str, reason: str = "") -> ErrorResponse:
    """Return the error for one invalid parameter or field."""
    return not_valid([(name, reason or "Invalid field.")])


def not_valid(errors: Iterable[tuple[str, str]]) -> ErrorResponse:
    """Return the error for several invalid fields, each given as its name and the reason."""
    return ErrorResponse(400, 300, "Validation Failed.", errors)


def stale_page_token() -> ErrorResponse:
    """Return the error for a page token that is unknown, expired, or sent with other parameters than before."""
    return ErrorResponse(400, 300, "The next page token is invalid or expired.")


def no_such_instance(wire_id: str) -> ErrorResponse:
    """Return the error for an id without a past meeting or webinar of the requested kind."""
    return ErrorResponse(404, 3001, f"Meeting does not exist: {wire_id}.")


def no_such_meeting(wire_id: str, status: int = 404, code: int = 3001) -> ErrorResponse:
    """Return the error for a number without a scheduled meeting."""
    return ErrorResponse(status, code, f"Meeting does not exist: {wire_id}.")


def no_such_user(user: str, code: int = 1001) -> ErrorResponse:
    """Return the error for a user who is not in the account."""
    return ErrorResponse(404, code, f"User does not exist: {user}.")


def may_not_schedule() -> ErrorResponse:
    """Return the error for a user for whom scheduling is switched off."""
    return ErrorResponse(400, 3161, "Your user account is not allowed meeting hosting and scheduling capabilities.")


def not_the_host() -> ErrorResponse:
    """Return the error for an operation that only the host of the meeting may perform."""
    return ErrorResponse(400, 3003, "You are not the meeting host.")


def in_another_account(status: int = 400) -> ErrorResponse:
    """Return the error for a meeting whose host belongs to another account."""
    return ErrorResponse(status, 1010, "User does not belong to this account.")


def paid_only(account: str) -> ErrorResponse:
    """Return the error for a Basic user and an operation that needs a licence."""
    return ErrorResponse(400, 200, f"Only available for Paid or ZMP account: {account}.")


def too_old() -> ErrorResponse:
    """Return the error for an instance that ended more than a year ago."""
    return ErrorResponse(400, 12702, "You are not allowed to query data that is more than one year old.")


def unknown_path() -> ErrorResponse:
    """Return the error for a path that the API does not have."""
    return ErrorResponse(404, 2300, "This API endpoint is not recognized.")


def wrong_method(method: str) -> ErrorResponse:
    """Return the error for a path that the API has with other methods only."""
    return ErrorResponse(405, 405, f"Request method '{method}' not supported.")
