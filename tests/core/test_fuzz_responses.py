"""Arbitrary responses: each is decoded as the struct of the operation or raises a `ZoomError`, and nothing else.

ZOOMASYNC_FUZZ_EXAMPLES sets the number of responses per test.
"""

from __future__ import annotations

import json
import os
import re
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
""".split()  # noqa: SIM905  one per line would be sixty lines
JUNK: Final = (
    *WORDS,
    *('" "', '"03/18/2026 09:00"', '"02/30/2026 09:00"', '"00/00/0000 00:00"', "", "\x00"),
    '"\N{ARABIC-INDIC DIGIT THREE}3/18/2026 09:00"',
    *("9" * 400, "-" + "9" * 5000, "0." + "9" * 5000, '"' + "9" * 5000 + '"', '"' + "x" * 20_000 + '"'),
    *("[" * 5000, "[" * 600 + "]" * 600, "[" * 5000 + "]" * 5000, '{"a":' * 2000 + "1" + "}" * 2000),
)
"""Texts, valid and invalid as JSON, to put in the place of any value of a response."""

CODES: Final = (
    '"code":0,',
    '"code":200,"message":"No.",',
    '"code":"x","message":1,',
    '"code":null,"code":' + "9" * 5000 + ",",
)


def _call(name: str) -> Call[object]:
    return ENDPOINTS[name].at(*("abc" if spec.kind == "text" else 1 for spec in OPERATIONS[name].path.values()))


def _interpreted(name: str, status: int, body: bytes) -> object:
    """Return the decoded response or the raised `ZoomError`. Other exceptions pass."""
    result: object
    try:
        result = interpret(_call(name), HttpResponse(status, {}, body))
    except ZoomError as error:
        result = error
    assert str(result) if isinstance(result, ZoomError) else type(result) is ENDPOINTS[name].response
    _check_with_callbacks(name, HttpResponse(status, {}, body), result)
    return result


def _check_with_callbacks(name: str, response: HttpResponse, expected: object) -> None:
    """Check that callbacks do not change the result, unless invalid rows and fields were the only errors."""
    invalid_rows: list[InvalidRow] = []
    extra_fields: list[ExtraFields] = []
    result: object
    try:
        result = interpret(_call(name), response, invalid_rows.append, extra_fields.append)
    except ZoomError as error:
        result = error
    reported = invalid_rows + extra_fields
    if isinstance(result, ZoomError):
        assert (type(result), reported) == (type(expected), [])
    else:
        assert reported if isinstance(expected, ZoomError) else (result, invalid_rows) == (expected, [])
    assert {invalid.row for invalid in invalid_rows}.isdisjoint({extra.row for extra in extra_fields})
    # Unlike msgspec, the standard library accepts half a surrogate pair, which an invalid row keeps.
    for each in reported:
        json.loads(each.raw, parse_int=str)


@MANY
@given(data=st.data())
def test_changed_values(data: st.DataObject) -> None:
    """A sample response with up to four values changed is decoded or raises a `ZoomError`."""
    sample = data.draw(st.sampled_from(SAMPLES))
    content = msgspec.json.decode(sample.body)
    changes = data.draw(st.dictionaries(st.sampled_from(list(_paths(content))), _CHANGE, min_size=1, max_size=4))

    _interpreted(sample.name, 200, _encoded(content, changes))


@MANY
@given(data=st.data())
def test_changed_bytes(data: st.DataObject) -> None:
    """A sample response with changed bytes is decoded or raises a `ZoomError`."""
    sample = data.draw(st.sampled_from(SAMPLES))

    _interpreted(sample.name, 200, data.draw(_broken(sample)))


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
def test_any_status_and_body(name: str, status: int, body: bytes) -> None:
    """Any status with any body is decoded or raises a `ZoomError`; only 2xx is decoded."""
    result = _interpreted(name, status, body)

    if not 200 <= status <= 299:
        assert isinstance(result, ZoomError)


@pytest.mark.parametrize("name", sorted({sample.name for sample in SAMPLES}))
@pytest.mark.parametrize(
    "junk", ["null", "[]", "{}", '""', "0", "9" * 5000, '{"code":300,"message":"No."}', "[" * 5000]
)
def test_empty_response_raises(name: str, junk: str) -> None:
    """A body without the required fields raises, unless the operation has none."""
    response = OPERATIONS[name].response
    assert response is not None
    optional = junk == "{}" and not any(spec.required for spec in response.fields.values())

    assert isinstance(_interpreted(name, 200, junk.encode()), ZoomError) is not optional


# --- invalid rows and extra fields

_NEW_KEYS: Final = st.text(max_size=8).map(lambda text: text and f"{text}?")
_ANY: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


_KNOWN: Final = [sample for sample in SAMPLES if b"attentiveness_score" not in sample.body]
"""The sample responses without the key that is no longer in the reference."""


def _rows_of(name: str) -> str | None:
    """Return the name of the rows of an operation: the required list of objects of its response."""
    response = OPERATIONS[name].response
    fields = response.fields.items() if response else ()
    return next((key for key, spec in fields if spec.required and spec.item and spec.item.kind == "object"), None)


@pytest.mark.parametrize("sample", _KNOWN, ids=str)
def test_sample_has_no_extra_fields(sample: Sample) -> None:
    reported: list[InvalidRow | ExtraFields] = []

    interpret(_call(sample.name), HttpResponse(200, {}, sample.body), reported.append, reported.append)

    assert reported == []


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if _rows_of(sample.name)], ids=str)
def test_invalid_row_is_left_out(sample: Sample) -> None:
    """One invalid row is reported, and all other rows are decoded."""
    content, rows = msgspec.json.decode(sample.body), _rows_of(sample.name)
    content[rows].insert(0, 7)
    invalid_rows: list[InvalidRow] = []

    result = interpret(_call(sample.name), HttpResponse(200, {}, msgspec.json.encode(content)), invalid_rows.append)

    assert result == _interpreted(sample.name, 200, sample.body)
    assert [(invalid.row, invalid.path, invalid.raw) for invalid in invalid_rows] == [(0, f"$.{rows}[0]", b"7")]


_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d.*|\d\d/\d\d/\d{4} \d\d:\d\d")


@pytest.mark.parametrize(
    "odd", ['"noon"', '"202603041200"', '"2026-03-04X12:00:00"', "7", "-1", "1.5", "true", "[]", r'"\ud83d"', '"\x80"']
)
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_odd_time_costs_its_row_at_most(sample: Sample, odd: str) -> None:
    """An odd form of any time costs the row that holds it. Outside the rows the time itself is reported."""
    content, rows = msgspec.json.decode(sample.body), _rows_of(sample.name)
    for path in _paths(content):
        value = _at(content, path)
        if not (isinstance(value, str) and _TIME.fullmatch(value)):
            continue
        body = _encoded(content, {path: odd}).replace(b"\xc2\x80", b"\x80")
        invalid_rows: list[InvalidRow] = []
        extra_fields: list[ExtraFields] = []
        interpret(_call(sample.name), HttpResponse(200, {}, body), invalid_rows.append, extra_fields.append)

        if path[0] == rows:
            assert [invalid.row for invalid in invalid_rows] == [path[1]]
        else:
            assert invalid_rows == []
            assert path[0] in msgspec.json.decode(next(each.raw for each in extra_fields if each.row is None))


@MANY
@given(data=st.data())
def test_extra_fields_keep_their_path(data: st.DataObject) -> None:
    """New keys in any object are reported with their row and their path in it."""
    sample = data.draw(st.sampled_from(_KNOWN))
    content = msgspec.json.decode(sample.body)
    objects = [path for path in _paths(content) if isinstance(_at(content, path), dict)]
    new = st.dictionaries(_NEW_KEYS, _ANY, min_size=1, max_size=2)
    added = data.draw(st.dictionaries(st.sampled_from(objects), new, max_size=4))
    for path, keys in added.items():
        cast("dict[str, object]", _at(content, path)).update(keys)
    reported: list[ExtraFields] = []

    result = interpret(_call(sample.name), HttpResponse(200, {}, msgspec.json.encode(content)), None, reported.append)

    assert result == _interpreted(sample.name, 200, sample.body)
    expected = _by_row(added, _rows_of(sample.name))
    assert {extra.row: msgspec.json.decode(extra.raw) for extra in reported} == expected


def _at(content: object, path: tuple[Step, ...]) -> object:
    for step in path:
        content = cast("Mapping[Step, object]", content)[step]
    return content


def _by_row(
    added: Mapping[tuple[Step, ...], Mapping[str, object]], rows: str | None
) -> dict[int | None, dict[str, object]]:
    """Return the *added* keys as nested objects, by row; None is the row of keys outside the rows."""
    by_row: dict[int | None, dict[str, object]] = {}
    for path, keys in added.items():
        match path:
            case (name, int(row), *inside) if name == rows:
                node = by_row.setdefault(row, {})
            case _:
                inside, node = list(path), by_row.setdefault(None, {})
        for step in inside:
            node = cast("dict[str, object]", node.setdefault(str(step), {}))
        node.update(keys)
    return by_row


# --- changed responses

_CHANGE: Final = st.one_of(
    st.sampled_from(["drop", "double", "nest"]),
    st.sampled_from(JUNK),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=20).map(lambda text: msgspec.json.encode(text).decode()),
)


def _paths(content: object, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Yield the path of every value of a response."""
    yield path
    if isinstance(content, dict):
        for name, value in cast("Mapping[str, object]", content).items():
            yield from _paths(value, (*path, name))
    elif isinstance(content, list):
        for index, value in enumerate(cast("Sequence[object]", content)):
            yield from _paths(value, (*path, index))


def _encoded(content: object, changes: Mapping[tuple[Step, ...], str]) -> bytes:
    return "".join(_fragments(content, changes, ())).encode("utf-8", "surrogatepass")


def _fragments(content: object, changes: Mapping[tuple[Step, ...], str], path: tuple[Step, ...]) -> Iterator[str]:
    """Yield the JSON of *content* in parts, with the value at each path of *changes* changed."""
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
        yield "[" + ",".join("".join(_fragments(item, changes, (*path, index))) for index, item in items) + "]"
    else:
        yield msgspec.json.encode(content).decode()
    if change == "nest":
        yield from ("]}", "]" * 40)


def _fields(
    fields: Mapping[str, object], changes: Mapping[tuple[Step, ...], str], path: tuple[Step, ...]
) -> Iterator[str]:
    for name, value in fields.items():
        inner = (*path, name)
        if changes.get(inner) == "drop":
            continue
        yield f'"{name}":{"".join(_fragments(value, changes, inner))}'
        if changes.get(inner) == "double":
            yield f'"{name}":null,"{name}":""'


def _broken(sample: Sample) -> st.SearchStrategy[bytes]:
    """Return the bytes of *sample*: truncated, changed, with bytes inserted or repeated, or in another encoding."""
    body, offset = sample.body, st.integers(0, len(sample.body) - 1)
    return st.one_of(
        offset.map(lambda end: body[:end]),
        st.lists(st.tuples(offset, st.integers(0, 7)), min_size=1, max_size=6).map(lambda flips: _flipped(body, flips)),
        st.tuples(offset, st.binary(min_size=1, max_size=8)).map(lambda new: body[: new[0]] + new[1] + body[new[0] :]),
        st.tuples(offset, offset).map(lambda cut: body[: max(cut)] + body[min(cut) :]),
        st.tuples(st.binary(max_size=4), st.binary(max_size=4)).map(lambda ends: ends[0] + body + ends[1]),
        st.sampled_from(["utf-16", "utf-8-sig", "utf-32"]).map(body.decode().encode),
    )


def _flipped(body: bytes, flips: Sequence[tuple[int, int]]) -> bytes:
    changed = bytearray(body)
    for offset, bit in flips:
        changed[offset] ^= 1 << bit
    return bytes(changed)
