"""The bulk harvest: an account's reports over months, into a database that can be queried.

::

    async with Zoom.from_env(plan=Plan.BUSINESS.share(0.5)) as zoom:
        async with Harvest(zoom, store="harvest.sqlite", from_=date(2026, 3, 1), to=date(2026, 5, 31)) as harvest:
            plan = await harvest.plan()
            summary = await harvest.run()

Killed at any moment, it goes on where it was when it is run again.
"""

from .estimate import HarvestPlan, LabelPlan, StreamPlan
from .harvest import Harvest, Progress, StreamSummary, Summary
from .partitions import Partition, State
from .results.attendance import Attendance, SessionAttendance, attendance, merge_stays
from .results.export import export
from .results.report import write_report
from .results.status import Manifest, read_manifest
from .stores.sqlite.reader import StoreError
from .stores.sqlite.store import Store
from .streams import PAST_REPORTS, REPORTS

__all__ = [
    "PAST_REPORTS",
    "REPORTS",
    "Attendance",
    "Harvest",
    "HarvestPlan",
    "LabelPlan",
    "Manifest",
    "Partition",
    "Progress",
    "SessionAttendance",
    "State",
    "Store",
    "StoreError",
    "StreamPlan",
    "StreamSummary",
    "Summary",
    "attendance",
    "export",
    "merge_stays",
    "read_manifest",
    "write_report",
]
