"""Whatever comes back, it is read as the operation's struct or is a `ZoomError`; nothing else is ever raised.

ZOOMASYNC_FUZZ_EXAMPLES says how many replies each test sends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, cast

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.contract import OPERATIONS, SAMPLES, Sample

from zoomasync import ExtraFields, InvalidRow, Zoom, ZoomError
from zoomasync._core.endpoint import Call
from zoomasync._core.http_messages import HttpResponse
from zoomasync._core.responses import interpret

Step: TypeAlias = str | int

SLOW: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
EXAMPLES: Final = int(os.environ.get("ZOOMASYNC_FUZZ_EXAMPLES", "400"))
MANY: Final = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
ENDPOINTS: Final = Zoom.endpoints()

WORDS: Final = r"""
    null true false "" [] {} [[]] [null] [""] [{}] {"":{}} {"code":0} {"code":124,"message":"no"} {"items":[]}
    0 1 -1 2 1.5 -0.0 1e3 1e308 1e999 -1e999 5e-324 NaN Infinity 01 +1 .5 1. 9223372036854775808 18446744073709551616
    "12" "-7" "1.5" "0x10" "1e5" "nan" "true" "False" "null" "\ud800" "\u0000" "\x" ' //
    "2026-03-18" "2026-13-41" "2026-03-18T09:00:00" "2026-03-18T24:00:00Z" "2026-03-18T09:00:60Z" "2026-W12-3"
    "0001-01-01T00:00:00+23:59" "9999-12-31T23:59:59-23:59" "2026-03-18T09:00:00+99:99" "20260318T0900Z" "1773824400"
""".split()  # noqa: SIM905  one to a line would be sixty lines
JUNK: Final = (
    *WORDS,
    *('" "', '"03/18/2026 09:00"', '"02/30/2026 09:00"', '"00/00/0000 00:00"', "", "\x00"),
    '"\N{ARABIC-INDIC DIGIT THREE}3/18/2026 09:00"',
    *("9" * 400, "-" + "9" * 5000, "0." + "9" * 5000, '"' + "9" * 5000 + '"', '"' + "x" * 20_000 + '"'),
    *("[" * 5000, "[" * 600 + "]" * 600, "[" * 5000 + "]" * 5000, '{"a":' * 2000 + "1" + "}" * 2000),
)
"""JSON, and what looks like it, that stands for any value of a reply."""

CODES: Final = (
    '"code":0,',
    '"code":200,"message":"No.",',
    '"code":"x","message":1,',
    '"code":null,"code":' + "9" * 5000 + ",",
)


def _call(name: str) -> Call[object]:
    return ENDPOINTS[name].at(*("abc" if spec.kind == "text" else 1 for spec in OPERATIONS[name].path.values()))


def _outcome(name: str, status: int, body: bytes) -> object:
    """Return what a reply is read as, or the `ZoomError` that it is; let anything else through."""
    outcome: object
    try:
        outcome = interpret(_call(name), HttpResponse(status, {}, body))
    except ZoomError as error:
        outcome = error
    assert str(outcome) if isinstance(outcome, ZoomError) else type(outcome) is ENDPOINTS[name].response
    _check_that_telling_changes_nothing(name, HttpResponse(status, {}, body), outcome)
    return outcome


def _check_that_telling_changes_nothing(name: str, response: HttpResponse, outcome: object) -> None:
    """Check that the same comes out where somebody is told, unless bad rows were all that was wrong."""
    invalid_rows: list[InvalidRow] = []
    extra_fields: list[ExtraFields] = []
    read: object
    try:
        read = interpret(_call(name), response, invalid_rows.append, extra_fields.append)
    except ZoomError as error:
        read = error
    told = invalid_rows + extra_fields
    if isinstance(read, ZoomError):
        assert (type(read), told) == (type(outcome), [])
    else:
        assert invalid_rows if isinstance(outcome, ZoomError) else (read, invalid_rows) == (outcome, [])
    assert {drift.row for drift in invalid_rows}.isdisjoint({unknown.row for unknown in extra_fields})
    assert all(msgspec.json.decode(seen.raw.decode(), type=msgspec.Raw) for seen in told)


@MANY
@given(data=st.data())
def test_a_reply_with_other_values_is_read_or_is_an_error_of_ours(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(SAMPLES))
    content = msgspec.json.decode(sample.body)
    changes = data.draw(st.dictionaries(st.sampled_from(list(_places(content))), _CHANGE, min_size=1, max_size=4))

    _outcome(sample.name, 200, _written(content, changes))


@MANY
@given(data=st.data())
def test_a_reply_of_other_bytes_is_read_or_is_an_error_of_ours(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(SAMPLES))

    _outcome(sample.name, 200, data.draw(_broken(sample)))


@MANY
@given(
    name=st.sampled_from(sorted(OPERATIONS)),
    status=st.one_of(st.sampled_from([200, 201, 204, 400, 401, 403, 404, 409, 429, 500, 503]), st.integers(100, 599)),
    body=st.one_of(
        st.binary(max_size=64),
        st.text(max_size=64).map(str.encode),
        st.sampled_from(JUNK).map(str.encode),
        st.sampled_from([sample.body for sample in SAMPLES]),
        st.tuples(st.sampled_from(CODES), st.sampled_from(JUNK)).map(
            lambda pair: f'{{{pair[0]}"x":{pair[1]}}}'.encode()
        ),
    ),
)
@example("reports.users", 200, b"")
@example("meetings.polls.delete", 204, b"")
def test_any_status_with_any_body_is_read_or_is_an_error_of_ours(name: str, status: int, body: bytes) -> None:
    outcome = _outcome(name, status, body)

    if not 200 <= status <= 299:
        assert isinstance(outcome, ZoomError)


@pytest.mark.parametrize("name", sorted({sample.name for sample in SAMPLES}))
@pytest.mark.parametrize(
    "junk", ["null", "[]", "{}", '""', "0", "9" * 5000, '{"code":300,"message":"No."}', "[" * 5000]
)
def test_a_reply_that_is_about_nothing_is_an_error(name: str, junk: str) -> None:
    response = OPERATIONS[name].response
    assert response is not None
    optional = junk == "{}" and not any(spec.required for spec in response.fields.values())

    assert isinstance(_outcome(name, 200, junk.encode()), ZoomError) is not optional


# --- What is told ---

_NEW_KEYS: Final = st.text(max_size=8).map(lambda text: text and f"{text}?")
_ANY: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


_KNOWN: Final = [sample for sample in SAMPLES if b"attentiveness_score" not in sample.body]
"""The replies without the key that the reference has dropped."""


def _rows_of(name: str) -> str | None:
    """Return what an operation lists: the list of objects that the reference calls required."""
    response = OPERATIONS[name].response
    lists = response.fields.items() if response else ()
    return next((key for key, spec in lists if spec.required and spec.item and spec.item.kind == "object"), None)


@pytest.mark.parametrize("sample", _KNOWN, ids=str)
def test_a_reply_as_the_reference_has_it_holds_nothing_unknown(sample: Sample) -> None:
    told: list[InvalidRow | ExtraFields] = []

    interpret(_call(sample.name), HttpResponse(200, {}, sample.body), told.append, told.append)

    assert told == []


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if _rows_of(sample.name)], ids=str)
def test_a_bad_row_costs_no_other_in_any_reply_that_lists_rows(sample: Sample) -> None:
    content, rows = msgspec.json.decode(sample.body), _rows_of(sample.name)
    content[rows].insert(0, 7)
    invalid_rows: list[InvalidRow] = []

    read = interpret(_call(sample.name), HttpResponse(200, {}, msgspec.json.encode(content)), invalid_rows.append)

    assert read == _outcome(sample.name, 200, sample.body)
    assert [(drift.row, drift.path, drift.raw) for drift in invalid_rows] == [(0, f"$.{rows}[0]", b"7")]


@MANY
@given(data=st.data())
def test_new_keys_anywhere_are_told_each_at_its_place(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(_KNOWN))
    content = msgspec.json.decode(sample.body)
    objects = [path for path in _places(content) if isinstance(_at(content, path), dict)]
    new = st.dictionaries(_NEW_KEYS, _ANY, min_size=1, max_size=2)
    put = data.draw(st.dictionaries(st.sampled_from(objects), new, max_size=4))
    for path, keys in put.items():
        cast("dict[str, object]", _at(content, path)).update(keys)
    told: list[ExtraFields] = []

    read = interpret(_call(sample.name), HttpResponse(200, {}, msgspec.json.encode(content)), None, told.append)

    assert read == _outcome(sample.name, 200, sample.body)
    assert {unknown.row: msgspec.json.decode(unknown.raw) for unknown in told} == _told(put, _rows_of(sample.name))


def _at(content: object, path: tuple[Step, ...]) -> object:
    for step in path:
        content = cast("Mapping[Step, object]", content)[step]
    return content


def _told(
    put: Mapping[tuple[Step, ...], Mapping[str, object]], rows: str | None
) -> dict[int | None, dict[str, object]]:
    """Return what is to be told of keys that were *put*, by row."""
    told: dict[int | None, dict[str, object]] = {}
    for path, keys in put.items():
        match path:
            case (name, int(row), *inside) if name == rows:
                place = told.setdefault(row, {})
            case _:
                inside, place = list(path), told.setdefault(None, {})
        for step in inside:
            place = cast("dict[str, object]", place.setdefault(str(step), {}))
        place.update(keys)
    return told


# --- Mutations -------------------------------------------------------------------------------------------------------

_CHANGE: Final = st.one_of(
    st.sampled_from(["drop", "double", "nest"]),
    st.sampled_from(JUNK),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=20).map(lambda text: msgspec.json.encode(text).decode()),
)


def _places(content: object, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Find every value of a reply."""
    yield path
    if isinstance(content, dict):
        for name, value in cast("Mapping[str, object]", content).items():
            yield from _places(value, (*path, name))
    elif isinstance(content, list):
        for place, value in enumerate(cast("Sequence[object]", content)):
            yield from _places(value, (*path, place))


def _written(content: object, changes: Mapping[tuple[Step, ...], str]) -> bytes:
    return "".join(_pieces(content, changes, ())).encode("utf-8", "surrogatepass")


def _pieces(content: object, changes: Mapping[tuple[Step, ...], str], path: tuple[Step, ...]) -> Iterator[str]:
    """Write *content* as JSON, with each value at a path of *changes* changed."""
    change = changes.get(path)
    if change == "nest":
        yield from ("[" * 40, '{"x":[')
    if change is not None and change not in {"nest", "double", "drop"}:
        yield change
    elif isinstance(content, dict):
        fields = cast("Mapping[str, object]", content)
        yield "{" + ",".join(_fields(fields, changes, path)) + "}"
    elif isinstance(content, list):
        items = enumerate(cast("Sequence[object]", content))
        yield "[" + ",".join("".join(_pieces(item, changes, (*path, place))) for place, item in items) + "]"
    else:
        yield msgspec.json.encode(content).decode()
    if change == "nest":
        yield from ("]}", "]" * 40)


def _fields(
    fields: Mapping[str, object], changes: Mapping[tuple[Step, ...], str], path: tuple[Step, ...]
) -> Iterator[str]:
    for name, value in fields.items():
        where = (*path, name)
        if changes.get(where) == "drop":
            continue
        yield f'"{name}":{"".join(_pieces(value, changes, where))}'
        if changes.get(where) == "double":
            yield f'"{name}":null,"{name}":""'


def _broken(sample: Sample) -> st.SearchStrategy[bytes]:
    """Return the bytes of *sample* cut off, with bits flipped, with bytes put in, doubled or around, or recoded."""
    body, place = sample.body, st.integers(0, len(sample.body) - 1)
    return st.one_of(
        place.map(lambda end: body[:end]),
        st.lists(st.tuples(place, st.integers(0, 7)), min_size=1, max_size=6).map(lambda flips: _flipped(body, flips)),
        st.tuples(place, st.binary(min_size=1, max_size=8)).map(lambda put: body[: put[0]] + put[1] + body[put[0] :]),
        st.tuples(place, place).map(lambda cut: body[: max(cut)] + body[min(cut) :]),
        st.tuples(st.binary(max_size=4), st.binary(max_size=4)).map(lambda ends: ends[0] + body + ends[1]),
        st.sampled_from(["utf-16", "utf-8-sig", "utf-32"]).map(body.decode().encode),
    )


def _flipped(body: bytes, flips: Sequence[tuple[int, int]]) -> bytes:
    changed = bytearray(body)
    for place, bit in flips:
        changed[place] ^= 1 << bit
    return bytes(changed)
