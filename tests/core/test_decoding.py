from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync._core.decoding import ExtraFields, InvalidRow, NotDecodable, decode


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    user_id: str | None = None
    status: Literal["in_meeting"] | str | None = None
    note: str = ""
    duration: int = 0
    score: float | None = None
    on_hold: bool | None = None
    joined: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    day: date | None = None
    tags: tuple[str, ...] = ()


class Stays(msgspec.Struct, frozen=True):
    items: tuple[Visit, ...] = msgspec.field(name="stays")
    room: Visit | None = None


def _stay(**content: object) -> Visit:
    return decode(msgspec.json.encode({"name": "Zoë", **content}), Visit)


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        pytest.param("duration", "", 0, id="empty text for a number"),
        pytest.param("duration", None, 0, id="null for a number"),
        pytest.param("duration", "327", 327, id="a number as text"),
        pytest.param("duration", "18446744073709551616", 2**64, id="a number beyond 64 bits as text"),
        pytest.param("duration", 2**64, 2**64, id="a number beyond 64 bits"),
        pytest.param("score", "4.5", 4.5, id="a fraction as text"),
        pytest.param("score", "", None, id="empty text for a fraction"),
        pytest.param("note", None, "", id="null for text"),
        pytest.param("note", "", "", id="empty text stays"),
        pytest.param("note", 84123450987, "84123450987", id="a number for text"),
        pytest.param("note", 2**64, "18446744073709551616", id="a long number for text"),
        pytest.param("user_id", 16778240, "16778240", id="a number for text that may be missing"),
        pytest.param("user_id", None, None, id="null for text that may be missing"),
        pytest.param("status", 3, "3", id="a number for a word"),
        pytest.param("status", "on_the_moon", "on_the_moon", id="a word that is new"),
        pytest.param("on_hold", 0, False, id="0 for false"),
        pytest.param("on_hold", 1, True, id="1 for true"),
        pytest.param("on_hold", "true", True, id="true as text"),
        pytest.param("on_hold", "", None, id="empty text for a boolean"),
        pytest.param("joined", "", None, id="empty text for a time"),
        pytest.param("joined", None, None, id="null for a time"),
        pytest.param("joined", "2026-03-18T12:30:00", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="a time, no zone"),
        pytest.param("joined", "2026-03-18 12:30:00", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="a space for T"),
        pytest.param("joined", "03/18/2026 12:30", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="a time of the US"),
        pytest.param("joined", "2026-03-18", datetime(2026, 3, 18, tzinfo=UTC), id="a day for a time"),
        pytest.param(
            "joined",
            "2026-03-18T12:30:00+02:00",
            datetime(2026, 3, 18, 12, 30, tzinfo=timezone(timedelta(hours=2))),
            id="a time with its zone",
        ),
        pytest.param("day", "", None, id="empty text for a day"),
        pytest.param("day", "2026-03-18", date(2026, 3, 18), id="a day"),
        pytest.param("day", "2026-03-18T23:59:59Z", date(2026, 3, 18), id="a day with a time behind it"),
        pytest.param("day", "2026-03-18 23:59", date(2026, 3, 18), id="a day with a time behind a space"),
        pytest.param("tags", "", (), id="empty text for a list"),
        pytest.param("tags", None, (), id="null for a list"),
        pytest.param("tags", [1, "b"], ("1", "b"), id="numbers in a list of text"),
        pytest.param("unknown", {"deep": [1]}, None, id="an unknown key"),
    ],
)
def test_what_zoom_gets_wrong_is_read_as_it_was_meant(field: str, sent: object, read: object) -> None:
    assert getattr(_stay(**{field: sent}), field, None) == read


def test_a_time_is_always_aware() -> None:
    joined = _stay(joined="2026-03-18T12:30:00").joined

    assert joined is not None
    assert joined.utcoffset() == timedelta(0)


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["T", " "]), st.sampled_from(["", "Z", "+00:00"]))
def test_any_moment_survives_every_spelling(moment: datetime, separator: str, zone: str) -> None:
    text = moment.replace(tzinfo=None).isoformat(sep=separator) + zone

    assert _stay(joined=text).joined == moment


def test_mending_reaches_rows_and_structs_inside() -> None:
    visits = decode(b'{"stays":[{"name":"A","duration":"5"}],"room":{"name":7}}', Stays)

    assert visits == Stays((Visit(name="A", duration=5),), room=Visit(name="7"))


def test_one_struct_that_is_empty_text_is_one_that_was_not_given() -> None:
    assert decode(b'{"stays":[],"room":""}', Stays).room is None


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        pytest.param(
            b'{"stays":[{"name":"A"},{"name":"B","duration":"soon"}]}', "$.stays[1].duration", "int", id="row"
        ),
        pytest.param(b'{"stays":[{"name":"A"},{"duration":1}]}', "$.stays[1]", "missing required", id="required"),
        pytest.param(
            b'{"stays":[{"name":"A"},{"name":null}]}', "$.stays[1]", "missing required", id="required is null"
        ),
        pytest.param(b'{"stays":[null]}', "$.stays[0]", "got `null`", id="null for a row"),
        pytest.param(b'{"stays":{}}', "$.stays", "got `object`", id="object for a list"),
        pytest.param(b'{"stays":null}', "$", "missing required", id="null for the rows"),
        pytest.param(b"{}", "$", "missing required", id="no rows"),
        pytest.param(b"null", "$", "got `null`", id="null"),
        pytest.param(b"[]", "$", "got `array`", id="list"),
        pytest.param(b'""', "$", "got `str`", id="text"),
        pytest.param(b"", "$", "truncated", id="nothing"),
        pytest.param(b'{"stays":[', "$", "truncated", id="cut off"),
        pytest.param(b'{"stays":[]}}', "$", "malformed", id="trailing"),
        pytest.param(b'\xef\xbb\xbf{"stays":[]}', "$", "malformed", id="byte order mark"),
        pytest.param(b'{"stays":[{"name":"A","score":NaN}]}', "$", "malformed", id="NaN"),
        pytest.param(b'{"stays":[{"name":"\xff"}]}', "$", "not UTF-8", id="no UTF-8"),
        pytest.param(b'{"stays":1,"x":"\xff"}', "$", "not UTF-8", id="no UTF-8 behind what needs mending"),
        pytest.param(b'{"stays":1,"x":oops}', "$", "malformed", id="no JSON behind what needs mending"),
        pytest.param(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "$", "nested too deeply", id="deep"),
        pytest.param(
            b'{"stays":1,"x":' + b"[" * 100_000, "$", "nested too deeply", id="deep behind what needs mending"
        ),
        pytest.param(
            b'{"stays":[{"name":"A","duration":' + b"9" * 5000 + b"}]}", "$", "out of range", id="huge number"
        ),
    ],
)
def test_what_cannot_be_mended_is_named_by_its_place(body: bytes, path: str, reason: str) -> None:
    with pytest.raises(NotDecodable) as caught:
        decode(body, Stays)

    assert caught.value.path.startswith(path)
    assert reason in caught.value.reason


FIELDS = st.sampled_from(["stays", "room", "name", "duration", "joined", "day", "on_hold"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
)


@given(st.binary() | JSON.map(msgspec.json.encode))
def test_nothing_but_not_decodable_ever_comes_out(body: bytes) -> None:
    try:
        visits = decode(body, Stays)
    except NotDecodable:
        pass
    else:
        assert isinstance(visits, Stays)


@pytest.mark.parametrize(
    "content", [{"duration": "canary@example.com"}, {"joined": "canary@example.com"}, {"on_hold": "canary@example.com"}]
)
def test_a_complaint_does_not_repeat_the_value(content: dict[str, str]) -> None:
    with pytest.raises(NotDecodable) as caught:
        _stay(**content)

    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_type_anything_is_taken() -> None:
    assert decode(b'{"a":[1,null,"x"]}', object) == {"a": [1, None, "x"]}


KNOWN_STAY = st.fixed_dictionaries(
    {"name": st.text()},
    optional={
        "duration": st.integers() | st.sampled_from(["", "5"]),
        "tags": st.lists(st.text()),
        "joined": st.just(""),
    },
)
NEW_KEYS = st.dictionaries(st.text().filter(lambda name: name not in Visit.__struct_fields__), JSON, max_size=2)
STAY = st.tuples(KNOWN_STAY, NEW_KEYS)


@given(
    rows=st.lists(STAY), room=st.none() | STAY, beside=NEW_KEYS.map(lambda keys: {f"{key}!": keys[key] for key in keys})
)
def test_the_structs_and_what_is_told_hold_all_keys_that_came(
    rows: list[tuple[dict[str, object], dict[str, object]]],
    room: tuple[dict[str, object], dict[str, object]] | None,
    beside: dict[str, object],
) -> None:
    """*rows* and *room* are known keys and new ones."""
    visits = [known | new for known, new in rows]
    body = msgspec.json.encode({"stays": visits, "room": room and room[0] | room[1], **beside})
    told: list[ExtraFields] = []

    read = decode(body, Stays, on_extra_fields=told.append)

    in_room = {"room": room[1]} if room and room[1] else {}
    expected = {None: beside | in_room} | {place: new for place, (_, new) in enumerate(rows)}
    assert read == decode(body, Stays)
    assert {unknown.row: msgspec.json.decode(unknown.raw) for unknown in told} == {
        row: msgspec.json.decode(msgspec.json.encode(new)) for row, new in expected.items() if new
    }


class Chain(msgspec.Struct):
    next: Chain | None = None


class Ring(msgspec.Struct, tag="ring", tag_field="kind"):
    size: int


class Box(msgspec.Struct):
    rings: Annotated[tuple[Ring | None, ...], msgspec.Meta(max_length=9)]
    chain: Chain | None = None


def test_structs_are_found_behind_limits_and_choices_and_in_themselves() -> None:
    told: list[ExtraFields] = []

    decode(
        b'{"rings":[null,{"kind":"ring","size":1,"gem":1}],"chain":{"next":{"next":{"end":1},"link":1}}}',
        Box,
        on_extra_fields=told.append,
    )

    assert [(unknown.row, unknown.raw) for unknown in told] == [
        (None, b'{"rings":{"1":{"gem":1}},"chain":{"next":{"link":1,"next":{"end":1}}}}')
    ]


def test_a_reply_that_is_a_bare_list_is_told_of_by_the_place_of_its_items() -> None:
    told: list[ExtraFields] = []

    decode(b'[{"name":"A"},{"name":"B","new":1}]', tuple[Visit, ...], on_extra_fields=told.append)

    assert told == [ExtraFields(row=None, raw=b'{"1":{"new":1}}')]


def test_a_list_that_may_be_missing_has_no_rows_to_set_apart() -> None:
    invalid_rows: list[InvalidRow] = []

    with pytest.raises(NotDecodable) as caught:
        decode(b'{"name":"A","tags":[{}]}', Visit, invalid_rows.append)

    assert (caught.value.path, invalid_rows) == ("$.tags[0]", [])


def test_what_the_told_one_raises_is_not_taken_for_a_bad_reply() -> None:
    def refuse(_: object) -> None:
        raise msgspec.ValidationError("mine")

    with pytest.raises(msgspec.ValidationError, match="mine"):
        decode(b'{"stays":[{"name":"A"},7]}', Stays, refuse)
    with pytest.raises(msgspec.ValidationError, match="mine"):
        decode(b'{"stays":[{"name":"A","new":1}]}', Stays, None, refuse)
