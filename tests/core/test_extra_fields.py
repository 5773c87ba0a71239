"""Keys that no struct has a field for: the option on_extra_fields."""

from __future__ import annotations

import json
from datetime import date

import pytest

from zoomasync import ExtraFields, Zoom
from zoomasync.models import NewMeeting
from zoomasync.testing import FakeZoom

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
UUID = "m8Re/3nWTyrh2qUa+S1vZx=="
POLLS = "GET /report/meetings/{meetingId}/polls"
USERS = "GET /report/users"


async def extra_fields_of_polls(zoom: Zoom, fake: FakeZoom, body: bytes) -> dict[int | None, object]:
    """Return the extra fields of a poll report, by row."""
    fake.respond(POLLS, status=200, body=body)
    extra_fields: list[ExtraFields] = []
    await zoom.with_options(on_invalid_row=lambda _: None, on_extra_fields=extra_fields.append).reports.meeting_polls(
        UUID
    )
    assert len({extra.row for extra in extra_fields}) == len(extra_fields)
    return {extra.row: json.loads(extra.raw) for extra in extra_fields}


async def test_extra_fields_by_row(zoom: Zoom, fake: FakeZoom) -> None:
    """Extra fields are grouped by row and keep their path within it."""
    extra_fields = await extra_fields_of_polls(
        zoom,
        fake,
        b"""{
            "uuid": "m8Re", "host": {"id": "h1"}, "": null,
            "questions": [
                {"name": "Ann"},
                {"name": "Bo", "team": ["red"], "question_details": [{"answer": "a"}, {"emoji": "yes"}, {"emoji": {}}]},
                {"name": "Cy", "question_details": []},
                {"name": "Di", "question_details": [{"emoji": null}]}
            ]
        }""",
    )

    assert extra_fields == {
        None: {"host": {"id": "h1"}, "": None},
        1: {"team": ["red"], "question_details": {"1": {"emoji": "yes"}, "2": {"emoji": {}}}},
        3: {"question_details": {"0": {"emoji": None}}},
    }


async def test_extra_fields_without_rows(zoom: Zoom, fake: FakeZoom) -> None:
    """The extra fields of a response without rows have the row None."""
    body: dict[str, object] = {"uuid": UUID, "mood": "good", "custom_keys": [{"key": "a"}, {"key": "b", "scope": 1}]}
    fake.respond("GET /report/meetings/{meetingId}", status=200, body=body)
    extra_fields: list[ExtraFields] = []

    await zoom.with_options(on_extra_fields=extra_fields.append).reports.meeting(UUID)

    (extra,) = extra_fields
    assert extra.row is None
    assert json.loads(extra.raw) == {"mood": "good", "custom_keys": {"1": {"scope": 1}}}


async def test_extra_fields_in_struct(zoom: Zoom, fake: FakeZoom) -> None:
    settings: dict[str, object] = {"audio": "both", "breakout_room": {"rooms": [{"name": "r", "lid": 1}]}, "aura": 2}
    fake.respond("POST /users/{userId}/meetings", status=201, body={"id": 1, "uuid": "u", "settings": settings})
    extra_fields: list[ExtraFields] = []

    await zoom.with_options(on_extra_fields=extra_fields.append).meetings.create("me", NewMeeting(topic="x"))

    assert [json.loads(extra.raw) for extra in extra_fields] == [
        {"settings": {"aura": 2, "breakout_room": {"rooms": {"0": {"lid": 1}}}}}
    ]


async def test_no_extra_fields_no_callback(zoom: Zoom, fake: FakeZoom) -> None:
    assert await extra_fields_of_polls(zoom, fake, b'{"uuid":"m8Re","questions":[{"question_details":[{}]},{}]}') == {}


async def test_invalid_row_has_no_extra_fields(zoom: Zoom, fake: FakeZoom) -> None:
    """An invalid row keeps its row number but is not reported as extra fields as well."""
    extra_fields = await extra_fields_of_polls(
        zoom, fake, b'{"questions":[{"new":0},null,{"name":[{}],"new":2},{"new":3,"question_details":""}]}'
    )

    assert extra_fields == {0: {"new": 0}, 3: {"new": 3}}


async def test_coerced_row_has_extra_fields(zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond(USERS, status=200, body={"users": [{"id": 7, "meetings": "3", "new": "4"}]})
    extra_fields: list[ExtraFields] = []

    hosts = [host async for host in zoom.with_options(on_extra_fields=extra_fields.append).reports.users(FIRST, LAST)]

    assert [(host.id, host.meetings) for host in hosts] == [("7", 3)]
    assert extra_fields == [ExtraFields(row=0, raw=b'{"new":"4"}')]


@pytest.mark.parametrize(
    "value",
    [b"9" * 5000, b"-18446744073709551617", b"1.50", b"1e999", b'{"b": 1,  "a":[ ]}', b'"\\u00eb"', '"ë"'.encode()],
    ids=lambda value: value[:24].decode(),
)
async def test_extra_values_are_verbatim(value: bytes, zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond(USERS, status=200, body=b'{"users":[{"id":"h1","new":' + value + b"}]}")
    extra_fields: list[ExtraFields] = []

    async for _ in zoom.with_options(on_extra_fields=extra_fields.append).reports.users(FIRST, LAST):
        pass

    assert [extra.raw for extra in extra_fields] == [b'{"new":' + value + b"}"]


async def test_extra_text_not_utf8(zoom: Zoom, fake: FakeZoom) -> None:
    """An extra field that is not UTF-8 does not make its row invalid."""
    extra_fields = await extra_fields_of_polls(zoom, fake, b'{"questions":[{"name":"Ann","Stra\xdfe":"K\xf6ln"}]}')

    assert extra_fields == {0: {"Stra\N{REPLACEMENT CHARACTER}e": "K\N{REPLACEMENT CHARACTER}ln"}}


async def test_extra_fields_repr_hides_value() -> None:
    assert "canary" not in repr(ExtraFields(row=1, raw=b'{"new":"canary"}'))
