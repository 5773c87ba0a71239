"""The bulk harvest: an account's reports over months, stored in a database that can be queried.

::

    async with Zoom.from_env(plan=Plan.BUSINESS.share(0.5)) as zoom:
        async with Harvest(zoom, store="harvest.sqlite", from_=date(2026, 3, 1), to=date(2026, 5, 31)) as harvest:
            estimate = await harvest.estimate()
            summary = await harvest.run()

A harvest of many accounts, or into a store of your own, fetches with `fetch_partitions`. `zoomasync.harvest.arrow`
returns its outcomes as Arrow batches.
"""

from ._page_tracker import WriteBatch
from .accounts import FetchedPartition, FetchOutcome, StoppedAccount, fetch_partitions
from .estimate import HarvestEstimate, LabelEstimate, StreamEstimate
from .fetching import PartitionFetcher, PartitionSink
from .harvest import Harvest
from .partitions import FINAL, Partition, State, needs_refresh
from .privacy import Privacy
from .results.attendance import InstanceAttendance, read_attendance
from .results.export import export_tables
from .results.report import write_report
from .results.status import HarvestStatus, read_status
from .results.visits import Attendance, merge_visits
from .rows import run_name
from .schema import ColumnSchema, HarvestSchema, ParentSchema, TableSchema, harvest_schema
from .stores import HarvestStore, SQLiteStore
from .streams import PAST_REPORTS, REPORT_GROUPS, REPORTS, STREAMS, Stream, select_streams
from .summary import Progress, StreamSummary, Summary
from .tasks import PartitionTask, child_tasks, root_tasks

__all__ = [
    "FINAL",
    "PAST_REPORTS",
    "REPORTS",
    "REPORT_GROUPS",
    "STREAMS",
    "Attendance",
    "ColumnSchema",
    "FetchOutcome",
    "FetchedPartition",
    "Harvest",
    "HarvestEstimate",
    "HarvestSchema",
    "HarvestStatus",
    "HarvestStore",
    "InstanceAttendance",
    "LabelEstimate",
    "ParentSchema",
    "Partition",
    "PartitionFetcher",
    "PartitionSink",
    "PartitionTask",
    "Privacy",
    "Progress",
    "SQLiteStore",
    "State",
    "StoppedAccount",
    "Stream",
    "StreamEstimate",
    "StreamSummary",
    "Summary",
    "TableSchema",
    "WriteBatch",
    "child_tasks",
    "export_tables",
    "fetch_partitions",
    "harvest_schema",
    "merge_visits",
    "needs_refresh",
    "read_attendance",
    "read_status",
    "root_tasks",
    "run_name",
    "select_streams",
    "write_report",
]
