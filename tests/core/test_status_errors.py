"""Error responses: which error class they map to, and the details that it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.memory import LIST_ROWS, error_body, raised_by, response

from zoomasync._core.http_messages import HttpResponse
from zoomasync._core.responses import interpret, is_token_rejected
from zoomasync.errors import (
    BadRequest,
    ConcurrentRequest,
    Conflict,
    DailyLimitReached,
    EmbeddedError,
    FieldError,
    GatewayError,
    MissingScope,
    NotFound,
    PageTokenExpired,
    PermissionDenied,
    PerSecondLimitReached,
    RateLimited,
    ResourceLimitReached,
    ServerError,
    StatusError,
    Unauthorized,
)

CALL = LIST_ROWS.at()
SECOND_PAGE = CALL.at_page("token-2")


@pytest.mark.parametrize(
    ("failure", "error_type"),
    [
        pytest.param(response(400, error_body(200, "No permission.")), PermissionDenied, id="no permission"),
        pytest.param(
            response(
                400, error_body(4711, "Invalid access token, does not contain scopes:[report:read:list_users:admin].")
            ),
            MissingScope,
            id="missing scopes, code 4711",
        ),
        pytest.param(
            response(401, error_body(4700, "Invalid access token, does not contain scopes:[a:read].")),
            MissingScope,
            id="missing scopes, code 4700",
        ),
        pytest.param(
            response(401, error_body(104, "Invalid access token.")), MissingScope, id="missing scopes, code 104"
        ),
        pytest.param(
            response(
                400, b'{"code":104,"message":"Invalid access token, does not contain scopes:["a:read","a:read:admin"]"}'
            ),
            MissingScope,
            id="missing scopes, unescaped quotes",
        ),
        pytest.param(response(403, error_body(2305, "The summary is blocked.")), PermissionDenied, id="403"),
        pytest.param(response(400, error_body(300, "Validation Failed.")), BadRequest, id="validation"),
        pytest.param(
            response(400, error_body(1010, "User belongs to another account.")), BadRequest, id="other account"
        ),
        pytest.param(
            response(401, error_body(1010, "User belongs to another account.")), BadRequest, id="other account with 401"
        ),
        pytest.param(response(400, error_body(12702, "Older than a year.")), BadRequest, id="report too old"),
        pytest.param(response(401, error_body(124, "Access token is expired.")), Unauthorized, id="expired token"),
        pytest.param(response(401, error_body(124, "Invalid access token.")), Unauthorized, id="invalid token"),
        pytest.param(response(401, b""), Unauthorized, id="401 without a body"),
        pytest.param(
            response(404, error_body(3001, "Meeting does not exist: 84123450987.")), NotFound, id="no meeting"
        ),
        pytest.param(
            response(400, error_body(3001, "Meeting does not exist: 84123450987.")), NotFound, id="no meeting with 400"
        ),
        pytest.param(
            response(404, error_body(1001, "User does not exist: hK3vQ9rTSRmPz0aWbXcY7g.")), NotFound, id="no user"
        ),
        pytest.param(response(404, error_body(300, "Meeting id does not exist.")), NotFound, id="404 with code 300"),
        pytest.param(response(409, error_body(3000, "Busy.")), Conflict, id="409"),
        pytest.param(
            response(400, error_body(4700, "The token lacks scopes.")), MissingScope, id="missing scopes, other words"
        ),
        pytest.param(
            response(400, error_body(200, "Only available for Paid or ZMP account: aCc0uNt.")),
            PermissionDenied,
            id="plan",
        ),
        pytest.param(response(400, error_body(4717, "The app has been disabled.")), Unauthorized, id="disabled app"),
        pytest.param(response(418, error_body(1, "Other.")), BadRequest, id="any other 4xx"),
        pytest.param(response(400, error_body(429, "Too fast.")), PerSecondLimitReached, id="400 with code 429"),
        pytest.param(response(302, b"", {"Location": "https://elsewhere.example"}), StatusError, id="redirect"),
        pytest.param(response(500, error_body(200, "Internal error.")), ServerError, id="500 with code 200"),
        pytest.param(response(502, b"<html><body>Bad Gateway</body></html>"), ServerError, id="502 with HTML"),
        pytest.param(response(503), ServerError, id="503"),
        pytest.param(response(599), ServerError, id="any other 5xx"),
        pytest.param(
            response(
                429, error_body(429, "You have reached the maximum per-second rate limit."), {"X-RateLimit-Type": "QPS"}
            ),
            PerSecondLimitReached,
            id="per second",
        ),
        pytest.param(response(429), PerSecondLimitReached, id="429 without a body"),
        pytest.param(
            response(429, error_body(429, "You have reached the maximum daily rate limit for this API.")),
            DailyLimitReached,
            id="daily, from the message",
        ),
        pytest.param(
            response(429, error_body(429, "Later."), {"X-RateLimit-Type": "Daily-limit"}),
            DailyLimitReached,
            id="daily, from the header",
        ),
        pytest.param(
            response(
                429,
                error_body(429, "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests."),
                {"X-RateLimit-Category": "Light", "X-RateLimit-Remaining": "5893"},
            ),
            ResourceLimitReached,
            id="per host",
        ),
        pytest.param(
            response(
                429, error_body(429, "Too many concurrent requests. A request to disassociate this user has been made.")
            ),
            ConcurrentRequest,
            id="concurrent",
        ),
        pytest.param(
            response(200, error_body(200, "Only available for Paid or ZMP account: aCc0uNt.")),
            EmbeddedError,
            id="embedded, message",
        ),
        pytest.param(
            response(200, {"code": 200, "error_message": "No report."}),
            EmbeddedError,
            id="embedded, error_message",
        ),
        pytest.param(
            response(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}),
            BadRequest,
            id="OAuth invalid_client",
        ),
        pytest.param(
            response(400, {"reason": "Invalid authorization code", "error": "invalid_grant"}),
            BadRequest,
            id="OAuth invalid_grant",
        ),
        pytest.param(
            response(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}),
            BadRequest,
            id="OAuth unsupported_grant_type",
        ),
    ],
)
def test_error_response_type(failure: HttpResponse, error_type: type[StatusError]) -> None:
    """Each kind of error response maps to exactly one error class."""
    error = raised_by(failure)

    assert type(error) is error_type
    assert error.status == failure.status
    assert error.call == "GET /rows"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 418])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html><center>nginx</center></html>", id="HTML"),
        pytest.param(b'<html><script>var x = {"code": 3001}</script></html>', id="HTML with a code"),
        pytest.param(b"404 page not found", id="text"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"message":"no Route matched with those values"}', id="JSON without a code"),
        pytest.param(b'{"status":404,"error":"Not Found","path":"/v2/x"}', id="JSON of a framework"),
        pytest.param(b'{"code":0,"message":"Not found."}', id="code 0"),
        pytest.param(b'{"code":"NOT_FOUND","message":"Not found."}', id="code is a word"),
        pytest.param(b'{"code":2300,"message":"This API endpoint is not recognized."}', id="code 2300"),
        pytest.param(b'{"error":{"code":404,"message":"Not found."}}', id="code of another API"),
        pytest.param(b'{"errors":[{"code":5}], oops', id="nested code in broken JSON"),
        pytest.param(b'{"code":-1,"message":"Not found."}', id="negative code"),
        pytest.param(b"null", id="null"),
    ],
)
def test_gateway_error(status: int, body: bytes) -> None:
    """A 4xx without a code of Zoom's says nothing about the resource: it is neither NotFound nor BadRequest."""
    error = raised_by(response(status, body, {"Content-Type": "text/html"}))

    assert type(error) is GatewayError
    assert error.status == status


@pytest.mark.parametrize("status", [408, 421, 425])
@pytest.mark.parametrize("body", [b"", b"<html>", error_body(300, "x")], ids=["empty", "HTML", "with a code"])
def test_gateway_status(status: int, body: bytes) -> None:
    assert type(raised_by(response(status, body))) is GatewayError


@pytest.mark.parametrize(
    "message",
    [
        (
            "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the registrant "
            "(ada@example.com). You can resume these API requests at GMT 00:00:00."
        ),
        'You have exceeded the daily rate limit of "3" for Add meeting registrant API requests for the registrant.',
        (
            "You have exceeded the daily rate limit (3) of Add meeting registrant API requests permitted for this "
            "particular registrant."
        ),
        "You have exceeded the daily rate limit of (3) for Add webinar registrant API requests for the registrant.",
        "You have exceeded the daily rate limit of (10) for Update registrant's status for the registrant.",
        "You have exceeded the daily rate limit of (10) for webinar Update registrant's status API requests.",
        (
            "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this "
            "particular user."
        ),
        "A maximum of 100 meetings can be created/updated for a single user in one day.",
        "A maximum of 100 meetings can be created/updated by a user in one day.",
        "You have exceeded the daily rate limit(100) of Meeting Create/Update API requests.",
        "This registrant has reached the maximum number of requests per day (3).",
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-RateLimit-Type": "Daily-limit", "X-RateLimit-Remaining": "0", "Retry-After": "2026-06-16T00:00:00Z"},
        {"X-RateLimit-Type": "QPS", "X-RateLimit-Limit": "3"},
    ],
    ids=["no headers", "daily", "per second"],
)
def test_resource_limit_words(message: str, headers: dict[str, str]) -> None:
    """The text decides that the limit is one person's; the headers do not."""
    assert type(raised_by(response(429, error_body(429, message), headers))) is ResourceLimitReached


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_error_with_zoom_code(status: int) -> None:
    """A 5xx is temporary, also with the code of an unknown meeting."""
    assert type(raised_by(response(status, error_body(3001, "Meeting does not exist.")))) is ServerError


def test_error_has_all_details() -> None:
    body = {
        "code": 300,
        "message": "Validation Failed.",
        "errors": [{"field": "settings.jbh_time", "message": "Invalid parameter: jbh_time."}],
    }

    error = raised_by(response(400, body, {"X-Zm-TrackingId": "WEB_9f"}))

    assert (error.code, error.message, error.tracking_id) == (300, "Validation Failed.", "WEB_9f")
    assert error.fields == (FieldError("settings.jbh_time", "Invalid parameter: jbh_time."),)
    assert error.scopes == ("row:read:admin", "row:read:list_rows:admin")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param(
            b'{"code":104,"message":"no scopes:["a:read"]"}', 104, 'no scopes:["a:read"]', id="unescaped quotes"
        ),
        pytest.param(b'{"code":"300","message":"x"}', 300, "x", id="code as text"),
        pytest.param(b'{"code":"","message":"x"}', None, "x", id="empty code"),
        pytest.param(b'{"code":300}', 300, "", id="no message"),
        pytest.param(b'{"code":300,"error_message":"x"}', 300, "x", id="error_message"),
        pytest.param(b'{"reason":"why","error":"invalid_client"}', None, "why (invalid_client)", id="OAuth"),
        pytest.param(b'{"error":"invalid_grant"}', None, "rejected (invalid_grant)", id="OAuth without a reason"),
        pytest.param(b"<html>", None, "the body is not JSON", id="HTML"),
        pytest.param(b'<script>{"code": 300}</script>', None, "the body is not JSON", id="code inside HTML"),
        pytest.param(b'{"code":3001,"message":"cut o', 3001, "the body is not JSON", id="cut off"),
        pytest.param(b"", None, "the body is empty", id="empty"),
        pytest.param(b"\xff\xfe", None, "the body is not JSON", id="not UTF-8"),
    ],
)
def test_error_body_is_parsed(body: bytes, code: int | None, message: str) -> None:
    """Code and message are read from every form of error body that Zoom has sent."""
    error = raised_by(response(400, body))

    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize("status", [400, 404])
def test_expired_page_token_error(status: int) -> None:
    """Code 300 means an expired page token only for a call that carries one."""
    failure = response(status, error_body(300, "The next page token is invalid or expired."))

    with pytest.raises(PageTokenExpired):
        interpret(SECOND_PAGE, failure)
    assert type(raised_by(failure)) is not PageTokenExpired


def test_paged_500_is_server_error() -> None:
    with pytest.raises(ServerError):
        interpret(SECOND_PAGE, response(500, error_body(300, "Internal error.")))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_error_has_retry_after(status: int) -> None:
    error = raised_by(response(status, b"", {"Retry-After": "7"}))

    assert isinstance(error, RateLimited | ServerError)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("failure", "rejected"),
    [
        pytest.param(response(401, error_body(124, "Access token is expired.")), True, id="124"),
        pytest.param(response(401), True, id="401 without a body"),
        pytest.param(response(401, error_body(4700, "does not contain scopes:[a:read]")), False, id="scopes"),
        pytest.param(response(401, error_body(4701, "Something else.")), False, id="401 with another code"),
        pytest.param(response(400, error_body(124, "Bad parameter.")), False, id="400 with code 124"),
        pytest.param(response(403), False, id="403"),
    ],
)
def test_is_token_rejected(failure: HttpResponse, rejected: bool) -> None:  # noqa: FBT001
    """Only a 401 with code 124 or without a code calls for a new token."""
    assert is_token_rejected(raised_by(failure)) is rejected


@given(st.sampled_from([200, 400, 404, 500]), st.text())
def test_error_line_hides_email(status: int, around: str) -> None:
    error = raised_by(response(status, error_body(1001, f"{around} canary@example.com {around}")))

    assert "canary" not in f"{error} {error!r}"
