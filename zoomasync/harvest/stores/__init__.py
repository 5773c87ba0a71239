"""The stores of a harvest, and the protocol for a store of your own.

`SQLiteStore` is the default. A class that implements `HarvestStore` can be passed as ``Harvest(store=...)``.
"""

from ..partitions import Partition, State
from ..streams import (
    Days,
    FetchListing,
    FetchReport,
    InstanceStream,
    ListingStream,
    PageRows,
    PartitionTask,
    Row,
    Stream,
)
from .base import CallSample, HarvestStore, PartitionCount, Scope, WriteBatch
from .sqlite.store import SQLiteStore

__all__ = [
    "CallSample",
    "Days",
    "FetchListing",
    "FetchReport",
    "HarvestStore",
    "InstanceStream",
    "ListingStream",
    "PageRows",
    "Partition",
    "PartitionCount",
    "PartitionTask",
    "Row",
    "SQLiteStore",
    "Scope",
    "State",
    "Stream",
    "WriteBatch",
]
