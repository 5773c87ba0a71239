"""The bulk harvest: an account's reports over months, into a database that can be queried.

::

    async with Zoom.from_env(plan=Plan.BUSINESS.share(0.5)) as zoom:
        async with Harvest(zoom, store="harvest.sqlite", from_=date(2026, 3, 1), to=date(2026, 5, 31)) as harvest:
            summary = await harvest.run()
"""

from .run import Harvest, Progress, StreamSummary, Summary
from .store import Partition, State, Store, StoreError
from .streams import REPORTS

__all__ = ["REPORTS", "Harvest", "Partition", "Progress", "State", "Store", "StoreError", "StreamSummary", "Summary"]
