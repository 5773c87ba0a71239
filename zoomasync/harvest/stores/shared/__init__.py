"""Several harvests, on several machines that see one folder, share one job.

::

    claims = RedisLeases("redis://redis.internal", name="my-account/spring")
    store = SharedStore("/mnt/harvest", claims)
    async with Harvest(zoom, store=store, from_=date(2026, 3, 1), to=date(2026, 5, 31)) as harvest:
        summary = await harvest.run()

Every partition is a Parquet file of its own, ``meeting_participants/<name>.parquet``, which DuckDB and others read as
one table: ``SELECT * FROM '/mnt/harvest/meeting_participants/*.parquet'``. Rows that are not what the reference says
are in ``rejected_rows``. A partition without rows has a file as well, and what became of it is in the file's metadata: whatever
is there is not fetched again. A ``<name>.failed.json`` tells what failed.

Claims only save calls. Where one fails to keep two workers apart, both write the same bytes to the same file; where a
worker dies, its claims end by themselves and others fetch what it had not finished. The bytes are the same if all
workers have the same version of this library and of pyarrow.
"""

from ._store import Leases, SharedStore

__all__ = ["Leases", "SharedStore"]
