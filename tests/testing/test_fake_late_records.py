"""Records of the account, and recordings, that enter their lists late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import (
    Account,
    Activity,
    FakeZoom,
    MeetingActivity,
    OperationLog,
    RecordingFile,
    RecordingStorage,
    RemoteSupport,
    TelephoneLeg,
    UpcomingEvent,
)

START: Final = datetime(2026, 4, 30, 23, tzinfo=UTC)
LISTED: Final = datetime(2026, 5, 1, 6, tzinfo=UTC)
SOON: Final = datetime(2026, 5, 8, 9, tzinfo=UTC)
APRIL: Final[Json] = {"from_": "2026-04-01", "to": "2026-04-30"}


class Clock:
    """The fake's time."""

    def __init__(self) -> None:
        self.now: datetime = LISTED - timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Late:
    """A record that is listed late, the report that lists it, and that report's rows."""

    add: Callable[[Account], None]
    path: str
    key: str
    query: Json


def operation_log(account: Account) -> None:
    log = OperationLog(
        time=START, operator="o", category_type="user", action="Add", operation_detail="", listed_at=LISTED
    )
    account.operation_logs.append(log)


def instance(account: Account) -> None:
    account.add_instance(start=START, listed_at=LISTED)


def leg(account: Account) -> None:
    instance = account.add_instance(start=START)
    account.telephone_legs.append(
        TelephoneLeg(instance=instance, start_time=START, end_time=START, report_type="3", listed_at=LISTED)
    )


def support(account: Account) -> None:
    instance = account.add_instance(start=START)
    account.remote_supports.append(
        RemoteSupport(
            instance=instance,
            request_time=START,
            start_time=START,
            end_time=START,
            supporter_name="Nadia",
            listed_at=LISTED,
        )
    )


LATE: Final = {
    "activities": Late(
        lambda account: account.activities.append(Activity(email="a@x.example", time=START, listed_at=LISTED)),
        "/report/activities",
        "activity_logs",
        APRIL,
    ),
    "operation_logs": Late(operation_log, "/report/operationlogs", "operation_logs", APRIL),
    "telephone": Late(leg, "/report/telephone", "telephony_usage", {**APRIL, "type_": "3"}),
    "meeting_activities": Late(
        lambda account: account.meeting_activities.append(
            MeetingActivity(meeting_number=81, time=START, operator="Nadia", listed_at=LISTED)
        ),
        "/report/meeting_activities",
        "meeting_activity_logs",
        {**APRIL, "activity_type": "All Activities"},
    ),
    "remote_support": Late(support, "/report/remote_support", "remote_support_logs", APRIL),
    "cloud_recording": Late(
        lambda account: account.recording_storage.append(RecordingStorage(day=START.date(), listed_at=LISTED)),
        "/report/cloud_recording",
        "cloud_recording_storage",
        APRIL,
    ),
    "upcoming_events": Late(
        lambda account: account.upcoming_events.append(
            UpcomingEvent(id="e1", topic="Round", start_time=SOON, host=account.add_host(), listed_at=LISTED)
        ),
        "/report/upcoming_events",
        "upcoming_events",
        {"from_": "2026-05-01", "to": "2026-05-31"},
    ),
    "history_meetings": Late(instance, "/report/history_meetings", "history_meetings", APRIL),
}


@pytest.mark.parametrize("name", LATE)
async def test_record_is_listed_late(name: str) -> None:
    """A record enters its report at `listed_at`, with the fields of one that was never late."""
    late, clock = LATE[name], Clock()
    account = Account(today=LISTED.date())
    late.add(account)
    async with calling(FakeZoom(account, plan=None, now=clock)) as caller:
        early = (await caller.get(late.path, **late.query)).rows(late.key)
        clock.now = LISTED
        rows = (await caller.get(late.path, **late.query)).rows(late.key)

    assert (early, len(rows)) == ([], 1)
    assert "listed_at" not in rows[0]


async def test_usage_follows_listed_instances() -> None:
    """The usage of a day grows when an instance of that day is listed."""
    account, clock = Account(today=LISTED.date()), Clock()
    account.add_instance(start=START)
    account.add_instance(start=START, listed_at=LISTED, participants=3)
    async with calling(FakeZoom(account, plan=None, now=clock)) as caller:
        early = (await caller.get("/report/daily", year=2026, month=4)).rows("dates")[-1]
        clock.now = LISTED
        late = (await caller.get("/report/daily", year=2026, month=4)).rows("dates")[-1]

    assert [(day["date"], day["meetings"], day["participants"]) for day in (early, late)] == [
        ("2026-04-30", 1, 2),
        ("2026-04-30", 2, 5),
    ]


async def test_recording_is_listed_late() -> None:
    """A recording enters its host's list at `listed_at`; it is known under its UUID before."""
    account, clock = Account(today=LISTED.date()), Clock()
    recording = account.add_recording(account.add_instance(start=START, uuid="u1"), listed_at=LISTED)
    path = f"/users/{recording.host.id}/recordings"
    async with calling(FakeZoom(account, plan=None, now=clock)) as caller:
        early = (await caller.get(path, **APRIL)).rows("meetings")
        known = await caller.get("/meetings/u1/recordings")
        clock.now = LISTED
        late = (await caller.get(path, **APRIL)).rows("meetings")

    assert (early, known.status, [row["uuid"] for row in late]) == ([], 200, ["u1"])


async def test_file_is_processed_late() -> None:
    """Until then, a listed file has its id, but neither type nor end nor size, and no share in the totals."""
    account, clock = Account(today=LISTED.date()), Clock()
    files = [
        RecordingFile(id="video", content=b"1234", completed_at=LISTED),
        RecordingFile(id="", file_type="TIMELINE", file_extension="JSON", content=b"12"),
        RecordingFile(id="voice", file_type="M4A", file_extension="M4A", file_name="Ada", completed_at=LISTED),
    ]
    recording = account.add_recording(account.add_instance(start=START, uuid="u1"), files=files)
    async with calling(FakeZoom(account, plan=None, now=clock)) as caller:

        async def listed() -> tuple[Json, Json]:
            [row] = (await caller.get(f"/users/{recording.host.id}/recordings", **APRIL)).rows("meetings")
            details = await caller.get("/meetings/u1/recordings")
            [audio] = details.rows("participant_audio_files")
            totals = {name: row[name] for name in ("total_size", "recording_count")}
            return {**totals, "audio": audio["status"]}, cast("list[Json]", row["recording_files"])[0]

        early, unprocessed = await listed()
        clock.now = LISTED
        late, processed = await listed()

    assert early == {"total_size": 2, "recording_count": 1, "audio": "processing"}
    assert late == {"total_size": 6, "recording_count": 2, "audio": "completed"}
    changed = {name: (unprocessed[name], processed[name]) for name in processed if unprocessed[name] != processed[name]}
    assert changed == {
        "file_type": ("", "MP4"),
        "file_extension": ("", "MP4"),
        "file_size": (0, 4),
        "status": ("processing", "completed"),
        "recording_end": ("", "2026-04-30T23:30:00Z"),
    }
    assert unprocessed.keys() == processed.keys()
