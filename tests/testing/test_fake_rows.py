"""The rows of the fake's lists and reports, compared with those that a harvest of the account must store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

import pytest
from support.fetched import FETCHED, FIRST, TODAY, Row, Shape, found, history_meetings
from support.harvested import TABLES, expected
from support.harvested_cells import Cells, keyed

from zoomasync.harvest.columns import Cells as CellsOf
from zoomasync.harvest.columns import columns
from zoomasync.harvest.streams import Stream
from zoomasync.models.history import HistoryMeeting
from zoomasync.models.users import ListedUser
from zoomasync.testing import Account, FakeZoom, RecordingFile, UpcomingEvent

NOW: Final = datetime.combine(TODAY, time(), UTC)
SECRETS: Final = {
    "download_access_token", "download_url", "host_key", "join_url", "participant_pin_code", "password", "play_url",
    "recording_play_passcode", "share_url",
}  # fmt: skip


def cells_of(shape: Shape, rows: Sequence[Row]) -> list[Cells]:
    """Return *rows* as a store has them: without secrets, and without a name that a report and its rows share."""
    if not rows:
        return []
    stream, names = Stream("", "", shape), list[str]()
    for column in columns(stream):
        names.append(f"file_{column.name}" if column.name in names else column.name)
    converted, _ = CellsOf(stream)(rows)
    cells: list[Cells] = [
        {name: None if name in SECRETS else value for name, value in zip(names, values, strict=True)}
        for values in zip(*converted, strict=True)
    ]
    if shape == (ListedUser,):  # the present columns take a number with documented values for JSON
        return [{**each, "type": int(str(each["type"]))} for each in cells]
    return cells


@pytest.fixture(scope="module")
def simulated() -> Account:
    """Return a simulated account in which some things are late, expired or unprocessed."""
    account = Account.simulated(today=TODAY, months=3, instances_per_month=20)
    host, start = account.hosts[0], NOW + timedelta(hours=9)
    late = NOW + timedelta(seconds=1)
    account.upcoming_events += [
        UpcomingEvent(id=name, topic="Round", start_time=start - before, host=host, listed_at=listed_at)
        for name, before, listed_at in (
            ("today", timedelta(0), NOW),
            ("late", timedelta(0), late),
            ("over", timedelta(1), None),
        )
    ]
    account.activities.append(replace(account.activities[0], listed_at=late))
    account.operation_logs.append(replace(account.operation_logs[0], listed_at=late))
    account.telephone_legs.append(replace(account.telephone_legs[-1], listed_at=late))
    held = [each for each in account.instances_between(FIRST, TODAY, host=host) if not each.one_person]
    account.add_recording(held[0], files=[RecordingFile(id="unprocessed", completed_at=late)])
    account.add_recording(held[1], settings={"auto_delete": True}).auto_delete_days = 0
    account.add_recording(held[2], settings={"auto_delete": True}, password="s3cret!")
    account.add_recording(held[3], listed_at=late)
    account.add_instance(host, start=NOW - timedelta(days=1), listed_at=late)
    account.add_instance(host, start=NOW - timedelta(days=1), reports_ready_at=late, polls=1)
    account.add_instance(host, start=NOW - timedelta(days=2), type=5, polls=2, qa=2, survey=2)
    return account


@pytest.mark.parametrize("table", FETCHED)
async def test_rows_are_those_of_the_account(table: str, simulated: Account) -> None:
    """Each call of a harvest returns what the account has, column by column."""
    shape, fetch = FETCHED[table]
    async with FakeZoom(simulated, plan=None, now=lambda: NOW) as fake, fake.client() as zoom:
        parts = [(key, cells_of(shape, rows)) async for key, rows in fetch(zoom, simulated)]

    rows = expected(simulated, FIRST, TODAY, [table], now=NOW)[table]
    assert keyed(parts) == [{name: value for name, value in row.items() if name != "_extra"} for row in rows]
    assert rows, "the account has no rows"


async def test_instances_are_those_of_all_hosts(simulated: Account) -> None:
    """The lists of all hosts lead to the instances of the account, which the history has, too."""
    async with FakeZoom(simulated, plan=None, now=lambda: NOW) as fake, fake.client() as zoom:
        listed = await found(zoom, simulated)
        history = [row async for _, rows in history_meetings(zoom, simulated) for (row,) in rows]

    rows = expected(simulated, FIRST, TODAY, ["instances"], now=NOW)["instances"]
    with_others = {each.meeting_uuid for each in history if isinstance(each, HistoryMeeting) and each.participants != 1}
    assert {row["uuid"] for row in rows} == with_others
    assert rows == [
        {
            "uuid": each.uuid,
            "meeting_id": each.id,
            "webinar": each.is_webinar,
            "type": each.type,
            "topic": each.topic,
            "host_id": key.partition("/")[0],
            "host_name": each.host_name,
            "host_email": each.user_email,
            "start_time": f"{each.start_time:%Y-%m-%dT%H:%M:%SZ}",
            "end_time": f"{each.end_time:%Y-%m-%dT%H:%M:%SZ}",
            "duration": each.duration,
            "participants_count": each.participants_count,
            "day": f"{each.start_time:%Y-%m-%d}",
        }
        for key, each in sorted(listed, key=lambda each: each[1].uuid)
    ]


def test_every_table_is_fetched() -> None:
    assert set(TABLES) == {*FETCHED, "instances"}
