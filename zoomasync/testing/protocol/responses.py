"""Zoom's error responses, with the codes and messages that Zoom sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses as HTTP_REASONS  # noqa: N812  a constant
from types import MappingProxyType
from typing import Final

import msgspec

from ..account.host import Feature, Host

_DISABLED: Final = MappingProxyType[Feature, tuple[int, str]](
    {
        "scheduling": (3161, "Your user account is not allowed meeting hosting and scheduling capabilities."),
        "webinars": (200, "Webinar plan is missing."),
        "management": (3003, "You are not the meeting host."),
        "polls": (4400, "Meeting polls disabled. To enable this feature, enable the Meeting Polls setting."),
        "advanced_polls": (4400, "Advanced meeting polls disabled."),
        "surveys": (3000, "Meeting survey disabled. To enable this feature, enable the Meeting Survey setting."),
        "third_party_surveys": (3000, "Third-party survey links are not allowed."),
        "captions": (3000, "Closed captions are not enabled for this meeting."),
        "livestreams": (3000, "Live streaming is not enabled for this meeting."),
        "sip": (3000, "Can not get the SIP URI of this meeting."),
        "simulive": (300, "Account hasn't enabled simulive webinar."),
    }
)
_DISABLED_FOR_WEBINARS: Final = MappingProxyType[Feature, tuple[int, str]](
    {
        "management": (200, "No permission."),
        "livestreams": (200, "Custom live streaming is not enabled for this webinar."),
    }
)
"""The errors that differ for webinars in more than the word."""


@dataclass(frozen=True, kw_only=True)
class FakeResponse:
    """An HTTP response that is ready to be sent. If it is not *from_zoom*, none of Zoom's headers are added."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    from_zoom: bool = True


class ErrorResponse(Exception):
    """An error response of Zoom; raising it ends the handling of the request."""

    def __init__(self, status: int, code: int, message: str, errors: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self._status = status
        self._body: dict[str, object] = {"code": code, "message": message}
        if listed := [{"field": name, "message": reason} for name, reason in errors]:
            self._body["errors"] = listed

    def response(self, headers: Mapping[str, str] | None = None) -> FakeResponse:
        """Return the HTTP response for this error."""
        return json_response(self._body, self._status, headers)


class OAuthError(ErrorResponse):
    """An error response to a token request or a revocation."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(400, 0, reason)
        self._body: dict[str, object] = {"reason": reason, "error": error}


class AuthorizationError(ErrorResponse):
    """An authorization request that Zoom rejects before it asks the user; *code* is Zoom's.

    Zoom shows such an error instead of redirecting to the app: FerroxLabs/wayland#1158 has one of code 4700, and
    alexxvives/Academo one of code 4702. The status is not known.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(400, code, message)
        self._body: dict[str, object] = {"status": False, "errorCode": code, "errorMessage": message, "result": None}


def json_response(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> FakeResponse:
    """Return a response with *body* as JSON."""
    return FakeResponse(status=status, body=msgspec.json.encode(body), headers=headers or {})


def gateway_response(status: int, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> FakeResponse:
    """Return the response of a gateway, with a page of HTML unless *body* is given; status 200 is a login page."""
    title = "Sign in" if status == HTTPStatus.OK else f"{status} {HTTP_REASONS.get(status, 'Error')}"
    page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"
    content = page.encode() if body is None else body
    kind = {"Content-Type": "text/html"} if content else {}
    return FakeResponse(status=status, body=content, headers={**kind, **(headers or {})}, from_zoom=False)


def invalid(name: str, reason: str = "Invalid field.") -> ErrorResponse:
    """Return the error for one invalid parameter or field."""
    return ErrorResponse(400, 300, "Validation Failed.", [(name, reason)])


def missing(name: str) -> ErrorResponse:
    """Return the error for a required parameter or field that is not given."""
    return invalid(name, f"The parameter is required: {name}.")


def check_faults(faults: Iterable[tuple[str, str]]) -> None:
    """Raise one error that names all invalid fields, each given as its name and the reason; none is no error."""
    if errors := list(faults):
        raise ErrorResponse(400, 300, "Validation Failed.", errors)


def check_feature(host: Host, feature: Feature, *, webinar: bool = False) -> None:
    """Raise the error, for a meeting or a webinar, for a feature that is disabled for *host*."""
    if not host.has(feature):
        code, message = (_DISABLED_FOR_WEBINARS if webinar else _DISABLED).get(feature, _DISABLED[feature])
        raise ErrorResponse(400, code, worded(message, webinar=webinar))


def worded(message: str, *, webinar: bool) -> str:
    """Return the *message* about a meeting, with the other word for a webinar."""
    return message.replace("meeting", "webinar").replace("Meeting", "Webinar") if webinar else message


def no_such_meeting(wire_id: str, status: int = 404, code: int = 3001, *, webinar: bool = False) -> ErrorResponse:
    """Return the error for an id without a scheduled meeting, or without an instance of the requested kind."""
    return ErrorResponse(status, code, f"{'Webinar' if webinar else 'Meeting'} does not exist: {wire_id}.")


def in_another_account(status: int = 400) -> ErrorResponse:
    """Return the error for a meeting whose host belongs to another account."""
    return ErrorResponse(status, 1010, "User does not belong to this account.")


def missing_scopes(scopes: Iterable[str]) -> ErrorResponse:
    """Return the error for a token that has none of the *scopes* that allow an operation."""
    return ErrorResponse(400, 4711, f"Invalid access token, does not contain scopes:[{', '.join(scopes)}].")


def invalid_access_token() -> ErrorResponse:
    """Return the error for a token that was not issued, or is not valid any more."""
    return ErrorResponse(401, 124, "Invalid access token.")


def access_not_permitted() -> ErrorResponse:
    """Return the error for a user's token and a resource of another user.

    Sources: https://developers.zoom.us/docs/api/using-zoom-apis/#handling-errors-for-shared-access-permissions for the
    status and the text, and the tests of kyleboe/zoom_rb for the body.
    """
    return ErrorResponse(403, 403, "Authenticated user has not permitted access to the targeted resource.")


def paid_only(account: str) -> ErrorResponse:
    """Return the error for a Basic user and an operation that needs a licence."""
    return ErrorResponse(400, 200, f"Only available for Paid or ZMP account: {account}.")


def unknown_path() -> ErrorResponse:
    """Return the error for a path that the API does not have."""
    return ErrorResponse(404, 2300, "This API endpoint is not recognized.")


def wrong_method(method: str) -> ErrorResponse:
    """Return the error for a path that the API has with other methods only."""
    return ErrorResponse(405, 405, f"Request method '{method}' not supported.")
