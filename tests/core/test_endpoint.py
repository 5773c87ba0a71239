from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import cast
from urllib.parse import parse_qsl, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync import Label, ZoomError
from zoomasync._core.endpoint import RetrySafety
from zoomasync.errors import InvalidArgument
from zoomasync.types import Endpoint, MeetingRef, QueryValue

MEETING = Endpoint(route="GET /meetings/{meetingId}/polls", label=Label.LIGHT, response=object)
USER = Endpoint(route="GET /users/{userId}", label=Label.MEDIUM, response=object)
LISTING = Endpoint(route="GET /users", label=Label.MEDIUM, response=object, page_size=300)

UUIDS = st.from_regex(r"[A-Za-z0-9+/_-]+={0,2}", fullmatch=True)
ANY_TEXT = st.text(st.characters())  # includes lone surrogates, which a file name that is not UTF-8 contains


@given(UUIDS)
def test_uuid_is_one_segment(uuid: str) -> None:
    """A UUID with any allowed characters is one path segment that decodes to it."""
    path = MEETING.at(uuid).path

    _, meetings, segment, polls = path.split("/")
    assert (meetings, polls) == ("meetings", "polls")
    decoded_once = unquote(segment)
    assert uuid in {decoded_once, unquote(decoded_once)}


@pytest.mark.parametrize(
    ("uuid", "segment"),
    [
        pytest.param("/ajXp112QmuoKj4854875==", "%252FajXp112QmuoKj4854875%253D%253D", id="leading slash"),
        pytest.param("aj//Xp112QmuoKj==", "aj%252F%252FXp112QmuoKj%253D%253D", id="double slash"),
        pytest.param("aj/Xp112QmuoKj==", "aj%2FXp112QmuoKj%3D%3D", id="single slash"),
        pytest.param("ajXp112Q+uoKj==", "ajXp112Q%2BuoKj%3D%3D", id="no slash"),
        pytest.param("8E9E1E4D-0C1C-4C5A-9C1D-1B1B1B1B1B1B", "8E9E1E4D-0C1C-4C5A-9C1D-1B1B1B1B1B1B", id="dashed"),
        pytest.param(84123450987, "84123450987", id="number"),
        pytest.param(2**63 - 1, "9223372036854775807", id="largest number"),
    ],
)
def test_meeting_id_quoting(uuid: MeetingRef, segment: str) -> None:
    """A UUID is quoted twice if it starts with a slash or contains two in a row."""
    assert MEETING.at(uuid).path == f"/meetings/{segment}/polls"


INVALID_IDS = [
    "../users/me",
    "..",
    ".",
    "1?x=1",
    "",
    "1\r\n",
    "\x00",
    "#",
    "%2e%2e",
    " 1",
    "a\\b",
    "\ud800",
    True,
    None,
    1.5,
]


@pytest.mark.parametrize("endpoint", [MEETING, USER], ids=["meeting", "user"])
@pytest.mark.parametrize("value", INVALID_IDS, ids=repr)
def test_invalid_id_raises(endpoint: Endpoint[object], value: object) -> None:
    with pytest.raises(InvalidArgument) as caught:
        endpoint.at(cast("MeetingRef", value))

    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ZoomError)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("number", [0, -1, 2**63], ids=["0", "-1", "2**63"])
def test_meeting_number_out_of_range(number: int) -> None:
    with pytest.raises(InvalidArgument, match="64-bit"):
        MEETING.at(number)


@given(ANY_TEXT)
def test_any_id_is_one_segment(text: str) -> None:
    """An id raises, or is one path segment that decodes to it."""
    try:
        path = USER.at(text).path
    except InvalidArgument:
        return

    assert path.count("/") == 2
    assert unquote(path.rpartition("/")[2]) == text


@pytest.mark.parametrize("placeholder", ["meetingId", "meetingUUID", "webinarId"])
def test_uuid_with_slashes_is_encoded_twice(placeholder: str) -> None:
    endpoint = Endpoint(route=f"GET /past/{{{placeholder}}}", label=Label.LIGHT, response=object)

    assert endpoint.at("/aB//c==").path == "/past/%252FaB%252F%252Fc%253D%253D"


def test_email_is_valid_user_id() -> None:
    assert USER.at("jill+zoom@example.com").path == "/users/jill%2Bzoom%40example.com"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param((), r"but 0 value", id="too few"),
        pytest.param((1, 2), r"but 2 value", id="too many"),
    ],
)
def test_wrong_path_value_count(values: tuple[int, ...], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        MEETING.at(*values)


def test_placeholders_fill_in_order() -> None:
    endpoint = Endpoint(route="GET /meetings/{meetingId}/polls/{pollId}", label=Label.LIGHT, response=object)

    assert endpoint.at(123, "{pollId}").path == "/meetings/123/polls/%7BpollId%7D"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "users",
        "//evil.example",
        "/users/",
        "/../x",
        "/%2e%2e/x",
        "/.",
        "/x?y=1",
        "/x#y",
        "/a b",
        "/a\n",
        "/%zz",
        "/{",
    ],
)
def test_route_outside_base_url(path: str) -> None:
    with pytest.raises(InvalidArgument, match="the path must begin with /"):
        Endpoint(route=f"GET {path}", label=Label.LIGHT, response=object).at()


@pytest.mark.parametrize("path", ["/users/me", "/a-b/c_d", "/x.json", "/%20", "/..a", "/a:b/;c"])
def test_literal_path_is_unchanged(path: str) -> None:
    assert Endpoint(route=f"GET {path}", label=Label.LIGHT, response=object).at().path == path


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(0, "0", id="zero"),
        pytest.param(30, "30", id="number"),
        pytest.param(date(2026, 3, 1), "2026-03-01", id="date"),
        pytest.param("a b&c=d", "a b&c=d", id="text"),
    ],
)
def test_query_value_format(value: QueryValue, text: str) -> None:
    call = USER.at("me", name=value)

    assert call.query == (("name", text),)
    assert call.target == f"/users/me?{call.target.partition('?')[2]}"
    assert parse_qsl(call.target.partition("?")[2], keep_blank_values=True) == [("name", text)]


def test_empty_query_value_raises() -> None:
    """A server could take an empty value for any value, or for none."""
    with pytest.raises(InvalidArgument, match="name must not be empty"):
        USER.at("me", name="")


def test_email_in_route_raises() -> None:
    """Errors show the route, so an e-mail address in it raises, without being shown."""
    with pytest.raises(InvalidArgument, match="placeholders") as caught:
        Endpoint(route="GET /users/canary@northpier.example", label=Label.LIGHT, response=object).at()

    assert "canary" not in str(caught.value)


@given(st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), ANY_TEXT, min_size=1))
def test_query_text_round_trips(query: dict[str, str]) -> None:
    """A query text raises, or decodes to itself."""
    try:
        call = USER.at_encoded(("me",), query)
        target = call.target
    except InvalidArgument:
        assert not all(_is_sendable(text) for text in query.values())
        return

    assert parse_qsl(target.partition("?")[2], keep_blank_values=True) == list(query.items())


def _is_sendable(text: str) -> bool:
    return text != "" and all(unicodedata.category(letter) != "Cs" and letter not in _CONTROLS for letter in text)


_CONTROLS = {chr(number) for number in [*range(0x20), 0x7F]}


def test_none_query_value_is_omitted() -> None:
    call = USER.at("me", login_type=None)

    assert call.target == "/users/me"


def test_query_name_drops_underscore() -> None:
    """A parameter named like a Python keyword is given with a trailing underscore."""
    call = USER.at("me", from_=date(2026, 3, 1), type_="past")

    assert call.query == (("from", "2026-03-01"), ("type", "past"))


@pytest.mark.parametrize("zone", [None, UTC], ids=["naive", "aware"])
def test_query_datetime_raises(zone: None) -> None:
    with pytest.raises(InvalidArgument, match=r"^from takes a date, not a datetime"):
        USER.at("me", from_=datetime(2026, 3, 1, 12, tzinfo=zone))


@pytest.mark.parametrize("text", ["a\r\nb", "\x00", "\x7f", "tab\t"], ids=repr)
def test_query_control_char_raises(text: str) -> None:
    with pytest.raises(InvalidArgument, match="control characters"):
        USER.at("me", name=text)


def test_page_size_default() -> None:
    assert LISTING.at().query == (("page_size", "300"),)
    assert LISTING.at(page_size=30).query == (("page_size", "30"),)


@given(st.dictionaries(st.sampled_from(["from", "status", "next_page_token"]), st.text("abc&=", min_size=1)), UUIDS)
def test_next_page_keeps_parameters(query: dict[str, str], token: str) -> None:
    call = LISTING.at_encoded((), query)

    after = call.at_page(token)

    assert dict(after.query) == {**query, "next_page_token": token}
    assert len(after.query) == len({name for name, _ in after.query})
    assert after.page_token == token
    assert (after.path, after.body, after.endpoint) == (call.path, call.body, call.endpoint)
    assert call.page_token == query.get("next_page_token", "")


@pytest.mark.parametrize("earlier", [{}, {"next_page_token": "t"}, {"page_number": 2}], ids=str)
def test_page_number_replaces_position(earlier: dict[str, str | int]) -> None:
    after = LISTING.at_encoded((), {"status": "active", **earlier}).at_page(3)

    assert after.query == (("status", "active"), ("page_number", "3"))
    assert after.page_token == ""


@pytest.mark.parametrize(
    ("method", "retry_safety"),
    [
        ("GET", RetrySafety.SAFE),
        ("HEAD", RetrySafety.SAFE),
        ("PUT", RetrySafety.IDEMPOTENT),
        ("DELETE", RetrySafety.IDEMPOTENT),
        ("PATCH", RetrySafety.NOT_IDEMPOTENT),
        ("POST", RetrySafety.NOT_IDEMPOTENT),
    ],
)
def test_method_sets_retry_safety(method: str, retry_safety: RetrySafety) -> None:
    assert Endpoint(route=f"{method} /users", label=Label.LIGHT, response=object).retry_safety is retry_safety


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_write_marked_idempotent(method: str) -> None:
    endpoint = Endpoint(route=f"{method} /users", label=Label.LIGHT, response=object, idempotent=True)

    assert endpoint.retry_safety is RetrySafety.IDEMPOTENT


class _NewUser(msgspec.Struct):
    name: str


def test_struct_body_is_json() -> None:
    call = Endpoint(route="POST /users", label=Label.LIGHT, response=object).at(body=_NewUser("Zoë"))

    assert call.body == '{"name":"Zoë"}'.encode()


def test_body_default_is_none() -> None:
    assert LISTING.at().body is None


def test_call_name_hides_ids() -> None:
    assert USER.at("jill@example.com").name == "GET /users/{userId}"
