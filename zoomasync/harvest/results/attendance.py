"""The attendance of the instances of a meeting, read from a store."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ...errors import InvalidArgument
from ...models.instance_reports import ReportParticipant
from ..columns import Cell
from ..partitions import FINAL, Partition
from ..stores.sqlite.reader import named_rows, reading
from ..streams import DISCOVERY_STREAMS
from .visits import Attendance, merge_visits


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAttendance:
    """The attendance of one instance.

    *partition* is the report that *people* comes from; its state shows if a later fetch failed, which changes nothing
    else. *people* is None if that report is not in the store; the state of *partition* gives the reason, and
    *partition* is None if no report of participants was selected. An empty *people* means that Zoom reported nobody.
    """

    uuid: str
    topic: str | None
    start_time: datetime | None
    people: tuple[Attendance, ...] | None
    partition: Partition | None

    @property
    def complete(self) -> bool:
        """Whether *people* is known and the report has no invalid rows."""
        return self.people is not None and self.partition is not None and not self.partition.invalid_rows


def read_attendance(store: str | Path, meeting: int | str) -> list[InstanceAttendance]:
    """Return the attendance of each instance of *meeting* in the *store*, the oldest first.

    A meeting or webinar number, also as text, selects all instances; a UUID selects one. An instance whose report of
    participants is not in the store is part of the result, without people. The people come from the report if the store
    has it, otherwise from the past meeting. A harvest may write to the store meanwhile.

    Raises `InvalidArgument` if the store has no such instance, `ConfigError` if there is no store of this version, and
    `StoreError` if the store cannot be read.
    """
    name = str(meeting).replace(" ", "")  # Zoom prints numbers in groups: 815 2847 1234
    with reading(store) as connection:
        instances = named_rows(connection, _BY_NUMBER if name.isdecimal() else _BY_UUID, name)
        if not instances:
            raise InvalidArgument(f"{Path(store).name} has no instance of this meeting: {_coverage(connection)}")
        return sorted((_instance(connection, row) for row in instances), key=_by_start_time)


_BY_NUMBER = "SELECT uuid, topic, start_time FROM instances WHERE CAST(meeting_id AS TEXT) = ltrim(?, '0')"
_BY_UUID = "SELECT uuid, topic, start_time FROM instances WHERE uuid = ?"
_STREAMS = ("meeting_participants", "webinar_participants", "past_participants")
_PARTITIONS = f"SELECT * FROM partition WHERE key = ? AND stream IN {_STREAMS}"  # noqa: S608  only our own names
_UNFINISHED_LISTINGS = (
    f"SELECT count(*) FROM partition WHERE stream IN {tuple(stream.name for stream in DISCOVERY_STREAMS)} "  # noqa: S608  only our own names
    f"AND state NOT IN {tuple(map(str, FINAL))}"
)


def _instance(connection: sqlite3.Connection, row: dict[str, Cell]) -> InstanceAttendance:
    uuid = str(row["uuid"])
    partitions = msgspec.convert(named_rows(connection, _PARTITIONS, uuid), list[Partition])
    partition = min(partitions, key=_preference, default=None)
    return InstanceAttendance(
        uuid=uuid,
        topic=None if row["topic"] is None else str(row["topic"]),
        start_time=msgspec.convert(row["start_time"], datetime | None),
        people=None if partition is None else _people(connection, partition),
        partition=partition,
    )


def _preference(partition: Partition) -> tuple[int, int]:
    """Return a key that is smallest for rows, then for an empty report, then for one that another run may fetch."""
    if partition.run is not None:
        order = 0 if partition.rows or partition.invalid_rows else 1
    else:
        order = 3 if partition.state in FINAL else 2
    return order, _STREAMS.index(partition.stream)


def _people(connection: sqlite3.Connection, partition: Partition) -> tuple[Attendance, ...] | None:
    if partition.run is None:
        return None
    rows = named_rows(connection, f'SELECT * FROM "{partition.stream}" WHERE _part = ?', partition.key)  # noqa: S608  one of `_STREAMS`
    for row in rows:
        row.pop("failover", None)  # stored as 0 or 1, which does not convert to bool, and not needed
    people = tuple(merge_visits(msgspec.convert(rows, list[ReportParticipant])))
    return None if partition.invalid_rows and not people else people


def _by_start_time(instance: InstanceAttendance) -> tuple[datetime, str]:
    return instance.start_time or datetime.max.replace(tzinfo=UTC), instance.uuid


def _coverage(connection: sqlite3.Connection) -> str:
    """Return the days that the store covers, and the number of its listings that are not final."""
    days = named_rows(connection, "SELECT * FROM harvest")
    if not days:
        return "the store is empty, so run a harvest first"
    covered = f"the store covers {days[0]['from_']} to {days[0]['to_']}"
    (count,) = connection.execute(_UNFINISHED_LISTINGS).fetchone()
    return f"{covered} (unfinished listings: {count}; run the harvest again)" if count else covered
