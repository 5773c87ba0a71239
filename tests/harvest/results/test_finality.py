"""The days up to which tables are final, and the partitions that are missing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.harvested import stored
from support.harvesting import TODAY, ZoomAt, add_instance_on
from support.stores import CellsByName, partition_row, write_store

from zoomasync.harvest import Harvest, HarvestStatus, State, read_status
from zoomasync.harvest.results.finality import MissingPartition, expiry_day
from zoomasync.harvest.results.status import StreamStatus
from zoomasync.harvest.streams import Discovery
from zoomasync.harvest.tasks import months_before
from zoomasync.testing import Account, FakeZoom

APRIL, MAY = ("2026-04-01", "2026-04-30"), ("2026-05-01", "2026-05-31")
FIRST, LAST = date(2026, 4, 1), date(2026, 5, 31)  # of a store that `write_store` makes
DAY = timedelta(days=1)
USERS = "GET /report/users"
USER_MEETINGS = "GET /report/users/{userId}/meetings"
HISTORY = "GET /report/history_meetings"
MEETING = "GET /report/meetings/{meetingId}"


def listing(stream: str, days: tuple[str, str], fetched: str, state: str = "done", **cells: str | None) -> CellsByName:
    """Return the partition of *stream* for *days*, fetched on the day *fetched*."""
    times = {"from_": days[0], "to_": days[1], "fetched_at": f"{fetched}T04:00:00Z"}
    return partition_row(stream, days[0][:7], state, **{**times, **cells})


def users(fetched: str) -> list[CellsByName]:
    """Return the partitions of the hosts, of all days of the store."""
    return [listing("users", APRIL, fetched), listing("users", MAY, fetched)]


def history(fetched: str) -> list[CellsByName]:
    """Return the partitions of the history of the account, of all days of the store."""
    days = [(FIRST + n * DAY).isoformat() for n in range((LAST - FIRST).days + 1)]
    return [{**listing("history_meetings", (day, day), fetched), "key": day} for day in days]


def status_of(path: Path, *partitions: CellsByName) -> HarvestStatus:
    return read_status(write_store(path / "h.sqlite", partitions=partitions))


def of_stream(status: HarvestStatus, name: str) -> StreamStatus:
    return next(stream for stream in status.streams if stream.name == name)


def final_until(path: Path, stream: str, *partitions: CellsByName) -> date | None:
    return of_stream(status_of(path, *partitions), stream).final_until


# Listings.


@pytest.mark.parametrize(
    ("fetched", "expected"),
    [
        ("2026-06-04", LAST),
        ("2026-06-03", LAST - DAY),
        ("2026-06-01", date(2026, 5, 28)),
        ("2026-05-03", date(2026, 4, 29)),
        ("2026-04-04", None),
    ],
)
@pytest.mark.parametrize("listings", [users, history])
def test_listing_is_final_after_days(
    listings: Callable[[str], list[CellsByName]], fetched: str, expected: date | None, tmp_path: Path
) -> None:
    """By month or by day, a listing is final for the days that lie three days before its fetch."""
    partitions = listings(fetched)

    assert final_until(tmp_path, str(partitions[0]["stream"]), *partitions) == expected


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED, State.DEFERRED, State.IN_PROGRESS])
def test_missing_month_ends_final_days(state: State, tmp_path: Path) -> None:
    parts = [listing("users", APRIL, "2026-06-10"), listing("users", MAY, "2026-06-10", state)]

    assert final_until(tmp_path, "users", *parts) == date(2026, 4, 30)


def test_month_without_partition(tmp_path: Path) -> None:
    """A month that no run has added is not final."""
    assert final_until(tmp_path, "users", listing("users", APRIL, "2026-06-10")) == date(2026, 4, 30)


def test_days_without_partition(tmp_path: Path) -> None:
    """Days that were added to the store for other tables are not final."""
    parts = [listing("users", APRIL, "2026-06-10"), listing("users", ("2026-05-01", "2026-05-12"), "2026-06-10")]

    assert final_until(tmp_path, "users", *parts) == date(2026, 5, 12)


def test_expired_days_do_not_count(tmp_path: Path) -> None:
    """A table that was added too late for the first month is final: Zoom no longer has that month."""
    assert final_until(tmp_path, "users", listing("users", MAY, "2026-11-02")) == LAST


def test_failed_refetch_changes_no_final_day(tmp_path: Path) -> None:
    """The days that were final after the last whole fetch stay so while a later one fails."""
    whole = {"run": "r", "stored_at": "2026-05-20T04:00:00Z", "stored_from": MAY[0], "stored_to": "2026-05-19"}
    parts = [listing("users", APRIL, "2026-05-20"), listing("users", MAY, "2026-05-21", "failed", **whole)]

    assert final_until(tmp_path, "users", *parts) == date(2026, 5, 16)


def test_added_days_are_not_final(tmp_path: Path) -> None:
    """Days that were added to a month after its last fetch are not final, however late that fetch was."""
    whole = {"run": "r", "stored_at": "2026-06-10T04:00:00Z", "stored_from": MAY[0], "stored_to": "2026-05-05"}
    parts = [listing("users", APRIL, "2026-06-10"), listing("users", MAY, "2026-06-10", "pending", **whole)]

    assert final_until(tmp_path, "users", *parts) == date(2026, 5, 5)


def test_days_added_before_are_not_final(tmp_path: Path) -> None:
    whole = {"run": "r", "stored_at": "2026-06-01T04:00:00Z", "stored_from": "2026-05-03", "stored_to": MAY[1]}
    parts = [listing("users", APRIL, "2026-06-10"), listing("users", MAY, "2026-06-01", "pending", **whole)]

    assert final_until(tmp_path, "users", *parts) == date(2026, 4, 30)


# Parents and children.


def meeting(day: str, state: str = "done") -> CellsByName:
    return partition_row("meeting", f"uuid of {day}", state, from_=day, to_=day)


def test_missing_report_ends_final_days(tmp_path: Path) -> None:
    reports = [meeting("2026-05-07"), meeting("2026-05-09", "pending"), meeting("2026-05-11", "failed")]
    status = status_of(tmp_path, *history("2026-06-10"), *reports)

    assert of_stream(status, "meeting").final_until == date(2026, 5, 8)
    assert of_stream(status, "history_meetings").final_until == LAST


def test_listing_ends_final_days_of_reports(tmp_path: Path) -> None:
    """No report is final for a day of which Zoom may still list instances."""
    assert final_until(tmp_path, "meeting", *history("2026-06-01"), meeting("2026-05-07")) == date(2026, 5, 28)


def test_one_discovery_is_enough(tmp_path: Path) -> None:
    """After a change to the history of the account, the lists of hosts no longer limit the reports."""
    hosts = [listing("users", APRIL, "2026-05-01")]

    assert final_until(tmp_path, "meeting", *hosts, *history("2026-06-10"), meeting("2026-05-07")) == LAST


def test_nothing_fetched_is_not_final(tmp_path: Path) -> None:
    pending = [partition_row("users", days[0][:7], "pending", from_=days[0], to_=days[1]) for days in (APRIL, MAY)]

    assert final_until(tmp_path, "users", *pending) is None


def with_row(path: Path, insert: str, *partitions: CellsByName) -> HarvestStatus:
    """Return the status of a store with *partitions*, and a row that the statement *insert* adds."""
    store = write_store(path / "h.sqlite", partitions=partitions)
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(insert)
    return read_status(store)


@pytest.mark.parametrize(("day", "expected"), [("2026-05-07", LAST), ("2026-05-20", date(2026, 5, 19))])
def test_expired_instance_needs_no_report(day: str, expected: date, tmp_path: Path) -> None:
    """An instance without a partition of the report ends the final days only while Zoom has the report."""
    row = f"INSERT INTO history_meetings (_part, _seq, meeting_uuid) VALUES ('{day}', 0, 'm')"  # noqa: S608  our own
    status = with_row(tmp_path, row, *history("2026-11-15"), meeting("2026-05-30"))

    assert of_stream(status, "meeting").final_until == expected


def test_meetings_of_added_days(tmp_path: Path) -> None:
    """The meetings of a host are not final if their month begins later than that of the hosts."""
    meetings = listing("user_meetings", ("2026-05-10", MAY[1]), "2026-06-10")
    row = "INSERT INTO users (_part, _seq, id) VALUES ('2026-05', 0, 'u1')"
    status = with_row(tmp_path, row, *users("2026-06-10"), {**meetings, "key": "u1/2026-05"})

    assert of_stream(status, "user_meetings").final_until == date(2026, 4, 30)


def test_bill_of_other_months_needs_no_invoices(tmp_path: Path) -> None:
    row = "INSERT INTO billing (_part, _seq, id, end_date) VALUES ('account', 0, 'b1', '2026-03-31')"
    bill, invoices = (
        partition_row("billing", "account"),
        listing("billing_invoices", (APRIL[1], APRIL[1]), "2026-07-01"),
    )
    status = with_row(tmp_path, row, {**bill, "stored_at": "2026-07-01T04:00:00Z"}, invoices)

    assert of_stream(status, "billing_invoices").final_until == LAST


# Snapshots.


def statuses(**stored_at: str | None) -> list[CellsByName]:
    """Return the partitions of all users, by their status, each with the time of its last whole fetch."""
    return [
        partition_row("all_users", f"{key}/account", "done" if time else "failed", fetched_at=time)
        for key, time in stored_at.items()
    ]


def test_snapshot_has_time_of_oldest_fetch(tmp_path: Path) -> None:
    old, new = "2026-06-01T04:00:00Z", "2026-06-02T04:00:00Z"
    stream = of_stream(status_of(tmp_path, *statuses(active=new, inactive=old, pending=new)), "all_users")

    assert (stream.final_until, stream.snapshot_at) == (None, datetime(2026, 6, 1, 4, tzinfo=UTC))


def test_snapshot_without_a_part_has_no_time(tmp_path: Path) -> None:
    status = status_of(tmp_path, *statuses(active="2026-06-02T04:00:00Z", inactive=None))

    assert of_stream(status, "all_users").snapshot_at is None


def test_snapshot_after_failed_refetch(tmp_path: Path) -> None:
    """The time is that of the last whole fetch; a partition that Zoom no longer has does not count."""
    parts = [
        partition_row("recordings", "u1/2026-05", "failed", run="r", stored_at="2026-06-02T04:00:00Z"),
        partition_row("recordings", "u2/2026-05", "not_found", run="r", stored_at="2026-04-02T04:00:00Z"),
    ]

    assert of_stream(status_of(tmp_path, *parts), "recordings").snapshot_at == datetime(2026, 6, 2, 4, tzinfo=UTC)


# Missing partitions.


@pytest.mark.parametrize(
    ("stream", "expires_on"),
    [("meeting", date(2026, 11, 8)), ("past_meeting", date(2027, 5, 8)), ("webinar_registrants", None)],
)
def test_oldest_missing_partition(stream: str, expires_on: date | None, tmp_path: Path) -> None:
    """The oldest partition that is to be fetched has the day on which Zoom no longer has it."""
    keys = {"b": ("2026-05-09", "failed"), "a": ("2026-05-07", "pending"), "c": ("2026-05-02", "done")}
    rows = [partition_row(stream, key, state, from_=day, to_=day) for key, (day, state) in keys.items()]

    assert of_stream(status_of(tmp_path, *rows), stream).oldest_missing == MissingPartition(
        key="a", state=State.PENDING, day=date(2026, 5, 7), expires_on=expires_on
    )


def test_complete_table_misses_nothing(tmp_path: Path) -> None:
    assert of_stream(status_of(tmp_path, meeting("2026-05-07")), "meeting").oldest_missing is None


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)), st.sampled_from([1, 6, 12, 15]))
def test_expiry_is_first_day_after_retention(day: date, months: int) -> None:
    expires_on = expiry_day(day, months)

    assert months_before(expires_on, months) > day >= months_before(expires_on - DAY, months)


# Days that may grow.


def test_growing_days_are_ranges(tmp_path: Path) -> None:
    """Days that touch are one range, from listings of several tables."""
    april = {**listing("history_meetings", ("2026-04-30", "2026-04-30"), "2026-05-01"), "key": "2026-04-30"}
    status = status_of(
        tmp_path,
        listing("users", APRIL, "2026-05-02"),
        april,
        listing("users", ("2026-05-01", "2026-05-01"), "2026-05-02"),
        *(
            {**part, "key": part["from_"]}
            for part in history("2026-05-23")
            if "2026-05-18" < str(part["to_"]) < "2026-05-23"
        ),
        listing("daily", MAY, "2026-06-30"),
        listing("activities", ("2026-05-31", "2026-05-31"), "2026-06-01", "failed"),
    )

    assert status.growing == (
        (date(2026, 4, 29), date(2026, 5, 1)),
        (date(2026, 5, 20), date(2026, 5, 22)),
    )


# Whole harvests.

BEGIN = date(2026, 5, 25)


async def night(
    fake: FakeZoom, store: Path, day: date, *reports: str, to: date | None = None, discover: Discovery = "hosts"
) -> dict[str, date | None]:
    """Harvest until *to*, or the day before *day*, in the first hour of *day*; return the final day of each table."""
    now = datetime.combine(day, time(0, 30), UTC)
    async with (
        ZoomAt(fake, now) as zoom,
        Harvest(
            zoom, store=store, from_=BEGIN, to=to or day - DAY, reports=reports or ["meeting"], discover=discover
        ) as run,
    ):
        await run.run()
    return {stream.name: stream.final_until for stream in read_status(store).streams}


def uuids_until(store: Path, table: str, day: date | None) -> set[object]:
    """Return the UUIDs of the rows of *table* whose instance began on *day* or before."""
    rows = stored(store)[table]
    return {row["uuid"] for row in rows if day is not None and str(row["start_time"])[:10] <= day.isoformat()}


@pytest.mark.parametrize("discover", ["hosts", "history"])
async def test_final_rows_never_change(discover: Discovery, tmp_path: Path) -> None:
    """Instances that are listed up to three days late, and nights that fail, do not change what was final."""
    store = tmp_path / "h.sqlite"
    account = Account(today=TODAY)
    kept: list[tuple[date | None, set[object]]] = []
    failing = USER_MEETINGS if discover == "hosts" else HISTORY
    async with FakeZoom(account, plan=None) as fake:
        for number in range(1, 11):
            day = BEGIN + number * DAY
            for late in range(1, 4):  # after the nights that could have listed it in time
                if day - late * DAY >= BEGIN:
                    add_instance_on(account, day - late * DAY)
            if number in {6, 8}:
                fake.respond(failing, status=500, body=b"", times=9)
            if number in {4, 7}:
                fake.respond(MEETING, status=404, body={"code": 3001, "message": "Meeting does not exist: 1."})
            until = (await night(fake, store, day, discover=discover))["meeting"]
            kept.append((until, uuids_until(store, "meeting", until)))

    assert [uuids_until(store, "meeting", until) for until, _ in kept] == [uuids for _, uuids in kept]
    days = [until or date.min for until, _ in kept]
    assert days == sorted(days)
    assert kept[-1][0] == BEGIN + 6 * DAY
    assert len(kept[-1][1]) == 3 * 7


async def test_report_left_out_is_not_final(tmp_path: Path) -> None:
    """A run without one of the reports leaves it behind: rows lead to partitions that are not there."""
    account = Account(today=TODAY)
    add_instance_on(account, BEGIN)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        both = await night(fake, store, date(2026, 6, 1), "meeting", "meeting_qa")
        add_instance_on(account, date(2026, 5, 30))
        one = await night(fake, store, date(2026, 6, 8), "meeting")
        again = await night(fake, store, date(2026, 6, 8), "meeting", "meeting_qa")

    assert (both["meeting"], both["meeting_qa"]) == (date(2026, 5, 28), date(2026, 5, 28))
    assert (one["meeting"], one["meeting_qa"]) == (date(2026, 6, 4), date(2026, 5, 29))
    assert again["meeting_qa"] == date(2026, 6, 4)


async def test_hosts_without_their_meetings(tmp_path: Path) -> None:
    """A run for the account alone lists the hosts of more days, of which their meetings are not final."""
    account = Account(today=TODAY)
    add_instance_on(account, BEGIN)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        first = await night(fake, store, date(2026, 6, 8), to=date(2026, 5, 28))
        account_only = await night(fake, store, date(2026, 6, 8), "account")
        again = await night(fake, store, date(2026, 6, 8))

    names = ("users", "user_meetings", "meeting")
    assert [first[name] for name in names] == [date(2026, 5, 28)] * 3
    assert [account_only[name] for name in names] == [date(2026, 6, 4), date(2026, 5, 28), date(2026, 5, 28)]
    assert [again[name] for name in names] == [date(2026, 6, 4)] * 3
