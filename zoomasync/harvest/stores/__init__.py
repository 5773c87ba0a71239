"""The stores of a harvest, and the protocol for a store of your own.

`SQLiteStore` is the default. A class that implements `HarvestStore` can be passed as ``Harvest(store=...)``.
"""

from .._page_tracker import WriteBatch
from ..fetching import PartitionSink
from ..partitions import Partition, State
from ..streams import Days, Fetch, PageRows, Parent, PartitionBy, Refresh, Row, Stream
from ..tasks import PartitionTask
from .base import CallSample, HarvestStore, PartitionCount, Refetch, Scope
from .sqlite.store import SQLiteStore

__all__ = [
    "CallSample",
    "Days",
    "Fetch",
    "HarvestStore",
    "PageRows",
    "Parent",
    "Partition",
    "PartitionBy",
    "PartitionCount",
    "PartitionSink",
    "PartitionTask",
    "Refetch",
    "Refresh",
    "Row",
    "SQLiteStore",
    "Scope",
    "State",
    "Stream",
    "WriteBatch",
]
