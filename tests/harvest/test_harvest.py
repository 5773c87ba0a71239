"""A harvest stores exactly what the account holds."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.harvested import expected, partitions, stored
from support.harvesting import SPRING, TODAY, harvest

from zoomasync.errors import ConfigError, InvalidArgument, PermissionDenied, Unauthorized
from zoomasync.harvest import REPORTS, Harvest, Progress, State
from zoomasync.testing import Account, FakeZoom


async def test_harvest_stores_every_row_once(tmp_path: Path) -> None:
    """Rows on several pages and in several months are stored once each."""
    account = Account.simulated(7, today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), type=5, survey=2)
    async with FakeZoom(account, plan=None) as fake:
        summary = await harvest(fake, tmp_path / "harvest.sqlite")

    assert summary.complete
    tables = stored(tmp_path / "harvest.sqlite")
    expected_tables = expected(account, *SPRING)
    assert tables.keys() == expected_tables.keys()
    for name, rows in expected_tables.items():
        assert tables[name] == rows, name
    counts = {name: len(rows) for name, rows in expected_tables.items() if rows}
    assert {stream.name: stream.rows for stream in summary.streams} == counts
    assert set(REPORTS) < counts.keys()


async def test_small_pages_change_nothing(tmp_path: Path) -> None:
    account = Account.simulated(3, today=TODAY, instances_per_month=4)
    async with FakeZoom(account, plan=None, page_size_cap=7) as fake:
        await harvest(fake, tmp_path / "harvest.sqlite")

    assert stored(tmp_path / "harvest.sqlite") == expected(account, *SPRING)


async def test_month_ends_are_stored_once(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    edges = [datetime(2026, month, day, hour, minute, tzinfo=UTC) for month, day, hour, minute in (
        (2, 28, 23, 59), (3, 1, 0, 0), (3, 31, 23, 59), (4, 1, 0, 0), (4, 30, 23, 59), (5, 1, 0, 0), (5, 31, 23, 59),
        (6, 1, 0, 0),
    )]  # fmt: skip
    instances = [account.add_instance(start=start) for start in edges]
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, tmp_path / "harvest.sqlite")

    uuids = [str(row["_part"]) for row in stored(tmp_path / "harvest.sqlite")["meeting"]]
    assert sorted(uuids) == sorted(instance.uuid for instance in instances[1:-1])


async def test_rejected_report_is_complete(tmp_path: Path) -> None:
    """A report that Zoom rejects for good counts as complete; one without the permission does not."""
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    too_old = {"code": 12702, "message": "Can not access a meeting a year ago."}
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/meetings/{meetingId}/qa", status=400, body=too_old)
        assert (await harvest(fake, tmp_path / "rejected.sqlite")).complete

        fake.respond("GET /report/meetings/{meetingId}/qa", status=400, body={"code": 200, "message": "No permission."})
        assert not (await harvest(fake, tmp_path / "denied.sqlite")).complete


async def test_selected_reports_are_fetched(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    account.add_instance(start=datetime(2026, 4, 11, 9, tzinfo=UTC), type=9)
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, tmp_path / "harvest.sqlite", reports=["meeting_qa", "webinar"])

        routes = {request.route for request in fake.requests if request.label}
    assert routes == {
        "GET /report/users",
        "GET /report/users/{userId}/meetings",
        "GET /report/meetings/{meetingId}/qa",
        "GET /report/webinars/{webinarId}",
    }


async def test_failed_report_is_incomplete(
    tmp_path: Path,
) -> None:
    """A report that is not found counts as complete; one that fails does not."""
    account = Account(today=TODAY)
    instance = account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}/qa", status=404, body={"code": 3001, "message": "It does not exist."}
        )
        fake.respond("GET /report/meetings/{meetingId}/polls", status=500, body=b"", times=99)
        summary = await harvest(fake, tmp_path / "harvest.sqlite")

    assert not summary.complete
    assert [(failure.stream, failure.state) for failure in summary.failures] == [("meeting_polls", State.FAILED)]
    states = partitions(tmp_path / "harvest.sqlite")
    assert states["meeting_qa", instance.uuid] == ("not_found", 0)
    assert states["meeting_polls", instance.uuid] == ("failed", 0)
    assert states["meeting_survey", instance.uuid] == ("empty", 0)
    assert states["meeting_participants", instance.uuid] == ("done", 2)


async def test_failing_credentials_end_run(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}",
            status=401,
            body={"code": 124, "message": "Invalid access token."},
            times=999,
        )

        with pytest.raises(Unauthorized):
            await harvest(fake, tmp_path / "harvest.sqlite")


async def test_missing_host_scope_ends_run(tmp_path: Path) -> None:
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


async def test_progress_ends_at_all_done(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
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


async def test_progress_callback_is_called(tmp_path: Path) -> None:
    """Each call has a snapshot: one per finished partition, and one when all is listed."""
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    seen: list[Progress] = []
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1], progress=seen.append) as harvest,
    ):
        await harvest.run()

    total = len(partitions(tmp_path / "h.sqlite"))
    assert Counter(each.done for each in seen) == Counter(range(1, total + 1)) + Counter(
        [next(each.done for each in seen if each.listed)]
    )
    assert seen[-1] == harvest.progress
    assert [each.listed for each in seen] == sorted(each.listed for each in seen)


async def test_progress_callback_shows_wait(tmp_path: Path) -> None:
    seen: list[Progress] = []
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake, fake.client() as zoom:
        fake.respond(
            "GET /report/meetings/{meetingId}",
            status=429,
            headers={"X-RateLimit-Type": "Daily-limit", "Retry-After": "1"},
            body={"code": 429, "message": "You have reached the maximum daily rate limit for this API."},
            on_request=3,
        )
        async with Harvest(
            zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1], progress=seen.append
        ) as harvest:
            assert (await harvest.run(wait=True)).complete

    waiting = [each.deferred_until is not None for each in seen]
    first = waiting.index(True)
    assert waiting[first : first + 2] == [True, False]
    assert sum(waiting) == 1
    assert seen[first].done == seen[first + 1].done


async def test_progress_error_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(progress: Progress) -> None:
        raise ValueError(progress.done)

    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC))
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1], progress=fail) as harvest,
    ):
        assert (await harvest.run()).complete

    (record,) = [record for record in caplog.records if record.name == "zoomasync"]
    assert "progress callback" in record.message


async def test_other_file_is_unchanged(tmp_path: Path) -> None:
    """A database of another program, or a file that is no database, is not touched."""
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE letters (text)")
    other.execute("PRAGMA user_version = 1")  # other programs begin at 1 too
    other.commit()
    other.close()
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to have the header of one" * 20, encoding="utf-8")
    before = (tmp_path / "other.sqlite").read_bytes(), text.read_bytes()

    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        for name in ("other.sqlite", "notes.txt"):
            with pytest.raises(ConfigError, match=name):
                await harvest(fake, tmp_path / name)

    assert ((tmp_path / "other.sqlite").read_bytes(), text.read_bytes()) == before


@pytest.mark.parametrize(
    ("days", "reports", "message"),
    [
        ((SPRING[1], SPRING[0]), ["meeting"], "is after to"),
        (SPRING, ["meeting", "attendance"], "unknown report 'attendance'"),
        (SPRING, [], "reports is empty"),
    ],
    ids=["range upside down", "unknown report", "no report"],
)
async def test_invalid_argument_sends_nothing(
    days: tuple[date, date], reports: list[str], message: str, tmp_path: Path
) -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake, fake.client() as zoom:
        with pytest.raises(InvalidArgument, match=message):
            Harvest(zoom, store=tmp_path / "h.sqlite", from_=days[0], to=days[1], reports=reports)

        assert fake.requests == ()
    assert not (tmp_path / "h.sqlite").exists()


async def test_harvest_returns_attendance(tmp_path: Path) -> None:
    account = Account(today=TODAY)
    instance = account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), participants=3, minutes=30)
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as harvest,
    ):
        await harvest.run()
        (instance_attendance,) = await harvest.attendance(instance.id)

    assert instance_attendance.uuid == instance.uuid
    assert {person.name: person.minutes for person in instance_attendance.people or ()} == {
        visit.name: 30 for visit in instance.participants
    }
