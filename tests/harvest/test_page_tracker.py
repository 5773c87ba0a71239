"""What is odd about what Zoom gives is kept and told, and never endless."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.harvested import expected, partitions, stored
from support.harvesting import SPRING, TODAY, harvest, one_session, query

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


def answer(fake: FakeZoom, *pages: Json) -> None:
    """Let the fake answer the requests for participants with *pages*, one after the other."""
    for number, body in enumerate(pages, start=1):
        fake.respond(PARTICIPANTS, status=200, body=body, on_request=number)


async def names_and_note(fake: FakeZoom, store: Path) -> tuple[list[object], object]:
    """Harvest the participants; return the names that were stored, and the note on them."""
    summary = await harvest(fake, store, APRIL, reports=["meeting_participants"])
    assert summary.complete
    assert [noted.warning for noted in summary.warnings] == [
        warning for (warning,) in query(store, "SELECT warning FROM partition WHERE warning IS NOT NULL")
    ]
    ((warning,),) = query(store, "SELECT warning FROM partition WHERE stream = 'meeting_participants'")
    return [row["name"] for row in stored(store)["meeting_participants"]], warning


async def test_a_listing_whose_page_token_dies_starts_again_without_doubling_a_row(tmp_path: Path) -> None:
    account = one_session(participants=650)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=400, body=DEAD_TOKEN, on_request=3)
        summary = await harvest(fake, tmp_path / "h.sqlite")

    assert summary.complete
    assert stored(tmp_path / "h.sqlite") == expected(account, *SPRING)


async def test_a_page_token_that_keeps_dying_fails_its_partition_after_three_starts_and_leaves_no_row(
    tmp_path: Path,
) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_session(participants=650), plan=None) as fake:
        for number in (2, 4, 6, 8):
            fake.respond(PARTICIPANTS, status=400, body=DEAD_TOKEN, on_request=number)
        summary = await harvest(fake, store)

        assert sum(request.route == PARTICIPANTS for request in fake.requests) == 6
    assert [(problem.stream, problem.error) for problem in summary.failures] == [
        ("meeting_participants", "PageTokenExpired")
    ]
    assert stored(store)["meeting_participants"] == []


async def test_a_listing_that_goes_round_in_circles_fails_and_is_told_of(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_session(), plan=None) as fake:
        fake.respond(PARTICIPANTS, status=200, body=page(visits("a"), token="round"), times=99)
        summary = await harvest(fake, store)

    (problem,) = summary.failures
    assert (problem.state, problem.error) == (State.FAILED, "PagingLoop")
    assert "never end" in str(problem.detail)
    assert stored(store)["meeting_participants"] == []


async def test_a_total_that_is_not_theirs_is_noted_beside_the_rows(tmp_path: Path) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        answer(fake, page(visits("a", "b"), total=5))
        got = await names_and_note(fake, tmp_path / "h.sqlite")

    assert got == (["a", "b"], "Zoom counted 5 rows and returned 2")


async def test_rows_that_shift_between_pages_are_fetched_anew(tmp_path: Path) -> None:
    """The first try sees "b" twice, since somebody was added before it; the second one sees everybody once."""
    async with FakeZoom(one_session(), plan=None) as fake:
        answer(
            fake,
            page(visits("a", "b"), token="next", total=3),
            page(visits("b", "c"), total=4),
            page(visits("new", "a"), token="next", total=4),
            page(visits("b", "c"), total=4),
        )
        got = await names_and_note(fake, tmp_path / "h.sqlite")

    assert got == (["new", "a", "b", "c"], None)


async def test_rows_that_keep_shifting_are_kept_and_told_of_after_three_starts(tmp_path: Path) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        answer(fake, *[page(visits("a", "b"), token="next", total=3), page(visits("b", "c"), total=3)] * 3)
        names, warning = await names_and_note(fake, tmp_path / "h.sqlite")

    assert names == ["a", "b", "b", "c"]
    assert warning == "rows shifted between pages, 1 repeated"


async def test_a_session_that_is_listed_twice_is_kept_once_since_its_uuid_is_its_key(tmp_path: Path) -> None:
    account = one_session()
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
    assert [(noted.key, noted.warning) for noted in summary.warnings] == [
        (f"{host.id}/2026-04", "rows shifted between pages, 1 repeated")
    ]


async def test_a_range_that_zoom_cuts_short_is_noted(tmp_path: Path) -> None:
    account = one_session()
    host = account.hosts[0]
    body: Json = {"from": "2026-04-05", "to": "2026-04-30", "users": [{"id": host.id}]}
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(USERS, status=200, body=body)
        summary = await harvest(fake, tmp_path / "h.sqlite", APRIL)

    assert summary.complete
    assert [(noted.stream, noted.warning) for noted in summary.warnings] == [
        ("users", "Zoom returned 2026-04-05 to 2026-04-30 only")
    ]


async def test_an_answer_for_other_days_is_no_answer_since_its_rows_belong_elsewhere(tmp_path: Path) -> None:
    body: Json = {"from": "2026-05-20", "to": "2026-06-15", "meetings": [{"uuid": "u1=="}]}
    async with FakeZoom(one_session(), plan=None) as fake:
        fake.respond(USER_MEETINGS, status=200, body=body)
        summary = await harvest(fake, tmp_path / "h.sqlite", APRIL)

    (problem,) = summary.failures
    assert problem.error == "UnexpectedDateRange"
    assert problem.detail == "asked for 2026-04-01 to 2026-04-30, but Zoom returned 2026-05-20 to 2026-06-15"
    assert stored(tmp_path / "h.sqlite")["user_meetings"] == []


async def test_a_row_that_is_not_what_the_reference_says_is_kept_raw_and_costs_no_other(tmp_path: Path) -> None:
    account = one_session()
    rows: list[Json] = [{"id": "a", "name": "Ada"}, {"id": "b", "duration": "long"}, {"id": "c", "name": "Cy"}]
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        answer(fake, page(rows))
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


async def test_so_is_one_of_a_report_that_has_no_pages(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_session(), plan=None) as fake:
        body: Json = {"questions": [{"name": "Ada"}, {"name": ["no", [[]]]}]}
        fake.respond(POLLS, status=200, body=body)
        await harvest(fake, store, reports=["meeting_polls"])

    assert [row["name"] for row in stored(store)["meeting_polls"]] == ["Ada"]
    assert query(store, "SELECT _seq, raw FROM rejected_rows") == [(1, '{"name":["no",[[]]]}')]


async def test_keys_that_the_reference_does_not_know_are_kept_beside_their_row(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    questions: list[Json] = [
        {"name": "Ada", "mood": "good", "question_details": [{"answer": "yes"}, {"answer": "no", "seconds": 2}]},
        {"name": "Cy"},
    ]
    async with FakeZoom(one_session(), plan=None) as fake:
        fake.respond(POLLS, status=200, body={"id": 1, "campaign": "spring", "questions": questions})
        await harvest(fake, store, reports=["meeting_polls"])

    skipped = [json.loads(str(row["_extra"])) for row in stored(store)["meeting_polls"]]
    assert skipped == [
        {"campaign": "spring", "mood": "good", "question_details": {"1": {"seconds": 2}}},
        {"campaign": "spring"},
    ]


async def test_a_number_of_more_than_64_bits_lies_beside_its_row(tmp_path: Path) -> None:
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
async def test_past_meetings_may_stand_in_for_reports(reports: list[str], tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        summary = await harvest(fake, store, reports=reports)

        heavy = {request.route for request in fake.requests if request.label == "heavy"}
    assert summary.complete
    assert heavy == {USERS, USER_MEETINGS}
    wanted = [instance for instance in account.instances_between(*SPRING) if not instance.webinar]
    wanted = [instance for instance in wanted if instance.participants_count > 1]
    for name in reports:
        finished = {
            key for (stream, key), (state, _) in partitions(store).items() if stream == name and state != "in_progress"
        }
        assert finished == {instance.uuid for instance in wanted}
    if reports == ["past_participants"]:
        assert [row["name"] for row in stored(store)["past_participants"]] == [
            visit.name for instance in sorted(wanted, key=lambda each: each.uuid) for visit in instance.participants
        ]
