"""The bulk harvest: an account's reports over months, stored in a database that can be queried.

::

    async with Zoom.from_env(plan=Plan.BUSINESS.share(0.5)) as zoom:
        async with Harvest(zoom, store="harvest.sqlite", from_=date(2026, 3, 1), to=date(2026, 5, 31)) as harvest:
            estimate = await harvest.estimate()
            summary = await harvest.run()
"""

from .estimate import HarvestEstimate, LabelEstimate, StreamEstimate
from .harvest import Harvest
from .partitions import Partition, State
from .results.attendance import InstanceAttendance, read_attendance
from .results.export import export_tables
from .results.report import write_report
from .results.status import HarvestStatus, read_status
from .results.visits import Attendance, merge_visits
from .stores import HarvestStore, SQLiteStore
from .streams import PAST_REPORTS, REPORTS
from .summary import Progress, StreamSummary, Summary

__all__ = [
    "PAST_REPORTS",
    "REPORTS",
    "Attendance",
    "Harvest",
    "HarvestEstimate",
    "HarvestStatus",
    "HarvestStore",
    "InstanceAttendance",
    "LabelEstimate",
    "Partition",
    "Progress",
    "SQLiteStore",
    "State",
    "StreamEstimate",
    "StreamSummary",
    "Summary",
    "export_tables",
    "merge_visits",
    "read_attendance",
    "read_status",
    "write_report",
]
