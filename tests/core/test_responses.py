from __future__ import annotations

from datetime import UTC, datetime
from types import NoneType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.memory import NEW_ROW, ROW, ROWS, SERVER_TIME, WHOLE_ROW, Row, RowPage, response

from zoomasync import Endpoint, Label, ZoomError
from zoomasync._core.endpoint import Call
from zoomasync._core.responses import HttpRequest, HttpResponse, interpret, is_token_rejected, retry_after
from zoomasync.errors import (
    BadRequest,
    ConcurrentRequest,
    Conflict,
    DailyLimitReached,
    DecodeError,
    EmbeddedError,
    FieldError,
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

CALL = ROWS.at()
SECOND_PAGE = CALL.after("token-2")
DATE = {"Date": "Wed, 18 Mar 2026 12:00:00 GMT"}


def _error(answer: HttpResponse) -> StatusError:
    with pytest.raises(StatusError) as caught:
        interpret(CALL, answer)
    return caught.value


def _said(code: int | None, message: str) -> dict[str, object]:
    return {"code": code, "message": message}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(response(400, _said(200, "No permission.")), PermissionDenied, id="no permission"),
        pytest.param(
            response(400, _said(4711, "Invalid access token, does not contain scopes:[report:read:list_users:admin].")),
            PermissionDenied,
            id="missing scopes 4711",
        ),
        pytest.param(
            response(401, _said(4700, "Invalid access token, does not contain scopes:[a:read].")),
            PermissionDenied,
            id="missing scopes 4700",
        ),
        pytest.param(response(401, _said(104, "Invalid access token.")), PermissionDenied, id="missing scopes 104"),
        pytest.param(
            response(
                400, b'{"code":104,"message":"Invalid access token, does not contain scopes:["a:read","a:read:admin"]"}'
            ),
            PermissionDenied,
            id="missing scopes, quotes not escaped",
        ),
        pytest.param(response(403, _said(2305, "The summary is blocked.")), PermissionDenied, id="403"),
        pytest.param(response(400, _said(300, "Validation Failed.")), BadRequest, id="validation"),
        pytest.param(response(400, _said(1010, "User belongs to another account.")), BadRequest, id="other account"),
        pytest.param(
            response(401, _said(1010, "User belongs to another account.")), BadRequest, id="other account by 401"
        ),
        pytest.param(response(400, _said(12702, "Older than a year.")), BadRequest, id="too old"),
        pytest.param(response(401, _said(124, "Access token is expired.")), Unauthorized, id="expired token"),
        pytest.param(response(401, _said(124, "Invalid access token.")), Unauthorized, id="invalid token"),
        pytest.param(response(401, b""), Unauthorized, id="401 without a word"),
        pytest.param(response(404, _said(3001, "Meeting does not exist: 84123450987.")), NotFound, id="no meeting"),
        pytest.param(
            response(400, _said(3001, "Meeting does not exist: 84123450987.")), NotFound, id="no meeting by 400"
        ),
        pytest.param(
            response(404, _said(1001, "User does not exist: hK3vQ9rTSRmPz0aWbXcY7g.")), NotFound, id="no user"
        ),
        pytest.param(response(404, _said(300, "Meeting id does not exist.")), NotFound, id="404 by 300"),
        pytest.param(response(409, _said(3000, "Busy.")), Conflict, id="409"),
        pytest.param(response(418), BadRequest, id="any other 4xx"),
        pytest.param(response(302, b"", {"Location": "https://elsewhere.example"}), StatusError, id="redirect"),
        pytest.param(
            response(500, _said(200, "Internal error.")), ServerError, id="500 with a code of another meaning"
        ),
        pytest.param(response(502, b"<html><body>Bad Gateway</body></html>"), ServerError, id="502 html"),
        pytest.param(response(503), ServerError, id="503"),
        pytest.param(response(599), ServerError, id="any other 5xx"),
        pytest.param(
            response(
                429, _said(429, "You have reached the maximum per-second rate limit."), {"X-RateLimit-Type": "QPS"}
            ),
            PerSecondLimitReached,
            id="per second",
        ),
        pytest.param(response(429), PerSecondLimitReached, id="429 without a word"),
        pytest.param(
            response(429, _said(429, "You have reached the maximum daily rate limit for this API.")),
            DailyLimitReached,
            id="daily by its message",
        ),
        pytest.param(
            response(429, _said(429, "Later."), {"X-RateLimit-Type": "Daily-limit"}),
            DailyLimitReached,
            id="daily by its header",
        ),
        pytest.param(
            response(
                429,
                _said(429, "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests."),
                {"X-RateLimit-Category": "Light", "X-RateLimit-Remaining": "5893"},
            ),
            ResourceLimitReached,
            id="per host",
        ),
        pytest.param(
            response(
                429, _said(429, "Too many concurrent requests. A request to disassociate this user has been made.")
            ),
            ConcurrentRequest,
            id="concurrent",
        ),
        pytest.param(
            response(200, _said(200, "Only available for Paid or ZMP account: aCc0uNt.")),
            EmbeddedError,
            id="refused with 200",
        ),
        pytest.param(
            response(200, {"code": 200, "error_message": "No report."}),
            EmbeddedError,
            id="refused with 200, the other key",
        ),
        pytest.param(
            response(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}),
            BadRequest,
            id="OAuth invalid_client",
        ),
        pytest.param(
            response(400, {"reason": "Invalid authorization code", "error": "invalid_grant"}),
            BadRequest,
            id="OAuth grant",
        ),
        pytest.param(
            response(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}),
            BadRequest,
            id="OAuth type",
        ),
    ],
)
def test_every_refusal_has_its_error(answer: HttpResponse, kind: type[StatusError]) -> None:
    error = _error(answer)

    assert type(error) is kind
    assert error.status == answer.status
    assert error.call == "GET /rows"


def test_an_error_carries_everything_that_zoom_said() -> None:
    body = {
        "code": 300,
        "message": "Validation Failed.",
        "errors": [{"field": "settings.jbh_time", "message": "Invalid parameter: jbh_time."}],
    }

    error = _error(response(400, body, {"X-Zm-TrackingId": "WEB_9f"}))

    assert (error.code, error.message, error.tracking_id) == (300, "Validation Failed.", "WEB_9f")
    assert error.fields == (FieldError("settings.jbh_time", "Invalid parameter: jbh_time."),)
    assert error.scopes == ("row:read:admin", "row:read:list_rows:admin")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param(b'{"code":104,"message":"no scopes:["a:read"]"}', 104, 'no scopes:["a:read"]', id="quotes"),
        pytest.param(b'{"code":"300","message":"x"}', 300, "x", id="code as text"),
        pytest.param(b'{"code":"","message":"x"}', None, "x", id="empty code"),
        pytest.param(b'{"code":300}', 300, "", id="no message"),
        pytest.param(b'{"code":300,"error_message":"x"}', 300, "x", id="error_message"),
        pytest.param(b'{"reason":"why","error":"invalid_client"}', None, "why (invalid_client)", id="OAuth"),
        pytest.param(b'{"error":"invalid_grant"}', None, "refused (invalid_grant)", id="OAuth without a reason"),
        pytest.param(b"<html>", None, "the body is not JSON", id="html"),
        pytest.param(b"", None, "no message", id="empty"),
        pytest.param(b"\xff\xfe", None, "the body is not JSON", id="bytes"),
    ],
)
def test_code_and_message_are_read_out_of_any_spelling(body: bytes, code: int | None, message: str) -> None:
    error = _error(response(400, body))

    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize("status", [400, 404])
def test_a_refused_page_token_is_told_from_other_bad_values(status: int) -> None:
    refusal = response(status, _said(300, "The next page token is invalid or expired."))

    with pytest.raises(PageTokenExpired):
        interpret(SECOND_PAGE, refusal)
    assert type(_error(refusal)) is not PageTokenExpired


def test_a_server_error_is_not_taken_for_an_expired_page_token() -> None:
    with pytest.raises(ServerError):
        interpret(SECOND_PAGE, response(500, _said(300, "Internal error.")))


class _LenientPage(msgspec.Struct):
    rows: tuple[Row, ...] = ()
    next_page_token: str = ""


@pytest.mark.parametrize("type_", [_LenientPage, object, NoneType], ids=["page", "anything", "nothing"])
def test_a_refusal_with_a_success_status_never_passes_as_an_empty_page(type_: type[object]) -> None:
    call = Endpoint(route="GET /rows", label=Label.HEAVY, response=type_).at()

    with pytest.raises(EmbeddedError) as caught:
        interpret(call, response(200, _said(200, "Only available for Paid account.")))

    assert caught.value.code == 200


def test_code_0_is_no_error() -> None:
    assert interpret(ROW.at("1"), response(200, {"code": 0, "message": "success", "number": 7})) == Row(7)


def test_a_field_called_code_is_no_error() -> None:
    assert interpret(ROW.at("1"), response(200, {"code": 30, "number": 7})) == Row(7)


def test_a_success_is_decoded() -> None:
    page = interpret(CALL, response(200, {"rows": [{"number": 1}], "next_page_token": "t"}))

    assert page == RowPage(items=(Row(1),), next_page_token="t")


def test_a_creation_is_decoded() -> None:
    assert interpret(NEW_ROW.at(), response(201, {"number": 1})) == Row(1)


def test_nothing_is_expected_of_a_204() -> None:
    assert interpret(WHOLE_ROW.at("1"), response(204)) is None


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        pytest.param(b"", "$", "the body is empty", id="empty"),
        pytest.param(b"<html>Log in to the Wi-Fi</html>", "$", "malformed", id="captive portal"),
        pytest.param(b'{"rows":[{"number":1},{"number":"x"}]}', "$.rows[1].number", "Expected `int`", id="one bad row"),
        pytest.param(b"{}", "$", "missing required field `rows`", id="no rows"),
    ],
)
def test_a_success_that_makes_no_sense_is_a_decode_error(body: bytes, path: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        interpret(CALL, response(200, body))

    assert (caught.value.call, caught.value.type_name, caught.value.path) == ("GET /rows", "RowPage", path)
    assert reason in caught.value.reason
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1.0),
        ("0", 0.0),
        ("2.5", 2.5),
        (" 3 ", 3.0),
        ("999999999", 999_999_999.0),
        ("2026-03-18T12:00:05Z", 5.0),
        ("2026-03-18T14:00:05+02:00", 5.0),
        ("2026-03-18T12:00:05", 5.0),
        ("Wed, 18 Mar 2026 12:00:05 GMT", 5.0),
        ("2026-03-18T12:00:00Z", 0.0),
        ("2026-03-18T11:59:59Z", None),
        ("-1", None),
        ("", None),
        ("soon", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 Foo 99999999999999999999 99:99:99 +999999", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_every_form_against_the_servers_date(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text, "date": DATE["Date"]}) == seconds


def test_a_moment_to_retry_at_says_nothing_without_the_servers_date() -> None:
    assert retry_after({"retry-after": "2026-03-18T12:00:05Z"}) is None
    assert retry_after({"retry-after": "2026-03-18T12:00:05Z", "date": "garbage"}) is None
    assert retry_after({"retry-after": "5"}) == 5.0
    assert retry_after({}) is None


DAILY = _said(429, "You have reached the maximum daily rate limit for this API.")
MIDNIGHT = datetime(2026, 3, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "resumes_at"),
    [
        pytest.param({**DATE, "Retry-After": "2026-03-19T00:00:00Z"}, MIDNIGHT, id="a moment"),
        pytest.param({**DATE, "Retry-After": "43200"}, MIDNIGHT, id="seconds"),
        pytest.param(DATE, MIDNIGHT, id="nothing: the next midnight"),
        pytest.param({**DATE, "Retry-After": "garbage"}, MIDNIGHT, id="garbage: the next midnight"),
        pytest.param({**DATE, "Retry-After": "999999999"}, MIDNIGHT, id="years: the next midnight"),
        pytest.param({"Date": "2026-03-19T01:30:00+02:00"}, MIDNIGHT, id="the day is a UTC day"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [DAILY, _said(429, "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests.")],
    ids=["account", "host"],
)
def test_a_daily_limit_says_when_it_ends(body: object, headers: dict[str, str], resumes_at: datetime) -> None:
    error = _error(response(429, body, headers))

    assert isinstance(error, DailyLimitReached | ResourceLimitReached)
    assert error.resumes_at == resumes_at
    assert "2026-03-19T00:00:00Z" in str(error)


def test_a_daily_limit_without_a_server_date_ends_at_the_next_midnight_here() -> None:
    error = _error(response(429, DAILY))

    assert isinstance(error, DailyLimitReached)
    assert (error.resumes_at.hour, error.resumes_at.minute, error.resumes_at.tzinfo) == (0, 0, UTC)
    assert error.resumes_at > SERVER_TIME


def test_the_end_of_the_calendar_is_no_date_of_a_server() -> None:
    error = _error(response(429, DAILY, {"Date": "9999-12-31T12:00:00Z"}))

    assert isinstance(error, DailyLimitReached)
    assert error.resumes_at.year < 9999


@pytest.mark.parametrize("status", [429, 500, 503])
def test_limits_and_server_errors_say_how_long_to_wait(status: int) -> None:
    error = _error(response(status, b"", {"Retry-After": "7"}))

    assert isinstance(error, RateLimited | ServerError)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("answer", "rejected"),
    [
        pytest.param(response(401, _said(124, "Access token is expired.")), True, id="124"),
        pytest.param(response(401), True, id="401 without a word"),
        pytest.param(response(401, _said(4700, "does not contain scopes:[a:read]")), False, id="scopes"),
        pytest.param(response(401, _said(4701, "Something else.")), False, id="401 for another reason"),
        pytest.param(response(400, _said(124, "Bad parameter.")), False, id="400"),
        pytest.param(response(403), False, id="403"),
    ],
)
def test_only_a_rejected_token_is_worth_a_new_one(answer: HttpResponse, rejected: bool) -> None:  # noqa: FBT001
    assert is_token_rejected(_error(answer)) is rejected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["code", "message", "errors", "field", "reason", "error", "rows", "number"]), inner
        )
    ),
)
MOMENTS = st.text() | st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
HEADERS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("date", "retry-after", "x-zm-trackingid", "x-ratelimit-type"), MOMENTS)
)


@given(
    call=st.sampled_from([CALL, SECOND_PAGE, ROW.at("1"), WHOLE_ROW.at("1")]),
    status=st.integers(100, 599) | st.sampled_from([200, 400, 401, 429]),
    headers=HEADERS,
    body=st.binary() | JSON.map(msgspec.json.encode) | st.sampled_from([DAILY]).map(msgspec.json.encode),
)
def test_whatever_comes_back_it_is_a_value_or_a_zoom_error(
    call: Call[object], status: int, headers: dict[str, str], body: bytes
) -> None:
    try:
        interpret(call, HttpResponse(status, headers, body))
    except ZoomError as error:
        lines = str(error).splitlines()
    else:
        return

    assert len(lines) == 1


@given(st.sampled_from([200, 400, 404, 500]), st.text())
def test_no_address_of_a_refusal_gets_into_its_line(status: int, around: str) -> None:
    error = _error(response(status, _said(1001, f"{around} canary@example.com {around}")))

    assert "canary" not in f"{error} {error!r}"


def test_what_goes_over_the_wire_is_not_shown() -> None:
    request = HttpRequest(
        name="GET /rows", method="GET", url="https://x/canary", headers={"Authorization": "canary"}, body=b"canary"
    )
    answer = HttpResponse(200, {"x": "canary"}, b"canary")

    assert "canary" not in f"{request!r} {answer!r}"
