"""Rows, and fields beside them, that cannot be decoded: the error, and the option on_invalid_row."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from zoomasync import ExtraFields, InvalidRow, Zoom
from zoomasync.errors import DecodeError, EmbeddedError
from zoomasync.testing import FakeZoom

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
UUID = "m8Re/3nWTyrh2qUa+S1vZx=="
POLLS = "GET /report/meetings/{meetingId}/polls"
USERS = "GET /report/users"


def respond_with_300_hosts(fake: FakeZoom, *, times: int = 1) -> dict[str, object]:
    """Let the fake respond with 300 hosts, of which row 200 has text for a number; return that row."""
    rows: list[dict[str, object]] = [{"id": f"h{number}", "meetings": number} for number in range(300)]
    invalid: dict[str, object] = {"id": "h200", "meetings": "a few, for canary@northpier.example", "new": {"key": [1]}}
    rows[200] = invalid
    fake.respond(USERS, status=200, body={"next_page_token": "", "users": rows}, times=times)
    return invalid


async def test_invalid_row_raises_path(zoom: Zoom, fake: FakeZoom) -> None:
    """An invalid row raises an error that holds its path and not its value."""
    respond_with_300_hosts(fake, times=2)  # a response that cannot be decoded is requested twice

    with pytest.raises(DecodeError) as caught:
        await anext(aiter(zoom.reports.users(FIRST, LAST)))

    assert (caught.value.type_name, caught.value.path) == ("HostsPage", "$.users[200].meetings")
    assert "canary" not in str(caught.value)


async def test_invalid_row_is_left_out(zoom: Zoom, fake: FakeZoom) -> None:
    sent = respond_with_300_hosts(fake)
    invalid_rows: list[InvalidRow] = []

    hosts = [
        host async for host in zoom.with_options(on_invalid_row=invalid_rows.append).reports.users(FIRST, LAST).rows()
    ]

    assert [host.id for host in hosts] == [f"h{number}" for number in range(300) if number != 200]
    (invalid_row,) = invalid_rows
    assert (invalid_row.row, invalid_row.path) == (200, "$.users[200].meetings")
    assert json.loads(invalid_row.raw) == sent
    assert "canary" not in repr(invalid_row)


async def test_coercible_row_is_valid(zoom: Zoom, fake: FakeZoom) -> None:
    body: dict[str, object] = {"users": [{"id": 7, "meetings": "3", "type": ""}, {"id": "h2", "meetings": []}]}
    fake.respond(USERS, status=200, body=body)
    invalid_rows: list[InvalidRow] = []

    pages = [
        page async for page in zoom.with_options(on_invalid_row=invalid_rows.append).reports.users(FIRST, LAST).pages()
    ]

    assert [(host.id, host.meetings, host.type) for host in pages[0].items] == [("7", 3, None)]
    assert [invalid_row.row for invalid_row in invalid_rows] == [1]


@pytest.mark.parametrize(
    "body", [{"users": "none"}, {"users": [], "next_page_token": {}}, {"hosts": []}, {"users": ""}, []], ids=str
)
async def test_invalid_page_raises(body: dict[str, object], zoom: Zoom, fake: FakeZoom) -> None:
    """A page without a valid list of rows or page token raises in spite of on_invalid_row."""
    fake.respond(USERS, status=200, body=json.dumps(body).encode(), times=2)

    with pytest.raises(DecodeError):
        async for _ in zoom.with_options(on_invalid_row=lambda _: None).reports.users(FIRST, LAST).pages():
            pass


INVALID_RESPONDENT: dict[str, object] = {"name": "Bo", "question_details": [{"date_time": "at noon"}], "new": 1}


def respond_with_invalid_poll_row(fake: FakeZoom, *, times: int = 1) -> None:
    questions = [{"name": "Ann"}, INVALID_RESPONDENT, {"name": "Cy"}]
    fake.respond(POLLS, status=200, body={"uuid": UUID, "questions": questions}, times=times)


async def test_invalid_poll_row_is_left_out(zoom: Zoom, fake: FakeZoom) -> None:
    respond_with_invalid_poll_row(fake)
    invalid_rows: list[InvalidRow] = []

    report = await zoom.with_options(on_invalid_row=invalid_rows.append).reports.meeting_polls(UUID)

    assert (report.uuid, [person.name for person in report.questions]) == (UUID, ["Ann", "Cy"])
    (invalid_row,) = invalid_rows
    assert (invalid_row.row, invalid_row.path) == (1, "$.questions[1].question_details[0].date_time")
    assert json.loads(invalid_row.raw) == INVALID_RESPONDENT


async def test_invalid_row_raises_by_default(zoom: Zoom, fake: FakeZoom) -> None:
    """A view with on_invalid_row does not change the client or other views."""
    respond_with_invalid_poll_row(fake, times=4)
    zoom.with_options(on_invalid_row=lambda _: None)

    for view in zoom, zoom.with_options(on_extra_fields=lambda _: None):
        with pytest.raises(DecodeError, match="question_details"):
            await view.reports.meeting_polls(UUID)


async def test_row_loop_uses_view_option(zoom: Zoom, fake: FakeZoom) -> None:
    respond_with_300_hosts(fake)
    invalid_rows: list[InvalidRow] = []

    hosts = [host.id async for host in zoom.with_options(on_invalid_row=invalid_rows.append).reports.users(FIRST, LAST)]

    assert (len(hosts), [invalid_row.row for invalid_row in invalid_rows]) == (299, [200])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(b'{"id":"h1","meetings":' + b"9" * 5000 + b"}", "out of range", id="5000 digits"),
        pytest.param(b'{"id":"h1","user_name":"Zo\xeb"}', "not UTF-8", id="Latin-1"),
        pytest.param(b"null", "got `null`", id="null"),
        pytest.param(b'{ "id": {} ,"usage": 1.50 }', "got `object`", id="spaces and trailing zeros"),
        pytest.param(rb'{"id":"h1","user_name":"Zo\ud83d"}', "half a surrogate pair", id="first half of a pair"),
        pytest.param(rb'{"id":"h1","user_name":"\ude00 Zo"}', "half a surrogate pair", id="second half of a pair"),
        pytest.param(rb'{"id":"h1","user_name":"\\\uD83D\ud83d\ude00"}', "half a surrogate pair", id="half and whole"),
        pytest.param(rb'{"id":"h1","user_name":"\ud83d\u0041"}', "half a surrogate pair", id="half and a letter"),
        pytest.param(rb'{"id":"h1","new":["\ud83d"]}', "half a surrogate pair", id="half in an extra field"),
        pytest.param(rb'{"id":"h1","\ud83d":1}', "half a surrogate pair", id="half in a key"),
        pytest.param(b'{"id":"h1","user_name":"\xed\xa0\xbd"}', "not UTF-8", id="half as bytes"),
        pytest.param(b'{"id":""}', "length >= 1", id="empty id"),
    ],
)
async def test_invalid_row_has_raw_json(row: bytes, reason: str, zoom: Zoom, fake: FakeZoom) -> None:
    """An invalid row holds the bytes of the response, with U+FFFD for bytes that are not UTF-8."""
    fake.respond(USERS, status=200, body=b'{"users":[{"id":"h0","meetings":"1"},' + row + b',{"id":"h2"}]}')
    invalid_rows: list[InvalidRow] = []

    hosts = [host.id async for host in zoom.with_options(on_invalid_row=invalid_rows.append).reports.users(FIRST, LAST)]

    assert (hosts, [invalid_row.row for invalid_row in invalid_rows]) == (["h0", "h2"], [1])
    assert reason in invalid_rows[0].reason
    assert invalid_rows[0].raw == row.decode("utf-8", "replace").encode()


@pytest.mark.parametrize(
    "row",
    [rb'{"id":"h1","user_name":"Zo\ud83d"}', rb'{"id":"h1","\udc00":1}', b'{"id":"h1","user_name":"Zo\xeb"}'],
    ids=["half a pair", "half a pair in a key", "Latin-1"],
)
async def test_invalid_text_raises(row: bytes, zoom: Zoom, fake: FakeZoom) -> None:
    """Without on_invalid_row, a row whose text is no Unicode raises an error that names the reason."""
    fake.respond(USERS, status=200, body=b'{"users":[' + row + b"]}", times=2)

    with pytest.raises(DecodeError, match=r"half a surrogate pair|not UTF-8"):
        await zoom.reports.users(FIRST, LAST).collect()


async def test_half_a_pair_in_page_token_raises(zoom: Zoom, fake: FakeZoom) -> None:
    """Without its page token a listing would end too early."""
    fake.respond(USERS, status=200, body=rb'{"users":[{"id":"h0"}],"next_page_token":"\ud83d"}', times=2)

    with pytest.raises(DecodeError, match="half a surrogate pair"):
        await zoom.with_options(on_invalid_row=lambda _: None).reports.users(FIRST, LAST).collect()


PAIRS = rb'{"users":[{"id":"h0","user_name":"\ud83d\ude00 \\ud83d \\\ud83d\ude00","new":"\uD83D\uDE00"},{"id":{}}]}'


async def test_whole_pairs_are_kept(zoom: Zoom, fake: FakeZoom) -> None:
    """A pair, and a backslash before text like half a pair, are valid on a page with an invalid row."""
    fake.respond(USERS, status=200, body=PAIRS)
    extra_fields: list[ExtraFields] = []
    view = zoom.with_options(on_invalid_row=lambda _: None, on_extra_fields=extra_fields.append)

    hosts = await view.reports.users(FIRST, LAST).collect()

    assert [host.user_name for host in hosts] == ["\N{GRINNING FACE} \\ud83d \\\N{GRINNING FACE}"]
    assert extra_fields == [ExtraFields(row=0, raw=rb'{"new":"\uD83D\uDE00"}')]


INVALID_FIELDS = [
    pytest.param(b'"from":"1.5.2026"', {"from": "1.5.2026"}, id="a day"),
    pytest.param(b'"to":"20260531"', {"to": "20260531"}, id="a day of digits"),
    pytest.param(b'"from":{},"to":[],"total_records":1.5', {"from": {}, "to": [], "total_records": 1.5}, id="three"),
    pytest.param(b'"page_size":"all","new":1', {"page_size": "all", "new": 1}, id="beside an extra field"),
    pytest.param(b'"to":"K\xf6ln"', {"to": "K\N{REPLACEMENT CHARACTER}ln"}, id="Latin-1"),
    pytest.param(rb'"to":"\ud83d"', {"to": "\N{REPLACEMENT CHARACTER}"}, id="half a pair"),
    pytest.param(rb'"new":"\ud83d"', {"new": "\N{REPLACEMENT CHARACTER}"}, id="half a pair in an extra field"),
    pytest.param(
        rb'"\udc00":{"\ud83d":1}', {"\N{REPLACEMENT CHARACTER}": {"\N{REPLACEMENT CHARACTER}": 1}}, id="in keys"
    ),
]


@pytest.mark.parametrize(("fields", "reported"), INVALID_FIELDS)
@pytest.mark.parametrize("last_row", [b"", b',{"id":"h2","meetings":"many"}'], ids=["", "and a row"])
async def test_invalid_field_is_left_out(
    fields: bytes, reported: dict[str, object], last_row: bytes, zoom: Zoom, fake: FakeZoom
) -> None:
    """An invalid field beside the rows takes its default, and its value is reported as an extra field."""
    fake.respond(
        USERS,
        status=200,
        body=b'{"users":[{"id":"h0"},{"id":"h1","new":2}' + last_row + b'],"page_count":7,' + fields + b"}",
    )
    extra_fields: list[ExtraFields] = []
    view = zoom.with_options(on_invalid_row=lambda _: None, on_extra_fields=extra_fields.append)

    (page,) = [page async for page in view.reports.users(FIRST, LAST).pages()]

    assert ([host.id for host in page.items], page.page_count) == (["h0", "h1"], 7)
    assert (page.from_, page.to, page.page_size, page.total_records) == (None, None, None, None)
    assert {extra.row: json.loads(extra.raw) for extra in extra_fields} == {None: reported, 1: {"new": 2}}


async def test_invalid_field_raises_by_default(zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond(USERS, status=200, body={"users": [{"id": "h0"}], "from": "1.5.2026"}, times=2)

    with pytest.raises(DecodeError, match=r"\$\.from"):
        await zoom.reports.users(FIRST, LAST).collect()


async def test_invalid_field_of_one_object(zoom: Zoom, fake: FakeZoom) -> None:
    """All fields of a response without rows lie outside the rows. A required one is not left out."""
    fake.respond("GET /report/meetings/{meetingId}", status=200, body={"uuid": UUID, "id": 1, "start_time": "noon"})
    extra_fields: list[ExtraFields] = []
    view = zoom.with_options(on_invalid_row=lambda _: None, on_extra_fields=extra_fields.append)

    report = await view.reports.meeting(UUID)

    assert (report.uuid, report.id, report.start_time) == (UUID, 1, None)
    assert extra_fields == [ExtraFields(row=None, raw=b'{"start_time":"noon"}')]
    fake.respond("GET /report/meetings/{meetingId}", status=200, body={"start_time": "noon"}, times=2)
    with pytest.raises(DecodeError, match="`uuid`"):
        await view.reports.meeting(UUID)


TIMES = [
    pytest.param("GET /report/activities", "activities", "activity_logs", "time", id="sign-ins"),
    pytest.param("GET /report/operationlogs", "operation_logs", "operation_logs", "time", id="operation log"),
    pytest.param("GET /report/upcoming_events", "upcoming_events", "upcoming_events", "start_time", id="events"),
]


@pytest.mark.parametrize(("route", "method", "rows", "field"), TIMES)
@pytest.mark.parametrize("odd", ["noon", "202605031000", 1.5, 7])
async def test_odd_time_costs_its_row(
    route: str, method: str, rows: str, field: str, odd: object, zoom: Zoom, fake: FakeZoom
) -> None:
    """An odd time in a row costs that row. Beside the rows it costs nothing but itself."""
    body = {rows: [{"id": "a", field: odd}, {"id": "b", field: "1777802400"}], "from": odd, "to": odd}
    fake.respond(route, status=200, body=body)
    invalid_rows: list[InvalidRow] = []
    view = zoom.with_options(on_invalid_row=invalid_rows.append)

    listing = getattr(view.reports, method)(from_=FIRST, to=LAST)
    times = [getattr(row, field) async for row in listing]

    assert [invalid_row.path for invalid_row in invalid_rows] == [f"$.{rows}[0].{field}"]
    assert times == [datetime(2026, 5, 3, 10, tzinfo=UTC)]


async def test_raising_call_skips_callbacks(zoom: Zoom, fake: FakeZoom) -> None:
    """A call that raises passes nothing to on_invalid_row or on_extra_fields."""
    passed: list[object] = []
    view = zoom.with_options(on_invalid_row=passed.append, on_extra_fields=passed.append)
    fake.respond(POLLS, status=200, body={"code": 200, "message": "Only for paid accounts.", "questions": [7]})
    with pytest.raises(EmbeddedError):
        await view.reports.meeting_polls(UUID)

    fake.respond(USERS, status=200, body={"from": "noon", "new": 1, "users": [7], "next_page_token": {}}, times=2)
    with pytest.raises(DecodeError, match=r"\$\.next_page_token"):
        await view.reports.users(FIRST, LAST).first()

    assert passed == []
