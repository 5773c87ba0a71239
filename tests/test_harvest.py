"""A harvest stores exactly what the account holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.harvested import expected, partitions, stored

from zoomasync import RetryPolicy
from zoomasync.errors import ConfigError, InvalidArgument, PermissionDenied, Unauthorized, ZoomError
from zoomasync.harvest import REPORTS, Harvest, State, Summary
from zoomasync.testing import Account, FakeZoom

TODAY = date(2026, 6, 15)
SPRING = (date(2026, 3, 1), date(2026, 5, 31))


async def harvest(
    fake: FakeZoom, store: Path, days: tuple[date, date] = SPRING, *, reports: Sequence[str] = REPORTS
) -> Summary:
    retry = RetryPolicy(attempts=3, base=0.01)
    async with (
        fake.client(retry=retry) as zoom,
        Harvest(zoom, store=store, from_=days[0], to=days[1], reports=reports) as harvest,
    ):
        return await harvest.run()


async def test_every_row_of_a_simulated_account_is_stored_once_across_pages_and_months(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY)
    async with FakeZoom(account, plan=None) as fake:
        summary = await harvest(fake, tmp_path / "harvest.sqlite")

    assert summary.complete
    tables = stored(tmp_path / "harvest.sqlite")
    wanted = expected(account, *SPRING)
    assert tables.keys() == wanted.keys()
    for name, rows in wanted.items():
        assert rows, f"the account should have something to store in {name}"
        assert tables[name] == rows, name
    assert {stream.name: stream.rows for stream in summary.streams} == {
        name: len(rows) for name, rows in wanted.items()
    }


async def test_small_pages_give_the_same_rows(tmp_path: Path) -> None:
    account = Account.simulated(3, today=TODAY, sessions_a_month=4)
    async with FakeZoom(account, plan=None, page_size_cap=7) as fake:
        await harvest(fake, tmp_path / "harvest.sqlite")

    assert stored(tmp_path / "harvest.sqlite") == expected(account, *SPRING)


async def test_sessions_at_the_edges_of_months_are_neither_lost_nor_doubled(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    edges = [datetime(2026, month, day, hour, minute, tzinfo=UTC) for month, day, hour, minute in (
        (2, 28, 23, 59), (3, 1, 0, 0), (3, 31, 23, 59), (4, 1, 0, 0), (4, 30, 23, 59), (5, 1, 0, 0), (5, 31, 23, 59),
        (6, 1, 0, 0),
    )]  # fmt: skip
    sessions = [account.add_session(start=start) for start in edges]
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, tmp_path / "harvest.sqlite")

    uuids = [str(row["_part"]) for row in stored(tmp_path / "harvest.sqlite")["meeting"]]
    assert sorted(uuids) == sorted(session.uuid for session in sessions[1:-1])


async def test_a_second_run_finds_what_is_new(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC), participants=5)
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, tmp_path / "harvest.sqlite")
        account.add_session(start=datetime(2026, 4, 11, 9, tzinfo=UTC), participants=3)
        await harvest(fake, tmp_path / "harvest.sqlite")

    assert stored(tmp_path / "harvest.sqlite") == expected(account, *SPRING)


async def test_a_second_run_asks_only_for_what_an_earlier_one_has_not_settled(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, sessions_a_month=3)
    store = tmp_path / "harvest.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/meetings/{meetingId}/qa", status=500, body=b"", times=999)
        first = await harvest(fake, store)
        asked = len(fake.requests)
        fake.heal()
        second = await harvest(fake, store)

        again = {request.route for request in fake.requests[asked:] if request.label}
    assert (first.complete, second.complete) == (False, True)
    listings = {"GET /report/users", "GET /report/users/{userId}/meetings"}
    assert again - listings == {"GET /report/meetings/{meetingId}/qa"}
    assert stored(store) == expected(account, *SPRING)
    assert next(stream.kept for stream in second.streams if stream.name == "meeting") == len(stored(store)["meeting"])


async def test_a_store_is_of_one_range_and_says_so(tmp_path: Path) -> None:
    """Months that are cut at other days would hold the same meetings twice."""
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        await harvest(fake, tmp_path / "h.sqlite")

        with pytest.raises(ConfigError, match=r"h\.sqlite holds the days 2026-03-01 to 2026-05-31"):
            await harvest(fake, tmp_path / "h.sqlite", (date(2026, 3, 2), date(2026, 6, 1)))


async def test_a_row_that_is_not_what_the_reference_says_is_kept_raw_and_costs_no_other(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    session = account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    rows = [{"id": "a", "name": "Ada"}, {"id": "b", "duration": "long"}, {"id": "c", "name": "Cy"}]
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/meetings/{meetingId}/participants", status=200, body={"participants": rows})
        summary = await harvest(fake, tmp_path / "h.sqlite")

    assert summary.complete
    assert [row["id"] for row in stored(tmp_path / "h.sqlite")["meeting_participants"]] == ["a", "c"]
    with closing(sqlite3.connect(tmp_path / "h.sqlite")) as database:
        drift = database.execute("SELECT stream, _part, path, raw FROM drift").fetchall()
    assert drift == [
        ("meeting_participants", session.uuid, "$.participants[1].duration", '{"id":"b","duration":"long"}')
    ]


async def test_a_listing_whose_page_token_dies_starts_again_without_doubling_a_row(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC), participants=650)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}/participants",
            status=400,
            body={"code": 300, "message": "The next page token is invalid or expired."},
            on_request=3,
        )
        summary = await harvest(fake, tmp_path / "h.sqlite")

    assert summary.complete
    assert stored(tmp_path / "h.sqlite") == expected(account, *SPRING)


async def test_what_zoom_refuses_for_good_is_accounted_for_and_a_missing_scope_is_not(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    too_old = {"code": 12702, "message": "Can not access a meeting a year ago."}
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/meetings/{meetingId}/qa", status=400, body=too_old)
        assert (await harvest(fake, tmp_path / "refused.sqlite")).complete

        fake.respond("GET /report/meetings/{meetingId}/qa", status=400, body={"code": 200, "message": "No permission."})
        assert not (await harvest(fake, tmp_path / "denied.sqlite")).complete


async def test_a_store_that_somebody_else_holds_ends_the_harvest_in_one_line(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store)
        with closing(sqlite3.connect(store, isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 0")
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ZoomError, match=r"h\.sqlite.*locked"):
                await harvest(fake, store)


async def test_only_the_chosen_reports_are_asked_for(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    account.add_session(start=datetime(2026, 4, 11, 9, tzinfo=UTC), type=9)
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, tmp_path / "harvest.sqlite", reports=["meeting_qa", "webinar"])

        asked = {request.route for request in fake.requests if request.label}
    assert asked == {
        "GET /report/users",
        "GET /report/users/{userId}/meetings",
        "GET /report/meetings/{meetingId}/qa",
        "GET /report/webinars/{webinarId}",
    }


async def test_a_report_that_is_gone_is_accounted_for_and_one_that_fails_makes_the_harvest_incomplete(
    tmp_path: Path,
) -> None:
    account = Account(today=TODAY)
    session = account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}/qa", status=404, body={"code": 3001, "message": "It does not exist."}
        )
        fake.respond("GET /report/meetings/{meetingId}/polls", status=500, body=b"", times=99)
        summary = await harvest(fake, tmp_path / "harvest.sqlite")

    assert not summary.complete
    assert [(problem.stream.name, problem.state) for problem in summary.problems] == [("meeting_polls", State.FAILED)]
    states = partitions(tmp_path / "harvest.sqlite")
    assert states["meeting_qa", session.uuid] == ("gone", 0)
    assert states["meeting_polls", session.uuid] == ("failed", 0)
    assert states["meeting_survey", session.uuid] == ("empty", 0)
    assert states["meeting_participants", session.uuid] == ("done", 2)


async def test_the_limit_of_the_day_ends_the_run_and_says_when_it_can_go_on(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, sessions_a_month=3)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}",
            status=429,
            headers={"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-06-16T00:00:00Z"},
            body={"code": 429, "message": "You have reached the maximum daily rate limit for this API."},
            on_request=3,
            times=999,
        )
        summary = await harvest(fake, tmp_path / "harvest.sqlite")

        refused = [request for request in fake.requests if request.status == 429]
    assert not summary.complete
    assert summary.stopped_by is not None
    assert len(refused) < 40  # those under way at most: nothing goes on knocking


async def test_credentials_that_fail_end_the_run_with_their_error(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, sessions_a_month=3)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}",
            status=401,
            body={"code": 124, "message": "Invalid access token."},
            times=999,
        )

        with pytest.raises(Unauthorized):
            await harvest(fake, tmp_path / "harvest.sqlite")


async def test_a_scope_that_is_missing_for_the_hosts_ends_the_run_with_its_error(tmp_path: Path) -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        fake.respond(
            "GET /report/users",
            status=400,
            body={
                "code": 4711,
                "message": "Invalid access token, does not contain scopes:[report:read:list_users:admin].",
            },
            times=9,
        )

        with pytest.raises(PermissionDenied, match="report:read:list_users:admin"):
            await harvest(fake, tmp_path / "harvest.sqlite")


async def test_progress_ends_with_everything_known_and_done(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, sessions_a_month=3)
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as harvest,
    ):
        await harvest.run()

        progress = harvest.progress
        assert progress.listed
        assert progress.done == progress.known == len(partitions(tmp_path / "h.sqlite"))
        assert progress.rows == sum(len(rows) for rows in stored(tmp_path / "h.sqlite").values())


async def test_a_file_that_is_no_harvest_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE letters (text)")
    other.execute("PRAGMA user_version = 1")  # a number that others count from as well
    other.commit()
    other.close()
    text = tmp_path / "notes.txt"
    text.write_text("not a database at all, but long enough to be looked at as one" * 20, encoding="utf-8")
    before = (tmp_path / "other.sqlite").read_bytes(), text.read_bytes()

    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        for name in ("other.sqlite", "notes.txt"):
            with pytest.raises(ConfigError, match=name):
                await harvest(fake, tmp_path / name)

    assert ((tmp_path / "other.sqlite").read_bytes(), text.read_bytes()) == before


@pytest.mark.parametrize(
    ("days", "reports", "message"),
    [
        ((SPRING[1], SPRING[0]), ["meeting"], "upside down"),
        (SPRING, ["meeting", "attendance"], "unknown report 'attendance'"),
        (SPRING, [], "no report chosen"),
    ],
    ids=["range upside down", "unknown report", "no report"],
)
async def test_what_no_harvest_can_be_made_of_is_said_before_anything_is_sent(
    days: tuple[date, date], reports: list[str], message: str, tmp_path: Path
) -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake, fake.client() as zoom:
        with pytest.raises(InvalidArgument, match=message):
            Harvest(zoom, store=tmp_path / "h.sqlite", from_=days[0], to=days[1], reports=reports)

        assert fake.requests == ()
    assert not (tmp_path / "h.sqlite").exists()


async def test_a_number_that_no_database_holds_does_not_stop_the_harvest(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_session(start=datetime(2026, 4, 10, 9, tzinfo=UTC), id=2**70)
    async with FakeZoom(account, plan=None) as fake:
        summary = await harvest(fake, tmp_path / "h.sqlite")

    assert summary.complete
    assert [row["id"] for row in stored(tmp_path / "h.sqlite")["meeting"]] == [float(2**70)]


async def test_a_run_that_breaks_off_leaves_whole_partitions_only(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, sessions_a_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}/qa",
            status=401,
            body={"code": 124, "message": "dead"},
            on_request=9,
            times=99,
        )
        with pytest.raises(Unauthorized):
            await harvest(fake, store)

    wanted = expected(account, *SPRING)
    done = {key for key, (state, _) in partitions(store).items() if state == "done"}
    assert done
    for name, rows in stored(store).items():
        assert rows == [row for row in wanted[name] if (name, row["_part"]) in done]
