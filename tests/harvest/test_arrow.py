"""Fetched partitions become Arrow batches without a change of any value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from typing import Any, cast

import pytest
from msgspec import Struct
from support.harvesting import TODAY, UNLIMITED

from zoomasync import InvalidRow, __version__
from zoomasync.errors import ConfigError, NotFound, StoreError
from zoomasync.harvest.accounts import FetchedPartition, fetch_partitions
from zoomasync.harvest.columns import Column, Kind
from zoomasync.harvest.partitions import partition_result
from zoomasync.harvest.rows import run_name
from zoomasync.harvest.stores import WriteBatch
from zoomasync.harvest.streams import STREAMS, Stream
from zoomasync.harvest.tasks import PartitionTask, child_tasks, root_tasks
from zoomasync.models.history import HistoryMeeting
from zoomasync.models.instance_reports import ReportParticipant
from zoomasync.models.reports import Host
from zoomasync.testing import Account, FakeZoom

pa = pytest.importorskip("pyarrow")

from zoomasync.harvest.arrow import (  # noqa: E402  needs pyarrow
    RECORD_COLUMNS,
    array,
    partition_batch,
    partition_schema,
    results_batch,
    rows_batch,
    rows_schema,
)

DAY = date(2026, 5, 4)
MAY = (date(2026, 5, 1), date(2026, 5, 31))
NOON = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
USERS, PARTICIPANTS, HISTORY = STREAMS["users"], STREAMS["meeting_participants"], STREAMS["history_meetings"]
RUN = "2026-05-05T01:02:03.000004Z"


def fetched(
    stream: Stream,
    key: str,
    *pages: Sequence[Struct],
    account: str = "north",
    extra: str | None = None,
    invalid: Sequence[InvalidRow] = (),
) -> FetchedPartition:
    """Return a whole partition with *pages* of rows, each with the extra fields *extra*, and invalid rows after."""
    seq = count()
    batches = [
        WriteBatch(rows=[(next(seq), (row,), extra) for row in page], invalid_rows=[], first=n == 0, fetched_at=NOON)
        for n, page in enumerate(pages)
    ]
    batches.append(
        WriteBatch(rows=[], invalid_rows=[(next(seq), row) for row in invalid], first=False, fetched_at=NOON)
    )
    task = PartitionTask(stream, key, (DAY, DAY))
    rows = sum(map(len, pages))
    result = partition_result(task, None, None, pages=len(pages), rows=rows, invalid_rows=len(invalid), now=NOON)
    return FetchedPartition(
        account=account,
        account_id=account.title(),
        task=task,
        result=result,
        whole=True,
        batches=tuple(batches),
    )


def failed(stream: Stream, key: str) -> FetchedPartition:
    task = PartitionTask(stream, key, (DAY, DAY), not_found_runs=1)
    error = NotFound("GET /report/users", 404, code=3001, message="No such report.", tracking_id="v=2.0;clid=aw1")
    result = partition_result(task, error, None, now=NOON + timedelta(days=30))
    return FetchedPartition(account="north", account_id="North", task=task, result=result, whole=False)


def dicts(batch: object) -> list[dict[str, Any]]:
    """Return the rows of a valid batch."""
    cast("Any", batch).validate(full=True)
    return cast("list[dict[str, Any]]", cast("Any", batch).to_pylist())


async def fetch_all() -> list[FetchedPartition]:
    """Return every partition of every stream of a simulated account."""
    account = Account.simulated(7, today=TODAY, hosts=3, months=2, instances_per_month=8)
    found: list[FetchedPartition] = []
    tasks = [task for stream in STREAMS.values() if not stream.parent for task in root_tasks(stream, MAY, TODAY)]
    async with FakeZoom(account, plan=None) as fake:
        client = fake.client(plan=UNLIMITED)
        while tasks:
            async with fetch_partitions({"north": tasks}, lambda _: client) as outcomes:
                level = [outcome async for outcome in outcomes if isinstance(outcome, FetchedPartition)]
            found += level
            tasks = [
                task
                for stream in STREAMS.values()
                for each in level
                for task in child_tasks(stream, each.task, each.rows, MAY)
            ]
    return found


# Rows.


def test_rows_have_lineage() -> None:
    host = Host(id="aDa0", user_name="Ada", meetings=3)
    ada, bo = (
        dicts(rows_batch(USERS, [each], run=RUN))
        for each in (fetched(USERS, "2026-05", [host], extra='{"x":1}'), fetched(USERS, "2026-04", [], [host]))
    )

    empty = dict.fromkeys(rows_schema(USERS).names)
    own = {"id": "aDa0", "user_name": "Ada", "meetings": 3, "custom_attributes": "[]"}
    lineage = {"_account": "North", "_seq": 0, "_fetched_at": NOON, "_run": RUN, "_version": __version__}
    assert ada == [{**empty, **own, **lineage, "_part": "2026-05", "_extra": '{"x":1}'}]
    assert bo == [{**empty, **own, **lineage, "_part": "2026-04"}]


def test_rows_of_many_accounts() -> None:
    """A partition of another stream has no rows in the batch."""
    batch = rows_batch(
        USERS,
        [
            fetched(USERS, "2026-05", [Host(id="a")], [Host(id="b")]),
            fetched(PARTICIPANTS, "uuid", [ReportParticipant(name="Bo")]),
            failed(USERS, "2026-04"),
            fetched(USERS, "2026-05", [Host(id="c")], account="south"),
        ],
        run=RUN,
    )

    assert [(row["_account"], row["_seq"], row["id"]) for row in dicts(batch)] == [
        ("North", 0, "a"),
        ("North", 1, "b"),
        ("South", 0, "c"),
    ]


def test_run_names_sort_by_time() -> None:
    starts = [NOON + timedelta(microseconds=number) for number in (0, 1, 999_999, 3_600_000_000)]

    assert run_name(NOON) == "2026-05-04T12:30:15.000000Z"
    assert sorted(map(run_name, starts)) == list(map(run_name, starts))


def test_types_of_columns() -> None:
    schema: Any = rows_schema(STREAMS["recordings"])

    assert [
        str(schema.field(name).type) for name in ("_part", "_seq", "start_time", "auto_delete", "auto_delete_date")
    ] == [
        "string",
        "int64",
        "timestamp[us, tz=UTC]",
        "bool",
        "date32[day]",
    ]
    assert [name for name in schema.names if not schema.field(name).nullable] == ["_account", "_part", "_seq"]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_number_beyond_64_bits_is_extra(number: int) -> None:
    rows = [Host(id="a", meetings=number), Host(id="b", meetings=2**63 - 1)]
    first, second = dicts(rows_batch(USERS, [fetched(USERS, "2026-05", rows, extra='{"x":"y"}')], run=RUN))

    assert (first["meetings"], first["_extra"]) == (None, f'{{"x":"y","meetings":{number}}}')
    assert (second["meetings"], second["_extra"]) == (2**63 - 1, '{"x":"y"}')


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 5, 4, 12, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    ],
    ids=str,
)
def test_times_keep_microseconds(moment: datetime) -> None:
    row = HistoryMeeting(meeting_uuid="u", start_time=moment)
    (stored,) = dicts(rows_batch(HISTORY, [fetched(HISTORY, "2026-05-04", [row])], run=RUN))

    assert stored["start_time"] == moment


def test_time_before_year_1_fits() -> None:
    """Python has no such time in UTC, and Arrow has."""
    row = HistoryMeeting(meeting_uuid="u", start_time=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))
    batch = cast("Any", rows_batch(HISTORY, [fetched(HISTORY, "2026-05-04", [row])], run=RUN))

    seconds = batch.column(batch.schema.names.index("start_time")).cast(pa.int64())[0].as_py() // 1_000_000
    assert seconds == -62_135_596_800 - 5 * 3600


def test_nothing_fetched_is_an_empty_batch() -> None:
    assert dicts(rows_batch(USERS, [], run=RUN)) == []
    assert dicts(results_batch([], run=RUN)) == []
    assert dicts(partition_batch([], run=RUN)) == []


@pytest.mark.parametrize(
    ("kind", "cell"),
    [(Kind.INTEGER, "soon"), (Kind.INTEGER, 2**70), (Kind.TIME, "soon"), (Kind.DAY, "2026-13-01"), (Kind.TEXT, 1)],
)
def test_wrong_cell_is_an_error(kind: Kind, cell: str | int) -> None:
    with pytest.raises(StoreError, match=f"the column c has a cell that is not of the type {kind}"):
        array(Column("c", kind), [cell])


# Partitions.


def test_partition_has_its_record() -> None:
    invalid = InvalidRow(row=2, path="$.meetings", reason="Expected `int`, got `str`", raw=b'{"meetings":"x"}')
    whole = fetched(USERS, "2026-05", [Host(id="a")], [Host(id="b")], invalid=[invalid])
    (record,) = dicts(results_batch([whole], run=RUN))

    assert record == {
        "account": "north",
        "account_id": "North",
        "stream": "users",
        "key": "2026-05",
        "first_day": DAY,
        "last_day": DAY,
        "calls": 1,
        "run": RUN,
        "version": __version__,
        "state": "done",
        "whole": True,
        "pages": 2,
        "rows": 2,
        "invalid_rows": 1,
        "fetched_at": NOON,
        **dict.fromkeys(("deferred_until", "error", "detail", "tracking_id", "warning")),
        "not_found_runs": 0,
    }
    (partition,) = dicts(partition_batch([whole], run=RUN))
    assert {name: partition[name] for name in record} == record
    assert partition["rejected_rows"] == [
        {"_seq": 2, "path": "$.meetings", "reason": "Expected `int`, got `str`", "raw": '{"meetings":"x"}'}
    ]


def test_failed_partition_has_its_error() -> None:
    (record,) = dicts(results_batch([failed(USERS, "2026-05")], run=RUN))

    assert [record[name] for name in ("state", "whole", "rows", "error", "tracking_id", "not_found_runs")] == [
        *("not_found", False, 0, "NotFound", "v=2.0;clid=aw1", 2)
    ]


def test_rows_of_partition_are_null_or_empty() -> None:
    """Null says that the fetch was not whole, or that the partition is of another stream."""
    partitions = [
        failed(USERS, "2026-03"),
        fetched(USERS, "2026-04"),
        fetched(PARTICIPANTS, "uuid", [ReportParticipant(name="Bo")]),
        fetched(USERS, "2026-05", [Host(id="a"), Host(id="b")]),
        failed(USERS, "2026-06"),
    ]
    records = dicts(partition_batch(partitions, run=RUN))

    ids = [None if each["users"] is None else [row["id"] for row in each["users"]] for each in records]
    assert ids == [None, [], None, ["a", "b"], None]
    names = [each["meeting_participants"] and [row["name"] for row in each["meeting_participants"]] for each in records]
    assert names == [None, None, ["Bo"], None, None]
    assert [each["rejected_rows"] for each in records] == [None, [], [], [], None]
    assert {each["daily"] for each in records} == {None}


def test_partition_columns_are_nullable() -> None:
    schema: Any = partition_schema()
    nested = [inner for field in schema if pa.types.is_list(field.type) for inner in field.type.value_type]

    assert schema.names == [*(column.name for column in RECORD_COLUMNS), "rejected_rows", *STREAMS]
    assert all(field.nullable for field in [*schema, *nested])


def test_unknown_stream_loses_no_rows() -> None:
    own = replace(USERS, name="own_users")
    partition = fetched(own, "2026-05", [Host(id="a")])

    assert [row["id"] for row in dicts(rows_batch(own, [partition], run=RUN))] == ["a"]
    with pytest.raises(ConfigError, match="no column for the rows of the stream own_users: use rows_batch"):
        partition_batch([partition], run=RUN)


async def test_both_forms_have_the_same_rows() -> None:
    """The rows of every stream of an account are the same inside partitions and in tables."""
    partitions = await fetch_all()
    records = dicts(partition_batch(partitions, run=RUN))
    lineage = {"_account", "_part", "_fetched_at", "_run", "_version", "_first_seen", "_last_seen", "_missing_since"}

    filled: set[str] = set()
    for name, stream in STREAMS.items():
        rows = dicts(rows_batch(stream, partitions, run=RUN))
        inside = [row for record in records for row in record[name] or ()]
        assert inside == [{key: cell for key, cell in row.items() if key not in lineage} for row in rows]
        filled |= {name} if rows else set()
    assert len(filled) > 20
