"""The tasks that rows lead to are the same in Python, for any engine, as in the SQL of a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.harvesting import SPRING, TODAY, ZoomAt, add_instance_on, query

from zoomasync.harvest import Harvest
from zoomasync.harvest.accounts import FetchedPartition, fetch_partitions
from zoomasync.harvest.streams import STREAMS, Days, Discovery, Stream, parent_stream, select_streams
from zoomasync.harvest.tasks import PartitionTask, child_tasks, month_of, months_before, root_tasks
from zoomasync.testing import Account, FakeZoom

NOW = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
REPORTS = ["all", "substitutes"]

Task = tuple[str, str, str, str, int]


def account_of_all_kinds() -> Account:
    """Return an account with rows for every stream, and instances that one partition or another names twice."""
    account = Account.simulated(7, today=TODAY, hosts=4, months=4, instances_per_month=10)
    host = account.hosts[0]
    for day in (date(2026, 3, 31), date(2026, 5, 1)):
        account.add_instance(host, start=datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC), id=81_528_471_234)
    for type_ in (5, 6, 9):
        add_instance_on(account, date(2026, 4, 30), host=host, type=type_, participants=301)
    add_instance_on(account, date(2026, 4, 30), host=host, participants=1)
    unknown = add_instance_on(account, date(2026, 4, 2), host=host)
    account.instances[-1] = replace(unknown, omitted_keys=frozenset({"start_time", "participants_count"}))
    return account


async def fetched(fake: FakeZoom, tasks: Iterable[PartitionTask]) -> list[FetchedPartition]:
    async with fetch_partitions({"account": list(tasks)}, lambda _: ZoomAt(fake, NOW)) as outcomes:
        return [cast("FetchedPartition", outcome) async for outcome in outcomes]


async def tasks_in_python(fake: FakeZoom, streams: Iterable[Stream], discover: Discovery) -> set[Task]:
    """Return the tasks of *streams* that an engine without SQL makes, of those with an equal key the latest."""
    tasks: dict[tuple[str, str], PartitionTask] = {}
    parents: dict[Stream, list[FetchedPartition]] = {}
    for stream in streams:
        parent = parent_stream(stream, discover)
        if parent is None:
            own = list(root_tasks(stream, SPRING, TODAY))
        else:
            if parent not in parents:
                parents[parent] = await fetched(fake, [task for task in tasks.values() if task.stream is parent])
            own = [
                task
                for partition in parents[parent]
                for task in child_tasks(stream, partition.task, partition.rows, SPRING)
            ]
        for task in own:
            key = (stream.name, task.key)
            if is_in_spring(task) and (key not in tasks or tasks[key].days < task.days):
                tasks[key] = task
    return {(task.stream.name, task.key, str(task.days[0]), str(task.days[1]), task.calls) for task in tasks.values()}


def is_in_spring(task: PartitionTask) -> bool:
    return task.stream.partition == "account" or "2026-03" <= month_of(task.days[1]) <= "2026-05"


@pytest.mark.parametrize("discover", get_args(Discovery))
async def test_tasks_are_those_of_the_store(discover: Discovery, tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    streams = select_streams(REPORTS, discover)
    async with FakeZoom(account_of_all_kinds(), plan=None, now=lambda: NOW) as fake, ZoomAt(fake, NOW) as zoom:
        async with Harvest(
            zoom, store=store, from_=SPRING[0], to=SPRING[1], reports=REPORTS, discover=discover
        ) as running:
            await running.estimate()
        tasks = await tasks_in_python(fake, streams, discover)

    stored = cast("list[Task]", query(store, "SELECT stream, key, from_, to_, calls FROM partition"))
    for stream in streams:
        own = {task for task in stored if task[0] == stream.name}
        assert own == {task for task in tasks if task[0] == stream.name}
        assert own, f"the account has no partition of {stream.name}"
    assert {calls for *_, calls in stored} >= {1, 2}


# Days.


@pytest.mark.parametrize(
    ("stream", "keys"),
    [
        ("users", ["2026-05", "2026-06"]),
        ("telephone", ["1/2026-05", "2/2026-05", "3/2026-05", "1/2026-06", "2/2026-06", "3/2026-06"]),
        ("activities", ["2026-05-31", *(f"2026-06-{day:02d}" for day in range(1, 16))]),
        ("all_users", ["active/account", "inactive/account", "pending/account"]),
        ("upcoming_events", ["account"]),
        ("meeting", []),
    ],
)
def test_keys_of_roots(stream: str, keys: list[str]) -> None:
    """No partition of a day is in the future."""
    days = (date(2026, 5, 31), date(2026, 6, 30))

    assert [task.key for task in root_tasks(STREAMS[stream], days, TODAY)] == keys


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 6, 1), date(2026, 5, 31)),
        (date(2026, 6, 2), date(2026, 6, 1)),
        (date(2026, 7, 9), date(2026, 6, 30)),
    ],
)
def test_storage_ends_yesterday(today: date, last: date) -> None:
    """Zoom has the storage of a day once it is over."""
    days = [task.days for task in root_tasks(STREAMS["cloud_recording"], (date(2026, 5, 31), date(2026, 6, 30)), today)]

    assert days[-1][1] == last
    assert len(days) == 1 + (last.month == 6)


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.integers(0, 40))
def test_months_before_keep_the_day(day: date, months: int) -> None:
    """The day of the month is the same, or the last of a shorter month."""
    before = months_before(day, months)

    assert (day.year * 12 + day.month) - (before.year * 12 + before.month) == months
    assert before.day == day.day or (before.day < day.day and month_of(next_day(before)) != month_of(before))


def next_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def test_key_names_variant_and_parent() -> None:
    days: Days = (TODAY, TODAY)
    keys = {"meeting_registrants": "approved/81528471234", "recordings": "user/1/2026-05", "meeting": "a/b=="}
    tasks = [PartitionTask(STREAMS[stream], key, days) for stream, key in keys.items()]

    assert [(task.variant, task.parent_key) for task in tasks] == [
        ("approved", "81528471234"),
        ("", "user/1"),
        ("", "a/b=="),
    ]
