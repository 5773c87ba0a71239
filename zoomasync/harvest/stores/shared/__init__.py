"""A store for several harvests, on several machines that see one folder, that share one job.

::

    leases = RedisLeases("redis://redis.internal", name="my-account/spring")
    store = SharedStore("/mnt/harvest", leases)
    async with Harvest(zoom, store=store, from_=date(2026, 3, 1), to=date(2026, 5, 31)) as harvest:
        summary = await harvest.run()

Each partition is one Parquet file, ``meeting_participants/<name>.parquet``. DuckDB and others read the files as one
table: ``SELECT * FROM '/mnt/harvest/meeting_participants/*.parquet'``. Rows that could not be decoded are in
``rejected_rows``. A partition without rows has a file too; the file's metadata hold its state. A partition that has a
file is not fetched again. ``<name>.failed.json`` describes a failed partition.

Leases only save calls. If a lease fails to keep two workers apart, both write the same bytes to the same file. If a
worker dies, its leases expire and other workers fetch its unfinished partitions. The bytes are the same if all workers
use the same versions of this library and of pyarrow.
"""

from ._store import Leases, SharedStore

__all__ = ["Leases", "SharedStore"]
