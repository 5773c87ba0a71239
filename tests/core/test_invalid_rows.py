"""A bad row names itself and need not cost the others, and keys that are unknown are told to who asks."""

from __future__ import annotations

import json
from datetime import date

import pytest

from zoomasync import ExtraFields, InvalidRow, Label, Zoom
from zoomasync.errors import DecodeError, EmbeddedError
from zoomasync.models import NewMeeting
from zoomasync.testing import FakeZoom

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
UUID = "m8Re/3nWTyrh2qUa+S1vZx=="
POLLS = "GET /report/meetings/{meetingId}/polls"
USERS = "GET /report/users"


def page_of_300_with_a_bad_one(fake: FakeZoom, *, times: int = 1) -> dict[str, object]:
    """Let the fake answer with 300 hosts, of which the 200th counts its meetings in words; return that one."""
    rows: list[dict[str, object]] = [{"id": f"h{number}", "meetings": number} for number in range(300)]
    bad: dict[str, object] = {"id": "h200", "meetings": "a few, for canary@northpier.example", "new": {"key": [1]}}
    rows[200] = bad
    fake.respond(USERS, status=200, body={"next_page_token": "", "users": rows}, times=times)
    return bad


async def test_a_typed_call_names_the_row_and_the_path_and_shows_no_value(zoom: Zoom, fake: FakeZoom) -> None:
    page_of_300_with_a_bad_one(fake, times=2)  # a reply that cannot be read is asked for once more

    with pytest.raises(DecodeError) as refused:
        await anext(aiter(zoom.reports.users(FIRST, LAST)))

    assert (refused.value.type_name, refused.value.path) == ("HostsPage", "$.users[200].meetings")
    assert "canary" not in str(refused.value)


async def test_bulk_users_get_the_299_good_rows_and_the_raw_one(zoom: Zoom, fake: FakeZoom) -> None:
    bad = page_of_300_with_a_bad_one(fake)
    invalid_rows: list[InvalidRow] = []

    hosts = [host async for host in zoom.reports.users(FIRST, LAST).rows(on_invalid_row=invalid_rows.append)]

    assert [host.id for host in hosts] == [f"h{number}" for number in range(300) if number != 200]
    (drift,) = invalid_rows
    assert (drift.row, drift.path) == (200, "$.users[200].meetings")
    assert json.loads(drift.raw) == bad
    assert "canary" not in repr(drift)


async def test_rows_that_can_be_mended_are_no_drift(zoom: Zoom, fake: FakeZoom) -> None:
    body: dict[str, object] = {"users": [{"id": 7, "meetings": "3", "type": ""}, {"id": "h2", "meetings": []}]}
    fake.respond(USERS, status=200, body=body)
    invalid_rows: list[InvalidRow] = []

    pages = [page async for page in zoom.reports.users(FIRST, LAST).pages(on_invalid_row=invalid_rows.append)]

    assert [(host.id, host.meetings, host.type) for host in pages[0].items] == [("7", 3, None)]
    assert [drift.row for drift in invalid_rows] == [1]


@pytest.mark.parametrize(
    "body", [{"users": "none"}, {"users": [], "total_records": "many"}, {"hosts": []}, []], ids=str
)
async def test_a_page_that_is_none_is_an_error_all_the_same(
    body: dict[str, object], zoom: Zoom, fake: FakeZoom
) -> None:
    fake.respond(USERS, status=200, body=json.dumps(body).encode(), times=2)

    with pytest.raises(DecodeError):
        async for _ in zoom.reports.users(FIRST, LAST).pages(on_invalid_row=lambda _: None):
            pass


# --- zoom.with_options(on_invalid_row=...) ---------------------------------------------------------------------------------------

BAD_RESPONDENT: dict[str, object] = {"name": "Bo", "question_details": [{"date_time": "at noon"}], "new": 1}


def polls_with_a_bad_respondent(fake: FakeZoom, *, times: int = 1) -> None:
    questions = [{"name": "Ann"}, BAD_RESPONDENT, {"name": "Cy"}]
    fake.respond(POLLS, status=200, body={"uuid": UUID, "questions": questions}, times=times)


async def test_one_bad_respondent_does_not_cost_the_poll_report(zoom: Zoom, fake: FakeZoom) -> None:
    polls_with_a_bad_respondent(fake)
    invalid_rows: list[InvalidRow] = []

    report = await zoom.with_options(on_invalid_row=invalid_rows.append).reports.meeting_polls(UUID)

    assert (report.uuid, [person.name for person in report.questions]) == (UUID, ["Ann", "Cy"])
    (drift,) = invalid_rows
    assert (drift.row, drift.path) == (1, "$.questions[1].question_details[0].date_time")
    assert json.loads(drift.raw) == BAD_RESPONDENT


async def test_who_did_not_ask_for_it_gets_an_error(zoom: Zoom, fake: FakeZoom) -> None:
    polls_with_a_bad_respondent(fake, times=4)
    zoom.with_options(on_invalid_row=lambda _: None)

    for strict in zoom, zoom.with_options(on_extra_fields=lambda _: None):
        with pytest.raises(DecodeError, match="question_details"):
            await strict.reports.meeting_polls(UUID)


async def test_a_loop_over_rows_tells_the_view_of_bad_ones(zoom: Zoom, fake: FakeZoom) -> None:
    page_of_300_with_a_bad_one(fake)
    invalid_rows: list[InvalidRow] = []

    hosts = [host.id async for host in zoom.with_options(on_invalid_row=invalid_rows.append).reports.users(FIRST, LAST)]

    assert (len(hosts), [drift.row for drift in invalid_rows]) == (299, [200])


async def test_who_is_named_for_the_pages_is_told_instead_of_who_is_named_for_all(zoom: Zoom, fake: FakeZoom) -> None:
    page_of_300_with_a_bad_one(fake)
    of_all: list[InvalidRow] = []
    of_pages: list[InvalidRow] = []

    users = zoom.with_options(on_invalid_row=of_all.append).reports.users(FIRST, LAST)
    pages = [page async for page in users.pages(on_invalid_row=of_pages.append)]

    assert (len(pages), len(of_all), len(of_pages)) == (1, 0, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(b'{"id":"h1","meetings":' + b"9" * 5000 + b"}", "out of range", id="a number of 5000 digits"),
        pytest.param(b'{"id":"h1","user_name":"Zo\xeb"}', "not UTF-8", id="Latin-1"),
        pytest.param(b"null", "got `null`", id="null"),
        pytest.param(b'{ "id": {} ,"usage": 1.50 }', "got `object`", id="spaces and zeros"),
    ],
)
async def test_a_drift_shows_the_row_as_it_came(row: bytes, reason: str, zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond(USERS, status=200, body=b'{"users":[{"id":"h0"},' + row + b"]}")
    invalid_rows: list[InvalidRow] = []

    hosts = [host.id async for host in zoom.with_options(on_invalid_row=invalid_rows.append).reports.users(FIRST, LAST)]

    assert (hosts, [drift.row for drift in invalid_rows]) == (["h0"], [1])
    assert reason in invalid_rows[0].reason
    assert invalid_rows[0].raw == row.replace(b"\xeb", "\N{REPLACEMENT CHARACTER}".encode())


async def test_a_reply_that_is_refused_or_odd_beside_its_rows_raises_and_tells_nothing(
    zoom: Zoom, fake: FakeZoom
) -> None:
    told: list[object] = []
    lenient = zoom.with_options(on_invalid_row=told.append, on_extra_fields=told.append)
    fake.respond(POLLS, status=200, body={"code": 200, "message": "Only for paid accounts.", "questions": [7]})
    with pytest.raises(EmbeddedError):
        await lenient.reports.meeting_polls(UUID)

    fake.respond(POLLS, status=200, body={"id": "many", "new": 1, "questions": [7]}, times=2)
    with pytest.raises(DecodeError, match=r"\$\.id"):
        await lenient.reports.meeting_polls(UUID)

    assert told == []


# --- zoom.with_options(on_extra_fields=...) -------------------------------------------------------------------------------------


async def told_of_polls(zoom: Zoom, fake: FakeZoom, body: bytes) -> dict[int | None, object]:
    """Return the unknown keys of a poll report, by row."""
    fake.respond(POLLS, status=200, body=body)
    extra_fields: list[ExtraFields] = []
    await zoom.with_options(on_invalid_row=lambda _: None, on_extra_fields=extra_fields.append).reports.meeting_polls(
        UUID
    )
    assert len({unknown.row for unknown in extra_fields}) == len(extra_fields)
    return {unknown.row: json.loads(unknown.raw) for unknown in extra_fields}


async def test_unknown_keys_are_told_row_by_row_each_at_its_place(zoom: Zoom, fake: FakeZoom) -> None:
    told = await told_of_polls(
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

    assert told == {
        None: {"host": {"id": "h1"}, "": None},
        1: {"team": ["red"], "question_details": {"1": {"emoji": "yes"}, "2": {"emoji": {}}}},
        3: {"question_details": {"0": {"emoji": None}}},
    }


async def test_a_reply_that_lists_no_rows_is_told_of_as_one(zoom: Zoom, fake: FakeZoom) -> None:
    body: dict[str, object] = {"uuid": UUID, "mood": "good", "custom_keys": [{"key": "a"}, {"key": "b", "scope": 1}]}
    fake.respond("GET /report/meetings/{meetingId}", status=200, body=body)
    extra_fields: list[ExtraFields] = []

    await zoom.with_options(on_extra_fields=extra_fields.append).reports.meeting(UUID)

    (unknown,) = extra_fields
    assert unknown.row is None
    assert json.loads(unknown.raw) == {"mood": "good", "custom_keys": {"1": {"scope": 1}}}


async def test_structs_that_are_no_lists_are_looked_into(zoom: Zoom, fake: FakeZoom) -> None:
    settings: dict[str, object] = {"audio": "both", "breakout_room": {"rooms": [{"name": "r", "lid": 1}]}, "aura": 2}
    fake.respond("POST /users/{userId}/meetings", status=201, body={"id": 1, "uuid": "u", "settings": settings})
    extra_fields: list[ExtraFields] = []

    await zoom.with_options(on_extra_fields=extra_fields.append).meetings.create("me", NewMeeting(topic="x"))

    assert [json.loads(unknown.raw) for unknown in extra_fields] == [
        {"settings": {"aura": 2, "breakout_room": {"rooms": {"0": {"lid": 1}}}}}
    ]


async def test_a_reply_without_unknown_keys_tells_nothing(zoom: Zoom, fake: FakeZoom) -> None:
    assert await told_of_polls(zoom, fake, b'{"uuid":"m8Re","questions":[{"question_details":[{}]},{}]}') == {}


async def test_rows_that_drifted_count_and_are_not_told_twice(zoom: Zoom, fake: FakeZoom) -> None:
    told = await told_of_polls(
        zoom, fake, b'{"questions":[{"new":0},null,{"name":[{}],"new":2},{"new":3,"question_details":""}]}'
    )

    assert told == {0: {"new": 0}, 3: {"new": 3}}


async def test_unknown_keys_of_rows_that_were_mended_are_told(zoom: Zoom, fake: FakeZoom) -> None:
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
async def test_unknown_values_stay_as_they_came(value: bytes, zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond(USERS, status=200, body=b'{"users":[{"id":"h1","new":' + value + b"}]}")
    extra_fields: list[ExtraFields] = []

    async for _ in zoom.with_options(on_extra_fields=extra_fields.append).reports.users(FIRST, LAST):
        pass

    assert [unknown.raw for unknown in extra_fields] == [b'{"new":' + value + b"}"]


async def test_an_unknown_text_that_is_no_utf_8_costs_no_row(zoom: Zoom, fake: FakeZoom) -> None:
    told = await told_of_polls(zoom, fake, b'{"questions":[{"name":"Ann","Stra\xdfe":"K\xf6ln"}]}')

    assert told == {0: {"Stra\N{REPLACEMENT CHARACTER}e": "K\N{REPLACEMENT CHARACTER}ln"}}


async def test_an_unknown_shows_no_value_in_its_repr() -> None:
    assert "canary" not in repr(ExtraFields(row=1, raw=b'{"new":"canary"}'))


# --- Views of views ---------------------------------------------------------------------------------------------------


async def test_a_view_of_a_view_keeps_whom_it_does_not_replace(zoom: Zoom, fake: FakeZoom) -> None:
    first: list[object] = []
    second: list[object] = []
    lenient = zoom.with_options(priority=True, on_invalid_row=first.append, on_extra_fields=first.append)

    for view in lenient.with_options(on_invalid_row=second.append), lenient.with_options():
        fake.respond(POLLS, status=200, body={"questions": [{"new": 1}, 7]})
        await view.reports.meeting_polls(UUID)

    assert [type(told) for told in first] == [ExtraFields, InvalidRow, ExtraFields]
    assert [type(told) for told in second] == [InvalidRow]


async def test_calls_without_a_type_tell_nothing(zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond(USERS, status=200, body={"users": [{"new": 1}]})
    told: list[object] = []

    lenient = zoom.with_options(on_invalid_row=told.append, on_extra_fields=told.append)
    response = await lenient.request("GET", "/report/users", label=Label.HEAVY)

    assert (response, told) == ({"users": [{"new": 1}]}, [])
