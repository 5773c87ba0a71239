from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import cast
from urllib.parse import parse_qsl, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync import Endpoint, Label, MeetingRef, QueryValue, ZoomError
from zoomasync._core.endpoint import RetrySafety
from zoomasync.errors import InvalidArgument

MEETING = Endpoint(route="GET /meetings/{meetingId}/polls", label=Label.LIGHT, response=object)
USER = Endpoint(route="GET /users/{userId}", label=Label.MEDIUM, response=object)
LISTING = Endpoint(route="GET /users", label=Label.MEDIUM, response=object, page_size=300)

UUIDS = st.from_regex(r"[A-Za-z0-9+/_-]+={0,2}", fullmatch=True)
ANY_TEXT = st.text(st.characters())  # lone surrogates too, as a bad file name gives them


@given(UUIDS)
def test_a_uuid_of_any_letters_arrives_whole_as_one_segment(uuid: str) -> None:
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
        pytest.param(2**63 - 1, "9223372036854775807", id="longest number"),
    ],
)
def test_a_meeting_is_quoted_as_zooms_router_reads_it(uuid: MeetingRef, segment: str) -> None:
    assert MEETING.at(uuid).path == f"/meetings/{segment}/polls"


BAD_IDS = [
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
@pytest.mark.parametrize("value", BAD_IDS, ids=repr)
def test_what_is_no_id_is_refused_before_anything_is_sent(endpoint: Endpoint[object], value: object) -> None:
    with pytest.raises(InvalidArgument) as caught:
        endpoint.at(cast("MeetingRef", value))

    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ZoomError)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("number", [0, -1, 2**63], ids=["0", "-1", "2**63"])
def test_a_meeting_number_is_positive_and_has_64_bits(number: int) -> None:
    with pytest.raises(InvalidArgument, match="64-bit"):
        MEETING.at(number)


@given(ANY_TEXT)
def test_any_other_id_is_refused_or_arrives_as_one_segment(text: str) -> None:
    try:
        path = USER.at(text).path
    except InvalidArgument:
        return

    assert path.count("/") == 2
    assert unquote(path.rpartition("/")[2]) == text


def test_an_address_may_be_an_id() -> None:
    assert USER.at("jill+zoom@example.com").path == "/users/jill%2Bzoom%40example.com"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param((), r"takes 1 path value\(s\), not 0", id="too few"),
        pytest.param((1, 2), r"takes 1 path value\(s\), not 2", id="too many"),
    ],
)
def test_the_path_takes_as_many_values_as_it_has_placeholders(values: tuple[int, ...], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        MEETING.at(*values)


def test_values_fill_the_placeholders_in_order() -> None:
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
def test_a_route_stays_below_the_base_url(path: str) -> None:
    with pytest.raises(InvalidArgument, match="not a path below the base URL"):
        Endpoint(route=f"GET {path}", label=Label.LIGHT, response=object).at()


@pytest.mark.parametrize("path", ["/users/me", "/a-b/c_d", "/x.json", "/%20", "/..a", "/a:b/;c"])
def test_a_literal_path_goes_as_it_is_written(path: str) -> None:
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
def test_a_query_value_becomes_zooms_text(value: QueryValue, text: str) -> None:
    call = USER.at("me", name=value)

    assert call.query == (("name", text),)
    assert call.target == f"/users/me?{call.target.partition('?')[2]}"
    assert parse_qsl(call.target.partition("?")[2], keep_blank_values=True) == [("name", text)]


def test_an_empty_query_value_is_refused() -> None:
    """A server could take it for any value, or for none."""
    with pytest.raises(InvalidArgument, match="name must not be empty"):
        USER.at("me", name="")


def test_an_address_belongs_in_a_placeholder_where_no_message_shows_it() -> None:
    with pytest.raises(InvalidArgument, match="placeholders") as refused:
        Endpoint(route="GET /users/canary@northpier.example", label=Label.LIGHT, response=object).at()

    assert "canary" not in str(refused.value)


@given(st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), ANY_TEXT, min_size=1))
def test_query_text_is_refused_or_arrives_as_it_was(query: dict[str, str]) -> None:
    try:
        call = USER.fill(("me",), query)
        target = call.target
    except InvalidArgument:
        assert not all(_is_sendable(text) for text in query.values())
        return

    assert parse_qsl(target.partition("?")[2], keep_blank_values=True) == list(query.items())


def _is_sendable(text: str) -> bool:
    return text != "" and all(unicodedata.category(letter) != "Cs" and letter not in _CONTROLS for letter in text)


_CONTROLS = {chr(number) for number in [*range(0x20), 0x7F]}


def test_none_leaves_a_query_parameter_out() -> None:
    call = USER.at("me", login_type=None)

    assert call.target == "/users/me"


def test_a_parameter_that_is_a_keyword_is_given_with_an_underscore() -> None:
    call = USER.at("me", from_=date(2026, 3, 1), type_="past")

    assert call.query == (("from", "2026-03-01"), ("type", "past"))


@pytest.mark.parametrize("zone", [None, UTC], ids=["naive", "aware"])
def test_a_datetime_is_refused_where_whole_days_count(zone: None) -> None:
    with pytest.raises(InvalidArgument, match=r"^from takes a date, not a datetime"):
        USER.at("me", from_=datetime(2026, 3, 1, 12, tzinfo=zone))


@pytest.mark.parametrize("text", ["a\r\nb", "\x00", "\x7f", "tab\t"], ids=repr)
def test_control_characters_are_refused_in_a_query(text: str) -> None:
    with pytest.raises(InvalidArgument, match="control characters"):
        USER.at("me", name=text)


def test_a_listing_asks_for_its_largest_page_unless_told() -> None:
    assert LISTING.at().query == (("page_size", "300"),)
    assert LISTING.at(page_size=30).query == (("page_size", "30"),)


@given(st.dictionaries(st.sampled_from(["from", "status", "next_page_token"]), st.text("abc&=", min_size=1)), UUIDS)
def test_the_next_page_keeps_every_other_parameter(query: dict[str, str], token: str) -> None:
    call = LISTING.fill((), query)

    after = call.after(token)

    assert dict(after.query) == {**query, "next_page_token": token}
    assert len(after.query) == len({name for name, _ in after.query})
    assert after.page_token == token
    assert (after.path, after.body, after.endpoint) == (call.path, call.body, call.endpoint)
    assert call.page_token == query.get("next_page_token", "")


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
def test_the_method_says_what_a_second_send_could_do(method: str, retry_safety: RetrySafety) -> None:
    assert Endpoint(route=f"{method} /users", label=Label.LIGHT, response=object).retry_safety is retry_safety


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_can_be_marked_as_harmless_twice(method: str) -> None:
    endpoint = Endpoint(route=f"{method} /users", label=Label.LIGHT, response=object, idempotent=True)

    assert endpoint.retry_safety is RetrySafety.IDEMPOTENT


class _NewUser(msgspec.Struct):
    name: str


def test_a_struct_goes_as_json() -> None:
    call = Endpoint(route="POST /users", label=Label.LIGHT, response=object).at(body=_NewUser("Zoë"))

    assert call.body == '{"name":"Zoë"}'.encode()


def test_a_call_without_a_body_has_none() -> None:
    assert LISTING.at().body is None


def test_a_call_is_named_by_its_route_and_not_by_its_ids() -> None:
    assert USER.at("jill@example.com").name == "GET /users/{userId}"
