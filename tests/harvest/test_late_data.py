"""Reports and listings that Zoom has late are asked for again, by later runs and without an option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from support.harvested import partitions, stored
from support.harvesting import TODAY, ZoomAt, add_instance_on, calls, harvest, query

from zoomasync.harvest import Harvest, State, Summary, read_status
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.account.records import Activity, OperationLog, RecordingStorage

DAY = date(2026, 5, 20)
NOT_FOUND = {"code": 3001, "message": "Meeting does not exist: 81528471234."}
ROUTES = {
    "meeting": "GET /report/meetings/{meetingId}",
    "meeting_participants": "GET /report/meetings/{meetingId}/participants",
    "meeting_qa": "GET /report/meetings/{meetingId}/qa",
    "past_meeting": "GET /past_meetings/{meetingId}",
    "webinar_qa": "GET /report/webinars/{webinarId}/qa",
    "absentees": "GET /past_webinars/{webinarId}/absentees",
}
USERS = "GET /report/users"
USER_MEETINGS = "GET /report/users/{userId}/meetings"


def one_instance() -> Account:
    account = Account(today=TODAY)
    add_instance_on(account, DAY)
    return account


def morning(day: date) -> datetime:
    """Return half past twelve at night, when a nightly harvest runs."""
    return datetime.combine(day, time(0, 30), UTC)


async def night(fake: FakeZoom, store: Path, day: date, reports: Sequence[str] = ("meeting",)) -> Summary:
    """Harvest the thirty days before *day*, in its first hour."""
    to = day - timedelta(days=1)
    return await harvest(fake, store, (to - timedelta(days=29), to), reports=reports, now=morning(day))


# Reports.


@pytest.mark.parametrize("report", ROUTES)
async def test_late_report_is_fetched_later(report: str, tmp_path: Path) -> None:
    """A report that is not found on the day after its instance stays pending, and the next run stores it."""
    account = one_instance()
    webinar = account.add_meeting(type=5, registrants=1)
    start = datetime.combine(DAY, time(9), UTC)
    account.add_instance(account.hosts[0], start=start, id=webinar.id, type=5)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(ROUTES[report], status=404, body=NOT_FOUND)
        first = await night(fake, store, DAY + timedelta(days=1), [report])
        state = partitions(store)
        second = await night(fake, store, DAY + timedelta(days=2), [report])

        assert calls(fake).count(ROUTES[report]) == 2
    assert [state for (stream, _), (state, _) in state.items() if stream == report] == ["pending"]
    assert (first.complete, first.unfinished, first.failures) == (False, 1, ())
    (late,) = first.not_ready
    assert (late.stream, late.state, late.error) == (report, State.PENDING, "NotFound")
    assert str(late.detail).endswith("404 (Zoom code 3001): not ready yet; reports can be days late")
    assert (second.complete, second.not_ready) == (True, ())
    assert {state for state, _ in partitions(store).values()} <= {"done", "empty"}


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(days=1), "pending"),
        (timedelta(days=3), "pending"),
        (timedelta(days=5, hours=5, minutes=59), "pending"),
        (timedelta(days=5, hours=6), "not_found"),
        (timedelta(days=90), "not_found"),
    ],
    ids=str,
)
async def test_instance_is_young_for_three_days(age: timedelta, state: str, tmp_path: Path) -> None:
    """It may have lasted 30 hours from the end of the day on which it began."""
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND)
        now = datetime.combine(DAY, time(), UTC) + age
        days = (DAY.replace(day=1), DAY)
        summary = await harvest(fake, tmp_path / "h.sqlite", days, reports=["meeting"], now=now)

    assert query(tmp_path / "h.sqlite", "SELECT state FROM partition WHERE stream = 'meeting'") == [(state,)]
    assert summary.complete is (state == "not_found")


async def test_old_report_is_asked_for_twice(tmp_path: Path) -> None:
    """During incidents, Zoom answered 404 by mistake; expired reports must not cost a call per run."""
    account = one_instance()
    store = tmp_path / "h.sqlite"
    later = DAY + timedelta(days=20)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND, times=9)
        counts: list[int] = []
        for number in range(4):
            assert (await night(fake, store, later + timedelta(days=number))).complete
            counts.append(calls(fake).count(ROUTES["meeting"]))

    assert counts == [1, 2, 2, 2]


async def test_mistaken_404_is_corrected(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    later = DAY + timedelta(days=20)
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND)
        await night(fake, store, later)
        found = await night(fake, store, later + timedelta(days=1))

    assert found.complete
    assert len(stored(store)["meeting"]) == 1


async def test_one_404_is_not_final(tmp_path: Path) -> None:
    """The next run asks once more, and may find the report."""
    store = tmp_path / "h.sqlite"
    final: list[date | None] = []
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND, times=2)
        for number in range(2):
            await night(fake, store, DAY + timedelta(days=20 + number))
            final.extend(each.final_until for each in read_status(store).streams if each.name == "meeting")

    assert final == [DAY - timedelta(days=1), date(2026, 6, 6)]


async def test_failure_between_is_not_a_404(tmp_path: Path) -> None:
    """A 404 counts as repeated also if the run between the two had another error."""
    store = tmp_path / "h.sqlite"
    later = DAY + timedelta(days=20)
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND)
        await night(fake, store, later)
        fake.respond(ROUTES["meeting"], status=500, body=b"", times=3)
        assert not (await night(fake, store, later + timedelta(days=1))).complete
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND)
        assert (await night(fake, store, later + timedelta(days=2))).complete
        start = len(fake.requests)
        await night(fake, store, later + timedelta(days=3))

        assert ROUTES["meeting"] not in calls(fake, start)


async def test_report_that_never_comes_ends(tmp_path: Path) -> None:
    """It is asked for once per run while its instance is young, once more, and then never again."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND, times=99)
        nights = [await night(fake, store, DAY + timedelta(days=number)) for number in range(1, 10)]

        assert calls(fake).count(ROUTES["meeting"]) == 6
    assert [each.complete for each in nights] == [False] * 5 + [True] * 4


async def test_late_report_is_asked_for_once_per_run(tmp_path: Path) -> None:
    account = one_instance()
    for _ in range(9):
        add_instance_on(account, DAY)
    async with (
        FakeZoom(account, plan=None) as fake,
        ZoomAt(fake, morning(DAY + timedelta(days=1))) as zoom,
        Harvest(
            zoom, store=tmp_path / "h.sqlite", from_=DAY, to=DAY, reports=["meeting", "meeting_qa"], workers=1
        ) as running,
    ):
        fake.respond(ROUTES["meeting"], status=404, body=NOT_FOUND, times=99)
        summary = await running.run()

        assert calls(fake).count(ROUTES["meeting"]) == 10
    assert (len(summary.not_ready), summary.unfinished) == (10, 10)


async def test_status_names_late_reports(tmp_path: Path) -> None:
    """They are one reason, although Zoom's texts name the meetings."""
    account = one_instance()
    add_instance_on(account, DAY)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        for number in (1, 2):
            other = {"code": 3001, "message": f"Meeting does not exist: {number}."}
            fake.respond(ROUTES["meeting"], status=404, body=other, on_request=number)
        await night(fake, store, DAY + timedelta(days=1))

    status = read_status(store)
    assert [(reason.state, reason.error, reason.count) for reason in status.reasons] == [(State.PENDING, "NotFound", 2)]
    assert not status.complete


# Listings.

LAST = date(2026, 4, 30)


def two_instances() -> Account:
    account = Account(today=TODAY)
    host = account.add_host()
    account.add_instance(host, start=datetime(2026, 4, 29, 9, tzinfo=UTC))
    return account


def add_late_instance(account: Account) -> str:
    """Add an instance that ran past midnight of the last of April; return its UUID."""
    start = datetime.combine(LAST, time(23), UTC)
    return account.add_instance(account.hosts[0], start=start, minutes=120).uuid


@pytest.mark.parametrize("after", range(1, 4))
async def test_late_instance_is_found(after: int, tmp_path: Path) -> None:
    """An instance that enters the list of a finished month is found until three days after the month."""
    account = two_instances()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        for number in range(1, after + 1):
            assert (await night(fake, store, LAST + timedelta(days=number))).complete
        late = add_late_instance(account)
        assert (await night(fake, store, LAST + timedelta(days=4))).complete

    assert late in {row["uuid"] for row in stored(store)["user_meetings"]}
    assert late in {row["_part"] for row in stored(store)["meeting"]}


async def test_finished_month_is_listed_until_then(tmp_path: Path) -> None:
    """The last listing of April is that of 4 May; May is listed every night."""
    store = tmp_path / "h.sqlite"
    listings: list[Counter[str]] = []
    async with FakeZoom(two_instances(), plan=None) as fake:
        for number in range(1, 8):
            start = len(fake.requests)
            await night(fake, store, LAST + timedelta(days=number))
            listings.append(Counter(call for call in calls(fake, start) if call in {USERS, USER_MEETINGS}))

    # May has no active host.
    assert [each[USER_MEETINGS] for each in listings] == [1, 1, 1, 1, 0, 0, 0]
    assert [each[USERS] for each in listings] == [1, 2, 2, 2, 1, 1, 1]


async def test_added_days_list_the_month_again(tmp_path: Path) -> None:
    """Runs that add a day each find the late instance, however late it is by Zoom's clock."""
    account = two_instances()
    store = tmp_path / "h.sqlite"
    listed: list[int] = []
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, (LAST - timedelta(days=29), LAST), reports=["meeting"])
        late = add_late_instance(account)
        for number in (1, 2, 3, 4, 4):
            to = LAST + timedelta(days=number)
            start = len(fake.requests)
            await harvest(fake, store, (to - timedelta(days=29), to), reports=["meeting"])
            listed.append(calls(fake, start).count(USER_MEETINGS))
    assert late in {row["_part"] for row in stored(store)["meeting"]}
    assert listed == [1, 1, 1, 0, 0]


async def test_estimate_shows_repeated_listing(tmp_path: Path) -> None:
    """The listing of the estimate is that of the run: together they cost its calls once."""
    account = two_instances()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await night(fake, store, LAST + timedelta(days=1))
        start = len(fake.requests)
        add_late_instance(account)
        async with (
            ZoomAt(fake, morning(LAST + timedelta(days=2))) as zoom,
            Harvest(zoom, store=store, from_=LAST - timedelta(days=29), to=LAST, reports=["meeting"]) as running,
        ):
            estimate = await running.estimate()

        assert calls(fake, start) == [USERS, USER_MEETINGS]
    assert estimate.calls == 1


async def test_status_names_growing_days(tmp_path: Path) -> None:
    """Days that were listed early are named, also if later runs do not include them."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(two_instances(), plan=None) as fake:
        await night(fake, store, LAST + timedelta(days=1))
        for day in (1, 2):
            to = LAST + timedelta(days=day)
            await harvest(fake, store, (to, to), reports=["meeting"], now=morning(to + timedelta(days=1)))
        early = read_status(store).growing
        await night(fake, store, LAST + timedelta(days=4))

    assert early == ((date(2026, 4, 28), date(2026, 5, 2)),)
    assert read_status(store).growing == ((date(2026, 5, 1), date(2026, 5, 3)),)


async def test_failed_relisting_keeps_rows(tmp_path: Path) -> None:
    """A listing that fails keeps the rows of the earlier one, and their reports are fetched."""
    account = two_instances()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await night(fake, store, LAST + timedelta(days=1), ["meeting"])
        fake.respond(USER_MEETINGS, status=500, body=b"", times=9)
        summary = await night(fake, store, LAST + timedelta(days=2), ["meeting", "meeting_qa"])

    assert [failure.stream for failure in summary.failures] == ["user_meetings"]
    assert len(stored(store)["user_meetings"]) == 1
    assert ("meeting_qa", account.instances[0].uuid) in partitions(store)


# The days and months of the account.


def add_entries(account: Account, day: date) -> None:
    """Add a sign-in, a log entry and a telephone call on *day*, and the use of storage."""
    moment = datetime.combine(day, time(9), UTC)
    account.activities.append(Activity(email="ada@northpier.example", time=moment))
    account.operation_logs.append(
        OperationLog(
            time=moment, operator="ada@northpier.example", category_type="User", action="Add", operation_detail="Bo"
        )
    )
    account.recording_storage.append(RecordingStorage(day=day, usage="3 MB"))


@pytest.mark.parametrize("stream", ["activities", "operation_logs"])
async def test_late_entry_is_found(stream: str, tmp_path: Path) -> None:
    """A day is fetched again until three days after it."""
    account = Account(today=TODAY)
    store, route = tmp_path / "h.sqlite", STREAMS[stream].route
    counts: list[tuple[int, object]] = []
    async with FakeZoom(account, plan=None) as fake:
        for number in range(1, 7):
            start = len(fake.requests)
            await harvest(fake, store, (DAY, DAY), reports=[stream], now=morning(DAY + timedelta(days=number)))
            counts.append((calls(fake, start).count(route), query(store, f"SELECT count(*) FROM {stream}")[0][0]))  # noqa: S608  our own names
            if number == 3:
                add_entries(account, DAY)

    assert counts == [(1, 0), (1, 0), (1, 0), (1, 1), (0, 1), (0, 1)]


@pytest.mark.parametrize(
    ("stream", "first_days"),
    [("daily", ["2026-04-29", "2026-04-30"]), ("cloud_recording", ["2026-04-28", "2026-04-29"])],
)
async def test_month_grows_every_night(stream: str, first_days: list[str], tmp_path: Path) -> None:
    """The rows of new days are added, and the month is final three days after its last day."""
    account = Account(today=TODAY)
    for number in range(-3, 1):
        add_entries(account, LAST + timedelta(days=number))
    store, route = tmp_path / "h.sqlite", STREAMS[stream].route
    counts: list[tuple[int, object]] = []
    for number in range(-1, 6):
        to = min(LAST, LAST + timedelta(days=number - 1))
        now = morning(LAST + timedelta(days=number))
        async with FakeZoom(account, plan=None, now=partial(morning, LAST + timedelta(days=number))) as fake:
            await harvest(fake, store, (LAST.replace(day=1), to), reports=[stream], now=now)
            last = query(store, f"SELECT max(date) FROM {stream}")[0][0]  # noqa: S608  our own names
            counts.append((calls(fake).count(route), last))

    assert counts == [(1, day) for day in first_days] + [(1, "2026-04-30")] * 4 + [(0, "2026-04-30")]


async def test_registrants_grow(tmp_path: Path) -> None:
    """They are listed again until three days after the latest instance of their meeting, however many it has."""
    account = Account(today=TODAY)
    meeting = account.add_meeting(registrants=1)
    host, start = account.hosts[0], datetime.combine(DAY, time(9), UTC)
    account.add_instance(host, start=start, id=meeting.id)
    store, route = tmp_path / "h.sqlite", STREAMS["meeting_registrants"].route
    counts: list[tuple[int, object]] = []
    async with FakeZoom(account, plan=None) as fake:
        for number in (1, 2, 5, 6, 7):
            if number == 6:
                account.add_instance(host, start=start + timedelta(days=5), id=meeting.id)
            first = len(fake.requests)
            await night(fake, store, DAY + timedelta(days=number), ["meeting_registrants"])
            rows = query(store, "SELECT count(*) FROM meeting_registrants")[0][0]
            counts.append((calls(fake, first).count(route), rows))
            meeting.registrants.append(
                replace(meeting.registrants[0], id=f"later{number}", email=f"b{number}@x.example")
            )

    # Approved, pending and denied.
    assert counts == [(3, 1), (3, 2), (3, 3), (3, 4), (3, 5)]
    days = "SELECT key, from_, to_ FROM partition WHERE stream = 'meeting_registrants' ORDER BY key"
    day = str(DAY + timedelta(days=5))
    assert query(store, days) == [(f"{status}/{meeting.id}", day, day) for status in ("approved", "denied", "pending")]
