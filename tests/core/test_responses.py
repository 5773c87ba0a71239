"""Responses of the API: success, embedded errors, and bodies that cannot be decoded."""

from __future__ import annotations

from datetime import datetime
from types import NoneType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.memory import CREATE_ROW, GET_ROW, LIST_ROWS, PUT_ROW, Row, RowPage, error_body, response

from zoomasync import Label, ZoomError
from zoomasync._core.decoding import InvalidRow
from zoomasync._core.endpoint import Call
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.responses import interpret
from zoomasync.errors import DecodeError, EmbeddedError
from zoomasync.types import Endpoint

CALL = LIST_ROWS.at()
SECOND_PAGE = CALL.at_page("token-2")


class _PageOfDefaults(msgspec.Struct):
    rows: tuple[Row, ...] = ()
    next_page_token: str = ""


@pytest.mark.parametrize("type_", [_PageOfDefaults, object, NoneType], ids=["page", "object", "None"])
def test_embedded_error_raises(type_: type[object]) -> None:
    """An error body inside HTTP 200 raises even where the response type would accept it."""
    call = Endpoint(route="GET /rows", label=Label.HEAVY, response=type_).at()

    with pytest.raises(EmbeddedError) as caught:
        interpret(call, response(200, error_body(200, "Only available for Paid account.")))

    assert caught.value.code == 200


def test_code_0_is_success() -> None:
    assert interpret(GET_ROW.at("1"), response(200, {"code": 0, "message": "success", "number": 7})) == Row(7)


def test_code_without_message_is_data() -> None:
    assert interpret(GET_ROW.at("1"), response(200, {"code": 30, "number": 7})) == Row(7)


def test_200_is_decoded() -> None:
    page = interpret(CALL, response(200, {"rows": [{"number": 1}], "next_page_token": "t"}))

    assert page == RowPage(items=(Row(1),), next_page_token="t")


def test_201_is_decoded() -> None:
    assert interpret(CREATE_ROW.at(), response(201, {"number": 1})) == Row(1)


def test_204_returns_none() -> None:
    assert interpret(PUT_ROW.at("1"), response(204)) is None


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        pytest.param(b"", "$", "the body is empty", id="empty"),
        pytest.param(b"<html>Log in to the Wi-Fi</html>", "$", "malformed", id="HTML"),
        pytest.param(b'{"rows":[{"number":1},{"number":"x"}]}', "$.rows[1].number", "Expected `int`", id="invalid row"),
        pytest.param(b"{}", "$", "missing required field `rows`", id="no rows"),
    ],
)
def test_invalid_success_raises(body: bytes, path: str, reason: str) -> None:
    """A success that cannot be decoded raises `DecodeError` with the type, the path and the reason."""
    with pytest.raises(DecodeError) as caught:
        interpret(CALL, response(200, body))

    assert (caught.value.call, caught.value.type_name, caught.value.path) == ("GET /rows", "RowPage", path)
    assert reason in caught.value.reason
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", [rb"\ud83d", b"\xff"], ids=["half a pair", "not UTF-8"])
def test_invalid_text_beside_code_is_data(text: bytes) -> None:
    """A page of rows with an invalid text is not taken for an error, although its rows hold a code and a message."""
    body = b'{"rows":[{"number":1,"name":"' + text + b'","code":7,"message":"hi"}],"next_page_token":""}'
    invalid: list[InvalidRow] = []

    page = interpret(CALL, response(200, body), invalid.append)

    assert len(page.items) + len(invalid) == 1


@pytest.mark.parametrize("type_", [NoneType, object, _PageOfDefaults], ids=["None", "object", "page"])
def test_large_embedded_error_raises(type_: type[object]) -> None:
    call = Endpoint(route="GET /rows", label=Label.HEAVY, response=type_).at()

    with pytest.raises(EmbeddedError):
        interpret(call, response(200, error_body(300, "x" * 20_000)))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>Log in to the Wi-Fi</html>", id="HTML"),
        pytest.param(b"OK", id="text"),
        pytest.param(b"[1]", id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"done"', id="string"),
        pytest.param(b'{"error":"nope"}', id="error without a code"),
        pytest.param(b'{"errors":[{"message":"nope"}]}', id="errors without a code"),
        pytest.param(b'{"message":"no Route matched with those values"}', id="message without a code"),
        pytest.param(b'{"success":false}', id="success false"),
        pytest.param(b'{"status":false,"errorCode":300,"errorMessage":"nope"}', id="errorCode"),
        pytest.param(b'{"fault":{"faultstring":"nope"}}', id="fault"),
        pytest.param(b'{"code":"ACCESS_DENIED","message":"nope"}', id="code is a word"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested too deeply"),
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
def test_body_of_bodiless_call(status: int, body: bytes) -> None:
    """A call without a response body succeeds only on an empty body, or on JSON without an error."""
    with pytest.raises(DecodeError, match="cannot decode the response as an empty body"):
        interpret(PUT_ROW.at("1"), response(status, body))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"code":0,"message":"success"}', b'{"id":7}'])
@pytest.mark.parametrize("status", [200, 202, 204])
def test_bodiless_call_succeeds(status: int, body: bytes) -> None:
    assert interpret(PUT_ROW.at("1"), response(status, body)) is None


def test_bodiless_call_code_alone_is_error() -> None:
    with pytest.raises(EmbeddedError):
        interpret(PUT_ROW.at("1"), response(200, b'{"code":300}'))


@pytest.mark.parametrize(
    "body", [{"error": "nope"}, {"message": "no Route matched"}, {"fault": {}}, {"status": False, "errorCode": 300}]
)
def test_error_without_code_is_not_data(body: dict[str, object]) -> None:
    """A struct whose fields all have defaults does not hide an error body."""
    call = Endpoint(route="GET /rows", label=Label.HEAVY, response=_PageOfDefaults).at()

    with pytest.raises(DecodeError):
        interpret(call, response(200, body))


def test_empty_200_of_get_raises() -> None:
    call = Endpoint(route="GET /rows", label=Label.HEAVY, response=object).at()

    with pytest.raises(DecodeError):
        interpret(call, response(200, b""))
    assert interpret(call, response(204, b"")) is None


DAILY = error_body(429, "You have reached the maximum daily rate limit for this API.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["code", "message", "errors", "field", "reason", "error", "rows", "number"]), inner
        )
    ),
)
TIMES = st.text() | st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
HEADERS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("date", "retry-after", "x-zm-trackingid", "x-ratelimit-type"), TIMES)
)


@given(
    call=st.sampled_from([CALL, SECOND_PAGE, GET_ROW.at("1"), PUT_ROW.at("1")]),
    status=st.integers(100, 599) | st.sampled_from([200, 400, 401, 429]),
    headers=HEADERS,
    body=st.binary() | JSON.map(msgspec.json.encode) | st.sampled_from([DAILY]).map(msgspec.json.encode),
)
def test_any_response_is_handled(call: Call[object], status: int, headers: dict[str, str], body: bytes) -> None:
    """Any status, headers and body give a value or a `ZoomError` of one line."""
    try:
        interpret(call, HttpResponse(status, headers, body))
    except ZoomError as error:
        lines = str(error).splitlines()
    else:
        return

    assert len(lines) == 1


def test_http_message_repr_hides_content() -> None:
    request = HttpRequest(
        name="GET /rows", method="GET", url="https://x/canary", headers={"Authorization": "canary"}, body=b"canary"
    )
    received = HttpResponse(200, {"x": "canary"}, b"canary")

    assert "canary" not in f"{request!r} {received!r}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([{"code": 7, "message": "hi"}], id="list"),
        pytest.param({"polls": [{"code": 7, "message": "hi"}], "errors": "none"}, id="nested"),
    ],
)
def test_nested_code_is_data(body: object) -> None:
    """A code and message inside a list or a nested object are not an error of the response."""
    call = Endpoint(route="GET /rows", label=Label.HEAVY, response=object).at()

    assert interpret(call, response(200, body)) == body


def test_html_page_with_code_raises_decode_error() -> None:
    call = Endpoint(route="GET /rows", label=Label.HEAVY, response=object).at()

    with pytest.raises(DecodeError):
        interpret(call, response(200, b'<html><script>{"code": 7, "message": "hi"}</script></html>'))
