from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync._core.decoding import ExtraFields, InvalidBody, InvalidRow, decode


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


class Visits(msgspec.Struct, frozen=True):
    items: tuple[Visit, ...] = msgspec.field(name="visits")
    room: Visit | None = None


def _visit(**content: object) -> Visit:
    return decode(msgspec.json.encode({"name": "Zoë", **content}), Visit)


@pytest.mark.parametrize(
    ("field", "raw", "decoded"),
    [
        pytest.param("duration", "", 0, id="empty text for a number"),
        pytest.param("duration", None, 0, id="null for a number"),
        pytest.param("duration", "327", 327, id="a number as text"),
        pytest.param("duration", "18446744073709551616", 2**64, id="a number beyond 64 bits as text"),
        pytest.param("duration", 2**64, 2**64, id="a number beyond 64 bits"),
        pytest.param("score", "4.5", 4.5, id="a fraction as text"),
        pytest.param("score", "", None, id="empty text for a fraction"),
        pytest.param("note", None, "", id="null for text"),
        pytest.param("note", "", "", id="empty text for text"),
        pytest.param("note", 84123450987, "84123450987", id="a number for text"),
        pytest.param("note", 2**64, "18446744073709551616", id="a long number for text"),
        pytest.param("user_id", 16778240, "16778240", id="a number for optional text"),
        pytest.param("user_id", None, None, id="null for optional text"),
        pytest.param("status", 3, "3", id="a number for a literal"),
        pytest.param("status", "on_the_moon", "on_the_moon", id="a new literal"),
        pytest.param("on_hold", 0, False, id="0 for false"),
        pytest.param("on_hold", 1, True, id="1 for true"),
        pytest.param("on_hold", "true", True, id="true as text"),
        pytest.param("on_hold", "", None, id="empty text for a boolean"),
        pytest.param("joined", "", None, id="empty text for a time"),
        pytest.param("joined", None, None, id="null for a time"),
        pytest.param("joined", "2026-03-18T12:30:00", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="a naive time"),
        pytest.param("joined", "2026-03-18 12:30:00", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="a space for T"),
        pytest.param("joined", "03/18/2026 12:30", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="a US time"),
        pytest.param(
            "joined", "2026-03-18 12:30:00:250", datetime(2026, 3, 18, 12, 30, 0, 250_000, UTC), id="a colon for a dot"
        ),
        pytest.param("joined", "2026-03-18", datetime(2026, 3, 18, tzinfo=UTC), id="a day for a time"),
        pytest.param(
            "joined",
            "2026-03-18T12:30:00+02:00",
            datetime(2026, 3, 18, 12, 30, tzinfo=timezone(timedelta(hours=2))),
            id="a time with a zone",
        ),
        pytest.param("joined", 1773837000, datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="seconds"),
        pytest.param("joined", "1773837000", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="seconds as text"),
        pytest.param("joined", 1773837000250, datetime(2026, 3, 18, 12, 30, 0, 250_000, UTC), id="milliseconds"),
        pytest.param(
            "joined", "1773837000250", datetime(2026, 3, 18, 12, 30, 0, 250_000, UTC), id="milliseconds as text"
        ),
        pytest.param("joined", 1_000_000_000, datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC), id="the first seconds"),
        pytest.param("joined", "20260318T123000Z", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="basic ISO"),
        pytest.param("joined", "20260318T1230", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="basic ISO minute"),
        pytest.param("joined", "2026-03-18t12:30z", datetime(2026, 3, 18, 12, 30, tzinfo=UTC), id="small letters"),
        pytest.param("joined", "0001-01-01 00:00", datetime(1, 1, 1, tzinfo=UTC), id="the first year"),
        pytest.param("day", 1773837000250, date(2026, 3, 18), id="milliseconds for a day"),
        pytest.param("day", "1773837000", date(2026, 3, 18), id="seconds as text for a day"),
        pytest.param("day", "2026-03-18T00:30:00+02:00", date(2026, 3, 18), id="a time with a zone for a day"),
        pytest.param("day", "", None, id="empty text for a day"),
        pytest.param("day", "2026-03-18", date(2026, 3, 18), id="a day"),
        pytest.param("day", "2026-03-18T23:59:59Z", date(2026, 3, 18), id="a time for a day"),
        pytest.param("day", "2026-03-18 23:59", date(2026, 3, 18), id="a time with a space for a day"),
        pytest.param("tags", "", (), id="empty text for a list"),
        pytest.param("tags", None, (), id="null for a list"),
        pytest.param("tags", [1, "b"], ("1", "b"), id="numbers in a list of text"),
        pytest.param("unknown", {"deep": [1]}, None, id="an extra field"),
    ],
)
def test_deviation_is_coerced(field: str, raw: object, decoded: object) -> None:
    """A known deviation from the reference is coerced to the type of the field."""
    assert getattr(_visit(**{field: raw}), field, None) == decoded


@pytest.mark.parametrize("field", ["joined", "day"])
@pytest.mark.parametrize(
    "raw",
    [
        *("1711", "20260318", "202603181230", "20260318123000", "171112100", "17111210000", "171112100000"),
        *("1711121000000000", "0000000000", "-1711121000", "+1711121000", "1711121000.5", "1711121000 ", "1e9"),
        *(0, 1, -1711121000, 20260318, 171112100, 20260318123000, 2**64, 10**400, 1711121000.0, 1.5, 1e12),
        *(True, False, [], {}, [2026, 3, 18], {"time": 1711121000}),
        *("2026-03-18X12:30:00", "2026-03-18712:30:00Z", "2026-03-18112:30:00", "2026-03-18T", "2026-03-18 noon"),
        *("2026-3-18", "2026-W12-3", "2026W123", "2026-077", "2026-03", "12:30", "18.03.2026 12:30", "2026/03/18"),
        *("2026-03-18 12:30:00:25", "2026-03-18 12:30:00:250Z", "2026-03-18 12:30:60:250", "2026-03-18 12:30:250"),
        *("2026-02-30", "2026-13-41T00:00:00", "2026-03-18T24:00:00Z", "2026-03-18T12:30:60Z", "2026-03-18T12"),
        *("03/18/2026", "13/18/2026 12:30", "3/18/2026 12:30", "03/18/26 12:30", "03/18/2026 12:30:00 PM"),
        *("\N{ARABIC-INDIC DIGIT ONE}711121000", "\N{FULLWIDTH DIGIT ONE}711121000000", "at noon", "nan", "null"),
    ],
    ids=lambda raw: ascii(raw)[:24],
)
def test_other_time_is_invalid(field: str, raw: object) -> None:
    """Text and numbers that are no known form of a time are invalid, and are never read as another year."""
    with pytest.raises(InvalidBody) as caught:
        _visit(**{field: raw})

    assert caught.value.path == f"$.{field}"


@given(st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_digits_are_seconds_or_invalid(digits: str) -> None:
    try:
        joined = _visit(joined=digits).joined
    except InvalidBody:
        assert len(digits) not in {10, 13} or digits.startswith("0")
    else:
        assert joined is not None
        assert joined.timestamp() in {int(digits), int(digits) / 1000}
        assert 2001 <= joined.year <= 2286


@pytest.mark.parametrize(
    "text", ["2026-03-18T12:30:00.1234567891Z", "2026-03-18T12:30:00.6z", "2026-03-18 12:30:00+0130"]
)
def test_coercion_keeps_time(text: str) -> None:
    """A time is the same whether or not another field of the response is coerced."""
    assert _visit(joined=text) == _visit(joined=text, duration="0")


@given(
    st.from_regex(
        r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][T ]([01][0-9]|2[0-3]):[0-6][0-9]:[0-6][0-9](\.[0-9]{1,6})?", fullmatch=True
    ),
    st.sampled_from(["", "Z"]),
)
def test_usual_time(text: str, zone: str) -> None:
    """A time in the usual form is read as Python reads it, or is invalid: no day of another month takes its place."""
    try:
        expected = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        with pytest.raises(InvalidBody):
            _visit(joined=text + zone, duration="0")
    else:
        assert _visit(joined=text + zone, duration="0").joined == expected


def test_naive_time_is_utc() -> None:
    joined = _visit(joined="2026-03-18T12:30:00").joined

    assert joined is not None
    assert joined.utcoffset() == timedelta(0)


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["T", " "]), st.sampled_from(["", "Z", "+00:00"]))
def test_time_formats_round_trip(time: datetime, separator: str, zone: str) -> None:
    text = time.replace(tzinfo=None).isoformat(sep=separator) + zone

    assert _visit(joined=text).joined == time


def test_nested_values_are_coerced() -> None:
    visits = decode(b'{"visits":[{"name":"A","duration":"5"}],"room":{"name":7}}', Visits)

    assert visits == Visits((Visit(name="A", duration=5),), room=Visit(name="7"))


def test_empty_text_struct_is_none() -> None:
    assert decode(b'{"visits":[],"room":""}', Visits).room is None


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        pytest.param(
            b'{"visits":[{"name":"A"},{"name":"B","duration":"soon"}]}', "$.visits[1].duration", "int", id="invalid row"
        ),
        pytest.param(
            b'{"visits":[{"name":"A"},{"duration":1}]}', "$.visits[1]", "missing required", id="no required field"
        ),
        pytest.param(
            b'{"visits":[{"name":"A"},{"name":null}]}',
            "$.visits[1]",
            "missing required",
            id="null for a required field",
        ),
        pytest.param(b'{"visits":[null]}', "$.visits[0]", "got `null`", id="null for a row"),
        pytest.param(b'{"visits":{}}', "$.visits", "got `object`", id="object for rows"),
        pytest.param(b'{"visits":null}', "$", "missing required", id="null for rows"),
        pytest.param(b"{}", "$", "missing required", id="no rows"),
        pytest.param(b"null", "$", "got `null`", id="null"),
        pytest.param(b"[]", "$", "got `array`", id="list"),
        pytest.param(b'""', "$", "got `str`", id="text"),
        pytest.param(b"", "$", "truncated", id="empty"),
        pytest.param(b'{"visits":[', "$", "truncated", id="cut off"),
        pytest.param(b'{"visits":[]}}', "$", "malformed", id="trailing brace"),
        pytest.param(b'\xef\xbb\xbf{"visits":[]}', "$", "malformed", id="byte order mark"),
        pytest.param(b'{"visits":[{"name":"A","score":NaN}]}', "$", "malformed", id="NaN"),
        pytest.param(b'{"visits":[{"name":"\xff"}]}', "$", "not UTF-8", id="not UTF-8"),
        pytest.param(b'{"visits":1,"x":"\xff"}', "$", "not UTF-8", id="not UTF-8 after an invalid value"),
        pytest.param(b'{"visits":1,"x":oops}', "$", "malformed", id="not JSON after an invalid value"),
        pytest.param(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "$", "nested too deeply", id="deep"),
        pytest.param(b'{"visits":1,"x":' + b"[" * 100_000, "$", "nested too deeply", id="deep after an invalid value"),
        pytest.param(
            b'{"visits":[{"name":"A","duration":' + b"9" * 5000 + b"}]}", "$", "out of range", id="huge number"
        ),
    ],
)
def test_undecodable_body_names_path(body: bytes, path: str, reason: str) -> None:
    """A body that cannot be coerced raises `InvalidBody` with the path and the reason."""
    with pytest.raises(InvalidBody) as caught:
        decode(body, Visits)

    assert caught.value.path.startswith(path)
    assert reason in caught.value.reason


FIELDS = st.sampled_from(["visits", "room", "name", "duration", "joined", "day", "on_hold"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
    max_leaves=8,
)


@given(st.binary() | JSON.map(msgspec.json.encode))
def test_any_bytes_are_handled(body: bytes) -> None:
    """Any bytes give the requested type or `InvalidBody`."""
    try:
        visits = decode(body, Visits)
    except InvalidBody:
        pass
    else:
        assert isinstance(visits, Visits)


@pytest.mark.parametrize(
    "content", [{"duration": "canary@example.com"}, {"joined": "canary@example.com"}, {"on_hold": "canary@example.com"}]
)
def test_not_decodable_hides_value(content: dict[str, str]) -> None:
    with pytest.raises(InvalidBody) as caught:
        _visit(**content)

    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_object_type_accepts_any_json() -> None:
    assert decode(b'{"a":[1,null,"x"]}', object) == {"a": [1, None, "x"]}


KNOWN_FIELDS = st.fixed_dictionaries(
    {"name": st.text()},
    optional={
        "duration": st.integers() | st.sampled_from(["", "5"]),
        "tags": st.lists(st.text()),
        "joined": st.just(""),
    },
)
EXTRA_KEYS = st.dictionaries(st.text().filter(lambda name: name not in Visit.__struct_fields__), JSON, max_size=2)
VISIT = st.tuples(KNOWN_FIELDS, EXTRA_KEYS)


@given(
    rows=st.lists(VISIT),
    room=st.none() | VISIT,
    outside=EXTRA_KEYS.map(lambda keys: {f"{key}!": keys[key] for key in keys}),
)
def test_extra_fields_are_complete(
    rows: list[tuple[dict[str, object], dict[str, object]]],
    room: tuple[dict[str, object], dict[str, object]] | None,
    outside: dict[str, object],
) -> None:
    """The structs and the extra fields together hold every key; *rows* and *room* are (known, extra)."""
    visits = [known | extra for known, extra in rows]
    body = msgspec.json.encode({"visits": visits, "room": room and room[0] | room[1], **outside})
    extra_fields: list[ExtraFields] = []

    decoded = decode(body, Visits, on_extra_fields=extra_fields.append)

    in_room = {"room": room[1]} if room and room[1] else {}
    expected = {None: outside | in_room} | {index: extra for index, (_, extra) in enumerate(rows)}
    assert decoded == decode(body, Visits)
    assert {extra.row: msgspec.json.decode(extra.raw) for extra in extra_fields} == {
        row: msgspec.json.decode(msgspec.json.encode(extra)) for row, extra in expected.items() if extra
    }


class Chain(msgspec.Struct):
    next: Chain | None = None


class Ring(msgspec.Struct, tag="ring", tag_field="kind"):
    size: int


class Box(msgspec.Struct):
    rings: Annotated[tuple[Ring | None, ...], msgspec.Meta(max_length=9)]
    chain: Chain | None = None


def test_struct_in_itself_is_coerced() -> None:
    assert decode(b'{"next":{"next":{"next":""}}}', Chain) == Chain(Chain(Chain()))


def test_extra_fields_in_nested_types() -> None:
    """Extra fields are found in structs inside Annotated, unions, tags and recursive types."""
    extra_fields: list[ExtraFields] = []

    decode(
        b'{"rings":[null,{"kind":"ring","size":1,"gem":1}],"chain":{"next":{"next":{"end":1},"link":1}}}',
        Box,
        on_extra_fields=extra_fields.append,
    )

    assert [(extra.row, extra.raw) for extra in extra_fields] == [
        (None, b'{"rings":{"1":{"gem":1}},"chain":{"next":{"link":1,"next":{"end":1}}}}')
    ]


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        (b'{"rings":[{"kind":"ring","size":1}],"chain":{"next":{}}}', None),
        (b'{"rings":[],"chain":{"next":{"end":1}}}', b'{"chain":{"next":{"end":1}}}'),
        (b'{"rings":[{"size":1,"gem":1}]}', b'{"rings":{"0":{"gem":1}}}'),
    ],
    ids=["none", "in a struct in itself", "in a list"],
)
def test_only_extra_fields(body: bytes, raw: bytes | None) -> None:
    """A body is searched for its only extra field, however deep that is. The key of a tag is known."""
    extra_fields: list[ExtraFields] = []

    decode(body, Box, None, extra_fields.append)

    assert extra_fields == ([] if raw is None else [ExtraFields(row=None, raw=raw)])


def test_extra_fields_of_bare_list() -> None:
    """In a response that is a JSON list, the index of an item is the key of its extra fields."""
    extra_fields: list[ExtraFields] = []

    decode(b'[{"name":"A"},{"name":"B","new":1}]', tuple[Visit, ...], on_extra_fields=extra_fields.append)

    assert extra_fields == [ExtraFields(row=None, raw=b'{"1":{"new":1}}')]


def test_optional_list_has_no_rows() -> None:
    """Only a required list of structs holds rows. Another list with an invalid item is an invalid field."""
    invalid_rows: list[InvalidRow] = []

    with pytest.raises(InvalidBody) as caught:
        decode(b'{"name":"A","tags":[{}]}', Visit)
    visit = decode(b'{"name":"A","tags":[{}]}', Visit, invalid_rows.append)

    assert (caught.value.path, visit, invalid_rows) == ("$.tags[0]", Visit(name="A"), [])


def test_callback_error_propagates() -> None:
    """An exception of a callback is raised as it is, even one that msgspec raises as well."""

    def fail(_: object) -> None:
        raise msgspec.ValidationError("mine")

    with pytest.raises(msgspec.ValidationError, match="mine"):
        decode(b'{"visits":[{"name":"A"},7]}', Visits, fail)
    with pytest.raises(msgspec.ValidationError, match="mine"):
        decode(b'{"visits":[{"name":"A","new":1}]}', Visits, None, fail)


class _Choice(msgspec.Struct):
    kind: Literal["a", "b"]


def test_reason_hides_literal_value() -> None:
    """The reason for an unknown literal does not show the value."""
    with pytest.raises(InvalidBody) as caught:
        decode(b'{"kind": "ada@example.com"}', _Choice)

    assert (caught.value.path, caught.value.reason) == ("$.kind", "Invalid enum value")
