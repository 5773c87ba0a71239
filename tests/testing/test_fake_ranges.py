"""The range of days of the fake's reports: how far back it reaches, how long it is, and when it is clamped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from support.fake_http import Response, calling

from zoomasync.testing import Account, Activity, FakeZoom, OperationLog, RecordingStorage

TODAY: Final = date(2026, 6, 15)
OLDEST: Final = date(2025, 12, 15)
EVERY: Final = "All%20Activities"
RANGED: Final = [
    "activities",
    "operationlogs",
    "telephone",
    "upcoming_events",
    "users",
    "users/{host}/meetings",
    "history_meetings",
    "meeting_activities?activity_type=" + EVERY,
    "remote_support",
    "cloud_recording",
]
ECHOING: Final = ["activities", "telephone", "upcoming_events", "users", "users/{host}/meetings", "cloud_recording"]
"""The reports whose responses repeat the range."""


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


async def get(fake: FakeZoom, report: str, first: date, last: date) -> Response:
    """Return the response of a report on these days."""
    host = fake.account.hosts[0].id if fake.account.hosts else ""
    path, _, activity = report.format(host=host).partition("?activity_type=")
    given: dict[str, object] = {"activity_type": activity} if activity else {}
    async with calling(fake) as caller:
        return await caller.get(f"/report/{path}", from_=first, to=last, **given)


def fake(account: Account | None = None, *, clamp: bool = False) -> FakeZoom:
    account = account or Account(today=TODAY)
    if not account.hosts:
        account.add_host()
    return FakeZoom(account, plan=None, clamp_ranges=clamp)


@pytest.mark.parametrize("report", RANGED)
async def test_report_reaches_back_six_months(report: str) -> None:
    """The day of the month six months ago is the oldest; a range that begins before it is an error as a whole."""
    last = OLDEST + timedelta(days=9)

    assert (await get(fake(), report, OLDEST, last)).error == (200, None)
    assert (await get(fake(), report, OLDEST - timedelta(days=1), last)).error == (400, 300)


@pytest.mark.parametrize("report", RANGED)
async def test_report_covers_one_month(report: str) -> None:
    first, longest = date(2026, 3, 1), 30 if report == "cloud_recording" else 31

    assert (await get(fake(), report, first, first + timedelta(days=longest - 1))).error == (200, None)
    assert (await get(fake(), report, first, first + timedelta(days=longest))).error == (400, 300)


@pytest.mark.parametrize("report", ECHOING)
async def test_clamped_range_is_repeated(report: str) -> None:
    """Of a range that is too long or too old, the days within the limits are searched, and named in the response."""
    longest = 30 if report == "cloud_recording" else 31
    old = await get(fake(clamp=True), report, date(2025, 11, 20), date(2025, 12, 19))
    last = date(2026, 5, 31)
    long = await get(fake(clamp=True), report, date(2026, 2, 1), last)

    assert [str(old.body[key])[:10] for key in ("from", "to")] == ["2025-12-15", "2025-12-19"]
    assert str(long.body["from"])[:10] == str(last - timedelta(days=longest))


async def test_clamping_loses_rows_without_a_word() -> None:
    """A response that repeats no range has fewer rows, or none, and nothing that says so."""
    account = Account(today=TODAY)
    for day in (OLDEST - timedelta(days=1), OLDEST):
        account.operation_logs.append(
            OperationLog(time=on(day), operator=str(day), category_type="user", action="Add", operation_detail="")
        )
    both = await get(fake(account, clamp=True), "operationlogs", OLDEST - timedelta(days=1), OLDEST)
    before = await get(fake(account, clamp=True), "operationlogs", *(OLDEST - timedelta(days=1),) * 2)

    assert [row["operator"] for row in both.rows("operation_logs")] == [str(OLDEST)]
    assert (before.status, before.body) == (200, {"next_page_token": "", "page_size": 30, "operation_logs": []})


async def test_storage_is_known_until_yesterday() -> None:
    """The report on cloud storage does not include the present day."""
    account = Account(today=TODAY)
    account.recording_storage += [RecordingStorage(day=TODAY), RecordingStorage(day=TODAY - timedelta(days=1))]
    first = TODAY - timedelta(days=9)
    rejected = await get(fake(account), "cloud_recording", first, TODAY)
    clamped = await get(fake(account, clamp=True), "cloud_recording", first, TODAY)
    only_today = await get(fake(account, clamp=True), "cloud_recording", TODAY, TODAY)

    assert rejected.error == (400, 300)
    assert clamped.body["to"] == "2026-06-14"
    assert [row["date"] for row in clamped.rows("cloud_recording_storage")] == ["2026-06-14"]
    assert (only_today.status, only_today.rows("cloud_recording_storage")) == (200, [])


@pytest.mark.parametrize(
    ("year", "month", "status"), [(2025, 11, 400), (2025, 12, 200), (2026, 6, 200), (2026, 7, 400)]
)
async def test_daily_reaches_back_six_months(year: int, month: int, status: int) -> None:
    """The whole month in which the six months begin is available; no field is named for another."""
    async with calling(fake()) as caller:
        response = await caller.get("/report/daily", year=year, month=month)

    assert response.status == status
    if status == 400:
        message = "Daily report can only be provided for a month that falls within the recent 6 months."
        assert response.body == {"code": 300, "message": message}


@pytest.mark.parametrize(("first", "searched"), [("2026-04-30", "2026-04-30"), ("2026-04-29", "2026-04-30")])
async def test_recordings_of_one_month(first: str, searched: str) -> None:
    """A list of recordings silently leaves out what is more than a month before its end, in any fake."""
    account = Account(today=TODAY)
    for day in (date(2026, 4, 29), date(2026, 4, 30), date(2026, 5, 31)):
        account.add_recording(account.add_instance(start=on(day)))
    async with calling(fake(account)) as caller:
        path = f"/users/{account.hosts[0].id}/recordings"
        response = await caller.get(path, from_=first, to="2026-05-31")
        old = await caller.get(path, from_="2020-01-01", to="2020-01-31")

    assert (response.body["from"], response.body["to"]) == (searched, "2026-05-31")
    assert [str(row["start_time"])[:10] for row in response.rows("meetings")] == ["2026-04-30", "2026-05-31"]
    assert (old.status, old.rows("meetings")) == (200, [])


@pytest.mark.parametrize(
    ("day", "expected"),
    [(OLDEST, (200, None)), (OLDEST - timedelta(days=1), (404, 3001)), (date(2025, 6, 14), (400, 12702))],
)
async def test_webinar_participants_for_six_months(day: date, expected: tuple[int, object]) -> None:
    """The other reports on a webinar, and those on meetings, are available for a year."""
    account = Account(today=TODAY)
    webinar, meeting = account.add_instance(start=on(day), type=5), account.add_instance(start=on(day))
    async with calling(fake(account)) as caller:
        participants = await caller.get(f"/report/webinars/{webinar.id}/participants")
        others = [
            await caller.get(f"/report/webinars/{webinar.id}"),
            await caller.get(f"/report/webinars/{webinar.id}/polls"),
            await caller.get(f"/report/meetings/{meeting.id}/participants"),
        ]

    assert participants.error == expected
    assert {each.error for each in others} == {(400, 12702) if expected[0] == 400 else (200, None)}


async def test_limits_move_with_the_clock() -> None:
    """Six months count from the day of `now`, unless another is given."""
    account = Account(today=TODAY)
    account.activities.append(Activity(email="a@x.example", time=on(OLDEST)))
    moments = [on(TODAY)]
    moving, fixed = (
        FakeZoom(account, plan=None, now=lambda: moments[-1], today=today) for today in (None, TODAY)
    )  # fmt: skip
    async with calling(moving) as caller, calling(fixed) as other:
        before = await caller.get("/report/activities", from_=OLDEST, to=OLDEST)
        moments.append(on(TODAY + timedelta(days=1)))
        after = await caller.get("/report/activities", from_=OLDEST, to=OLDEST)
        unmoved = await other.get("/report/activities", from_=OLDEST, to=OLDEST)

    assert (len(before.rows("activity_logs")), after.error, unmoved.status) == (1, (400, 300), 200)
    assert (moving.today, fixed.today) == (TODAY + timedelta(days=1), TODAY)
