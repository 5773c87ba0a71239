"""The streams of lists that change: users, recordings, registrants and upcoming events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING

from ...models.recordings import Recording, RecordingFile
from ...models.registrants import Registrant
from ...models.reports import UpcomingEvent
from ...models.users import ListedUser
from ...types import Api
from ._pages import listing, page_rows
from ._stream import INSTANCES, LATE, SNAPSHOT, Fetch, PageRows, Parent, PartitionBy, Stream

if TYPE_CHECKING:
    from ..tasks import PartitionTask


async def _recordings(zoom: Api, task: PartitionTask) -> AsyncGenerator[PageRows, None]:
    first, last = task.days
    async for page in zoom.recordings.list(task.parent_key, from_=first, to=last).pages():
        files = [(n, (item, file)) for n, item in enumerate(page.items) for file in item.recording_files]
        # Zoom's total counts recordings, not files.
        yield replace(page_rows(page), rows=[row for _, row in files], total=None, items=[n for n, _ in files])


SNAPSHOT_STREAMS = (
    Stream(
        name="upcoming_events",
        method="reports.upcoming_events",
        shape=(UpcomingEvent,),
        fetch=listing(lambda zoom, task: zoom.reports.upcoming_events(*task.days)),
        partition=PartitionBy.ACCOUNT,
        row_key=("id", "start_time"),
        refresh=SNAPSHOT,
        retention=None,
        days_ahead=30,
    ),
    Stream(
        name="all_users",
        method="users.list",
        shape=(ListedUser,),
        fetch=listing(lambda zoom, task: zoom.users.list(status=task.variant)),
        partition=PartitionBy.ACCOUNT,
        variants=("active", "inactive", "pending"),
        row_key=("id",),
        fallback_key=("email",),  # a pending user has no id
        refresh=SNAPSHOT,
        retention=None,
    ),
    Stream(
        name="recordings",
        method="recordings.list",
        shape=(Recording, RecordingFile),
        fetch=_recordings,
        partition=PartitionBy.PARENT_MONTH,
        parent=Parent(table="all_users", key="id"),
        row_key=("uuid", "file_id"),
        fallback_key=("uuid", "file_type", "recording_start"),  # files of the types CC and TIMELINE have no id
        refresh=SNAPSHOT,
        retention=None,
        prefix="file_",
    ),
)


def _registrants(name: str, method: str, fetch: Fetch, *, webinar: bool) -> Stream:
    return Stream(
        name=name,
        method=method,
        shape=(Registrant,),
        fetch=fetch,
        partition=PartitionBy.PARENT,
        parent=Parent(table=INSTANCES, key="meeting_id", day="day", webinar=webinar),
        variants=("approved", "pending", "denied"),
        row_key=("id",),
        refresh=LATE,
        retention=None,
    )


REGISTRANT_STREAMS = (
    _registrants(
        "meeting_registrants",
        "meetings.registrants.list",
        listing(lambda zoom, task: zoom.meetings.registrants.list(int(task.parent_key), status=task.variant)),
        webinar=False,
    ),
    _registrants(
        "webinar_registrants",
        "webinars.registrants.list",
        listing(lambda zoom, task: zoom.webinars.registrants.list(int(task.parent_key), status=task.variant)),
        webinar=True,
    ),
)
