"""Partition tasks: the partitions that a harvest is to fetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, cast

from .. import month_ranges
from ..models.history import HistoryMeeting
from ..models.reports import UserMeeting
from .streams import HISTORY_MEETINGS, INSTANCE_SOURCES, INSTANCES, Days, PartitionBy, PartitionTask, Row, Stream

__all__ = [
    "ACCOUNT_KEY",
    "MIN_PARTICIPANTS",
    "PartitionTask",
    "child_tasks",
    "is_parent",
    "month_of",
    "months_before",
    "root_tasks",
]

_DAY: Final = timedelta(days=1)
ACCOUNT_KEY: Final = "account"
"""The key of a partition that is the whole account."""


def month_of(day: date) -> str:
    """Return the month of *day* as keys have it, such as ``2026-05``."""
    return day.isoformat()[:7]


def months_before(day: date, months: int) -> date:
    """Return the day so many *months* before *day*, or the last of that month if it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        with suppress(ValueError):
            return date(year, month + 1, min(day.day, last))
    raise AssertionError  # each month has 28 days


def root_tasks(stream: Stream, days: Days, today: date) -> Iterator[PartitionTask]:
    """Yield the tasks of *stream* for the *days* of a harvest; none if it has a parent, whose rows lead to them."""
    if stream.parent is not None:
        return
    for key, part in _parts(stream, days, today):
        for variant in stream.variants or ("",):
            yield PartitionTask(stream, f"{variant}/{key}" if variant else key, part)


def _parts(stream: Stream, days: Days, today: date) -> Iterator[tuple[str, Days]]:
    last = today + timedelta(days=stream.days_ahead)
    if stream.partition is PartitionBy.ACCOUNT:
        yield ACCOUNT_KEY, (today, last)
    elif stream.partition is PartitionBy.MONTH:
        for from_, to in month_ranges(*days):
            end = min(to, last) if stream.days_ahead else to
            if from_ <= end:
                yield month_of(from_), (from_, end)
    else:
        for number in range((min(days[1], last) - days[0]).days + 1):
            day = days[0] + number * _DAY
            yield day.isoformat(), (day, day)


def child_tasks(stream: Stream, parent: PartitionTask, rows: Iterable[Row], days: Days) -> Iterator[PartitionTask]:
    """Yield the tasks of *stream* that the *rows* of one partition of its *parent* lead to, in a harvest of *days*.

    The same task may come from several partitions; of two with the same key, the one with the later day counts.
    """
    if stream.parent is None or not is_parent(parent.stream, stream):
        return
    for key, day, size in _named_children(stream, parent, rows):
        calls = stream.calls(size or 0)
        for suffix, part in _child_parts(stream, parent, day, days):
            for variant in stream.variants or ("",):
                name = f"{key}{suffix}"
                yield PartitionTask(stream, f"{variant}/{name}" if variant else name, part, calls)


def is_parent(parent: Stream, stream: Stream) -> bool:
    """Return whether rows of *parent* lead to partitions of *stream*."""
    if stream.parent is None:
        return False
    if stream.parent.table == INSTANCES:
        return parent in INSTANCE_SOURCES.values()
    return stream.parent.table == parent.name


def _named_children(
    stream: Stream, parent: PartitionTask, rows: Iterable[Row]
) -> Iterator[tuple[str, date | None, int | None]]:
    """Yield the key, the day and the expected number of rows of each child."""
    declared = stream.parent
    if declared is None:
        return
    if declared.table == INSTANCES:
        for instance in _instances(parent, rows):
            key = getattr(instance, declared.key)
            if instance.webinar is declared.webinar and key is not None:
                yield str(key), instance.day, instance.participants_count if declared.size else None
        return
    for *_, row in rows:
        key = getattr(row, declared.key)
        day = parent.days[1] if declared.day is None else getattr(row, declared.day) or parent.days[1]
        if key:
            yield str(key), day, None


def _child_parts(stream: Stream, parent: PartitionTask, day: date | None, days: Days) -> Sequence[tuple[str, Days]]:
    if stream.partition is not PartitionBy.PARENT_MONTH:
        only = day or parent.days[1]
        return (("", (only, only)),)
    parts = [parent.days] if parent.stream.partition is PartitionBy.MONTH else list(month_ranges(*days))
    return [(f"/{month_of(part[0])}", part) for part in parts]


@dataclass(frozen=True, slots=True)
class _Instance:
    """One row of the table `instances`, as far as tasks need it."""

    uuid: str
    meeting_id: int | None
    webinar: bool
    day: date
    participants_count: int | None


def _instances(task: PartitionTask, rows: Iterable[Row]) -> Iterator[_Instance]:
    for (row,) in rows:
        if task.stream is HISTORY_MEETINGS:
            found = cast("HistoryMeeting", row)
            if found.participants is None or found.participants >= MIN_PARTICIPANTS:
                day = _day_of(found.start_time, task.days)
                webinar = found.type == "Webinar"
                yield _Instance(found.meeting_uuid, found.meeting_id, webinar, day, found.participants)
        else:
            meeting = cast("UserMeeting", row)
            day = _day_of(meeting.start_time, task.days)
            yield _Instance(meeting.uuid, meeting.id, meeting.is_webinar, day, meeting.participants_count)


MIN_PARTICIPANTS: Final = 2
"""The least number of participants of an instance with reports. The history of the account lists others too."""


def _day_of(start: datetime | None, days: Days) -> date:
    """Return the day of *start*, limited to the *days* of the listing that the instance is in."""
    day = days[0]
    if start is not None:
        with suppress(OverflowError):  # within a day of year 1 or 9999
            day = start.astimezone(UTC).date()
    return min(max(day, days[0]), days[1])
