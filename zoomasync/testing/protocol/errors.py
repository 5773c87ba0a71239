"""Zoom's refusals, with its own numbers and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, kw_only=True)
class FakeResponse:
    """An HTTP answer, ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Refusal(Exception):
    """Ends the handling of a request with one of Zoom's error bodies."""

    def __init__(self, status: int, code: int, message: str, errors: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self._errors = [{"field": field, "message": reason} for field, reason in errors]

    def response(self, headers: Mapping[str, str] | None = None) -> FakeResponse:
        """Return the answer that tells the caller."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        if self._errors:
            body["errors"] = self._errors
        return json_response(body, self.status, headers)


def json_response(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> FakeResponse:
    """Return *body* as a JSON answer."""
    return FakeResponse(status=status, body=msgspec.json.encode(body), headers=headers or {})


def invalid(name: str, reason: str = "") -> Refusal:
    """Refuse a parameter, by name."""
    return not_valid([(name, reason or "Invalid field.")])


def not_valid(errors: Iterable[tuple[str, str]]) -> Refusal:
    """Refuse a request that is wrong in several places, each with its reason."""
    return Refusal(400, 300, "Validation Failed.", errors)


def stale_page_token() -> Refusal:
    """Refuse a next_page_token that is unknown, expired, or sent with other parameters than before."""
    return Refusal(400, 300, "The next page token is invalid or expired.")


def no_such_instance(wire_id: str) -> Refusal:
    """Refuse an id that names no ended session of the asked kind."""
    return Refusal(404, 3001, f"Meeting does not exist: {wire_id}.")


def no_such_meeting(wire_id: str, status: int = 404, code: int = 3001) -> Refusal:
    """Refuse a number under which nothing is scheduled."""
    return Refusal(status, code, f"Meeting does not exist: {wire_id}.")


def no_such_user(user: str, code: int = 1001) -> Refusal:
    """Refuse a user who is not in the account."""
    return Refusal(404, code, f"User does not exist: {user}.")


def may_not_schedule() -> Refusal:
    """Refuse a user for whom scheduling is switched off."""
    return Refusal(400, 3161, "Your user account is not allowed meeting hosting and scheduling capabilities.")


def not_the_host() -> Refusal:
    """Refuse whoever is not the host what only the host may."""
    return Refusal(400, 3003, "You are not the meeting host.")


def in_another_account(status: int = 400) -> Refusal:
    """Refuse what belongs to a user of another account."""
    return Refusal(status, 1010, "User does not belong to this account.")


def paid_only(account: str) -> Refusal:
    """Refuse a Basic user what only licensed ones may."""
    return Refusal(400, 200, f"Only available for Paid or ZMP account: {account}.")


def too_old() -> Refusal:
    """Refuse a session that ended more than a year ago."""
    return Refusal(400, 12702, "You are not allowed to query data that is more than one year old.")


def unknown_path() -> Refusal:
    """Refuse a path that is none of the API's."""
    return Refusal(404, 2300, "This API endpoint is not recognized.")


def wrong_method(method: str) -> Refusal:
    """Refuse a method that the path does not take."""
    return Refusal(405, 405, f"Request method '{method}' not supported.")
