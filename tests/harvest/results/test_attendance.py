"""The attendance of a meeting's instances, read from a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from support.stores import ACCOUNT_ID, RUN, CellsByName, partition_row, write_store

from zoomasync.errors import ConfigError, InvalidArgument
from zoomasync.harvest import InstanceAttendance, State, merge_visits, read_attendance
from zoomasync.harvest.rows import RowEncoder
from zoomasync.harvest.stores import PartitionTask, WriteBatch
from zoomasync.harvest.stores.sqlite.schema import Table
from zoomasync.harvest.streams import STREAMS
from zoomasync.models.history import HistoryMeeting
from zoomasync.models.instance_reports import ReportParticipant
from zoomasync.models.instances import Visit
from zoomasync.models.reports import UserMeeting

NINE = datetime(2026, 3, 4, 9, tzinfo=UTC)
NADIA = ReportParticipant(
    id="U1", name="Nadia Orr", failover=False, join_time=NINE, leave_time=NINE + timedelta(minutes=30)
)
NOAH = ReportParticipant(
    name="null",
    user_email="noah@example.com",
    registrant_id="R1",
    join_time=NINE + timedelta(minutes=10),
    leave_time=NINE + timedelta(minutes=20),
)


class FilledStore:
    """A store at *path* that tests fill with instances and reports."""

    def __init__(self, path: Path) -> None:
        self.path = write_store(path)

    def instance(
        self, uuid: str, *, number: int = 81528471234, start: datetime | None = NINE, listing: str = ""
    ) -> None:
        row = UserMeeting(uuid=uuid, id=number, topic=f"Topic of {uuid}", type=8, start_time=start)
        self._put(partition_row("user_meetings", listing or f"{uuid}/2026-04", rows=1), [row])

    def history(self, day: str, *rows: HistoryMeeting) -> None:
        self._put(partition_row("history_meetings", day, rows=len(rows)), rows)

    def participants(
        self,
        uuid: str,
        *visits: Visit,
        stream: str = "meeting_participants",
        state: State = State.DONE,
        invalid_rows: int = 0,
        **cells: str,
    ) -> None:
        shape = STREAMS[stream].shape[-1]
        rows = [msgspec.convert(msgspec.to_builtins(visit), shape) for visit in visits]
        detail = "GET /report: 500" if state is State.FAILED else None
        counts = {"rows": len(rows), "invalid_rows": invalid_rows}
        self._put(partition_row(stream, uuid, state, detail=detail, **counts, **cells), rows)

    def listing(self, key: str, state: State) -> None:
        self._put(partition_row("user_meetings", key, state))

    def _put(self, partition: CellsByName, rows: Sequence[msgspec.Struct] = ()) -> None:
        stream = STREAMS[str(partition["stream"])]
        table = Table(stream)
        task = PartitionTask(stream, str(partition["key"]), (NINE.date(), NINE.date()))
        batch = WriteBatch([(n, (row,), None) for n, row in enumerate(rows)], [], first=True, fetched_at=NINE)
        marks = ", ".join(f":{name}" for name in partition)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(table.create)
            table.put_columns(connection, RowEncoder(stream, account_id=ACCOUNT_ID, run=RUN).columns(task, batch))
            connection.execute(f"INSERT INTO partition ({', '.join(partition)}) VALUES ({marks})", dict(partition))  # noqa: S608  our own names


@pytest.fixture
def store(tmp_path: Path) -> FilledStore:
    return FilledStore(tmp_path / "harvest.sqlite")


def names(instance: InstanceAttendance) -> list[str | None] | None:
    return None if instance.people is None else [person.name for person in instance.people]


def test_number_selects_all_instances(store: FilledStore) -> None:
    store.instance("Athird==", start=NINE + timedelta(seconds=2000.5))
    store.instance("Msecond==", start=NINE + timedelta(seconds=2000))
    store.instance("Zfirst==")
    store.instance("another==", number=1)
    store.participants("Zfirst==", NADIA, NOAH, NADIA)
    store.participants("Msecond==", state=State.FAILED)
    store.participants("Athird==", NOAH)
    store.participants("another==", NADIA)

    instances = read_attendance(store.path, 81528471234)

    assert [(instance.uuid, names(instance)) for instance in instances] == [
        ("Zfirst==", ["Nadia Orr", "null"]),
        ("Msecond==", None),
        ("Athird==", ["null"]),
    ]
    first, second, _ = instances
    assert (first.topic, first.start_time, first.complete) == ("Topic of Zfirst==", NINE, True)
    assert first.people == tuple(merge_visits([NADIA, NOAH, NADIA]))
    assert second.partition is not None
    assert (second.partition.state, second.partition.detail) == (State.FAILED, "GET /report: 500")
    assert second.partition.fetched_at == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert not second.complete


@pytest.mark.parametrize("number", ["81528471234", "815 2847 1234", "081528471234"])
def test_number_as_text(store: FilledStore, number: str) -> None:
    store.instance("first==")

    assert [instance.uuid for instance in read_attendance(str(store.path), number)] == ["first=="]


def test_uuid_selects_one_instance(store: FilledStore) -> None:
    for uuid in ("/first//==", "second=="):
        store.instance(uuid)
        store.participants(uuid, NADIA)

    assert [instance.uuid for instance in read_attendance(store.path, "/first//==")] == ["/first//=="]


def test_webinar_has_people(store: FilledStore) -> None:
    store.instance("webinar==")
    store.participants("webinar==", NADIA, stream="webinar_participants")

    assert [names(instance) for instance in read_attendance(store.path, "webinar==")] == [["Nadia Orr"]]


@pytest.mark.parametrize(
    ("report", "past", "expected"),
    [
        ((State.DONE, (NADIA,)), (State.DONE, (NOAH,)), ["Nadia Orr"]),
        ((State.FAILED, ()), (State.DONE, (NOAH,)), ["null"]),
        ((State.EMPTY, ()), (State.DONE, (NOAH,)), ["null"]),
        ((State.EMPTY, ()), (State.FAILED, ()), []),
        ((State.NOT_FOUND, ()), (State.EMPTY, ()), []),
    ],
)
def test_past_meeting_replaces_report(
    store: FilledStore, report: tuple[State, Sequence[Visit]], past: tuple[State, Sequence[Visit]], expected: list[str]
) -> None:
    """The people come from the past meeting if the report has none."""
    store.instance("first==")
    store.participants("first==", *report[1], state=report[0])
    store.participants("first==", *past[1], state=past[0], stream="past_participants")

    assert [names(instance) for instance in read_attendance(store.path, "first==")] == [expected]


@pytest.mark.parametrize("state", sorted(set(State) - {State.DONE, State.EMPTY}))
def test_missing_report_is_not_empty(store: FilledStore, state: State) -> None:
    """The people of an instance are None, not empty, if their report is not in the store."""
    store.instance("first==")
    store.participants("first==", *((NADIA,) if state is State.IN_PROGRESS else ()), state=state)

    (instance,) = read_attendance(store.path, "first==")

    assert instance.people is None
    assert instance.partition is not None
    assert instance.partition.state is state


def test_missing_report_prefers_deferred(store: FilledStore) -> None:
    """Of two missing reports, the one that another run may fetch is the partition."""
    store.instance("first==")
    store.participants("first==", state=State.REJECTED)
    store.participants("first==", state=State.DEFERRED, stream="past_participants")

    (instance,) = read_attendance(store.path, "first==")

    assert instance.partition is not None
    assert (instance.partition.stream, instance.partition.state) == ("past_participants", State.DEFERRED)


def test_harvest_without_participants(store: FilledStore) -> None:
    """An instance has no people and no partition if no report of participants was selected."""
    store.instance("first==", start=None)

    (instance,) = read_attendance(store.path, "first==")

    assert (instance.people, instance.partition, instance.start_time, instance.complete) == (None, None, None, False)


def test_invalid_rows_make_incomplete(store: FilledStore) -> None:
    for uuid, visits in (("some==", [NADIA]), ("all==", [])):
        store.instance(uuid)
        store.participants(uuid, *visits, invalid_rows=2)

    (some_of_them,) = read_attendance(store.path, "some==")
    (none_of_them,) = read_attendance(store.path, "all==")

    assert (names(some_of_them), some_of_them.complete) == (["Nadia Orr"], False)
    assert (none_of_them.people, none_of_them.complete) == (None, False)


def test_instance_in_two_listings(store: FilledStore) -> None:
    """An instance that two listings contain is one instance."""
    store.instance("first==", listing="U1/2026-04")
    store.instance("first==", listing="U2/2026-04")

    assert [instance.topic for instance in read_attendance(store.path, 81528471234)] == ["Topic of first=="]


def test_history_lists_instances(store: FilledStore) -> None:
    """The instances come from the history of the account too; one with a single participant is not among them."""
    found = HistoryMeeting(meeting_uuid="first==", meeting_id=5, topic="Round", start_time=NINE, participants=2)
    alone = HistoryMeeting(meeting_uuid="alone==", meeting_id=5, topic="Round", start_time=NINE, participants=1)
    store.history("2026-03-04", found, alone)
    store.participants("first==", NADIA)

    (instance,) = read_attendance(store.path, 5)

    assert (instance.uuid, instance.topic, instance.start_time, names(instance)) == (
        "first==",
        "Round",
        NINE,
        ["Nadia Orr"],
    )


@pytest.mark.parametrize("state", [State.FAILED, State.PENDING, State.IN_PROGRESS, State.DEFERRED, State.NOT_FOUND])
def test_failed_refetch_leaves_people(store: FilledStore, state: State) -> None:
    """The people of the last whole fetch stay, beside the state of the later one."""
    store.instance("first==")
    store.participants("first==", NADIA, state=state, run=RUN)
    store.participants("first==", NOAH, stream="past_participants")

    (instance,) = read_attendance(store.path, "first==")

    assert names(instance) == ["Nadia Orr"]
    assert instance.partition is not None
    assert (instance.partition.stream, instance.partition.state) == ("meeting_participants", state)


def test_store_without_a_column(store: FilledStore) -> None:
    store.instance("first==")
    store.participants("first==", NADIA)
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("ALTER TABLE meeting_participants DROP COLUMN customer_key")

    assert [names(instance) for instance in read_attendance(store.path, "first==")] == [["Nadia Orr"]]


@pytest.mark.parametrize("meeting", [5, "5", "unknown==", 10**30, -1, ""])
def test_unknown_meeting_names_coverage(store: FilledStore, meeting: int | str) -> None:
    """The error about an unknown meeting names the days of the store and its unfinished listings."""
    store.instance("first==")
    store.listing("U9/2026-05", State.FAILED)
    store.listing("U8/2026-05", State.PENDING)

    with pytest.raises(InvalidArgument) as raised:
        read_attendance(store.path, meeting)

    assert str(raised.value) == (
        "harvest.sqlite has no instance of this meeting: the store covers 2026-04-01 to 2026-05-31 "
        "(unfinished listings: 2; run the harvest again)"
    )


def test_unknown_meeting_empty_store(store: FilledStore) -> None:
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("DELETE FROM harvest")

    with pytest.raises(InvalidArgument, match="the store is empty, so run a harvest first"):
        read_attendance(store.path, 5)


def test_missing_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_attendance(tmp_path / "none.sqlite", 5)

    assert list(tmp_path.iterdir()) == []
