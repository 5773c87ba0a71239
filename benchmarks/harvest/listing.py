"""The listing of an account in a store, as a harvest leaves it before it fetches the reports."""

from __future__ import annotations

from datetime import timedelta

from zoomasync.harvest import SQLiteStore
from zoomasync.harvest._page_tracker import PageTracker
from zoomasync.harvest.partitions import partition_result
from zoomasync.harvest.stores import PageRows, PartitionTask, Scope
from zoomasync.harvest.streams import USER_MEETINGS, USERS, select_streams
from zoomasync.models.reports import Host, UserMeeting

from ..reports_server import DAYS, NOON


def scope_of(*reports: str) -> Scope:
    """Return the scope of a harvest of *reports* in May."""
    return Scope(account_id="account", days=DAYS, streams=select_streams(reports), today=NOON.date())


async def finish(store: SQLiteStore, tracker: PageTracker) -> None:
    """Finish the partition of *tracker*."""
    result = partition_result(
        tracker.task, None, tracker.warning, pages=tracker.pages, rows=tracker.stored_rows, now=NOON
    )
    await store.finish(tracker.task, result, whole=True)


async def write_meetings(store: SQLiteStore, scope: Scope, meetings: int, *, hosts: int = 1) -> None:
    """Write a listing of *hosts*, and for each a listing of its share of the *meetings*, to the *store*."""
    await _write_listing(store, PartitionTask(USERS, "2026-05", DAYS), [Host(id=f"host{n}") for n in range(hosts)])
    await store.add_children(scope, [USER_MEETINGS])
    for host in range(hosts):
        rows = [
            UserMeeting(
                uuid=f"{number * 2_654_435_761 % 2**64:022d}==",
                id=84_000_000_000 + number,
                type=2,
                start_time=NOON + timedelta(days=number % 28),
                participants_count=2,
            )
            for number in range(host, meetings, hosts)
        ]
        await _write_listing(store, PartitionTask(USER_MEETINGS, f"host{host}/2026-05", DAYS), rows)


async def _write_listing(store: SQLiteStore, task: PartitionTask, rows: list[Host] | list[UserMeeting]) -> None:
    tracker = PageTracker(task)
    await store.write(task, tracker.next_batch(PageRows([(row,) for row in rows]), NOON))
    await finish(store, tracker)
