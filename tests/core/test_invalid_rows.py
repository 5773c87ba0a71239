"""Rows that cannot be decoded: the error, and the option on_invalid_row."""

from __future__ import annotations

import json
from datetime import date

import pytest

from zoomasync import InvalidRow, Zoom
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
    "body", [{"users": "none"}, {"users": [], "total_records": "many"}, {"hosts": []}, []], ids=str
)
async def test_invalid_page_raises(body: dict[str, object], zoom: Zoom, fake: FakeZoom) -> None:
    """A page without a valid list of rows raises in spite of on_invalid_row."""
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
    ],
)
async def test_invalid_row_has_raw_json(row: bytes, reason: str, zoom: Zoom, fake: FakeZoom) -> None:
    """An invalid row holds the bytes of the response, with U+FFFD for bytes that are not UTF-8."""
    fake.respond(USERS, status=200, body=b'{"users":[{"id":"h0"},' + row + b"]}")
    invalid_rows: list[InvalidRow] = []

    hosts = [host.id async for host in zoom.with_options(on_invalid_row=invalid_rows.append).reports.users(FIRST, LAST)]

    assert (hosts, [invalid_row.row for invalid_row in invalid_rows]) == (["h0"], [1])
    assert reason in invalid_rows[0].reason
    assert invalid_rows[0].raw == row.replace(b"\xeb", "\N{REPLACEMENT CHARACTER}".encode())


async def test_raising_call_skips_callbacks(zoom: Zoom, fake: FakeZoom) -> None:
    """A call that raises passes nothing to on_invalid_row or on_extra_fields."""
    passed: list[object] = []
    view = zoom.with_options(on_invalid_row=passed.append, on_extra_fields=passed.append)
    fake.respond(POLLS, status=200, body={"code": 200, "message": "Only for paid accounts.", "questions": [7]})
    with pytest.raises(EmbeddedError):
        await view.reports.meeting_polls(UUID)

    fake.respond(POLLS, status=200, body={"id": "many", "new": 1, "questions": [7]}, times=2)
    with pytest.raises(DecodeError, match=r"\$\.id"):
        await view.reports.meeting_polls(UUID)

    assert passed == []
