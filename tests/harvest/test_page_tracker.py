"""A partition with damaged, shifted or unknown data is stored as far as possible, with a warning."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.harvested import expected, partitions, stored
from support.harvesting import SPRING, TODAY, harvest, one_instance, query

from zoomasync.harvest import State
from zoomasync.testing import Account, FakeZoom

PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
USERS = "GET /report/users"
USER_MEETINGS = "GET /report/users/{userId}/meetings"
POLLS = "GET /report/meetings/{meetingId}/polls"
DEAD_TOKEN = {"code": 300, "message": "The next page token is invalid or expired."}
APRIL = (date(2026, 4, 1), date(2026, 4, 30))

Json = dict[str, object]


def visits(*names: str) -> list[Json]:
    return [{"id": name, "name": name} for name in names]


def page(rows: list[Json], token: str = "", total: int | None = None) -> Json:
    body: Json = {"next_page_token": token, "participants": rows}
    return body if total is None else {**body, "total_records": total}


def respond_with(fake: FakeZoom, *pages: Json) -> None:
    """Respond to the requests for participants with *pages*, one after the other."""
    for number, body in enumerate(pages, start=1):
        fake.respond(PARTICIPANTS, status=200, body=body, on_request=number)


async def names_and_warning(fake: FakeZoom, store: Path) -> tuple[list[object], object]:
    """Harvest the participants; return the stored names and the warning."""
    summary = await harvest(fake, store, APRIL, reports=["meeting_participants"])
    assert summary.complete
    assert [partition.warning for partition in summary.warnings] == [
        warning for (warning,) in query(store, "SELECT warning FROM partition WHERE warning IS NOT NULL")
    ]
    ((warning,),) = query(store, "SELECT warning FROM partition WHERE stream = 'meeting_participants'")
    return [row["name"] for row in stored(store)["meeting_participants"]], warning


async def test_expired_page_token_restarts(tmp_path: Path) -> None:
    """The restart repeats no row."""
    account = one_instance(participants=650)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=400, body=DEAD_TOKEN, on_request=3)
        summary = await harvest(fake, tmp_path / "h.sqlite")

    assert summary.complete
    assert stored(tmp_path / "h.sqlite") == expected(account, *SPRING)


async def test_third_expired_token_fails(
    tmp_path: Path,
) -> None:
    """After three attempts the partition has failed and has no rows."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(participants=650), plan=None) as fake:
        for number in (2, 4, 6, 8):
            fake.respond(PARTICIPANTS, status=400, body=DEAD_TOKEN, on_request=number)
        summary = await harvest(fake, store)

        assert sum(request.route == PARTICIPANTS for request in fake.requests) == 6
    assert [(failure.stream, failure.error) for failure in summary.failures] == [
        ("meeting_participants", "PageTokenExpired")
    ]
    assert stored(store)["meeting_participants"] == []


@pytest.mark.parametrize("tokens", [["round"] * 9, [f"t{number}" for number in range(9)]], ids=["one", "new"])
@pytest.mark.parametrize("rows", [[], visits("a")], ids=["empty", "a row"])
async def test_paging_loop_fails_partition(rows: list[Json], tokens: list[str], tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        respond_with(fake, *(page(rows, token) for token in tokens))
        summary = await harvest(fake, store)

    (failure,) = summary.failures
    assert (failure.state, failure.error) == (State.FAILED, "PagingLoop")
    assert "start the listing again" in str(failure.detail)
    assert stored(store)["meeting_participants"] == []


async def test_wrong_total_is_a_warning(tmp_path: Path) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake:
        respond_with(fake, page(visits("a", "b"), total=5))
        stored_rows = await names_and_warning(fake, tmp_path / "h.sqlite")

    assert stored_rows == (["a", "b"], "Zoom counted 5 rows and returned 2")


async def test_shifted_rows_are_refetched(tmp_path: Path) -> None:
    """The first attempt gets "b" twice, since a row was added before it; the second gets each row once."""
    async with FakeZoom(one_instance(), plan=None) as fake:
        respond_with(
            fake,
            page(visits("a", "b"), token="next", total=3),
            page(visits("b", "c"), total=4),
            page(visits("new", "a"), token="next", total=4),
            page(visits("b", "c"), total=4),
        )
        stored_rows = await names_and_warning(fake, tmp_path / "h.sqlite")

    assert stored_rows == (["new", "a", "b", "c"], None)


async def test_third_shift_is_a_warning(tmp_path: Path) -> None:
    """After three attempts the rows are stored with a warning."""
    async with FakeZoom(one_instance(), plan=None) as fake:
        respond_with(fake, *[page(visits("a", "b"), token="next", total=3), page(visits("b", "c"), total=3)] * 3)
        names, warning = await names_and_warning(fake, tmp_path / "h.sqlite")

    assert names == ["a", "b", "b", "c"]
    assert warning == "rows shifted between pages, 1 repeated"


async def test_repeated_instance_stored_once(tmp_path: Path) -> None:
    """The UUID is the key of a listed instance."""
    account = one_instance()
    host = account.hosts[0]
    store = tmp_path / "h.sqlite"
    meeting: Json = {"uuid": "u1==", "type": 2, "start_time": "2026-04-10T09:00:00Z"}
    pages: list[Json] = [
        {"meetings": [meeting], "next_page_token": "next"},
        {"meetings": [meeting, {**meeting, "uuid": "u2=="}], "next_page_token": ""},
    ]
    async with FakeZoom(account, plan=None) as fake:
        for number, body in enumerate(pages * 3, start=1):
            fake.respond(USER_MEETINGS, status=200, body=body, on_request=number)
        summary = await harvest(fake, store, APRIL, reports=["meeting_qa"])

    assert [row["uuid"] for row in stored(store)["user_meetings"]] == ["u1==", "u2=="]
    assert [(partition.key, partition.warning) for partition in summary.warnings] == [
        (f"{host.id}/2026-04", "rows shifted between pages, 1 repeated")
    ]


async def test_rows_without_key_are_stored(tmp_path: Path) -> None:
    """Zoom may omit the date that identifies a row."""
    store, days = tmp_path / "h.sqlite", (date(2026, 5, 1), date(2026, 5, 30))
    rows = [{"usage": "1 MB"}, {"usage": "2 MB"}]
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        fake.respond("GET /report/cloud_recording", status=200, body={"cloud_recording_storage": rows})
        await harvest(fake, store, days, reports=["cloud_recording"])

    assert query(store, "SELECT usage FROM cloud_recording") == [("1 MB",), ("2 MB",)]


async def test_shortened_range_is_a_warning(tmp_path: Path) -> None:
    account = one_instance()
    host = account.hosts[0]
    body: Json = {"from": "2026-04-05", "to": "2026-04-30", "users": [{"id": host.id}]}
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(USERS, status=200, body=body)
        summary = await harvest(fake, tmp_path / "h.sqlite", APRIL)

    assert summary.complete
    assert [(partition.stream, partition.warning) for partition in summary.warnings] == [
        ("users", "Zoom returned 2026-04-05 to 2026-04-30 only")
    ]


async def test_other_date_range_fails(tmp_path: Path) -> None:
    """Rows of other days belong to another partition."""
    body: Json = {"from": "2026-05-20", "to": "2026-06-15", "meetings": [{"uuid": "u1=="}]}
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(USER_MEETINGS, status=200, body=body)
        summary = await harvest(fake, tmp_path / "h.sqlite", APRIL)

    (failure,) = summary.failures
    assert failure.error == "UnexpectedDateRange"
    assert failure.detail == "asked for 2026-04-01 to 2026-04-30, but Zoom returned 2026-05-20 to 2026-06-15"
    assert stored(tmp_path / "h.sqlite")["user_meetings"] == []


async def test_invalid_row_is_stored_raw(tmp_path: Path) -> None:
    """The other rows of the page are stored as usual."""
    account = one_instance()
    rows: list[Json] = [{"id": "a", "name": "Ada"}, {"id": "b", "duration": "long"}, {"id": "c", "name": "Cy"}]
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        respond_with(fake, page(rows))
        summary = await harvest(fake, store)

    assert summary.complete
    assert [(row["_seq"], row["id"]) for row in stored(store)["meeting_participants"]] == [(0, "a"), (2, "c")]
    assert query(store, "SELECT stream, _part, _seq, path, raw FROM rejected_rows") == [
        (
            "meeting_participants",
            account.instances[0].uuid,
            1,
            "$.participants[1].duration",
            '{"id":"b","duration":"long"}',
        )
    ]
    assert next(stream.invalid_rows for stream in summary.streams if stream.name == "meeting_participants") == 1


@pytest.mark.parametrize(
    ("route", "rows", "stream"),
    [
        pytest.param(USERS, "users", "users", id="host"),
        pytest.param(USER_MEETINGS, "meetings", "user_meetings", id="instance"),
    ],
)
@pytest.mark.parametrize("row", [{"id": "", "uuid": ""}, {"id": None, "uuid": None}, {}], ids=["", "null", "missing"])
async def test_row_without_id_is_stored_raw(route: str, rows: str, stream: str, row: Json, tmp_path: Path) -> None:
    """A host or an instance without an id is an invalid row: a partition with an empty key could never be fetched."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(route, status=200, body={"next_page_token": "", rows: [row]})
        summary = await harvest(fake, store, APRIL)

    assert summary.complete
    assert query(store, "SELECT stream, raw FROM rejected_rows") == [(stream, json.dumps(row, separators=(",", ":")))]
    assert query(store, "SELECT DISTINCT stream FROM partition WHERE key = '' OR key LIKE '/%'") == []


async def test_half_a_pair_costs_one_row(tmp_path: Path) -> None:
    """Half a surrogate pair in a name costs that row, which is stored as Zoom sent it."""
    store = tmp_path / "h.sqlite"
    body = rb'{"next_page_token":"","participants":[{"id":"a"},{"id":"b","name":"Zo\ud83d"},{"id":"c"}]}'
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(PARTICIPANTS, status=200, body=body)
        summary = await harvest(fake, store, APRIL, reports=["meeting_participants"])

    assert summary.complete
    assert query(store, "SELECT _seq, id FROM meeting_participants") == [(0, "a"), (2, "c")]
    assert query(store, "SELECT _seq, raw FROM rejected_rows") == [(1, '{"id":"b","name":"Zo\\ud83d"}')]


async def test_odd_time_of_report_is_extra(tmp_path: Path) -> None:
    """An odd time beside the rows of a report costs no row: each row keeps it with its extra fields."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        body: Json = {"uuid": "u", "start_time": "10 April", "questions": [{"name": "Ann"}, {"name": "Bo", "new": 1}]}
        fake.respond(POLLS, status=200, body=body)
        summary = await harvest(fake, store, APRIL, reports=["meeting_polls"])

    assert summary.complete
    assert query(store, "SELECT name, start_time, _extra FROM meeting_polls") == [
        ("Ann", None, '{"start_time":"10 April"}'),
        ("Bo", None, '{"start_time":"10 April","new":1}'),
    ]


async def test_invalid_row_of_report_is_stored(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        body: Json = {"questions": [{"name": "Ada"}, {"name": ["no", [[]]]}]}
        fake.respond(POLLS, status=200, body=body)
        await harvest(fake, store, reports=["meeting_polls"])

    assert [row["name"] for row in stored(store)["meeting_polls"]] == ["Ada"]
    assert query(store, "SELECT _seq, raw FROM rejected_rows") == [(1, '{"name":["no",[[]]]}')]


async def test_extra_fields_are_stored(tmp_path: Path) -> None:
    """Extra fields of the report itself are stored with each of its rows."""
    store = tmp_path / "h.sqlite"
    questions: list[Json] = [
        {"name": "Ada", "mood": "good", "question_details": [{"answer": "yes"}, {"answer": "no", "seconds": 2}]},
        {"name": "Cy"},
    ]
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(POLLS, status=200, body={"id": 1, "campaign": "spring", "questions": questions})
        await harvest(fake, store, reports=["meeting_polls"])

    extra = [json.loads(str(row["_extra"])) for row in stored(store)["meeting_polls"]]
    assert extra == [
        {"campaign": "spring", "mood": "good", "question_details": {"1": {"seconds": 2}}},
        {"campaign": "spring"},
    ]


async def test_large_number_is_an_extra_field(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), id=2**70)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        summary = await harvest(fake, store, reports=["meeting"])

    assert summary.complete
    for table in ("user_meetings", "meeting"):
        (row,) = stored(store)[table]
        assert (row["id"], json.loads(str(row["_extra"]))) == (None, {"id": 2**70})


@pytest.mark.parametrize("reports", [["past_participants"], ["past_meeting", "past_polls", "past_qa"]], ids="+".join)
async def test_past_meetings_replace_reports(reports: list[str], tmp_path: Path) -> None:
    """The reports then take no heavy calls."""
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        summary = await harvest(fake, store, reports=reports)

        heavy = {request.route for request in fake.requests if request.label == "heavy"}
    assert summary.complete
    assert heavy == {USERS, USER_MEETINGS}
    meetings = [instance for instance in account.instances_between(*SPRING) if not instance.webinar]
    meetings = [instance for instance in meetings if instance.participants_count > 1]
    for name in reports:
        finished = {
            key for (stream, key), (state, _) in partitions(store).items() if stream == name and state != "in_progress"
        }
        assert finished == {instance.uuid for instance in meetings}
    if reports == ["past_participants"]:
        assert [row["name"] for row in stored(store)["past_participants"]] == [
            visit.name for instance in sorted(meetings, key=lambda each: each.uuid) for visit in instance.participants
        ]


@pytest.mark.parametrize("uuid", ["", " ", ".", "..", "a?b=1", "a#b", "%2e%2e", "caf\u00e9", "a\r\nb"], ids=ascii)
async def test_unusable_uuid_is_an_invalid_row(uuid: str, tmp_path: Path) -> None:
    """No request could name the instance, so that its reports would fail in every run."""
    store = tmp_path / "h.sqlite"
    rows = [{"uuid": uuid, "type": 2, "new": 1}, {"uuid": "good==", "type": 2, "start_time": "2026-04-10T09:00:00Z"}]
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(USER_MEETINGS, status=200, body={"meetings": rows})
        summary = await harvest(fake, store, APRIL, reports=["meeting_qa"])

    assert {key for stream, key in partitions(store) if stream == "meeting_qa"} == {"good=="}
    ((path, reason, raw),) = query(store, "SELECT path, reason, raw FROM rejected_rows WHERE stream = 'user_meetings'")
    assert str(path).endswith("[0].uuid")
    assert ("meetingId must be a number" if uuid else "length >= 1") in str(reason)
    assert json.loads(str(raw))["uuid"] == uuid
    assert next(stream.invalid_rows for stream in summary.streams if stream.name == "user_meetings") == 1
    assert [failure.key for failure in summary.failures] == []


@pytest.mark.parametrize("host", ["", ".", "..", "a/b", "a b"])
async def test_unusable_host_is_an_invalid_row(host: str, tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(USERS, status=200, body={"users": [{"id": host}, {"id": fake.account.hosts[0].id}]})
        summary = await harvest(fake, store, APRIL, reports=["meeting"])

    assert summary.complete
    assert len(stored(store)["meeting"]) == 1
    ((stream, path),) = query(store, "SELECT stream, path FROM rejected_rows")
    assert stream == "users"
    assert str(path).endswith("[0].id")


async def test_stored_unusable_uuid_is_rejected(tmp_path: Path) -> None:
    """An earlier version stored such a row; its reports do not keep the harvest incomplete."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        await harvest(fake, store, APRIL, reports=["meeting"])
        with closing(sqlite3.connect(store)) as database, database:
            database.execute("UPDATE user_meetings SET uuid = '.'")
        summary = await harvest(fake, store, APRIL, reports=["meeting"])

    assert summary.complete
    assert [(partition.stream, partition.error) for partition in summary.rejected] == [("meeting", "InvalidArgument")]
