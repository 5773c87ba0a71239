"""The streams that find the instances of an account."""

from __future__ import annotations

from ...models.history import HistoryMeeting
from ...models.reports import Host, UserMeeting
from ._pages import listing
from ._stream import LATE, Parent, PartitionBy, Stream

USERS = Stream(
    name="users",
    method="reports.users",
    shape=(Host,),
    fetch=listing(lambda zoom, task: zoom.reports.users(*task.days, type_="active")),
    partition=PartitionBy.MONTH,
    row_key=("id",),
    key_method="reports.user_meetings",
    refresh=LATE,
)
"""The hosts of a month."""
USER_MEETINGS = Stream(
    name="user_meetings",
    method="reports.user_meetings",
    shape=(UserMeeting,),
    fetch=listing(lambda zoom, task: zoom.reports.user_meetings(task.parent_key, *task.days)),
    partition=PartitionBy.PARENT_MONTH,
    parent=Parent(table="users", key="id"),
    row_key=("uuid",),
    key_method="reports.meeting",
    refresh=LATE,
)
"""The instances of a host in a month."""
HISTORY_MEETINGS = Stream(
    name="history_meetings",
    method="reports.history_meetings",
    shape=(HistoryMeeting,),
    fetch=listing(lambda zoom, task: zoom.reports.history_meetings(*task.days, meeting_type="all")),
    partition=PartitionBy.DAY,
    row_key=("meeting_uuid",),
    key_method="reports.meeting",
    refresh=LATE,
)
"""The instances of all hosts on a day."""
DISCOVERY_STREAMS = (USERS, USER_MEETINGS, HISTORY_MEETINGS)
"""The streams that find the instances, in either way."""
